// SPDX-License-Identifier: GPL-2.0
/*
 * A frontend connects: its rings are mapped, its event channels bound, and
 * each pair of rings gets a queue.  And the way back.
 */
#include <linux/rtnetlink.h>
#include <linux/vmalloc.h>

#include "vif.h"
#include "vif_trace.h"
#include "vmdq_xenstore.h"

/**
 * vif_fatal() - the guest broke the protocol: do nothing more for it
 * @vif: its vif
 * @why: what it did
 *
 * Only the guest is hurt: its frames stop, dom0 and every other guest go on.
 * Each queue is polled once more, to drop what waits for the guest.
 *
 * Context: softirq, a poll of the vif or of its pool.
 */
void vif_fatal(struct vif *vif, const char *why)
{
	unsigned int i;

	if (READ_ONCE(vif->disabled))
		return;
	WRITE_ONCE(vif->disabled, true);
	/* It may reconnect and do so again. */
	if (___ratelimit(&vif->faults, vif->dev->name))
		netdev_err(vif->dev, "guest %u broke the ring protocol (%s): vif disabled until the guest reconnects\n",
			   vif->domid, why);
	trace_vif_error(vif, VIF_ERROR_PROTOCOL, 0);
	vif_assign_schedule(vif);
	for (i = 0; i < READ_ONCE(vif->n_queues); i++)
		napi_schedule(&vif->queues[i].rx_napi);
}

/**
 * vif_queue_worked() - a poll has found something to do
 * @queue: the queue
 * @bit: VIF_EOI_TX or VIF_EOI_RX
 *
 * Remembered until the next EOI: the poll that signals it may be one more than
 * was needed, as the event came while the one before it did the work.
 *
 * Context: softirq.
 */
void vif_queue_worked(struct vif_queue *queue, int bit)
{
	int work = bit << VIF_EOI_WORK_SHIFT;

	if (!(atomic_read(&queue->eoi) & work))
		atomic_or(work, &queue->eoi);
}

/**
 * vif_queue_eoi() - the work that an event announced is done
 * @queue: the queue
 * @bit: VIF_EOI_TX or VIF_EOI_RX
 *
 * If there was none since the last time, Xen's event layer slows the guest down.
 * With one event channel for both directions, the last to finish signals, and
 * what either has found is work: an event for buffers brings no frames.
 *
 * Context: any.
 */
