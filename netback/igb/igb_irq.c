// SPDX-License-Identifier: GPL-2.0
/*
 * MSI-X vectors, their NAPI contexts, and interrupt moderation (82576 datasheet
 * 7.3 and 8.8).
 */
#include <linux/interrupt.h>
#include <linux/cpumask.h>

#include "vmdq_igb.h"

static irqreturn_t pool_irq(int irq, void *data)
{
	struct vigb_pool *pool = data;
	struct vigb_adapter *ad = pool->ad;

	/* Masked until the NAPI poll is done.  Silicon has done so by EIAM;
	 * QEMU's model does not.
	 */
	vigb_wr(ad, VIGB_EIMC, BIT(pool->vector));
	pool->irqs++;
	if (test_bit(VIGB_PORT_REGISTERED, &ad->flags))
		ad->port.pools[pool->index].stats.interrupts++;
	napi_schedule_irqoff(&pool->napi);

	return IRQ_HANDLED;
}

static irqreturn_t other_irq(int irq, void *data)
{
	struct vigb_adapter *ad = data;
	u32 icr = vigb_rd(ad, VIGB_ICR);

	ad->other_irqs++;
	if (icr & ICR_LSC)
		mod_delayed_work(system_wq, &ad->watchdog, 0);
	vigb_wr(ad, VIGB_EIMS, BIT(ad->other_vector));

	return IRQ_HANDLED;
}

/* The profile that the kernel's adaptive moderation has settled on for now.  Its
 * lowest is 1 us; off is better, because what moderation could gather then is
 * nothing, and QEMU's model interrupts once more whenever an interval ends.
 */
static unsigned int dim_usecs(const struct dim *dim)
{
	unsigned int usecs = net_dim_get_rx_moderation(dim->mode, dim->profile_ix).usec;

	return usecs > 1 ? usecs : 0;
}

static void write_usecs(struct vigb_pool *pool)
{
	struct vigb_adapter *ad = pool->ad;
	unsigned int usecs;

	/* The last to write knows what ethtool has set last. */
	spin_lock(&pool->usecs_lock);
	usecs = READ_ONCE(ad->adaptive) ? dim_usecs(&pool->dim) : READ_ONCE(ad->usecs);
	WRITE_ONCE(pool->usecs, usecs);
	vigb_wr(ad, VIGB_EITR(pool->vector), usecs << EITR_USECS_SHIFT | EITR_CNT_IGNR);
	spin_unlock(&pool->usecs_lock);
}

static void dim_work(struct work_struct *work)
{
	struct vigb_pool *pool = container_of(work, struct vigb_pool, dim.work);

	write_usecs(pool);
	pool->dim.state = DIM_START_MEASURE;
}

/* Tells the adaptive moderation what the vector has achieved, both ways. */
static void dim_feed(struct vigb_pool *pool)
{
	struct vigb_adapter *ad = pool->ad;
	u64 frames = pool->tx.frames;
	u64 bytes = pool->tx.bytes;
	struct dim_sample sample = { 0 };

	if (pool->index == 0) {
		frames += ad->rx.frames;
		bytes += ad->rx.bytes;
	} else if (test_bit(VIGB_PORT_REGISTERED, &ad->flags)) {
		frames += ad->port.pools[pool->index].stats.rx_frames;
		bytes += ad->port.pools[pool->index].stats.rx_bytes;
	}
	dim_update_sample(READ_ONCE(pool->irqs), frames, bytes, &sample);
	net_dim(&pool->dim, sample);
}

static int pool_poll(struct napi_struct *napi, int budget)
{
	struct vigb_pool *pool = container_of(napi, struct vigb_pool, napi);
	struct vigb_adapter *ad = pool->ad;
	bool tx_done;
	int done = 0;

	tx_done = vigb_tx_clean(pool, budget);
	if (!budget)
		return 0;

	if (pool->index == 0)
		done = vigb_rx_poll(pool, budget);
	else if (test_bit(VIGB_PORT_REGISTERED, &ad->flags))
		done = vmdq_pool_poll(&ad->port.pools[pool->index], budget);

	if (!tx_done || done >= budget)
		return budget;

	/* Before another CPU may poll: a pool's owner can ask for that at any time. */
	if (READ_ONCE(ad->adaptive))
		dim_feed(pool);
	/* What came in after the poll is still pending in EICR, and fires as
	 * soon as the vector is enabled again.
	 */
	if (napi_complete_done(napi, done))
		vigb_wr(ad, VIGB_EIMS, BIT(pool->vector));

	return done;
}

/**
 * vigb_irq_init() - allocates the vectors and makes the NAPI contexts
 * @ad: the adapter; its layout is set
 *
 * Context: process.  Return: 0, or why the device's vectors cannot be had.
 */
int vigb_irq_init(struct vigb_adapter *ad)
{
	unsigned int n;
	int got;

	got = pci_alloc_irq_vectors(ad->pdev, VIGB_N_VECTORS, VIGB_N_VECTORS, PCI_IRQ_MSIX);
	if (got < 0) {
		dev_err(&ad->pdev->dev,
			"needs %u MSI-X vectors, and cannot have them (%d): is MSI switched off for this machine?\n",
			VIGB_N_VECTORS, got);
		return got;
	}

	for (n = 0; n < VIGB_N_POOLS; n++) {
		netif_napi_add(ad->netdev, &ad->pool[n].napi, pool_poll);
		INIT_WORK(&ad->pool[n].dim.work, dim_work);
		spin_lock_init(&ad->pool[n].usecs_lock);
		ad->pool[n].dim.mode = DIM_CQ_PERIOD_MODE_START_FROM_EQE;
	}

	return 0;
}

