// SPDX-License-Identifier: GPL-2.0
/*
 * Level grant: the guest's own pages in the pool's ring.
 *
 * Page owners.  A request of the guest's RX ring is in one of three states:
 *
 *	consumed, mapped for the device and posted: the hardware may write
 *	completed: unmapped, then answered; the guest's again
 *	consumed, but its mapping failed: waits for its turn to be answered
 *
 * dom0 maps nothing into its own address space and reads no byte of the page:
 * what it says about a frame comes from the descriptor.  The guest may revoke,
 * reuse or rewrite its pages at any time and hurts only itself.
 *
 * Responses must come in the order of requests, and the hardware completes in
 * the order of posting, so the ring itself is the list of what is posted.
 *
 * A frame longer than a page fills several requests, and is answered as a whole
 * or not at all: the frontend takes the front part of a frame whose rest it
 * does not see for all of it.
 */
#include <asm/xen/hypercall.h>
#include <linux/vmalloc.h>

#include "vif.h"
#include "vif_trace.h"

/**
 * struct vif_pool_slot - a guest RX request that the hardware may fill
 * @dev_bus_addr: exactly as Xen returned it; the unmap must repeat it (XSA-224)
 * @handle: VIF_INVALID_HANDLE for a request that could not be mapped and waits
 *	for its turn to be answered with @status
 * @id: of the request
 * @status: GNTST_* of the mapping
 */
struct vif_pool_slot {
	u64 dev_bus_addr;
	grant_handle_t handle;
	u16 id;
	s16 status;
};

/**
 * struct vif_pool_grant - level grant on one queue; under the queue's rx_lock
 * @slot: indexed by ring index; the slots rsp_prod_pvt..req_cons-1 of the ring
 *	are in use, and those among them with a handle are posted in this order
 * @unmap: batch under construction
 * @map: batch under construction
 * @rx: completions of the batch
 * @addr: addresses about to be posted
 * @ram_hint: see vif_ram_is_page()
 */
struct vif_pool_grant {
	struct vif_pool_slot slot[VIF_RX_RING_SIZE];
	struct gnttab_unmap_grant_ref unmap[VIF_POOL_BATCH];
	struct gnttab_map_grant_ref map[VIF_POOL_BATCH];
	struct vmdq_rx rx[VIF_POOL_BATCH];
	dma_addr_t addr[VIF_POOL_BATCH];
	unsigned int ram_hint;
};

static struct vif_pool_slot *vif_pool_slot(struct vif_queue *queue, RING_IDX idx)
{
	return &queue->grant->slot[idx % VIF_RX_RING_SIZE];
}

/* Unmaps of @unmaps and maps of @maps operations in one entry into Xen */
static void vif_pool_hypercall(struct vif_queue *queue, unsigned int unmaps, unsigned int maps)
{
	struct vif_pool_grant *grant = queue->grant;
	struct multicall_entry call[2] = {
		{
			.op = __HYPERVISOR_grant_table_op,
			.args = { GNTTABOP_unmap_grant_ref, (unsigned long)grant->unmap, unmaps },
		},
		{
			.op = __HYPERVISOR_grant_table_op,
			.args = { GNTTABOP_map_grant_ref, (unsigned long)grant->map, maps },
		},
	};
	unsigned int i;
	int err;

	/* Raw, because gnttab_batch_map() sleeps while a guest's memory is
	 * paged out: such a page simply cannot be posted.  An operation that
	 * Xen does not get to keeps the status that it has here.
	 */
	for (i = 0; i < unmaps; i++)
		grant->unmap[i].status = GNTST_general_error;
	for (i = 0; i < maps; i++)
		grant->map[i].status = GNTST_general_error;

	if (unmaps && maps)
		err = HYPERVISOR_multicall(call, 2);
	else if (unmaps)
		err = HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, grant->unmap, unmaps);
	else
		err = HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, grant->map, maps);
	if (unlikely(err)) {
		net_err_ratelimited("%s: Xen refused a batch of grant operations: %d\n",
				    queue->name, err);
		trace_vif_error(queue->vif, VIF_ERROR_HYPERCALL, err);
	}

	for (i = 0; i < unmaps; i++) {
		if (likely(grant->unmap[i].status == GNTST_okay)) {
			queue->stats.pool_grant_unmaps++;
			continue;
		}
		net_err_ratelimited("%s: unmapping a posted page of guest %u failed: %d\n",
				    queue->name, queue->vif->domid, grant->unmap[i].status);
		trace_vif_error(queue->vif, VIF_ERROR_UNMAP, grant->unmap[i].status);
	}
	queue->stats.pool_hypercalls++;
	queue->stats.pool_multicalls++;
}

