// SPDX-License-Identifier: GPL-2.0
/*
 * A vif's pool: taken, served at one of two levels, given back.
 *
 * Which queue the pool fills: number 1 where there is one, and then software
 * frames stay away from it; number 0, shared with software frames, otherwise.
 * Level grant needs a queue for itself, because the frontend takes responses
 * in ring order and so no frame can overtake a buffer that the NIC holds.
 *
 * All changes are made in process context under vif.pool_lock.
 */
#include <linux/if_vlan.h>
#include <xen/xen.h>

#include "vif.h"

#define CREATE_TRACE_POINTS
#include "vif_trace.h"

/**
 * vif_pool_queue() - the queue that a pool of the vif fills
 * @vif: connected
 */
struct vif_queue *vif_pool_queue(const struct vif *vif)
{
	return &vif->queues[vif->n_queues > 1 ? 1 : 0];
}

/**
 * vif_pool_max_frame() - longest frame that the pool must take
 * @vif: the vif
 *
 * Return: bytes without FCS; a tag inside a tag is as good as a bridge is.  A
 * frontend without scatter-gather gets no more than one buffer holds, as from
 * the software path.
 */
unsigned int vif_pool_max_frame(const struct vif *vif)
{
	unsigned int by_mtu = READ_ONCE(vif->dev->mtu) + VLAN_ETH_HLEN + VLAN_HLEN;
	unsigned int by_buffer = XEN_PAGE_SIZE - vif->xdp_headroom;

	return vif->can_sg ? by_mtu : min(by_mtu, by_buffer);
}

/**
 * vif_pool_level() - the level at which a pool can serve the vif
 * @vif: connected
 * @wanted: as asked for
 * @why: set to what stands in the way when the result is less than @wanted
 */
enum vif_level vif_pool_level(const struct vif *vif, enum vif_level wanted, const char **why)
{
	const struct vif_abilities can = {
		.n_queues = vif->n_queues,
		.headroom = vif->xdp_headroom,
		.max_frame = vif_pool_max_frame(vif),
		.page = XEN_PAGE_SIZE,
		/* a PV domain that is not told what is memory is not dom0 */
		.dom0_pv = xen_pv_domain() && vif_ram_known(),
		.maptrack_full = READ_ONCE(vif->maptrack_full),
	};

	/* A pool is refilled when the guest says that it has posted buffers. */
	if (!vif->rx_notifies && wanted != VIF_LEVEL_SOFTWARE) {
		*why = "the guest does not tell of the buffers that it posts (feature-rx-notify)";
		return VIF_LEVEL_SOFTWARE;
	}
	return vif_level_choose(&can, wanted, why);
}

/* The pool has work, or the guest has posted buffers; see vmdq_client.poll */
static int vif_pool_poll(struct vmdq_client *client, int budget)
{
	struct vif *vif = container_of(client, struct vif, client);
	struct vif_queue *queue = vif_pool_queue(vif);
	bool progress = false;
	int done = 0;

	spin_lock(&queue->rx_lock);
	if (queue->pool) {
		u64 interrupts = READ_ONCE(queue->pool->stats.interrupts);
		RING_IDX cons = queue->rx.req_cons;

		queue->stats.pool_polls++;
		queue->stats.pool_interrupts += interrupts - queue->pool_interrupts;
		queue->pool_interrupts = interrupts;

		done = queue->grant ? vif_pool_grant_poll(queue, budget) :
				      vif_pool_copy_poll(queue, budget);
		progress = cons != queue->rx.req_cons;
		if (unlikely(queue->rx_stalled) && progress)
			vif_rx_stall_end(queue);
	}
	spin_unlock(&queue->rx_lock);
	if (done || progress)
		vif_queue_worked(queue, VIF_EOI_RX);
	if (done == budget)
		return budget;

	/* The event that brought us may have been meant for them. */
	if (!skb_queue_empty(&queue->rx_skbs) || unlikely(READ_ONCE(queue->rx_stalled)))
		napi_schedule(&queue->rx_napi);
	vif_queue_eoi(queue, VIF_EOI_RX);
	return done;
}

static void vif_pool_revoke(struct vmdq_client *client)
{
	struct vif *vif = container_of(client, struct vif, client);

	/* Not a work of vif_wq, where others may wait for xenstored. */
	WRITE_ONCE(vif->pool_revoked, true);
	queue_work(system_unbound_wq, &vif->revoke_work);
}

/* Software frames leave the pool queue alone, and what waits there moves. */
static void vif_pool_exclude(struct vif *vif, struct vif_queue *queue)
{
	if (!queue->id)
		return;
	WRITE_ONCE(vif->pool_excluded, queue->id);
	synchronize_net();
	vif_rx_splice(queue, &vif->queues[0]);
	/* What the pool does with the queue is no business of software's. */
	spin_lock_bh(&queue->rx_lock);
	vif_rx_stall_end(queue);
	spin_unlock_bh(&queue->rx_lock);
}

