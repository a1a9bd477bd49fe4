// SPDX-License-Identifier: GPL-2.0
/*
 * Grant copies into the guest, gathered into one hypercall.
 *
 * The copy is what makes the software path safe: dom0 writes only through the
 * grant reference, and Xen checks each one.
 */
#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/page.h>

#include "vif.h"

/**
 * vif_rx_copy_dest() - have bytes copied into a guest's buffer
 * @queue: the queue
 * @len: how many, more than 0
 * @gref: the guest's buffer
 * @guest_offset: first byte there
 * @rsp: ring index of the response that will tell of it
 *
 * Context: rx_lock held.  Return: the operation; the caller says what its source is,
 * which must stay until vif_rx_copy_flush().
 */
struct gnttab_copy *vif_rx_copy_dest(struct vif_queue *queue, unsigned int len, grant_ref_t gref,
				     unsigned int guest_offset, RING_IDX rsp)
{
	struct vif_rx_batch *batch = &queue->rx_batch;
	struct gnttab_copy *op;

	if (batch->n == VIF_RX_COPY_BATCH)
		vif_rx_copy_flush(queue);

	op = &batch->op[batch->n];
	op->flags = GNTCOPY_dest_gref;
	op->dest.domid = queue->vif->domid;
	op->dest.u.ref = gref;
	op->dest.offset = guest_offset;
	op->len = len;
	batch->rsp[batch->n++] = rsp;

	return op;
}

/**
 * vif_rx_copy_add() - have bytes of a page copied into a guest's buffer
 * @queue: the queue
 * @page: where they are; it may itself be a page of another guest, mapped here
 * @page_offset: first byte; the bytes do not leave the page
 * @len: how many, more than 0
 * @gref: the guest's buffer
 * @guest_offset: first byte there
 * @rsp: ring index of the response that will tell of it
 *
 * The page must stay until vif_rx_copy_flush().
 * Context: rx_lock held.
 */
void vif_rx_copy_add(struct vif_queue *queue, struct page *page, unsigned int page_offset,
		     unsigned int len, grant_ref_t gref, unsigned int guest_offset, RING_IDX rsp)
{
	struct gnttab_copy *op = vif_rx_copy_dest(queue, len, gref, guest_offset, rsp);
	const struct xen_page_foreign *foreign = xen_page_foreign(page);

	if (foreign) {
		/* Not our page: Xen refuses its frame number but takes the
		 * grant by which the other guest lent it.
		 */
		op->source.domid = foreign->domid;
		op->source.u.ref = foreign->gref;
		op->flags |= GNTCOPY_source_gref;
	} else {
		op->source.domid = DOMID_SELF;
		op->source.u.gmfn = xen_page_to_gfn(page);
	}
	op->source.offset = page_offset;
}

/**
 * vif_rx_copy_flush() - do the copies
 * @queue: the queue
 *
 * A copy that fails overwrites the status of its response, which therefore
 * must not have been pushed yet.  Frees the skbs that were waiting.
 *
 * Context: rx_lock held.  Return: copies that failed.
 */
unsigned int vif_rx_copy_flush(struct vif_queue *queue)
{
	struct vif_rx_batch *batch = &queue->rx_batch;
	unsigned int failed = 0;
	unsigned int i;

	/* Raw, because gnttab_batch_copy() sleeps while a guest's memory is
	 * paged out.  Here that is the guest's loss: the copy has failed.
	 */
	if (batch->n && HYPERVISOR_grant_table_op(GNTTABOP_copy, batch->op, batch->n))
		for (i = 0; i < batch->n; i++)
			batch->op[i].status = GNTST_general_error;

	for (i = 0; i < batch->n; i++) {
		if (likely(batch->op[i].status == GNTST_okay))
			continue;
		RING_GET_RESPONSE(&queue->rx, batch->rsp[i])->status = XEN_NETIF_RSP_ERROR;
		failed++;
	}
	queue->stats.rx_errors += failed;
	batch->n = 0;

	/* Not kfree_skb: the frames reached their end, none was dropped. */
	while (!skb_queue_empty(&batch->done))
		consume_skb(__skb_dequeue(&batch->done));

	return failed;
}
