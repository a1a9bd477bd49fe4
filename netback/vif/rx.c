// SPDX-License-Identifier: GPL-2.0
/*
 * Frames to the guest by the software path: the network stack gives an skb, a
 * grant copy puts it into the guest's buffers.
 *
 * Page owners: the skb's pages stay the skb's until the copy is done; the
 * guest's buffers are never mapped.
 */
#include "vif.h"

/**
 * vif_rx_requests() - guest RX requests that can be consumed now
 * @queue: the queue
 *
 * Context: rx_lock held.  Return: their number; 0 also for a guest that has
 * just been disabled for an impossible producer index.
 */
int vif_rx_requests(struct vif_queue *queue)
{
	int n = ring_unconsumed(READ_ONCE(queue->rx.sring->req_prod), queue->rx.req_cons,
				queue->rx.rsp_prod_pvt, RING_SIZE(&queue->rx));

	if (unlikely(n < 0)) {
		vif_fatal(queue->vif, "impossible RX producer index");
		return 0;
	}
	/* The request is read after the index that announced it. */
	virt_rmb();
	return n;
}

/**
 * vif_rx_push() - show the guest its responses
 * @queue: the queue
 *
 * Notifies at most once, and only if the guest asked for it (XSA-391).
 *
 * Context: rx_lock held.  Return: true when the guest was notified.
 */
bool vif_rx_push(struct vif_queue *queue)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->rx, notify);
	if (notify)
		notify_remote_via_irq(queue->rx_irq);
	return notify;
}

static struct netdev_queue *vif_rx_txq(struct vif_queue *queue)
{
	return netdev_get_tx_queue(queue->vif->dev, queue->id);
}

/**
 * vif_rx_enqueue() - queue a frame for the guest
 * @queue: the queue
 * @skb: the frame
 *
 * Stops the netdev's queue when it is the last to fit, so that a slow guest
 * pushes back on who sends to it and on nobody else.
 *
 * Context: softirq.  Return: false when the frame does not fit; it is still
 * the caller's.
 */
bool vif_rx_enqueue(struct vif_queue *queue, struct sk_buff *skb)
{
	bool queued = false;

	spin_lock(&queue->rx_skbs.lock);
	if (likely(queue->rx_bytes < VIF_RX_QUEUE_BYTES)) {
		VIF_SKB(skb)->expires = jiffies + queue->vif->rx_drain;
		__skb_queue_tail(&queue->rx_skbs, skb);
		queue->rx_bytes += skb->len;
		queued = true;
	}
	if (queue->rx_bytes >= VIF_RX_QUEUE_BYTES)
		netif_tx_stop_queue(vif_rx_txq(queue));
	spin_unlock(&queue->rx_skbs.lock);

	if (queued)
		napi_schedule(&queue->rx_napi);
	return queued;
}

/* Softirqs are off. */
static void vif_rx_unqueue(struct vif_queue *queue, struct sk_buff *skb)
{
	spin_lock(&queue->rx_skbs.lock);
	__skb_unlink(skb, &queue->rx_skbs);
	queue->rx_bytes -= skb->len;
	if (queue->rx_bytes < VIF_RX_QUEUE_BYTES && netif_tx_queue_stopped(vif_rx_txq(queue)))
		netif_tx_wake_queue(vif_rx_txq(queue));
	spin_unlock(&queue->rx_skbs.lock);
}

/**
 * vif_rx_purge() - drop everything that waits
 * @queue: the queue
 *
 * Context: rx_lock held, or no poll any more.
 */
void vif_rx_purge(struct vif_queue *queue)
{
	struct sk_buff *skb;

	local_bh_disable();
	while ((skb = skb_peek(&queue->rx_skbs))) {
		vif_rx_unqueue(queue, skb);
		queue->stats.rx_dropped++;
		kfree_skb(skb);
	}
	local_bh_enable();
}

/**
 * vif_rx_splice() - move waiting frames to another queue of the vif
 * @from: a queue that no new frame can reach
 * @to: another one
 *
 * Keeps their order.  May exceed the bound of @to by what @from held, which is
 * itself bounded.  Context: process.
 */
