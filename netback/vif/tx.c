// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the guest: headers copied, the rest mapped read-only and handed
 * to the network stack, given back when the stack is done with it.
 *
 * Page owners: a page of the guest is mapped at one of our vif_tx_page from
 * vif_tx_receive() until the stack's last user of the skb calls
 * vif_tx_complete(); the next poll unmaps it, and only then answers the guest.
 * All of it but vif_tx_complete() runs in the queue's TX NAPI, so there is no
 * lock.
 */
#include <asm/xen/hypercall.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include <xen/page.h>

#include "vif.h"

static struct vif_tx_page *vif_tx_page_get(struct vif_queue *queue)
{
	struct vif_tx_page *page = queue->tx_free;

	queue->tx_free = page->next;
	queue->n_tx_free--;
	page->next = NULL;
	return page;
}

static void vif_tx_page_put(struct vif_queue *queue, struct vif_tx_page *page)
{
	page->next = queue->tx_free;
	queue->tx_free = page;
	queue->n_tx_free++;
}

/* The stack frees frames in any context; only outside of interrupts must the
 * softirq be run by us.
 */
static void vif_tx_kick(struct vif_queue *queue)
{
	if (in_interrupt() || irqs_disabled()) {
		napi_schedule(&queue->tx_napi);
	} else {
		local_bh_disable();
		napi_schedule(&queue->tx_napi);
		local_bh_enable();
	}
}

/* The stack is done with a frame; any context. */
static void vif_tx_complete(struct ubuf_info *ubuf)
{
	struct vif_tx_page *page = container_of(ubuf, struct vif_tx_page, ubuf);
	struct vif_queue *queue = page->queue;

	/* Once on the list, the page may be reused and the queue may go, but
	 * not before this RCU read section ends.
	 */
	rcu_read_lock();
	if (llist_add(&page->done, &queue->tx_done))
		vif_tx_kick(queue);
	wake_up(&queue->tx_idle);
	rcu_read_unlock();
}

COMPAT_UBUF_OPS(vif_tx_ubuf_ops, vif_tx_complete);

/* Unmaps a chain of up to a whole ring of pages and answers the guest. */
static void vif_tx_unmap(struct vif_queue *queue, struct vif_tx_page **pages, unsigned int n)
{
	unsigned int i;

	if (!n)
		return;
	for (i = 0; i < n; i++) {
		queue->tx_unmap_page[i] = pages[i]->page;
		gnttab_set_unmap_op(&queue->tx_unmap[i],
				    (unsigned long)page_address(pages[i]->page),
				    GNTMAP_host_map, pages[i]->handle);
	}
	if (gnttab_unmap_refs(queue->tx_unmap, NULL, queue->tx_unmap_page, n))
		netdev_err(queue->vif->dev, "guest %u: unmapping TX grants failed\n",
			   queue->vif->domid);
	queue->stats.tx_grant_unmaps += n;

	for (i = 0; i < n; i++) {
		pages[i]->handle = VIF_INVALID_HANDLE;
		vif_tx_respond(queue, pages[i]->id, pages[i]->status, pages[i]->extras);
		vif_tx_page_put(queue, pages[i]);
	}
}

/* Gives back what the stack is done with.  Return: pages given back. */
static unsigned int vif_tx_reclaim(struct vif_queue *queue)
{
	struct llist_node *list = llist_del_all(&queue->tx_done);
	struct vif_tx_page *frame, *next, *page;
	unsigned int n = 0;

	llist_for_each_entry_safe(frame, next, list, done)
		for (page = frame; page; page = page->next)
			queue->tx_mapped[n++] = page;
	vif_tx_unmap(queue, queue->tx_mapped, n);
	return n;
}

/**
 * struct vif_tx_batch - operations that await their hypercalls
 * @frames: filled entries of vif_queue.tx_frame
 * @copies: of vif_queue.tx_copy
 * @maps: of vif_queue.tx_map
 */
struct vif_tx_batch {
	unsigned int frames;
	unsigned int copies;
	unsigned int maps;
};

/* How much of a frame becomes linear: all of a short one, the headers of a
 * long one, and its whole first slot where the rest would not fit the skb's
 * fragments.
 */
