// SPDX-License-Identifier: GPL-2.0
/*
 * Frames from the guest, as its ring describes them.
 *
 * Everything read here was written by the guest and may be written again while
 * we look: each request is copied out once (XSA-155) and only the copy is
 * believed, after it was checked.
 */
#include "vif.h"

/**
 * vif_tx_respond() - answer a request
 * @queue: the queue
 * @id: of the request
 * @status: XEN_NETIF_RSP_*
 * @extras: extra-info slots that belong to it, each of which is answered too
 *
 * The guest sees it with the next push.  Context: the TX NAPI.
 */
void vif_tx_respond(struct vif_queue *queue, u16 id, s8 status, unsigned int extras)
{
	struct xen_netif_tx_response *rsp;

	rsp = RING_GET_RESPONSE(&queue->tx, queue->tx.rsp_prod_pvt++);
	rsp->id = id;
	rsp->status = status;
	while (extras--) {
		rsp = RING_GET_RESPONSE(&queue->tx, queue->tx.rsp_prod_pvt++);
		rsp->status = XEN_NETIF_RSP_NULL;
	}
}

/* Reads the extra-info slots behind the first request.
 * Return: how many, or -1 for a guest that breaks the protocol.
 */
static int vif_tx_extras(struct vif_queue *queue, struct vif_tx_frame *frame, int avail)
{
	struct xen_netif_extra_info extra;
	int n = 0;

	do {
		if (n == avail || n == XEN_NETIF_EXTRA_TYPE_MAX)
			return -1;
		RING_COPY_REQUEST(&queue->tx, queue->tx.req_cons + n, &extra);
		n++;

		switch (extra.type) {
		case XEN_NETIF_EXTRA_TYPE_GSO:
			if (!extra.u.gso.size || (extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV4 &&
						  extra.u.gso.type != XEN_NETIF_GSO_TYPE_TCPV6))
				return -1;
			frame->gso_type = extra.u.gso.type;
			frame->gso_size = extra.u.gso.size;
			break;
		case XEN_NETIF_EXTRA_TYPE_MCAST_ADD:
		case XEN_NETIF_EXTRA_TYPE_MCAST_DEL:
			frame->mcast = extra.type;
			memcpy(frame->mcast_addr, extra.u.mcast.addr, ETH_ALEN);
			break;
		case XEN_NETIF_EXTRA_TYPE_HASH:
		case XEN_NETIF_EXTRA_TYPE_XDP:
			break;
		default:
			return -1;
		}
	} while (extra.flags & XEN_NETIF_EXTRA_FLAG_MORE);

	return n;
}

static void vif_tx_slot_set(struct vif_tx_slot *slot, const struct xen_netif_tx_request *req)
{
	slot->gref = req->gref;
	slot->id = req->id;
	slot->offset = req->offset;
	slot->size = req->size;
	slot->copied = 0;
	slot->page = NULL;
}

static void vif_tx_refuse(struct vif_queue *queue, const struct vif_tx_frame *frame)
{
	unsigned int i;

	for (i = 0; i < frame->n_slots; i++)
		vif_tx_respond(queue, frame->slot[i].id, XEN_NETIF_RSP_ERROR,
			       i ? 0 : frame->n_extras);
	queue->stats.tx_errors++;
}

/* A request that names a multicast address carries no frame. */
static void vif_tx_mcast(struct vif_queue *queue, const struct vif_tx_frame *frame)
{
	int err = vif_mcast_change(queue->vif, frame->mcast, frame->mcast_addr);

	vif_tx_respond(queue, frame->slot[0].id, err ? XEN_NETIF_RSP_ERROR : XEN_NETIF_RSP_OKAY,
		       frame->n_extras);
}

/* Reads the further data slots of a frame whose first is already in @frame.
 * Return: 0, or -1 for a guest that breaks the protocol.  A frame with more
 * slots than allowed is answered here and left with n_slots = 0.
 */
