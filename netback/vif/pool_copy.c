// SPDX-License-Identifier: GPL-2.0
/*
 * Level copy: dom0's own pages in the pool's ring, and one batched grant copy
 * into the guest.
 *
 * Page owners.  The pages are ours and mapped for DMA as long as the level
 * lasts.  All buffers in them are posted, but those completed in the batch at
 * hand, which are posted again, in the same order, once they are copied.  When
 * the guest has no buffers, completed frames wait in the pool's ring; when that
 * is full, the hardware drops.  Those that still wait there when the level ends
 * go on waiting in software, before what came by software.
 *
 * Two buffers share a page where a frame fits in half of one: Xen looks a page
 * up once for as many copies in a row as come from it.
 *
 * A frame longer than a page fills several buffers of ours, and several of the
 * guest's: not necessarily as many, as those may have headroom.
 *
 * TCP segments that follow one another in a batch become one frame (merge.h) for a
 * guest that takes segmentation offload, unless that is off (ethtool -K vifD.N tso).
 */
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "merge.h"
#include "vif.h"
#include "vif_trace.h"

/**
 * struct vif_pool_buf - a buffer of ours in the pool's ring: coherent memory
 * @data: for the CPU
 * @addr: for the hardware
 * @gfn: its page, for Xen
 * @offset: where in that it begins; a page whose first buffer this is has 0
 */
struct vif_pool_buf {
	void *data;
	dma_addr_t addr;
	unsigned long gfn;
	unsigned int offset;
};

/**
 * struct vif_pool_frame - a frame of the batch
 * @first: its first buffer, by its place in the batch
 * @last: its last
 * @len: bytes, with those of frames that are merged into it
 * @skip: bytes of each further buffer that the frame does without: headers
 * @gso_size: 0, or payload of each of the segments that it is merged from
 * @gso_type: XEN_NETIF_GSO_TYPE_*
 * @bad: not for the guest
 * @merged: into an earlier one
 */
struct vif_pool_frame {
	u8 first;
	u8 last;
	u8 skip;
	u8 gso_type;
	u16 gso_size;
	bool bad;
	bool merged;
	unsigned int len;
};

/**
 * struct vif_pool_copy - level copy on one queue; under the queue's rx_lock
 * @ring: buffers, used round robin in the order of posting
 * @size: how many there are
 * @head: next one that the hardware completes
 * @rx: completions of the batch
 * @next: for each buffer of the batch, which comes next in the frame
 * @frame: the frames that are in them, in order
 * @addr: addresses about to be posted again
 * @kept: frames that the guest had no buffer for when the level ended
 */
struct vif_pool_copy {
	struct vif_pool_buf *ring;
	unsigned int size;
	unsigned int head;
	struct vmdq_rx rx[VIF_POOL_BATCH];
	u8 next[VIF_POOL_BATCH];
	struct vif_pool_frame frame[VIF_POOL_BATCH];
	dma_addr_t addr[VIF_POOL_BATCH];
	struct sk_buff_head kept;
};

static void vif_pool_pages_free(struct vif_pool_copy *copy, struct device *dev)
{
	unsigned int i;

	for (i = 0; i < copy->size && copy->ring[i].data; i++)
		if (!copy->ring[i].offset)
			dma_free_coherent(dev, PAGE_SIZE, copy->ring[i].data, copy->ring[i].addr);
	kvfree(copy->ring);
	kfree(copy);
}

static struct page *vif_pool_page_of(void *data)
{
	return is_vmalloc_addr(data) ? vmalloc_to_page(data) : virt_to_page(data);
}

/* The pages are coherent, because to sync a streaming mapping asks in a PV dom0
 * twice for each buffer which page an address belongs to.
 */