static unsigned int vif_tx_linear(const struct vif_tx_frame *frame)
{
	unsigned int linear = frame->len <= VIF_TX_COPYBREAK ? frame->len : VIF_TX_HEADER;

	if (frame->n_slots > MAX_SKB_FRAGS)
		linear = max_t(unsigned int, linear, frame->slot[0].size);
	return min(linear, frame->len);
}

/* Copies @len bytes of a slot to @to, in pieces that each lie in one page */
static void vif_tx_copy_add(struct vif_queue *queue, struct vif_tx_batch *batch,
			    struct vif_tx_frame *frame, const struct vif_tx_slot *slot,
			    unsigned int len, void *to)
{
	unsigned int offset = slot->offset;

	while (len) {
		unsigned int n = min_t(unsigned int, len, XEN_PAGE_SIZE - xen_offset_in_page(to));
		struct gnttab_copy *op = &queue->tx_copy[batch->copies++];

		op->flags = GNTCOPY_source_gref;
		op->source.domid = queue->vif->domid;
		op->source.u.ref = slot->gref;
		op->source.offset = offset;
		op->dest.domid = DOMID_SELF;
		op->dest.u.gmfn = virt_to_gfn(to);
		op->dest.offset = xen_offset_in_page(to);
		op->len = n;
		frame->n_copies++;
		offset += n;
		to += n;
		len -= n;
	}
}

static void vif_tx_map_add(struct vif_queue *queue, struct vif_tx_batch *batch,
			   struct vif_tx_slot *slot, unsigned int extras)
{
	struct vif_tx_page *page = vif_tx_page_get(queue);

	page->id = slot->id;
	page->extras = extras;
	page->status = XEN_NETIF_RSP_OKAY;
	slot->page = page;

	queue->tx_mapped[batch->maps] = page;
	queue->tx_map_page[batch->maps] = page->page;
	gnttab_set_map_op(&queue->tx_map[batch->maps++],
			  (unsigned long)page_address(page->page),
			  GNTMAP_host_map | GNTMAP_readonly, slot->gref, queue->vif->domid);
}

/* An skb with room for @linear bytes.  Those of a full frame lie in one page. */
static struct sk_buff *vif_tx_skb(struct vif_queue *queue, unsigned int linear)
{
	struct sk_buff *skb;
	void *data;

	BUILD_BUG_ON(NET_SKB_PAD + NET_IP_ALIGN + VIF_TX_COPYBREAK > SKB_WITH_OVERHEAD(VIF_TX_BUF));

	if (linear <= VIF_TX_HEADER || linear > VIF_TX_COPYBREAK)
		return napi_alloc_skb(&queue->tx_napi, linear);

	data = napi_alloc_frag_align(VIF_TX_BUF, VIF_TX_BUF);
	if (unlikely(!data))
		return NULL;
	skb = napi_build_skb(data, VIF_TX_BUF);
	if (unlikely(!skb)) {
		skb_free_frag(data);
		return NULL;
	}
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	return skb;
}

/* Plans a frame's copies and mappings.  Return: false for want of memory. */
static bool vif_tx_plan(struct vif_queue *queue, struct vif_tx_batch *batch,
			struct vif_tx_frame *frame)
{
	unsigned int linear = vif_tx_linear(frame);
	struct sk_buff *skb;
	unsigned int i;

	skb = vif_tx_skb(queue, linear);
	if (!skb)
		return false;
	frame->skb = skb;
	frame->n_copies = 0;

	for (i = 0; i < frame->n_slots; i++) {
		struct vif_tx_slot *slot = &frame->slot[i];
		unsigned int n = min_t(unsigned int, linear, slot->size);

		if (n) {
			vif_tx_copy_add(queue, batch, frame, slot, n, __skb_put(skb, n));
			slot->copied = n;
			linear -= n;
		}
		if (slot->size > n)
			vif_tx_map_add(queue, batch, slot, i ? 0 : frame->n_extras);
	}
	return true;
}