void vif_rx_splice(struct vif_queue *from, struct vif_queue *to)
{
	struct sk_buff *skb;

	/* Its poll may be taking them for the guest. */
	spin_lock_bh(&from->rx_lock);
	while ((skb = skb_peek(&from->rx_skbs))) {
		vif_rx_unqueue(from, skb);
		spin_lock(&to->rx_skbs.lock);
		__skb_queue_tail(&to->rx_skbs, skb);
		to->rx_bytes += skb->len;
		spin_unlock(&to->rx_skbs.lock);
	}
	spin_unlock_bh(&from->rx_lock);
	local_bh_disable();
	napi_schedule(&to->rx_napi);
	local_bh_enable();
}

/* Which extra-info a frame needs */
static unsigned int vif_rx_gso_type(const struct vif *vif, const struct sk_buff *skb)
{
	unsigned int type = skb_shinfo(skb)->gso_type;

	if (!skb_is_gso(skb))
		return XEN_NETIF_GSO_TYPE_NONE;
	if (vif->gso_v4 && (type & SKB_GSO_TCPV4))
		return XEN_NETIF_GSO_TYPE_TCPV4;
	if (vif->gso_v6 && (type & SKB_GSO_TCPV6))
		return XEN_NETIF_GSO_TYPE_TCPV6;
	return XEN_NETIF_GSO_TYPE_NONE;
}

static unsigned int vif_rx_extras(const struct vif *vif, const struct sk_buff *skb)
{
	return (vif_rx_gso_type(vif, skb) != XEN_NETIF_GSO_TYPE_NONE) +
	       !!VIF_SKB(skb)->hash_told + !!vif->xdp_headroom;
}

/* Where the copying of an skb has got to */
struct vif_rx_cursor {
	struct vif_queue *queue;
	grant_ref_t gref;
	unsigned int guest_offset;	/* next free byte of the buffer */
	RING_IDX rsp;
};

/* Copies @len bytes that lie contiguous in dom0's pages from @page on */
static void vif_rx_copy_run(struct vif_rx_cursor *to, struct page *page, unsigned int offset,
			    unsigned int len)
{
	page += offset >> PAGE_SHIFT;
	offset = offset_in_page(offset);

	while (len) {
		unsigned int n = min_t(unsigned int, len, PAGE_SIZE - offset);

		vif_rx_copy_add(to->queue, page, offset, n, to->gref, to->guest_offset, to->rsp);
		to->queue->stats.rx_sw_grant_copies++;
		to->guest_offset += n;
		len -= n;
		offset = 0;
		page++;
	}
}

/**
 * struct vif_rx_walk - walks the bytes of an skb in order, across its fragments
 * @skb: the one being walked, the head or one of its frag_list
 * @head: the frame
 * @frag: fragment number, -1 for the linear part
 * @offset: bytes of that part already walked
 */
struct vif_rx_walk {
	const struct sk_buff *skb;
	const struct sk_buff *head;
	int frag;
	unsigned int offset;
};

/* Copies the next @len bytes of the frame to @to */
static void vif_rx_walk_copy(struct vif_rx_walk *walk, struct vif_rx_cursor *to, unsigned int len)
{
	while (len && walk->skb) {
		const skb_frag_t *frag = NULL;
		unsigned int size, n;

		if (walk->frag < 0) {
			size = skb_headlen(walk->skb);
		} else {
			frag = &skb_shinfo(walk->skb)->frags[walk->frag];
			size = skb_frag_size(frag);
		}

		n = min(len, size - walk->offset);
		if (n && frag) {
			vif_rx_copy_run(to, skb_frag_page(frag), skb_frag_off(frag) + walk->offset,
					n);
		} else if (n) {
			const void *data = walk->skb->data + walk->offset;

			vif_rx_copy_run(to, virt_to_page(data), offset_in_page(data), n);
		}
		walk->offset += n;
		len -= n;

		if (walk->offset < size)
			continue;
		walk->offset = 0;
		if (++walk->frag >= (int)skb_shinfo(walk->skb)->nr_frags) {
			walk->frag = -1;
			walk->skb = walk->skb == walk->head ? skb_shinfo(walk->head)->frag_list :
							      walk->skb->next;
		}
	}
}