/* Plans the unmapping of a posted slot.  The address must be the one that the
 * map returned: with 0, Xen would leave the device's mapping in place.
 */
static void vif_pool_plan_unmap(struct gnttab_unmap_grant_ref *op, const struct vif_pool_slot *slot)
{
	op->host_addr = 0;
	op->dev_bus_addr = slot->dev_bus_addr;
	op->handle = slot->handle;
}

/* Plans the unmapping of the next @n posted slots, the oldest first.
 * Return: how many there were.
 */
static unsigned int vif_pool_plan_unmaps(struct vif_queue *queue, RING_IDX idx, unsigned int n)
{
	unsigned int planned = 0;

	for (; planned < n && idx != queue->rx.req_cons; idx++) {
		const struct vif_pool_slot *slot = vif_pool_slot(queue, idx);

		if (slot->handle != VIF_INVALID_HANDLE)
			vif_pool_plan_unmap(&queue->grant->unmap[planned++], slot);
	}
	return planned;
}

/* Plans the mapping of fresh requests.  Return: how many. */
static unsigned int vif_pool_plan_maps(struct vif_queue *queue)
{
	unsigned int n = ring_refill_count(vif_rx_requests(queue), vmdq_pool_room(queue->pool),
					   queue->pool->posted, VIF_POOL_BATCH);
	unsigned int i;

	if (unlikely(READ_ONCE(queue->vif->disabled)))
		return 0;
	for (i = 0; i < n; i++) {
		RING_IDX idx = queue->rx.req_cons + i;
		struct xen_netif_rx_request req;

		RING_COPY_REQUEST(&queue->rx, idx, &req);
		vif_pool_slot(queue, idx)->id = req.id;
		gnttab_set_map_op(&queue->grant->map[i], 0, GNTMAP_device_map, req.gref,
				  queue->vif->domid);
	}
	return n;
}

/* Can and may the hardware write there?  A NIC may reach less than all of memory;
 * and the page may be a device's, if the guest is allowed to use one.
 */
static bool vif_pool_reachable(struct vif_queue *queue, u64 addr)
{
	return addr + XEN_PAGE_SIZE - 1 <= queue->pool->port->dma_mask &&
	       vif_ram_is_page(addr, &queue->grant->ram_hint);
}

/* Xen takes no more mappings from dom0, whoever asks, and the pool is short of buffers: with
 * dom0's own pages it can go on.
 */
static void vif_pool_no_maptrack(struct vif *vif)
{
	if (READ_ONCE(vif->maptrack_full))
		return;
	WRITE_ONCE(vif->maptrack_full, true);
	vif_assign_schedule(vif);
}

/* Posts what was mapped; what was not waits to be answered in its turn. */
static void vif_pool_post_maps(struct vif_queue *queue, unsigned int n)
{
	struct vif_pool_grant *grant = queue->grant;
	unsigned int posted = 0;
	bool no_space = false;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct vif_pool_slot *slot = vif_pool_slot(queue, queue->rx.req_cons++);
		const struct gnttab_map_grant_ref *op = &grant->map[i];

		slot->status = op->status;
		if (unlikely(op->status != GNTST_okay)) {
			slot->handle = VIF_INVALID_HANDLE;
			no_space |= op->status == GNTST_no_space;
			queue->stats.pool_errors++;
			trace_vif_error(queue->vif, VIF_ERROR_MAP, op->status);
			continue;
		}
		slot->handle = op->handle;
		slot->dev_bus_addr = op->dev_bus_addr;
		queue->stats.pool_grant_maps++;
		if (unlikely(!vif_pool_reachable(queue, op->dev_bus_addr))) {
			vif_pool_plan_unmap(&grant->unmap[0], slot);
			vif_pool_hypercall(queue, 1, 0);
			slot->handle = VIF_INVALID_HANDLE;
			slot->status = GNTST_bad_dev_addr;
			queue->stats.pool_errors++;
			trace_vif_error(queue->vif, VIF_ERROR_ADDRESS, 0);
			continue;
		}
		grant->addr[posted++] = op->dev_bus_addr;
	}
	if (posted) {
		vmdq_pool_post(queue->pool, grant->addr, posted);
		trace_vif_post(queue, posted);
	}
	if (unlikely(no_space && queue->pool->posted < VIF_POOL_BATCH))
		vif_pool_no_maptrack(queue->vif);
}