void vif_queue_eoi(struct vif_queue *queue, int bit)
{
	bool shared = queue->tx_irq == queue->rx_irq;
	int events = shared ? VIF_EOI_TX | VIF_EOI_RX : bit;
	int work = events << VIF_EOI_WORK_SHIFT;
	int old = atomic_fetch_andnot(bit, &queue->eoi);

	if (!(old & bit) || old & events & ~bit)
		return;
	/* No event can come before this one is signalled. */
	atomic_andnot(work, &queue->eoi);
	xen_irq_lateeoi(bit == VIF_EOI_TX ? queue->tx_irq : queue->rx_irq,
			old & work ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

static irqreturn_t vif_tx_interrupt(int irq, void *data)
{
	struct vif_queue *queue = data;

	atomic_or(VIF_EOI_TX, &queue->eoi);
	napi_schedule(&queue->tx_napi);
	return IRQ_HANDLED;
}

/* The guest has posted buffers: whoever fills its ring wants to know. */
static irqreturn_t vif_rx_interrupt(int irq, void *data)
{
	struct vif_queue *queue = data;
	struct vmdq_pool *pool = READ_ONCE(queue->pool);

	atomic_or(VIF_EOI_RX, &queue->eoi);
	if (pool)
		vmdq_pool_schedule(pool);
	else
		napi_schedule(&queue->rx_napi);
	return IRQ_HANDLED;
}

static irqreturn_t vif_interrupt(int irq, void *data)
{
	struct vif_queue *queue = data;

	/* Both bits first, or the faster direction would signal for both. */
	atomic_or(VIF_EOI_TX | VIF_EOI_RX, &queue->eoi);
	vif_rx_interrupt(irq, data);
	return vif_tx_interrupt(irq, data);
}

static int vif_bind(struct vif_queue *queue, unsigned int port, irq_handler_t handler,
		    const char *name)
{
	return bind_interdomain_evtchn_to_irqhandler_lateeoi(queue->vif->xdev, port, handler, 0,
							     name, queue);
}

static int vif_queue_bind(struct vif_queue *queue, unsigned int tx_port, unsigned int rx_port)
{
	int irq;

	if (tx_port == rx_port) {
		irq = vif_bind(queue, tx_port, vif_interrupt, queue->name);
		if (irq < 0)
			return irq;
		queue->tx_irq = irq;
		queue->rx_irq = irq;
		return 0;
	}

	snprintf(queue->tx_irq_name, sizeof(queue->tx_irq_name), "%s-tx", queue->name);
	snprintf(queue->rx_irq_name, sizeof(queue->rx_irq_name), "%s-rx", queue->name);
	irq = vif_bind(queue, tx_port, vif_tx_interrupt, queue->tx_irq_name);
	if (irq < 0)
		return irq;
	queue->tx_irq = irq;
	irq = vif_bind(queue, rx_port, vif_rx_interrupt, queue->rx_irq_name);
	if (irq < 0)
		return irq;
	queue->rx_irq = irq;
	return 0;
}

static void vif_queue_unbind(struct vif_queue *queue)
{
	if (queue->tx_irq)
		unbind_from_irqhandler(queue->tx_irq, queue);
	if (queue->rx_irq && queue->rx_irq != queue->tx_irq)
		unbind_from_irqhandler(queue->rx_irq, queue);
	queue->tx_irq = 0;
	queue->rx_irq = 0;
}

/* Maps one shared ring.  Return: its page or an ERR_PTR. */
static void *vif_ring_map(struct vif *vif, grant_ref_t ref)
{
	void *ring;
	int err = xenbus_map_ring_valloc(vif->xdev, &ref, 1, &ring);

	return err ? ERR_PTR(err) : ring;
}

static int vif_queue_map(struct vif_queue *queue, grant_ref_t tx_ref, grant_ref_t rx_ref)
{
	struct xen_netif_tx_sring *tx;
	struct xen_netif_rx_sring *rx;
	RING_IDX rsp, req;

	/* A frontend that stays connected while the backend is replaced keeps
	 * its rings: carry on where the responses ended.
	 */
	tx = vif_ring_map(queue->vif, tx_ref);
	if (IS_ERR(tx))
		return PTR_ERR(tx);
	rsp = READ_ONCE(tx->rsp_prod);
	req = READ_ONCE(tx->req_prod);
	BACK_RING_ATTACH(&queue->tx, tx, rsp, XEN_PAGE_SIZE);
	if (req - rsp > RING_SIZE(&queue->tx))
		return -EIO;

	rx = vif_ring_map(queue->vif, rx_ref);
	if (IS_ERR(rx))
		return PTR_ERR(rx);
	rsp = READ_ONCE(rx->rsp_prod);
	req = READ_ONCE(rx->req_prod);
	BACK_RING_ATTACH(&queue->rx, rx, rsp, XEN_PAGE_SIZE);
	if (req - rsp > RING_SIZE(&queue->rx))
		return -EIO;
	return 0;
}

static void vif_queue_unmap(struct vif_queue *queue)
{
	if (queue->tx.sring)
		xenbus_unmap_ring_vfree(queue->vif->xdev, queue->tx.sring);
	if (queue->rx.sring)
		xenbus_unmap_ring_vfree(queue->vif->xdev, queue->rx.sring);
	queue->tx.sring = NULL;
	queue->rx.sring = NULL;
}

static int vif_queue_init(struct vif *vif, struct vif_queue *queue, unsigned int id)
{
	queue->vif = vif;
	queue->id = id;
	snprintf(queue->name, sizeof(queue->name), "%s-q%u", vif->dev->name, id);
	spin_lock_init(&queue->rx_lock);
	skb_queue_head_init(&queue->rx_skbs);
	__skb_queue_head_init(&queue->rx_batch.done);
	timer_setup(&queue->rx_timer, vif_rx_expire, 0);
	vif_tx_credit_init(queue);
	queue->rx_blocked = jiffies;
	/* Before an event can come: until it is enabled, scheduling it does
	 * nothing, and vif_queues_start() makes good for that.
	 */
	netif_napi_add(vif->dev, &queue->rx_napi, vif_rx_poll);
	netif_napi_add(vif->dev, &queue->tx_napi, vif_tx_poll);
	return vif_tx_init(queue);
}

/* Reads where the frontend put the queue's rings, and takes them. */
static int vif_queue_connect(struct vif_queue *queue, const char *dir)
{
	unsigned int tx_ref, rx_ref, tx_port, rx_port;
	struct vif *vif = queue->vif;
	int err;

	err = xenbus_gather(XBT_NIL, dir, VMDQ_XS_FE_TX_RING_REF, "%u", &tx_ref,
			    VMDQ_XS_FE_RX_RING_REF, "%u", &rx_ref, NULL);
	if (err) {
		vif_refuse(vif, err, "reading %s/{tx,rx}-ring-ref", dir);
		return err;
	}
	err = xenbus_gather(XBT_NIL, dir, VMDQ_XS_FE_EVENT_CHANNEL_TX, "%u", &tx_port,
			    VMDQ_XS_FE_EVENT_CHANNEL_RX, "%u", &rx_port, NULL);
	if (err) {
		err = xenbus_scanf(XBT_NIL, dir, VMDQ_XS_FE_EVENT_CHANNEL, "%u", &tx_port);
		if (err < 0) {
			vif_refuse(vif, err, "reading %s/event-channel(-tx,-rx)", dir);
			return err;
		}
		rx_port = tx_port;
	}

	err = vif_queue_map(queue, tx_ref, rx_ref);
	if (err) {
		vif_refuse(vif, err, "mapping rings %u and %u of %s", tx_ref, rx_ref, queue->name);
		return err;
	}
	err = vif_queue_bind(queue, tx_port, rx_port);
	if (err)
		vif_refuse(vif, err, "binding event channels %u and %u of %s", tx_port, rx_port,
			   queue->name);
	return err;
}

static int vif_queues_connect(struct vif *vif, unsigned int n)
{
	const char *otherend = vif->xdev->otherend;
	unsigned int i;
	int err;

	for (i = 0; i < n; i++) {
		char *dir = n == 1 ? kstrdup(otherend, GFP_KERNEL) :
				     kasprintf(GFP_KERNEL, "%s/" VMDQ_XS_FE_QUEUE, otherend, i);

		if (!dir) {
			vif_refuse(vif, -ENOMEM, "setting up the queues");
			return -ENOMEM;
		}
		err = vif_queue_init(vif, &vif->queues[i], i);
		if (err)
			vif_refuse(vif, err, "setting up %s", vif->queues[i].name);
		else
			err = vif_queue_connect(&vif->queues[i], dir);
		kfree(dir);
		if (err)
			return err;
	}
	return 0;
}

/* What the queues counted stays with the vif, which outlives them: for who sums up it is in
 * either place, and never in both.
 */
static void vif_queues_forget(struct vif *vif, const struct vif_queue *queues)
{
	unsigned int i;

	spin_lock_bh(&vif->stats_lock);
	for (i = 0; i < vif->n_counting; i++)
		vif_stats_add(&vif->past, &queues[i].stats);
	vif->n_counting = 0;
	spin_unlock_bh(&vif->stats_lock);
}

/* Context: process; takes rtnl. */
static void vif_queues_free(struct vif_queue *queues, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!queues[i].vif)
			continue;
		vif_queue_unbind(&queues[i]);
		vif_tx_exit(&queues[i]);
		vif_queue_unmap(&queues[i]);
	}
	/* Who lists a device's NAPI contexts (since Linux 6.8) has rtnl, and no RCU. */
	rtnl_lock();
	for (i = 0; i < n; i++) {
		if (!queues[i].vif)
			continue;
		__netif_napi_del(&queues[i].rx_napi);
		__netif_napi_del(&queues[i].tx_napi);
	}
	rtnl_unlock();
	synchronize_net();
	vfree(queues);
}

