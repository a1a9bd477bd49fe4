// SPDX-License-Identifier: GPL-2.0
/*
 * What the vmdq core asks of this NIC: struct vmdq_port_ops.
 *
 * The owner of a pool supplies the buffers and reads the completions; this
 * file keeps the order of descriptors and buffers, and knows when the hardware
 * has let go of them.
 */
#include "igb_chain.h"
#include "vmdq_igb.h"

static struct vigb_pool *to_pool(const struct vmdq_pool *vp)
{
	return &vigb_from_port(vp->port)->pool[vp->index];
}

static int pool_start(struct vmdq_pool *vp)
{
	struct vigb_pool *pool = to_pool(vp);
	struct vigb_adapter *ad = pool->ad;
	u32 buf_size = rounddown(vp->config.buf_size, SRRCTL_BSIZEPKT_KB);

	if (!test_bit(VIGB_UP, &ad->flags) || test_bit(VIGB_DEAD, &ad->flags))
		return -ENETDOWN;
	if (!buf_size || vp->config.max_frame > ad->port.max_frame)
		return -EINVAL;

	if (vigb_rx_queue_start(pool, buf_size)) {
		netdev_err(ad->netdev, "pool %u: the receive queue does not start\n", vp->index);
		vigb_rx_queue_stop(pool);
		return -EIO;
	}
	vigb_steer_pool_open(ad, vp->index, vp->config.max_frame);

	return 0;
}

/*
 * Steering goes to a queue that runs already; until the owner has posted
 * buffers the hardware drops (DROP_EN), and no other pool suffers.
 *
 * A VLAN in the filter is refused: see the top of igb_steer.c.
 */
static int filter_set(struct vmdq_pool *vp)
{
	struct vigb_adapter *ad = to_pool(vp)->ad;

	if (vp->filter.vlan != VMDQ_NO_VLAN)
		return -EOPNOTSUPP;

	return vigb_steer_pool_filter(ad, vp->index, vp->filter.addr);
}

static void filter_clear(struct vmdq_pool *vp)
{
	vigb_steer_pool_clear(to_pool(vp)->ad, vp->index);
}

static int pool_stop(struct vmdq_pool *vp)
{
	struct vigb_pool *pool = to_pool(vp);
	struct vigb_adapter *ad = pool->ad;

	/* 1. nothing is steered to the pool, and it accepts nothing */
	vigb_steer_pool_close(ad, vp->index);

	/* 2. and 3. the queue is off, has said so, and has had time.  All ones is
	 * no answer: the device may have gone, or only its registers.
	 */
	if (!vigb_rx_queue_stop(pool) && vigb_rd(ad, VIGB_RXDCTL(pool->rx_queue)) != ~0U)
		return 0;
	/* 4. harvesting what has DD, and ending the mappings, is the owner's */

	netdev_err(ad->netdev, "pool %u: the receive queue does not stop; resetting the port\n",
		   vp->index);
	vigb_hw_kill(ad);
	vigb_request_reset(ad);

	return -EIO;
}

static void pool_release(struct vmdq_pool *vp)
{
	vigb_ring_rewind(&to_pool(vp)->rx);
}

static unsigned int harvest(struct vmdq_pool *vp, struct vmdq_rx *rx, unsigned int max)
{
	struct vigb_ring *ring = &to_pool(vp)->rx;
	struct vigb_chain chain = {
		.desc = ring->desc.rx,
		.count = ring->count,
		.first = ring->to_clean,
		.end = ring->to_use,
		.buf_size = vp->config.buf_size,
	};
	unsigned int n = vigb_chain_harvest(&chain, rx, max);

	ring->to_clean = chain.first;

	return n;
}

static void post(struct vmdq_pool *vp, const dma_addr_t *addr, unsigned int n)
{
	struct vigb_ring *ring = &to_pool(vp)->rx;
	unsigned int i;

	for (i = 0; i < n; i++) {
		union vigb_rx_desc *desc = &ring->desc.rx[ring->to_use];

		desc->read.pkt_addr = cpu_to_le64(addr[i]);
		/* takes the last write-back's status away with it */
		desc->read.hdr_addr = 0;
		ring->to_use = vigb_ring_next(ring, ring->to_use);
	}
}

static void doorbell(struct vmdq_pool *vp)
{
	struct vigb_ring *ring = &to_pool(vp)->rx;

	/* writel() orders the descriptors before the tail */
	writel(ring->to_use, ring->tail);
}

static void pool_schedule(struct vmdq_pool *vp)
{
	struct napi_struct *napi = &to_pool(vp)->napi;

	if (in_interrupt() || irqs_disabled()) {
		napi_schedule(napi);
		return;
	}
	/* enabling softirqs runs the poll at once, instead of some time later */
	local_bh_disable();
	napi_schedule(napi);
	local_bh_enable();
}

const struct vmdq_port_ops vigb_port_ops = {
	.pool_start	= pool_start,
	.filter_set	= filter_set,
	.filter_clear	= filter_clear,
	.pool_stop	= pool_stop,
	.pool_release	= pool_release,
	.harvest	= harvest,
	.post		= post,
	.doorbell	= doorbell,
	.schedule	= pool_schedule,
};