static int vif_tx_slots(struct vif_queue *queue, struct vif_tx_frame *frame, u32 total, int avail)
{
	u32 rest = 0;
	u16 flags = frame->flags;
	unsigned int surplus = 0;

	while (flags & XEN_NETTXF_more_data) {
		struct xen_netif_tx_request req;

		if (!avail-- || frame->n_slots + surplus == VIF_TX_SLOTS_FATAL)
			return -1;
		RING_COPY_REQUEST(&queue->tx, queue->tx.req_cons, &req);
		queue->tx.req_cons++;
		flags = req.flags;
		if (req.offset + req.size > XEN_PAGE_SIZE)
			return -1;

		if (frame->n_slots == VIF_TX_SLOTS_MAX) {
			/* Read to its end, so that the next frame is found. */
			vif_tx_respond(queue, req.id, XEN_NETIF_RSP_ERROR, 0);
			surplus++;
			continue;
		}
		vif_tx_slot_set(&frame->slot[frame->n_slots++], &req);
		rest += req.size;
	}

	/* The first slot's size is the whole frame's: netif.h. */
	if (surplus || rest > total || total < ETH_HLEN) {
		vif_tx_refuse(queue, frame);
		frame->n_slots = 0;
		return 0;
	}
	frame->slot[0].size = total - rest;
	frame->len = total;
	return frame->slot[0].offset + frame->slot[0].size <= XEN_PAGE_SIZE ? 0 : -1;
}

/**
 * vif_tx_next() - take the next frame from the guest's ring
 * @queue: the queue
 * @frame: filled in; the caller answers each of its slots
 *
 * A frame that is wrong but harmless is answered with an error and skipped.
 * A guest that breaks the protocol is disabled.
 *
 * Context: the TX NAPI.  Return: true when @frame holds one.  False may also mean
 * that VIF_TX_BATCH in a row were wrong: a guest that puts in bad frames as fast
 * as they are refused must not hold the CPU.
 */
bool vif_tx_next(struct vif_queue *queue, struct vif_tx_frame *frame)
{
	unsigned int refused = 0;

	do {
		struct xen_netif_tx_request req;
		int avail = ring_unconsumed(READ_ONCE(queue->tx.sring->req_prod),
					    queue->tx.req_cons, queue->tx.rsp_prod_pvt,
					    RING_SIZE(&queue->tx));
		int extras = 0;

		if (unlikely(refused++ == VIF_TX_BATCH))
			return false;
		if (unlikely(avail < 0)) {
			vif_fatal(queue->vif, "impossible TX producer index");
			return false;
		}
		if (!avail)
			return false;
		virt_rmb();	/* the request is read after the index */

		RING_COPY_REQUEST(&queue->tx, queue->tx.req_cons, &req);
		/* The frame stays in the ring while there is no credit for it. */
		if (unlikely(rcu_access_pointer(queue->vif->rate)) &&
		    !vif_tx_credit_take(queue, req.size))
			return false;
		queue->tx.req_cons++;
		avail--;

		frame->gso_type = XEN_NETIF_GSO_TYPE_NONE;
		frame->mcast = 0;
		frame->flags = req.flags;
		frame->n_slots = 1;
		vif_tx_slot_set(&frame->slot[0], &req);

		if (req.flags & XEN_NETTXF_extra_info) {
			extras = vif_tx_extras(queue, frame, avail);
			if (unlikely(extras < 0)) {
				vif_fatal(queue->vif, "bad TX extra info");
				return false;
			}
			queue->tx.req_cons += extras;
			avail -= extras;
		}
		frame->n_extras = extras;
		if (unlikely(frame->mcast)) {
			vif_tx_mcast(queue, frame);
			frame->n_slots = 0;
			continue;
		}

		if (unlikely(vif_tx_slots(queue, frame, req.size, avail) < 0)) {
			vif_fatal(queue->vif, "bad chain of TX slots");
			return false;
		}
	} while (!frame->n_slots);

	return true;
}