static u16 vif_rx_csum_flags(const struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated;
	if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		return XEN_NETRXF_data_validated;
	return 0;
}

/* Takes the next slot for extra info of that type; @left of them follow. */
static struct xen_netif_extra_info *vif_rx_put_extra(struct vif_queue *queue, u8 type,
						     unsigned int left)
{
	struct xen_netif_extra_info *extra;

	extra = (void *)RING_GET_RESPONSE(&queue->rx, queue->rx.req_cons++);
	memset(extra, 0, sizeof(*extra));
	extra->type = type;
	extra->flags = left ? XEN_NETIF_EXTRA_FLAG_MORE : 0;
	return extra;
}

/**
 * vif_rx_put_gso() - tell the guest that a frame is still to be segmented
 * @queue: the queue, of whose ring the frame's first slot was taken last
 * @type: XEN_NETIF_GSO_TYPE_*
 * @size: payload of each segment, bytes
 * @left: how many more extra-info segments follow
 *
 * Takes a slot.  Context: rx_lock held.
 */
void vif_rx_put_gso(struct vif_queue *queue, u8 type, u16 size, unsigned int left)
{
	struct xen_netif_extra_info *extra;

	extra = vif_rx_put_extra(queue, XEN_NETIF_EXTRA_TYPE_GSO, left);
	extra->u.gso.type = type;
	extra->u.gso.size = size;
}

/* Extra-info segments take the slots behind the frame's first: netif.h */
static void vif_rx_put_extras(struct vif_queue *queue, const struct sk_buff *skb, unsigned int n)
{
	struct vif *vif = queue->vif;
	unsigned int gso = vif_rx_gso_type(vif, skb);
	struct xen_netif_extra_info *extra;

	if (gso != XEN_NETIF_GSO_TYPE_NONE)
		vif_rx_put_gso(queue, gso, skb_shinfo(skb)->gso_size, --n);
	if (VIF_SKB(skb)->hash_told) {
		extra = vif_rx_put_extra(queue, XEN_NETIF_EXTRA_TYPE_HASH, --n);
		extra->u.hash.type = VIF_SKB(skb)->hash_told - 1;
		extra->u.hash.algorithm = XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
		put_unaligned_le32(skb_get_hash_raw(skb), extra->u.hash.value);
	}
	if (vif->xdp_headroom) {
		extra = vif_rx_put_extra(queue, XEN_NETIF_EXTRA_TYPE_XDP, --n);
		extra->u.xdp.headroom = vif->xdp_headroom;
	}
}

/* Fills the guest's slots with one frame; the caller has seen that they exist */
static void vif_rx_skb(struct vif_queue *queue, const struct sk_buff *skb)
{
	unsigned int headroom = queue->vif->xdp_headroom;
	unsigned int extras = vif_rx_extras(queue->vif, skb);
	struct vif_rx_walk walk = { .skb = skb, .head = skb, .frag = -1 };
	unsigned int left = skb->len;
	u16 flags = vif_rx_csum_flags(skb) | (extras ? XEN_NETRXF_extra_info : 0);

	do {
		struct vif_rx_cursor to = { .queue = queue, .guest_offset = headroom };
		unsigned int n = min_t(unsigned int, left, XEN_PAGE_SIZE - headroom);
		struct xen_netif_rx_response *rsp;
		struct xen_netif_rx_request req;

		to.rsp = queue->rx.req_cons++;
		RING_COPY_REQUEST(&queue->rx, to.rsp, &req);
		to.gref = req.gref;
		left -= n;

		rsp = RING_GET_RESPONSE(&queue->rx, to.rsp);
		rsp->id = req.id;
		/* Not 0 with a status that counts the headroom: then the frame is too
		 * long by it, as the frontend puts the offset in where an extra says so.
		 */
		rsp->offset = headroom;
		rsp->flags = flags | (left ? XEN_NETRXF_more_data : 0);
		rsp->status = n;
		vif_rx_walk_copy(&walk, &to, n);

		if (extras)
			vif_rx_put_extras(queue, skb, extras);
		extras = 0;
		flags = 0;
	} while (left);

	queue->rx.rsp_prod_pvt = queue->rx.req_cons;
	queue->stats.rx_sw_frames++;
	queue->stats.rx_sw_bytes += skb->len;
}