static bool vif_feature(const struct vif *vif, const char *name)
{
	return xenbus_read_unsigned(vif->xdev->otherend, name, 0);
}

/**
 * vif_read_headroom() - what the frontend wants free before each frame, for XDP
 * @vif: the vif
 *
 * What is left of each page must carry frames: with all of a page gone none
 * would, and netif.h's limit is longer than our pages.
 *
 * Return: bytes, at most VIF_MAX_HEADROOM, or an error that was told to the
 * toolstack through xenbus.
 */
int vif_read_headroom(struct vif *vif)
{
	unsigned int headroom = xenbus_read_unsigned(vif->xdev->otherend,
						     VMDQ_XS_FE_XDP_HEADROOM, 0);

	if (headroom <= VIF_MAX_HEADROOM)
		return headroom;
	vif_refuse(vif, -EINVAL, "xdp-headroom %u is more than %lu", headroom, VIF_MAX_HEADROOM);
	return -EINVAL;
}

static int vif_read_features(struct vif *vif)
{
	int headroom;

	if (!vif_feature(vif, VMDQ_XS_FE_REQUEST_RX_COPY)) {
		vif_refuse(vif, -EOPNOTSUPP,
			   "the frontend does not take copied frames (request-rx-copy)");
		return -EOPNOTSUPP;
	}
	vif_rx_timeouts(vif, vif_feature(vif, VMDQ_XS_FE_FEATURE_RX_NOTIFY));
	vif->can_sg = vif_feature(vif, VMDQ_XS_FE_FEATURE_SG);
	vif->gso_v4 = vif_feature(vif, VMDQ_XS_FE_FEATURE_GSO_TCPV4);
	vif->gso_v6 = vif_feature(vif, VMDQ_XS_FE_FEATURE_GSO_TCPV6);
	vif->csum_v4 = !vif_feature(vif, VMDQ_XS_FE_FEATURE_NO_CSUM_OFFLOAD);
	vif->csum_v6 = vif_feature(vif, VMDQ_XS_FE_FEATURE_IPV6_CSUM_OFFLOAD);
	headroom = vif_read_headroom(vif);
	if (headroom < 0)
		return headroom;
	vif->xdp_headroom = headroom;
	return 0;
}

