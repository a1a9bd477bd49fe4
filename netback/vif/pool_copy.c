// SPDX-License-Identifier: GPL-2.0
/*
 * Level copy: dom0's own pages in the pool's ring, and one batched grant copy
 * into the guest.
 *
 * Page owners.  The pages are ours and mapped for DMA as long as the level
 * lasts.  All of them are posted, but those completed in the batch at hand,
 * which are posted again, in the same order, once they are copied.  When the
 * guest has no buffers, completed frames wait in the pool's ring; when that is
 * full, the hardware drops.  Those that still wait there when the level ends go
 * on waiting in software, before what came by software.
 */
#include <linux/dma-mapping.h>
#include <linux/slab.h>

#include "vif.h"

static void vif_pool_pages_free(struct vif_pool_copy *copy, struct device *dev)
{
	unsigned int i;

	for (i = 0; i < copy->size; i++) {
		if (!copy->ring[i].page)
			break;
		dma_unmap_page(dev, copy->ring[i].addr, PAGE_SIZE, DMA_FROM_DEVICE);
		__free_page(copy->ring[i].page);
	}
	kvfree(copy->ring);
	kfree(copy);
}

static struct vif_pool_copy *vif_pool_pages_alloc(struct device *dev, unsigned int size)
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
		struct page *page = alloc_page(GFP_KERNEL);
		dma_addr_t addr;

		if (!page)
			goto fail;
		addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_FROM_DEVICE);
		if (dma_mapping_error(dev, addr)) {
			__free_page(page);
			goto fail;
		}
		copy->ring[i].page = page;
		copy->ring[i].addr = addr;
	}
	return copy;

fail:
	if (!copy->ring)
		copy->size = 0;
	vif_pool_pages_free(copy, dev);
	return NULL;
}

/* Copies one completed frame into the guest's next buffer, which exists. */
static void vif_pool_copy_frame(struct vif_queue *queue, struct page *page,
				const struct vmdq_rx *rx)
{
	unsigned int headroom = queue->vif->xdp_headroom;
	RING_IDX idx = queue->rx.req_cons++;
	struct xen_netif_rx_response *rsp;
	struct xen_netif_rx_request req;

	RING_COPY_REQUEST(&queue->rx, idx, &req);
	rsp = RING_GET_RESPONSE(&queue->rx, idx);
	rsp->id = req.id;
	rsp->offset = 0;
	rsp->flags = rx->flags & VMDQ_RX_CSUM_GOOD ? XEN_NETRXF_data_validated : 0;
	rsp->status = headroom + rx->len;

	vif_rx_copy_add(queue, page, 0, rx->len, req.gref, headroom, idx);
	queue->rx.rsp_prod_pvt = queue->rx.req_cons;
	queue->stats.pool_grant_copies++;
	queue->stats.rx_pool_frames++;
	queue->stats.rx_pool_bytes += rx->len;
}

/* A frame is one buffer: the pool's longest frame is less than a page.
 * Anything else is damaged and takes no buffer of the guest's.
 */
static bool vif_pool_whole(const struct vif_queue *queue, const struct vmdq_rx *rx)
{
	return (rx->flags & VMDQ_RX_EOP) && !(rx->flags & VMDQ_RX_ERROR) && rx->len &&
	       rx->len <= XEN_PAGE_SIZE - queue->vif->xdp_headroom;
}

/* Makes a frame that the guest has no buffer for wait in software. */
static void vif_pool_copy_keep(struct vif_queue *queue, struct page *page,
			       const struct vmdq_rx *rx)
{
	struct sk_buff *skb = netdev_alloc_skb(queue->vif->dev, rx->len);

	if (!skb) {
		queue->stats.rx_dropped++;
		return;
	}
	skb_put_data(skb, page_address(page), rx->len);
	skb->ip_summed = rx->flags & VMDQ_RX_CSUM_GOOD ? CHECKSUM_UNNECESSARY : CHECKSUM_NONE;
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

/* Copies @n harvested frames; they stay ours until posted again.
 * @room is how many of them the guest has buffers for.
 */
static void vif_pool_copy_batch(struct vif_queue *queue, unsigned int n, unsigned int room)
{
	struct vif_pool_copy *copy = queue->copy;
	struct device *dev = queue->pool->port->dev;
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct vif_pool_page *page = &copy->ring[copy->head];
		const struct vmdq_rx *rx = &copy->rx[i];

		copy->addr[i] = page->addr;
		copy->head = (copy->head + 1) % copy->size;
		if (unlikely(!vif_pool_whole(queue, rx))) {
			queue->stats.rx_errors++;
			continue;
		}
		dma_sync_single_for_cpu(dev, page->addr, rx->len, DMA_FROM_DEVICE);
		if (unlikely(!room)) {
			vif_pool_copy_keep(queue, page->page, rx);
			continue;
		}
		room--;
		vif_pool_copy_frame(queue, page->page, rx);
	}
	if (queue->rx_batch.n) {
		vif_rx_copy_flush(queue);
		queue->stats.pool_hypercalls++;
	}
	for (i = 0; i < n; i++)
		dma_sync_single_for_device(dev, copy->addr[i], PAGE_SIZE, DMA_FROM_DEVICE);
}

/* How many frames the guest has buffers for; 0 arms its event. */
static unsigned int vif_pool_copy_room(struct vif_queue *queue)
{
	unsigned int n = vif_rx_requests(queue);

	if (likely(n) || unlikely(READ_ONCE(queue->vif->disabled)))
		return n;
	queue->rx.sring->req_event = queue->rx.req_cons + 1;
	virt_mb();	/* the event index is visible before we look again */
	return vif_rx_requests(queue);
}

/**
 * vif_pool_copy_poll() - copy what the hardware wrote, post the pages again
 * @queue: at level copy
 * @budget: most frames
 *
 * Context: softirq, rx_lock held.  Return: frames harvested.
 */
int vif_pool_copy_poll(struct vif_queue *queue, int budget)
{
	struct vif_pool_copy *copy = queue->copy;
	RING_IDX before = queue->rx.rsp_prod_pvt;
	unsigned int done = 0;

	while (done < budget) {
		unsigned int room = vif_pool_copy_room(queue);
		unsigned int n = min3(room, budget - done, (unsigned int)VIF_POOL_BATCH);

		if (n)
			n = vmdq_pool_harvest(queue->pool, copy->rx, n);
		if (!n)
			break;
		vif_pool_copy_batch(queue, n, room);
		vmdq_pool_post(queue->pool, copy->addr, n);
		done += n;
	}
	if (queue->rx.rsp_prod_pvt != before && vif_rx_push(queue))
		queue->stats.pool_notifications++;
	if (done)
		vmdq_pool_doorbell(queue->pool);
	return done;
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
							  pool->port->ring_size - 1);
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
		vif_pool_copy_batch(queue, n, vif_rx_requests(queue));
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