static void vif_tx_hypercalls(struct vif_queue *queue, const struct vif_tx_batch *batch)
{
	unsigned int i;

	/* Raw, as in vif_rx_copy_flush(). */
	if (HYPERVISOR_grant_table_op(GNTTABOP_copy, queue->tx_copy, batch->copies))
		for (i = 0; i < batch->copies; i++)
			queue->tx_copy[i].status = GNTST_general_error;
	queue->stats.tx_grant_copies += batch->copies;

	if (!batch->maps)
		return;
	/* Its return value says no more than the statuses do. */
	if (gnttab_map_refs(queue->tx_map, NULL, queue->tx_map_page, batch->maps))
		net_dbg_ratelimited("%s: mapping TX grants failed\n", queue->name);
	for (i = 0; i < batch->maps; i++) {
		if (queue->tx_map[i].status != GNTST_okay)
			continue;
		queue->tx_mapped[i]->handle = queue->tx_map[i].handle;
		queue->stats.tx_grant_maps++;
	}
}

/* Did all copies and mappings of the frame succeed?  Answers the slots that
 * were only copied; those with a mapping are answered when that ends.
 */
static bool vif_tx_settle(struct vif_queue *queue, struct vif_tx_frame *frame,
			  const struct gnttab_copy *copy)
{
	bool good = true;
	unsigned int i;

	for (i = 0; i < frame->n_copies; i++)
		good &= copy[i].status == GNTST_okay;
	for (i = 0; i < frame->n_slots; i++)
		if (frame->slot[i].page)
			good &= frame->slot[i].page->handle != VIF_INVALID_HANDLE;

	for (i = 0; i < frame->n_slots; i++)
		if (!frame->slot[i].page)
			vif_tx_respond(queue, frame->slot[i].id,
				       good ? XEN_NETIF_RSP_OKAY : XEN_NETIF_RSP_ERROR,
				       i ? 0 : frame->n_extras);
	return good;
}

/* A frame that cannot be sent: unmap what was mapped, answer all with errors */
static void vif_tx_fail(struct vif_queue *queue, struct vif_tx_frame *frame)
{
	struct vif_tx_page *mapped[VIF_TX_SLOTS_MAX];
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < frame->n_slots; i++) {
		struct vif_tx_page *page = frame->slot[i].page;

		if (!page)
			continue;
		page->status = XEN_NETIF_RSP_ERROR;
		if (page->handle != VIF_INVALID_HANDLE) {
			mapped[n++] = page;
			continue;
		}
		vif_tx_respond(queue, page->id, page->status, page->extras);
		vif_tx_page_put(queue, page);
	}
	vif_tx_unmap(queue, mapped, n);
	queue->stats.tx_errors++;
	kfree_skb(frame->skb);
}

/* Makes the mapped slots the skb's fragments; from here the stack owns them. */
static void vif_tx_attach(struct vif_queue *queue, struct vif_tx_frame *frame)
{
	struct sk_buff *skb = frame->skb;
	struct vif_tx_page *last = NULL;
	unsigned int i;

	for (i = 0; i < frame->n_slots; i++) {
		const struct vif_tx_slot *slot = &frame->slot[i];
		unsigned int size = slot->size - slot->copied;

		if (!slot->page)
			continue;
		/* The stack drops one reference per fragment, we keep ours. */
		get_page(slot->page->page);
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, slot->page->page,
				slot->offset + slot->copied, size, size);
		if (last)
			last->next = slot->page;
		else
			compat_skb_zcopy_init(skb, &slot->page->ubuf, vif_tx_ubuf_ops);
		last = slot->page;
	}
}