static void vif_pool_respond(struct vif_queue *queue, u16 id, s16 status, u16 flags)
{
	struct xen_netif_rx_response *rsp;

	rsp = RING_GET_RESPONSE(&queue->rx, queue->rx.rsp_prod_pvt++);
	rsp->id = id;
	rsp->offset = 0;
	rsp->flags = flags;
	rsp->status = status;
}

/* Answers the requests that could not be posted, up to the next one that was. */
static void vif_pool_answer_failed(struct vif_queue *queue)
{
	while (queue->rx.rsp_prod_pvt != queue->rx.req_cons) {
		struct vif_pool_slot *slot = vif_pool_slot(queue, queue->rx.rsp_prod_pvt);

		if (slot->handle != VIF_INVALID_HANDLE)
			break;
		vif_pool_respond(queue, slot->id, XEN_NETIF_RSP_ERROR, 0);
	}
}

/* Answers the requests that hold one frame, whose first completion is @rx.  When
 * it is damaged, or one request between its own could not be posted, none of
 * them holds anything of use.  Return: how many completions it had.
 */
static unsigned int vif_pool_answer_frame(struct vif_queue *queue, const struct vmdq_rx *rx)
{
	RING_IDX first = queue->rx.rsp_prod_pvt;
	unsigned int slots = 0, bufs = 0, len = 0;
	bool bad = false;
	unsigned int i;
	u16 flags = 0;

	do {
		struct vif_pool_slot *slot = vif_pool_slot(queue, first + slots++);

		if (unlikely(slot->handle == VIF_INVALID_HANDLE)) {
			bad = true;
			continue;
		}
		slot->handle = VIF_INVALID_HANDLE;
		flags = rx[bufs].flags;
		bad |= !rx[bufs].len;
		len += rx[bufs++].len;
	} while (!(flags & VMDQ_RX_EOP));

	if (unlikely(bad || (flags & VMDQ_RX_ERROR))) {
		for (i = 0; i < slots; i++)
			vif_pool_respond(queue, vif_pool_slot(queue, first + i)->id,
					 XEN_NETIF_RSP_ERROR, 0);
		queue->stats.rx_errors++;
		trace_vif_error(queue->vif, VIF_ERROR_FRAME, bufs);
		return bufs;
	}

	flags = flags & VMDQ_RX_CSUM_GOOD ? XEN_NETRXF_data_validated : 0;
	for (i = 0; i < slots; i++) {
		vif_pool_respond(queue, vif_pool_slot(queue, first + i)->id, rx[i].len,
				 i + 1 < slots ? flags | XEN_NETRXF_more_data : flags);
		flags = 0;
	}
	queue->stats.rx_pool_frames++;
	queue->stats.rx_pool_bytes += len;
	return bufs;
}

/* Answers @n completed requests, which are whole frames, and those between and
 * behind them that could not be posted.
 */
static void vif_pool_answer(struct vif_queue *queue, unsigned int n)
{
	const struct vmdq_rx *rx = queue->grant->rx;
	const struct vmdq_rx *end = rx + n;

	vif_pool_answer_failed(queue);
	while (rx < end) {
		rx += vif_pool_answer_frame(queue, rx);
		vif_pool_answer_failed(queue);
	}
	if (n)
		trace_vif_complete(queue, n);
}

/* Asks the guest for an event when there is enough for the next refill.
 * Return: true when that is so already and no event will come.
 */
static bool vif_pool_want_requests(struct vif_queue *queue)
{
	bool low = queue->pool->posted < 2 * VIF_POOL_BATCH;
	unsigned int needed = low ? 1 : VIF_POOL_BATCH;

	/* Where there is no room for them, a frame that completes has us look again. */
	if (unlikely(READ_ONCE(queue->vif->disabled)) || vmdq_pool_room(queue->pool) < needed)
		return false;
	queue->rx.sring->req_event = queue->rx.req_cons + needed;
	virt_mb();	/* the event index is visible before we look again */
	return vif_rx_requests(queue) >= needed;
}

/* Shows the guest what was answered since @before, with one notification. */
static void vif_pool_push(struct vif_queue *queue, RING_IDX before)
{
	if (queue->rx.rsp_prod_pvt != before && vif_rx_push(queue))
		queue->stats.pool_notifications++;
}

/* One batch each of completed and fresh requests.  A frame is taken whole even
 * if that exceeds the budget.
 * Return: completed ones; @fresh grows by the number of fresh ones.
 */