static struct vif_pool_copy *vif_pool_pages_alloc(struct device *dev, unsigned int size,
						  unsigned int buf_size)
{
	struct vif_pool_copy *copy = kzalloc(sizeof(*copy), GFP_KERNEL);
	unsigned int i;

	if (!copy)
		return NULL;
	__skb_queue_head_init(&copy->kept);
	copy->size = size;
	copy->ring = kvcalloc(size, sizeof(*copy->ring), GFP_KERNEL);
	if (!copy->ring)
		goto fail;

	for (i = 0; i < size; i++) {
		struct vif_pool_buf *buf = &copy->ring[i];

		buf->offset = i * buf_size % PAGE_SIZE;
		if (buf->offset) {
			buf->data = buf[-1].data + buf_size;
			buf->addr = buf[-1].addr + buf_size;
			buf->gfn = buf[-1].gfn;
			continue;
		}
		buf->data = dma_alloc_coherent(dev, PAGE_SIZE, &buf->addr, GFP_KERNEL);
		if (!buf->data)
			goto fail;
		buf->gfn = xen_page_to_gfn(vif_pool_page_of(buf->data));
	}
	return copy;

fail:
	if (!copy->ring)
		copy->size = 0;
	vif_pool_pages_free(copy, dev);
	return NULL;
}

/**
 * vif_pool_copy_buf_size() - bytes of each buffer in the pool's ring
 * @max_frame: longest frame
 */
unsigned int vif_pool_copy_buf_size(unsigned int max_frame)
{
	return max_frame <= XEN_PAGE_SIZE / 2 ? XEN_PAGE_SIZE / 2 : XEN_PAGE_SIZE;
}

/* Where the copying of a frame has got to in our buffers */
struct vif_pool_cursor {
	unsigned int buf;	/* in the batch */
	unsigned int offset;
	unsigned int skip;	/* of the next */
};

static const struct vif_pool_buf *vif_pool_copy_buf(const struct vif_pool_copy *copy,
						    unsigned int i)
{
	unsigned int n = copy->head + i;

	return &copy->ring[n < copy->size ? n : n - copy->size];
}

/* Finds the end of the frame that begins at @first; the batch holds it. */
static void vif_pool_frame_find(struct vif_pool_copy *copy, unsigned int first,
				struct vif_pool_frame *frame)
{
	unsigned int i = first;

	memset(frame, 0, sizeof(*frame));
	frame->first = first;
	for (;; i++) {
		frame->len += copy->rx[i].len;
		frame->bad |= !copy->rx[i].len;
		copy->next[i] = i + 1;
		if (copy->rx[i].flags & VMDQ_RX_EOP)
			break;
	}
	frame->bad |= !!(copy->rx[i].flags & VMDQ_RX_ERROR);
	frame->last = i;
}

/* The frames that the hardware wrote into the first @n buffers.  Return: how many. */
static unsigned int vif_pool_frames_find(struct vif_pool_copy *copy, unsigned int n)
{
	unsigned int frames = 0;
	unsigned int i;

	for (i = 0; i < n; i = copy->frame[frames++].last + 1)
		vif_pool_frame_find(copy, i, &copy->frame[frames]);
	return frames;
}

/* What may be merged for the guest.  Two buffers share a page: then a merged frame takes
 * no more of the guest's buffers, one for its extra info among them, than its segments
 * would have taken, and it is never too long.
 */
static unsigned int vif_pool_merges(const struct vif_queue *queue)
{
	netdev_features_t features = READ_ONCE(queue->vif->dev->features);

	BUILD_BUG_ON(VIF_POOL_BATCH * XEN_PAGE_SIZE / 2 > U16_MAX + 1);
	if (queue->pool->config.buf_size > XEN_PAGE_SIZE / 2 || queue->vif->xdp_headroom)
		return 0;
	return (features & NETIF_F_TSO ? MERGE_V4 : 0) | (features & NETIF_F_TSO6 ? MERGE_V6 : 0);
}

static void vif_pool_frame_append(struct vif_pool_copy *copy, struct vif_pool_frame *to,
				  struct vif_pool_frame *frame)
{
	copy->next[to->last] = frame->first;
	to->last = frame->first;
	frame->merged = true;
}