static int vif_pool_start(struct vif_queue *queue, struct vmdq_pool *pool, enum vif_level level)
{
	return level == VIF_LEVEL_GRANT ? vif_pool_grant_start(queue, pool) :
					  vif_pool_copy_start(queue, pool);
}

/* The hardware is stopped: deliver what it wrote, take back what it did not. */
static void vif_pool_drain(struct vif_queue *queue)
{
	if (queue->grant)
		vif_pool_grant_stop(queue);
	else if (queue->copy)
		vif_pool_copy_stop(queue);
}

/**
 * vif_pool_attach() - take a pool and have it fill the guest's ring
 * @vif: connected, with no pool
 * @port: name of the port
 * @index: pool number
 * @level: copy or grant, found possible by vif_pool_level()
 *
 * From the moment the filter is set, frames for the vif's MAC come by the
 * pool; until then, and if anything fails, by software.
 *
 * Context: process, vif.pool_lock held.  Return: 0 or an error of
 * vmdq_pool_take() or vmdq_pool_set_filter(), or -ENOMEM.
 */
int vif_pool_attach(struct vif *vif, const char *port, unsigned int index, enum vif_level level)
{
	struct vif_queue *queue = vif_pool_queue(vif);
	const unsigned int max_frame = vif_pool_max_frame(vif);
	const struct vmdq_pool_config config = {
		.buf_size = level == VIF_LEVEL_GRANT ? XEN_PAGE_SIZE :
						       vif_pool_copy_buf_size(max_frame),
		.max_frame = max_frame,
	};
	struct vmdq_filter filter = { .vlan = VMDQ_NO_VLAN };
	struct vmdq_pool *pool;
	int err;

	strscpy(vif->client.name, vif->dev->name, sizeof(vif->client.name));
	vif->client.ifindex = vif->dev->ifindex;
	vif->client.poll = vif_pool_poll;
	vif->client.revoke = vif_pool_revoke;
	vif->pool_revoked = false;
	ether_addr_copy(filter.addr, vif->mac);

	pool = vmdq_pool_take(port, index, &config, &vif->client);
	if (IS_ERR(pool)) {
		trace_vif_error(vif, VIF_ERROR_ATTACH, PTR_ERR(pool));
		return PTR_ERR(pool);
	}
	vif->pool = pool;
	queue->pool_interrupts = READ_ONCE(pool->stats.interrupts);

	vif_pool_exclude(vif, queue);
	err = vif_pool_start(queue, pool, level);
	if (!err)
		err = vmdq_pool_set_filter(pool, &filter);
	if (err) {
		trace_vif_error(vif, VIF_ERROR_ATTACH, err);
		vif_pool_detach(vif);
		return err;
	}
	vif->level = level;
	trace_vif_attach(vif, pool, level);
	/* Where none of the first requests could be posted, no event may come that has
	 * the pool look again.
	 */
	vmdq_pool_schedule(pool);
	return 0;
}

/**
 * vif_pool_detach() - give the pool back; software serves the vif from then on
 * @vif: with or without a pool
 *
 * Nothing is lost: what the hardware wrote is delivered, and from the removal
 * of the filter on frames come by the bridge.
 *
 * Context: process, vif.pool_lock held.  Does not take rtnl.
 */
void vif_pool_detach(struct vif *vif)
{
	struct vmdq_pool *pool = vif->pool;
	struct vif_queue *queue;
	int err;

	if (!pool)
		return;
	queue = vif_pool_queue(vif);

	/* 1. No frame is steered here, no poll runs, the hardware stands. */
	err = vmdq_pool_stop(pool);
	if (err) {
		netdev_warn(vif->dev, "pool %u of %s did not stop by itself; its port was reset\n",
			    pool->index, pool->port->name);
		trace_vif_error(vif, VIF_ERROR_STOP, err);
	}

	/* 2. Every buffer is delivered or the guest's again. */
	spin_lock_bh(&queue->rx_lock);
	vif_pool_drain(queue);
	WRITE_ONCE(queue->pool, NULL);
	spin_unlock_bh(&queue->rx_lock);

	/* 3. No interrupt handler still looks at the pool. */
	synchronize_net();
	vif_pool_grant_free(queue);
	vif_pool_copy_free(queue, pool->port->dev);
	if (vif->level != VIF_LEVEL_SOFTWARE)	/* else it was never attached */
		trace_vif_detach(vif, pool, vif->level);
	vmdq_pool_release(pool);
	vif->pool = NULL;
	vif->level = VIF_LEVEL_SOFTWARE;

	/* 4. The queue is software's; an event may have come to the pool. */
	WRITE_ONCE(vif->pool_excluded, -1);
	local_bh_disable();
	napi_schedule(&queue->rx_napi);
	local_bh_enable();
}