static unsigned int vif_pool_turn(struct vif_queue *queue, unsigned int budget,
				  unsigned int *fresh)
{
	unsigned int completed, unmaps, maps;

	completed = vmdq_pool_harvest(queue->pool, queue->grant->rx,
				      ring_harvest_count(budget, queue->pool->frame_bufs,
							 VIF_POOL_BATCH));
	unmaps = vif_pool_plan_unmaps(queue, queue->rx.rsp_prod_pvt, completed);
	maps = vif_pool_plan_maps(queue);
	if (unmaps || maps) {
		vif_pool_hypercall(queue, unmaps, maps);
		queue->stats.pool_batches++;
	}
	vif_pool_answer(queue, unmaps);
	vif_pool_post_maps(queue, maps);
	*fresh += maps;
	return completed;
}

/**
 * vif_pool_grant_poll() - deliver what the hardware wrote, post fresh requests
 * @queue: at level grant
 * @budget: most buffers
 *
 * Context: softirq, rx_lock held.  Return: buffers completed, at most @budget.
 */
int vif_pool_grant_poll(struct vif_queue *queue, int budget)
{
	/* A batch is full when the longest frame might not have fitted in. */
	unsigned int full = VIF_POOL_BATCH - queue->pool->frame_bufs + 1;
	RING_IDX before = queue->rx.rsp_prod_pvt;
	unsigned int fresh = 0;
	int done = 0;

	do {
		unsigned int completed, was = fresh;

		completed = vif_pool_turn(queue, budget - done, &fresh);
		done += completed;
		if (completed < full && fresh - was < VIF_POOL_BATCH &&
		    !vif_pool_want_requests(queue))
			break;
		/* Requests that all fail take nothing from the budget, and the
		 * guest may put in more than we can refuse.
		 */
	} while (done < budget && fresh < VIF_RX_RING_SIZE);

	/* Requests that failed and have nothing posted before them */
	vif_pool_answer(queue, 0);
	vif_pool_push(queue, before);
	if (fresh) {
		vmdq_pool_doorbell(queue->pool);
		queue->stats.pool_doorbells++;
	}
	return fresh < VIF_RX_RING_SIZE ? min(done, budget) : budget;
}

/**
 * vif_pool_grant_start() - begin to serve a queue at level grant
 * @queue: reached by no software frame any more
 * @pool: taken, with no filter yet
 *
 * Context: process.  Return: 0 or -ENOMEM.
 */
int vif_pool_grant_start(struct vif_queue *queue, struct vmdq_pool *pool)
{
	struct vif_pool_grant *grant = vzalloc(sizeof(*grant));
	unsigned int i;

	if (!grant)
		return -ENOMEM;
	for (i = 0; i < VIF_RX_RING_SIZE; i++)
		grant->slot[i].handle = VIF_INVALID_HANDLE;

	spin_lock_bh(&queue->rx_lock);
	queue->grant = grant;
	WRITE_ONCE(queue->pool, pool);
	vif_pool_grant_poll(queue, NAPI_POLL_WEIGHT);
	spin_unlock_bh(&queue->rx_lock);
	return 0;
}

/**
 * vif_pool_grant_stop() - end level grant on a queue
 * @queue: its pool is stopped, the hardware writes no more
 *
 * Delivers what was written; unmaps the rest, whose requests are software's to
 * consume again.  Context: process, rx_lock held.
 */
void vif_pool_grant_stop(struct vif_queue *queue)
{
	RING_IDX before = queue->rx.rsp_prod_pvt;
	unsigned int n;
	RING_IDX idx;

	while ((n = vmdq_pool_harvest(queue->pool, queue->grant->rx, VIF_POOL_BATCH))) {
		n = vif_pool_plan_unmaps(queue, queue->rx.rsp_prod_pvt, n);
		if (n)
			vif_pool_hypercall(queue, n, 0);
		vif_pool_answer(queue, n);
	}
	vif_pool_push(queue, before);

	for (idx = queue->rx.rsp_prod_pvt; idx != queue->rx.req_cons; ) {
		unsigned int planned = 0;

		for (; idx != queue->rx.req_cons && planned < VIF_POOL_BATCH; idx++) {
			struct vif_pool_slot *slot = vif_pool_slot(queue, idx);

			if (slot->handle == VIF_INVALID_HANDLE)
				continue;
			vif_pool_plan_unmap(&queue->grant->unmap[planned++], slot);
			slot->handle = VIF_INVALID_HANDLE;
		}
		if (planned)
			vif_pool_hypercall(queue, planned, 0);
	}
	queue->rx.req_cons = queue->rx.rsp_prod_pvt;
}

/**
 * vif_pool_grant_free() - forget level grant
 * @queue: its pool is released
 */
void vif_pool_grant_free(struct vif_queue *queue)
{
	vfree(queue->grant);
	queue->grant = NULL;
}