static void vif_queues_start(struct vif *vif)
{
	struct net_device *dev = vif->dev;
	unsigned int i;

	for (i = 0; i < vif->n_queues; i++) {
		struct vif_queue *queue = &vif->queues[i];

		napi_enable(&queue->rx_napi);
		napi_enable(&queue->tx_napi);
	}
	netif_carrier_on(dev);
	netif_tx_wake_all_queues(dev);

	/* Events that came before are owed their work and their EOI. */
	local_bh_disable();
	for (i = 0; i < vif->n_queues; i++) {
		napi_schedule(&vif->queues[i].rx_napi);
		napi_schedule(&vif->queues[i].tx_napi);
	}
	local_bh_enable();
}

/**
 * vif_connect() - the frontend has published its rings: take them into service
 * @vif: not connected
 *
 * Context: xenbus thread; takes rtnl.  Return: 0, or an error that was told
 * to the toolstack through xenbus.
 */
int vif_connect(struct vif *vif)
{
	unsigned int n = xenbus_read_unsigned(vif->xdev->otherend, VMDQ_XS_FE_NUM_QUEUES, 1);
	struct vif_queue *queues;
	int err;

	if (!n || n > vif_max_queues) {
		vif_refuse(vif, -EINVAL, "guest asks for %u queues, valid are 1 to %u", n,
			   vif_max_queues);
		return -EINVAL;
	}
	err = vif_read_features(vif);
	if (!err)
		err = vif_mcast_connect(vif);
	if (err)
		return err;

	queues = vzalloc(array_size(n, sizeof(*queues)));
	if (!queues) {
		vif_refuse(vif, -ENOMEM, "allocating %u queues", n);
		return -ENOMEM;
	}
	vif->queues = queues;
	vif->disabled = false;
	err = vif_ctrl_connect(vif, n);
	if (err)
		goto free;
	err = vif_queues_connect(vif, n);
	if (err)
		goto free;

	rtnl_lock();
	netdev_update_features(vif->dev);
	err = netif_set_real_num_tx_queues(vif->dev, n);
	if (!err)
		err = netif_set_real_num_rx_queues(vif->dev, n);
	if (!err) {
		vif->n_queues = n;
		spin_lock_bh(&vif->stats_lock);
		vif->n_counting = n;
		spin_unlock_bh(&vif->stats_lock);
		vif_queues_start(vif);
	}
	rtnl_unlock();
	if (err) {
		vif_refuse(vif, err, "setting %u queues", n);
		goto free;
	}

	vif_debugfs_add(vif);
	mutex_lock(&vif->pool_lock);
	WRITE_ONCE(vif->connected, true);
	mutex_unlock(&vif->pool_lock);
	vif_assign_schedule(vif);
	return 0;

free:
	vif_mcast_disconnect(vif);
	vif_ctrl_disconnect(vif);
	vif->queues = NULL;
	vif_queues_free(queues, n);
	return err;
}