/* Makes one frame of TCP segments that follow one another; the copying is still to come. */
static void vif_pool_copy_merge(struct vif_queue *queue, unsigned int frames)
{
	struct vif_pool_copy *copy = queue->copy;
	struct merge_batch batch;
	unsigned int i;

	batch.n = 0;
	batch.families = vif_pool_merges(queue);
	if (!batch.families)
		return;
	for (i = 0; i < frames; i++) {
		struct vif_pool_frame *frame = &copy->frame[i];
		int to;

		if (frame->bad || frame->first != frame->last ||
		    !(copy->rx[frame->first].flags & VMDQ_RX_CSUM_GOOD))
			continue;
		to = merge_next(&batch, i, vif_pool_copy_buf(copy, frame->first)->data, frame->len);
		if (to >= 0)
			vif_pool_frame_append(copy, &copy->frame[to], frame);
	}
	for (i = 0; i < batch.n; i++) {
		const struct merge_flow *flow = &batch.flow[i];
		struct vif_pool_frame *frame = &copy->frame[flow->frame];

		if (flow->frames == 1)
			continue;
		merge_finish(flow);
		queue->stats.rx_pool_merged += flow->frames - 1;
		frame->len = flow->len;
		frame->skip = flow->payload;
		frame->gso_size = flow->size;
		frame->gso_type = merge_is_v6(flow) ? XEN_NETIF_GSO_TYPE_TCPV6 :
						      XEN_NETIF_GSO_TYPE_TCPV4;
	}
}

/* Copies the next @len bytes into one buffer of the guest's. */
static void vif_pool_copy_slot(struct vif_queue *queue, struct vif_pool_cursor *from,
			       unsigned int len, u16 flags)
{
	struct vif_pool_copy *copy = queue->copy;
	unsigned int headroom = queue->vif->xdp_headroom;
	RING_IDX idx = queue->rx.req_cons++;
	struct xen_netif_rx_response *rsp;
	struct xen_netif_rx_request req;
	unsigned int at = headroom;

	RING_COPY_REQUEST(&queue->rx, idx, &req);
	rsp = RING_GET_RESPONSE(&queue->rx, idx);
	rsp->id = req.id;
	rsp->offset = headroom;
	rsp->flags = flags;
	rsp->status = len;

	while (len) {
		unsigned int n = min(len, copy->rx[from->buf].len - from->offset);
		const struct vif_pool_buf *buf = vif_pool_copy_buf(copy, from->buf);
		struct gnttab_copy *op = vif_rx_copy_dest(queue, n, req.gref, at, idx);

		op->source.domid = DOMID_SELF;
		op->source.u.gmfn = buf->gfn;
		op->source.offset = buf->offset + from->offset;
		queue->stats.pool_grant_copies++;
		at += n;
		len -= n;
		from->offset += n;
		if (from->offset == copy->rx[from->buf].len) {
			from->offset = from->skip;
			from->buf = copy->next[from->buf];
		}
	}
}

/* Copies one frame into the guest's next buffers, which exist. */
static void vif_pool_copy_frame(struct vif_queue *queue, const struct vif_pool_frame *frame)
{
	unsigned int room = XEN_PAGE_SIZE - queue->vif->xdp_headroom;
	const struct vmdq_rx *last = &queue->copy->rx[frame->last];
	u16 flags = last->flags & VMDQ_RX_CSUM_GOOD ? XEN_NETRXF_data_validated : 0;
	struct vif_pool_cursor from = { .buf = frame->first, .skip = frame->skip };
	unsigned int left = frame->len;

	if (frame->gso_size)
		flags |= XEN_NETRXF_csum_blank | XEN_NETRXF_extra_info;
	do {
		unsigned int n = min(left, room);

		left -= n;
		vif_pool_copy_slot(queue, &from, n, left ? flags | XEN_NETRXF_more_data : flags);
		if (flags & XEN_NETRXF_extra_info)
			vif_rx_put_gso(queue, frame->gso_type, frame->gso_size, 0);
		flags = 0;
	} while (left);
	queue->rx.rsp_prod_pvt = queue->rx.req_cons;

	queue->stats.rx_pool_frames++;
	queue->stats.rx_pool_bytes += frame->len;
}