/* Return: true when a frame was dropped */
static bool vif_rx_drop_expired(struct vif_queue *queue)
{
	bool dropped = false;
	struct sk_buff *skb;

	while ((skb = skb_peek(&queue->rx_skbs)) &&
	       time_after_eq(jiffies, VIF_SKB(skb)->expires)) {
		vif_rx_unqueue(queue, skb);
		queue->stats.rx_dropped++;
		kfree_skb(skb);
		dropped = true;
	}
	return dropped;
}

/**
 * vif_rx_want() - are there requests enough?  If not, ask for an event
 * @queue: the queue
 * @needed: how many
 *
 * Context: rx_lock held.
 */
bool vif_rx_want(struct vif_queue *queue, unsigned int needed)
{
	if (vif_rx_requests(queue) >= needed)
		return true;
	queue->rx.sring->req_event = queue->rx.req_cons + needed;
	virt_mb();	/* the event index is visible before we look again */
	return vif_rx_requests(queue) >= needed;
}

/* Return: frames delivered; @want says that a frame remains for lack of slots */
static int vif_rx_drain(struct vif_queue *queue, int budget, unsigned int *want)
{
	int done = 0;

	*want = 0;
	while (done < budget) {
		struct sk_buff *skb = skb_peek(&queue->rx_skbs);
		unsigned int needed;

		if (!skb)
			break;
		needed = ring_rx_slots(skb->len, queue->vif->xdp_headroom,
				       vif_rx_extras(queue->vif, skb), XEN_PAGE_SIZE);
		if (!vif_rx_want(queue, needed)) {
			*want = needed;
			break;
		}
		vif_rx_unqueue(queue, skb);
		vif_rx_skb(queue, skb);
		__skb_queue_tail(&queue->rx_batch.done, skb);
		done++;
	}
	vif_rx_copy_flush(queue);
	if (done && vif_rx_push(queue))
		queue->stats.rx_sw_notifications++;
	return done;
}

/**
 * vif_rx_poll() - NAPI poll of the software queue to the guest
 * @napi: vif_queue.rx_napi
 * @budget: most frames
 *
 * Context: softirq.  Return: frames delivered.
 */
int vif_rx_poll(struct napi_struct *napi, int budget)
{
	struct vif_queue *queue = container_of(napi, struct vif_queue, rx_napi);
	unsigned int want = 0;
	int done = 0;

	/* What waits may be pages of another guest, which must not wait with it. */
	if (unlikely(READ_ONCE(queue->vif->disabled))) {
		spin_lock(&queue->rx_lock);
		vif_rx_purge(queue);
		spin_unlock(&queue->rx_lock);
		napi_complete(napi);
		return 0;
	}

	spin_lock(&queue->rx_lock);
	if (likely(!queue->rx_stalled) || !vif_rx_is_stalled(queue)) {
		done = vif_rx_drain(queue, budget, &want);
		/* Only what found no buffers now has waited in vain. */
		if (want && vif_rx_drop_expired(queue))
			done += vif_rx_drain(queue, budget - done, &want);
		if (want)
			vif_rx_blocked(queue, want);
	}
	spin_unlock(&queue->rx_lock);

	if (done)
		vif_queue_worked(queue, VIF_EOI_RX);
	if (done == budget)
		return budget;

	/* A frame queued after the last look has us polled again. */
	if (napi_complete_done(napi, done))
		vif_queue_eoi(queue, VIF_EOI_RX);
	return done;
}

/**
 * vif_rx_expire() - timer: frames have waited too long for the guest
 * @timer: vif_queue.rx_timer
 *
 * Context: softirq.
 */
void vif_rx_expire(struct timer_list *timer)
{
	struct vif_queue *queue = container_of(timer, struct vif_queue, rx_timer);

	napi_schedule(&queue->rx_napi);
}