/* Return: 0, or an error for a frame whose headers do not parse. */
static int vif_tx_offloads(struct vif_queue *queue, struct vif_tx_frame *frame)
{
	struct sk_buff *skb = frame->skb;
	bool recalculate = false;

	skb->dev = queue->vif->dev;
	skb->protocol = eth_type_trans(skb, skb->dev);
	skb_reset_network_header(skb);

	if (frame->flags & XEN_NETTXF_csum_blank)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (frame->flags & XEN_NETTXF_data_validated)
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	if (frame->gso_type != XEN_NETIF_GSO_TYPE_NONE) {
		skb_shinfo(skb)->gso_type = frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV4 ?
						    SKB_GSO_TCPV4 : SKB_GSO_TCPV6;
		skb_shinfo(skb)->gso_size = frame->gso_size;
		/* Segmenting includes checksumming. */
		recalculate = skb->ip_summed != CHECKSUM_PARTIAL;
		skb->ip_summed = CHECKSUM_PARTIAL;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_setup(skb, recalculate))
		return -EPROTO;

	skb_probe_transport_header(skb);
	if (skb_is_gso(skb)) {
		bool ipv4 = frame->gso_type == XEN_NETIF_GSO_TYPE_TCPV4;
		unsigned int headers;

		/* What a NIC is told to cut up is TCP of that kind, with a whole header, and
		 * into no smaller pieces than TCP makes: each costs as much as a frame.
		 */
		if (frame->gso_size < TCP_MIN_GSO_SIZE ||
		    skb->protocol != (ipv4 ? htons(ETH_P_IP) : htons(ETH_P_IPV6)) ||
		    skb->csum_offset != offsetof(struct tcphdr, check) ||
		    !skb_transport_header_was_set(skb) ||
		    skb_transport_offset(skb) + sizeof(struct tcphdr) > skb_headlen(skb) ||
		    tcp_hdrlen(skb) < sizeof(struct tcphdr))
			return -EPROTO;
		headers = skb_transport_offset(skb) + tcp_hdrlen(skb);
		if (headers >= skb->len)
			return -EPROTO;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len - headers, frame->gso_size);
	}
	return 0;
}

static void vif_tx_submit(struct vif_queue *queue, const struct vif_tx_batch *batch)
{
	const struct gnttab_copy *copy = queue->tx_copy;
	unsigned int i;

	for (i = 0; i < batch->frames; i++) {
		struct vif_tx_frame *frame = &queue->tx_frame[i];
		bool good = vif_tx_settle(queue, frame, copy);

		copy += frame->n_copies;
		if (unlikely(!good)) {
			vif_tx_fail(queue, frame);
			continue;
		}
		vif_tx_attach(queue, frame);
		if (unlikely(vif_tx_offloads(queue, frame))) {
			queue->stats.tx_errors++;
			kfree_skb(frame->skb);	/* gives the pages back */
			continue;
		}
		queue->stats.tx_frames++;
		queue->stats.tx_bytes += frame->len;
		netif_receive_skb(frame->skb);
	}
}

/* Takes up to @budget frames from the guest.  Return: frames taken. */
static int vif_tx_receive(struct vif_queue *queue, int budget)
{
	int taken = 0;

	while (taken < budget) {
		struct vif_tx_batch batch = {};

		/* A frame needs at most two copies a slot, and a page a slot. */
		while (taken < budget && batch.frames < VIF_TX_BATCH &&
		       queue->n_tx_free >= VIF_TX_SLOTS_MAX &&
		       batch.copies + 2 * VIF_TX_SLOTS_MAX <= VIF_TX_COPY_OPS) {
			struct vif_tx_frame *frame = &queue->tx_frame[batch.frames];
			unsigned int i;

			if (!vif_tx_next(queue, frame))
				break;
			taken++;
			if (likely(vif_tx_plan(queue, &batch, frame))) {
				batch.frames++;
				continue;
			}
			for (i = 0; i < frame->n_slots; i++)
				vif_tx_respond(queue, frame->slot[i].id, XEN_NETIF_RSP_ERROR,
					       i ? 0 : frame->n_extras);
			queue->stats.tx_errors++;
		}
		if (!batch.frames)
			break;
		vif_tx_hypercalls(queue, &batch);
		vif_tx_submit(queue, &batch);
	}
	return taken;
}

static void vif_tx_push(struct vif_queue *queue)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&queue->tx, notify);
	if (notify && queue->tx_irq)
		notify_remote_via_irq(queue->tx_irq);
}

/* Has the guest more that can be taken now?  If not, it sends an event for the next.
 *
 * With no page free, the next frame that completes polls again; while the device
 * is down, its coming up does; without credit, its timer.
 *
 * Asked while the queue is still this poll's: one on another CPU could have asked
 * for a later event meanwhile, and we would undo that.
 */