/* Makes a frame that the guest has no buffers for wait in software. */
static void vif_pool_copy_keep(struct vif_queue *queue, const struct vif_pool_frame *frame)
{
	struct sk_buff *skb = netdev_alloc_skb(queue->vif->dev, frame->len);
	const struct vmdq_rx *rx = queue->copy->rx;
	unsigned int i;

	if (!skb) {
		queue->stats.rx_dropped++;
		return;
	}
	for (i = frame->first; i <= frame->last; i++)
		skb_put_data(skb, vif_pool_copy_buf(queue->copy, i)->data, rx[i].len);
	skb->ip_summed = rx[frame->last].flags & VMDQ_RX_CSUM_GOOD ? CHECKSUM_UNNECESSARY :
							       CHECKSUM_NONE;
	VIF_SKB(skb)->expires = jiffies + queue->vif->rx_drain;
	__skb_queue_tail(&queue->copy->kept, skb);
}

/* What was kept is older than what came by software meanwhile. */
static void vif_pool_copy_requeue(struct vif_queue *queue)
{
	struct sk_buff *skb;

	spin_lock(&queue->rx_skbs.lock);
	skb_queue_walk(&queue->copy->kept, skb)
		queue->rx_bytes += skb->len;
	skb_queue_splice_init(&queue->copy->kept, &queue->rx_skbs);
	spin_unlock(&queue->rx_skbs.lock);
}

/* Copies @n harvested buffers, which are whole frames; they stay ours until
 * posted again.  @room is how many buffers the guest has.  If it has too few for
 * all, which are not to be merged then, the first frame that does not fit, and
 * all behind it, wait in software.
 */
static void vif_pool_copy_batch(struct vif_queue *queue, unsigned int n, unsigned int room,
				bool merge)
{
	struct vif_pool_copy *copy = queue->copy;
	unsigned int frames = vif_pool_frames_find(copy, n);
	unsigned int i;

	for (i = 0; i < n; i++)
		copy->addr[i] = vif_pool_copy_buf(copy, i)->addr;
	if (merge && frames > 1)
		vif_pool_copy_merge(queue, frames);
	for (i = 0; i < frames; i++) {
		const struct vif_pool_frame *frame = &copy->frame[i];
		unsigned int slots;

		if (frame->merged)
			continue;
		if (unlikely(frame->bad)) {
			queue->stats.rx_errors++;
			trace_vif_error(queue->vif, VIF_ERROR_FRAME,
					frame->last - frame->first + 1);
			continue;
		}
		slots = ring_rx_slots(frame->len, queue->vif->xdp_headroom, !!frame->gso_size,
				      XEN_PAGE_SIZE);
		if (unlikely(slots > room || !skb_queue_empty(&copy->kept))) {
			vif_pool_copy_keep(queue, frame);
			continue;
		}
		room -= slots;
		vif_pool_copy_frame(queue, frame);
	}
	if (queue->rx_batch.n) {
		vif_rx_copy_flush(queue);
		queue->stats.pool_hypercalls++;
	}
	copy->head = (copy->head + n) % copy->size;
	queue->stats.pool_batches++;
	trace_vif_complete(queue, n);
}

/* How many buffers the guest has; fewer than @needed arms its event. */
static unsigned int vif_pool_copy_room(struct vif_queue *queue, unsigned int needed)
{
	unsigned int n = vif_rx_requests(queue);

	if (likely(n >= needed) || unlikely(READ_ONCE(queue->vif->disabled)))
		return n;
	queue->rx.sring->req_event = queue->rx.req_cons + needed;
	virt_mb();	/* the event index is visible before we look again */
	return vif_rx_requests(queue);
}

/* Buffers that the guest needs for one of ours, at most: with headroom, a full
 * one of ours may not fit in one of the guest's.
 */
static unsigned int vif_pool_copy_ratio(const struct vif_queue *queue)
{
	const unsigned int headroom = queue->vif->xdp_headroom;

	if (likely(!headroom))
		return 1;
	return ring_rx_slots(min(queue->pool->config.max_frame, queue->pool->config.buf_size),
			     headroom, 0, XEN_PAGE_SIZE);
}

