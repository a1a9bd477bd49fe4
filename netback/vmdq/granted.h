/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that a guest has granted, as the hardware sees them.
 *
 * What a guest sends lies in its own pages, and where these are Xen said when they
 * were mapped.  The DMA API gives the same address; but when the frame was sent it
 * asks twice whether that was a bounce buffer, and finds out by looking in dom0's own
 * memory for a page of another domain: walks of the page tables, the dearest of all
 * that dom0 did for a long frame.
 */
#ifndef VMDQ_GRANTED_H
#define VMDQ_GRANTED_H

#include <linux/dma-mapping.h>
#include <linux/skbuff.h>
#include <xen/page.h>
#include <xen/xen.h>

/**
 * vmdq_granted_addr() - where the hardware finds a granted page's part of a frame
 * @dev: the hardware
 * @frag: the part
 * @addr: address; valid as long as the frame is
 *
 * The foreign bit of dom0's table of pages says whose a page is (Linux:
 * set_foreign_p2m_mapping()).  Context: any.
 * Return: false for a part that the DMA API must map.
 */
static inline bool vmdq_granted_addr(struct device *dev, const skb_frag_t *frag, dma_addr_t *addr)
{
	unsigned int end = skb_frag_off(frag) + skb_frag_size(frag);
	u64 reach = min_not_zero(dma_get_mask(dev), dev->bus_dma_limit);
	unsigned long mfn;

	/* Pages that are neighbours in dom0 need not be in the machine. */
	if (!xen_pv_domain() || end > XEN_PAGE_SIZE)
		return false;
	mfn = __pfn_to_mfn(page_to_pfn(skb_frag_page(frag)));
	if (mfn == INVALID_P2M_ENTRY || !(mfn & FOREIGN_FRAME_BIT))
		return false;
	*addr = ((dma_addr_t)(mfn & ~FOREIGN_FRAME_BIT) << XEN_PAGE_SHIFT) + skb_frag_off(frag);
	return *addr + skb_frag_size(frag) - 1 <= reach;
}

#endif /* VMDQ_GRANTED_H */