/**
 * vif_disconnect() - stop everything that touches the frontend's memory
 * @vif: connected, or not
 *
 * In the order in which pages have owners: the NIC gives back first, then the
 * network stack, then we.  Context: xenbus thread; takes rtnl.
 */
void vif_disconnect(struct vif *vif)
{
	struct vif_queue *queues = vif->queues;
	unsigned int n = vif->n_queues;
	bool connected = vif->connected;
	unsigned int i;

	vif_mcast_disconnect(vif);
	vif_debugfs_remove(vif);

	/* 1. The hardware lets go of the guest's pages. */
	mutex_lock(&vif->pool_lock);
	WRITE_ONCE(vif->connected, false);
	vif_pool_detach(vif);
	mutex_unlock(&vif->pool_lock);
	/* xenstore must not say that it still has its pool. */
	if (connected)
		vif_assign_schedule(vif);

	if (!queues)
		return;
	vif_ctrl_disconnect(vif);

	/* 2. No new frame reaches a queue. */
	rtnl_lock();
	netif_carrier_off(vif->dev);
	netif_tx_disable(vif->dev);
	WRITE_ONCE(vif->n_queues, 0);
	rtnl_unlock();
	synchronize_net();

	/* 3. No poll: an event finds its poll disabled. */
	for (i = 0; i < n; i++) {
		napi_disable(&queues[i].rx_napi);
		napi_disable(&queues[i].tx_napi);
		timer_delete_sync(&queues[i].rx_timer);
		timer_delete_sync(&queues[i].tx_credit.timer);
	}
	vif_rx_stall_reset(vif);

	/* 4. Frames that wait for the guest, then frames that came from it. */
	for (i = 0; i < n; i++) {
		vif_rx_purge(&queues[i]);
		vif_tx_drain(&queues[i]);
	}
	vif_queues_forget(vif, queues);
	vif->queues = NULL;
	vif_queues_free(queues, n);
}