static bool vif_tx_more(struct vif_queue *queue)
{
	int more;

	if (unlikely(READ_ONCE(queue->vif->disabled) || !netif_running(queue->vif->dev)) ||
	    queue->n_tx_free < VIF_TX_SLOTS_MAX || unlikely(queue->tx_credit.waiting))
		return false;
	RING_FINAL_CHECK_FOR_REQUESTS(&queue->tx, more);
	return more;
}

/**
 * vif_tx_poll() - NAPI poll of the queue from the guest
 * @napi: vif_queue.tx_napi
 * @budget: most frames
 *
 * Context: softirq.  Return: frames taken.
 */
int vif_tx_poll(struct napi_struct *napi, int budget)
{
	struct vif_queue *queue = container_of(napi, struct vif_queue, tx_napi);
	RING_IDX cons = queue->tx.req_cons;
	unsigned int reclaimed;
	int taken = 0;

	reclaimed = vif_tx_reclaim(queue);
	queue->tx_credit.waiting = false;
	if (likely(!READ_ONCE(queue->vif->disabled) && netif_running(queue->vif->dev)))
		taken = vif_tx_receive(queue, budget);
	vif_tx_push(queue);

	/* A request that was refused, or carried no frame, was work too. */
	if (cons != queue->tx.req_cons || reclaimed)
		vif_queue_worked(queue, VIF_EOI_TX);
	if (taken == budget || vif_tx_more(queue))
		return budget;
	if (napi_complete_done(napi, taken) && likely(!READ_ONCE(queue->vif->disabled)))
		vif_queue_eoi(queue, VIF_EOI_TX);
	return taken;
}

/**
 * vif_tx_init() - get the pages at which the guest's can be mapped
 * @queue: zeroed
 *
 * Context: process.  Return: 0 or -ENOMEM.
 */
int vif_tx_init(struct vif_queue *queue)
{
	unsigned int i;
	int err;

	init_llist_head(&queue->tx_done);
	init_waitqueue_head(&queue->tx_idle);

	err = gnttab_alloc_pages(VIF_TX_RING_SIZE, queue->tx_pages);
	if (err) {
		/* those that it had got are given back already */
		memset(queue->tx_pages, 0, sizeof(queue->tx_pages));
		return err;
	}

	for (i = 0; i < VIF_TX_RING_SIZE; i++) {
		struct vif_tx_page *page = &queue->tx_page[i];

		page->queue = queue;
		page->page = queue->tx_pages[i];
		page->handle = VIF_INVALID_HANDLE;
		vif_tx_page_put(queue, page);
	}
	return 0;
}

/**
 * vif_tx_drain() - wait for the stack to be done with the guest's pages, unmap
 * @queue: connected, and not polled any more
 *
 * Never gives up: a page that is still mapped cannot be given back, and the
 * guest would become a zombie.  Who holds frames for long is told.
 *
 * Every request that we took is answered, in the shared ring too, and the guest
 * is told while its event channel is still bound: a backend that is bound next
 * starts where the responses end, and takes what lies there for requests.
 *
 * Context: process.
 */
void vif_tx_drain(struct vif_queue *queue)
{
	while (queue->n_tx_free < VIF_TX_RING_SIZE) {
		if (!wait_event_timeout(queue->tx_idle, !llist_empty(&queue->tx_done), 10 * HZ))
			netdev_warn(queue->vif->dev, "queue %u: the network stack holds %zu pages of guest %u\n",
				    queue->id, (size_t)VIF_TX_RING_SIZE - queue->n_tx_free,
				    queue->vif->domid);
		vif_tx_reclaim(queue);
		vif_tx_push(queue);
	}
}

/**
 * vif_tx_exit() - the counterpart of vif_tx_init()
 * @queue: drained, or never connected
 *
 * Context: process.
 */
void vif_tx_exit(struct vif_queue *queue)
{
	if (!queue->tx_pages[0])
		return;
	/* Until the last vif_tx_complete() is done with the queue. */
	synchronize_rcu();
	gnttab_free_pages(VIF_TX_RING_SIZE, queue->tx_pages);
}