/**
 * vigb_irq_fini() - undoes vigb_irq_init()
 * @ad: the adapter
 */
void vigb_irq_fini(struct vigb_adapter *ad)
{
	unsigned int n;

	for (n = 0; n < VIGB_N_POOLS; n++)
		netif_napi_del(&ad->pool[n].napi);
	pci_free_irq_vectors(ad->pdev);
}

static void free_pool_irq(struct vigb_pool *pool)
{
	int irq = pci_irq_vector(pool->ad->pdev, pool->vector);

	irq_set_affinity_and_hint(irq, NULL);
	free_irq(irq, pool);
}

/**
 * vigb_irq_request() - installs the handlers, pool n's on the n-th CPU
 * @ad: the adapter; nothing is enabled in hardware yet
 *
 * Context: process, under rtnl.  Return: 0 or an error of request_irq().
 */
int vigb_irq_request(struct vigb_adapter *ad)
{
	const char *name = ad->netdev->name;
	int node = dev_to_node(&ad->pdev->dev);
	unsigned int n;
	int err;
	int irq;

	for (n = 0; n < VIGB_N_POOLS; n++) {
		struct vigb_pool *pool = &ad->pool[n];

		snprintf(pool->irq_name, sizeof(pool->irq_name), "%s-pool-%u", name, n);
		irq = pci_irq_vector(ad->pdev, pool->vector);
		err = request_irq(irq, pool_irq, 0, pool->irq_name, pool);
		if (err)
			goto out_pools;
		irq_set_affinity_and_hint(irq, cpumask_of(cpumask_local_spread(n, node)));
	}

	snprintf(ad->other_name, sizeof(ad->other_name), "%s-link", name);
	irq = pci_irq_vector(ad->pdev, ad->other_vector);
	err = request_irq(irq, other_irq, 0, ad->other_name, ad);
	if (err)
		goto out_pools;

	return 0;

out_pools:
	netdev_err(ad->netdev, "cannot install the handler of interrupt %d (%d)\n", irq, err);
	while (n--)
		free_pool_irq(&ad->pool[n]);
	return err;
}

/**
 * vigb_irq_free() - removes the handlers
 * @ad: the adapter; all vectors are masked
 */
void vigb_irq_free(struct vigb_adapter *ad)
{
	unsigned int n;

	free_irq(pci_irq_vector(ad->pdev, ad->other_vector), ad);
	for (n = 0; n < VIGB_N_POOLS; n++)
		free_pool_irq(&ad->pool[n]);
}

/**
 * vigb_irq_setup() - step 6 of the start-up sequence: vectors in hardware
 * @ad: the adapter, just reset
 */
void vigb_irq_setup(struct vigb_adapter *ad)
{
	u32 all = ad->pool_vectors | BIT(ad->other_vector);
	unsigned int n;

	/* GPIE first: QEMU's model ignores EIAC before it */
	vigb_wr(ad, VIGB_GPIE, GPIE_MSIX_MODE | GPIE_NSICR | GPIE_EIAME | GPIE_PBA);
	for (n = 0; n < VIGB_N_POOLS; n++) {
		u32 entry = ad->pool[n].vector | IVAR_VALID;

		vigb_wr(ad, VIGB_IVAR(ad->pool[n].rx_queue),
			entry << IVAR_RX_SHIFT | entry << IVAR_TX_SHIFT);
	}
	vigb_wr(ad, VIGB_IVAR_MISC, (ad->other_vector | IVAR_VALID) << IVAR_MISC_OTHER_SHIFT);
	vigb_wr(ad, VIGB_EIAC, all);
	vigb_wr(ad, VIGB_EIAM, all);
	vigb_wr(ad, VIGB_EITR(ad->other_vector), 0);
	vigb_irq_set_usecs(ad);
}

/**
 * vigb_irq_set_usecs() - writes the pools' interrupt moderation
 * @ad: the adapter
 */
void vigb_irq_set_usecs(struct vigb_adapter *ad)
{
	unsigned int n;

	for (n = 0; n < VIGB_N_POOLS; n++)
		write_usecs(&ad->pool[n]);
}

/**
 * vigb_irq_enable() - step 12: interrupts on
 * @ad: the adapter
 */
void vigb_irq_enable(struct vigb_adapter *ad)
{
	vigb_rd(ad, VIGB_ICR);
	vigb_wr(ad, VIGB_EIMS, ad->pool_vectors | BIT(ad->other_vector));
	vigb_wr(ad, VIGB_IMS, ICR_LSC);
}

/**
 * vigb_irq_disable() - interrupts off, and no handler running any more
 * @ad: the adapter
 *
 * Context: process, sleeps.
 */
void vigb_irq_disable(struct vigb_adapter *ad)
{
	unsigned int n;

	vigb_wr(ad, VIGB_IMC, ~0);
	vigb_wr(ad, VIGB_EIMC, ~0);
	vigb_flush(ad);

	synchronize_irq(pci_irq_vector(ad->pdev, ad->other_vector));
	for (n = 0; n < VIGB_N_POOLS; n++)
		synchronize_irq(pci_irq_vector(ad->pdev, ad->pool[n].vector));
}

/**
 * vigb_irq_cancel_dim() - adaptive moderation changes nothing any more
 * @ad: the adapter; no NAPI runs
 *
 * Context: process, sleeps.
 */
void vigb_irq_cancel_dim(struct vigb_adapter *ad)
{
	unsigned int n;

	for (n = 0; n < VIGB_N_POOLS; n++) {
		cancel_work_sync(&ad->pool[n].dim.work);
		ad->pool[n].dim.state = DIM_START_MEASURE;
	}
}