/**
 * vif_pool_copy_poll() - copy what the hardware wrote, post the pages again
 * @queue: at level copy
 * @budget: most buffers
 *
 * Context: softirq, rx_lock held.  Return: buffers harvested, at most @budget.
 */
int vif_pool_copy_poll(struct vif_queue *queue, int budget)
{
	struct vif_pool_copy *copy = queue->copy;
	RING_IDX before = queue->rx.rsp_prod_pvt;
	unsigned int ratio = vif_pool_copy_ratio(queue);
	unsigned int needed = queue->pool->frame_bufs * ratio;
	int done = 0;

	while (done < budget) {
		unsigned int room = vif_pool_copy_room(queue, needed);
		unsigned int n;

		/* What does not fit waits in the hardware's ring. */
		if (room < needed)
			break;
		n = ring_harvest_count(budget - done, queue->pool->frame_bufs, VIF_POOL_BATCH);
		n = vmdq_pool_harvest(queue->pool, copy->rx, min(n, room / ratio));
		if (!n)
			break;
		vif_pool_copy_batch(queue, n, room, true);
		vmdq_pool_post(queue->pool, copy->addr, n);
		trace_vif_post(queue, n);
		done += n;
	}
	if (queue->rx.rsp_prod_pvt != before && vif_rx_push(queue))
		queue->stats.pool_notifications++;
	if (done) {
		vmdq_pool_doorbell(queue->pool);
		queue->stats.pool_doorbells++;
	}
	return min(done, budget);
}

/**
 * vif_pool_copy_start() - begin to serve a queue at level copy
 * @queue: may go on carrying software frames
 * @pool: taken, with no filter yet
 *
 * Context: process.  Return: 0 or -ENOMEM.
 */
int vif_pool_copy_start(struct vif_queue *queue, struct vmdq_pool *pool)
{
	struct vif_pool_copy *copy = vif_pool_pages_alloc(pool->port->dev,
							  pool->port->ring_size - 1,
							  pool->config.buf_size);
	unsigned int i, n;

	if (!copy)
		return -ENOMEM;

	spin_lock_bh(&queue->rx_lock);
	queue->copy = copy;
	for (i = 0; i < copy->size; i += n) {
		for (n = 0; n < VIF_POOL_BATCH && i + n < copy->size; n++)
			copy->addr[n] = copy->ring[i + n].addr;
		vmdq_pool_post(pool, copy->addr, n);
	}
	vmdq_pool_doorbell(pool);
	WRITE_ONCE(queue->pool, pool);
	trace_vif_post(queue, copy->size);
	spin_unlock_bh(&queue->rx_lock);
	return 0;
}

/**
 * vif_pool_copy_stop() - end level copy on a queue
 * @queue: its pool is stopped, the hardware writes no more
 *
 * Delivers what was written; what the guest has no buffers for waits in the
 * software queue, bounded by the pool's ring.  Context: process, rx_lock held.
 */
void vif_pool_copy_stop(struct vif_queue *queue)
{
	struct vif_pool_copy *copy = queue->copy;
	RING_IDX before = queue->rx.rsp_prod_pvt;
	unsigned int n;

	while ((n = vmdq_pool_harvest(queue->pool, copy->rx, VIF_POOL_BATCH)))
		vif_pool_copy_batch(queue, n, vif_rx_requests(queue), false);
	if (queue->rx.rsp_prod_pvt != before && vif_rx_push(queue))
		queue->stats.pool_notifications++;
	vif_pool_copy_requeue(queue);
}

/**
 * vif_pool_copy_free() - give the pages back
 * @queue: its pool is stopped
 * @dev: the device they are mapped for
 *
 * Context: process.
 */
void vif_pool_copy_free(struct vif_queue *queue, struct device *dev)
{
	if (!queue->copy)
		return;
	vif_pool_pages_free(queue->copy, dev);
	queue->copy = NULL;
}
