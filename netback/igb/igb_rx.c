// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving on the default pool: one page of a page pool per descriptor.
 *
 *	| headroom | 3 KiB written by the hardware | skb_shared_info |
 *
 * An skb is built around the page of a frame's first buffer, so the linear part
 * needs no copy; the further buffers of a jumbo frame become its fragments.  The
 * hardware counts buffers in KiB (SRRCTL.BSIZEPKT), hence 3.
 */
#include <linux/etherdevice.h>
#include <linux/skbuff.h>

#include "compat.h"
#include "vmdq_igb.h"

#define RX_HEADROOM		(NET_SKB_PAD + NET_IP_ALIGN)
#define RX_FILL_BATCH		32	/* a doorbell is an uncached write */

/**
 * vigb_rx_alloc() - memory for the default pool's receive side
 * @ad: the adapter
 *
 * Context: process.  Return: 0 or -ENOMEM or an error of page_pool_create().
 */
int vigb_rx_alloc(struct vigb_adapter *ad)
{
	struct page_pool_params params = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size = ad->rx_count,
		.nid = NUMA_NO_NODE,
		.dev = &ad->pdev->dev,
		.dma_dir = DMA_FROM_DEVICE,
		.offset = RX_HEADROOM,
		.max_len = VIGB_RX_BUF_SIZE,
	};
	struct vigb_rx *rx = &ad->rx;
	int err;

	BUILD_BUG_ON(RX_HEADROOM + VIGB_RX_BUF_SIZE > SKB_WITH_OVERHEAD(PAGE_SIZE));

	rx->page = kvcalloc(ad->rx_count, sizeof(*rx->page), GFP_KERNEL);
	if (!rx->page)
		return -ENOMEM;

	rx->pages = page_pool_create(&params);
	if (IS_ERR(rx->pages)) {
		err = PTR_ERR(rx->pages);
		rx->pages = NULL;
		goto out_page;
	}

	err = vigb_ring_alloc(ad, &ad->pool[0].rx, ad->rx_count);
	if (err)
		goto out_pages;
	rx->skb = NULL;
	rx->skip = false;

	return 0;

out_pages:
	page_pool_destroy(rx->pages);
	rx->pages = NULL;
out_page:
	kvfree(rx->page);
	rx->page = NULL;
	return err;
}

/**
 * vigb_rx_free() - gives it back
 * @ad: the adapter; the queue is stopped
 */
void vigb_rx_free(struct vigb_adapter *ad)
{
	struct vigb_ring *ring = &ad->pool[0].rx;
	struct vigb_rx *rx = &ad->rx;

	dev_kfree_skb(rx->skb);
	rx->skb = NULL;

	while (ring->to_clean != ring->to_use) {
		page_pool_put_full_page(rx->pages, rx->page[ring->to_clean], false);
		ring->to_clean = vigb_ring_next(ring, ring->to_clean);
	}
	vigb_ring_free(ad, ring);
	page_pool_destroy(rx->pages);
	rx->pages = NULL;
	kvfree(rx->page);
	rx->page = NULL;
}

/**
 * vigb_rx_fill() - posts buffers until the ring is full or memory runs out
 * @ad: the adapter
 *
 * When memory ran out, the next poll tries again; the watchdog provides one if
 * no frame does.
 *
 * Context: the default pool's NAPI, or before it is enabled.
 */
void vigb_rx_fill(struct vigb_adapter *ad)
{
	struct vigb_ring *ring = &ad->pool[0].rx;
	struct vigb_rx *rx = &ad->rx;
	unsigned int room = vigb_ring_room(ring);
	unsigned int n;

	for (n = 0; n < room; n++) {
		union vigb_rx_desc *desc = &ring->desc.rx[ring->to_use];
		struct page *page = page_pool_dev_alloc_pages(rx->pages);

		if (unlikely(!page)) {
			rx->alloc_failed++;
			break;
		}
		rx->page[ring->to_use] = page;
		desc->read.pkt_addr = cpu_to_le64(page_pool_get_dma_addr(page) + RX_HEADROOM);
		desc->read.hdr_addr = 0;
		ring->to_use = vigb_ring_next(ring, ring->to_use);
	}

	if (n)
		writel(ring->to_use, ring->tail);
}

static void rx_count(struct vigb_rx *rx, u64 *what, unsigned int n)
{
	u64_stats_update_begin(&rx->syncp);
	*what += n;
	u64_stats_update_end(&rx->syncp);
}

static void rx_finish(struct vigb_pool *pool, struct sk_buff *skb,
		      const union vigb_rx_desc *desc, u32 status)
{
	struct net_device *netdev = pool->ad->netdev;
	struct vigb_rx *rx = &pool->ad->rx;

	skb_checksum_none_assert(skb);
	if (status & (RXD_L4E | RXD_IPE))
		rx_count(rx, &rx->csum_bad, 1);
	else if ((status & RXD_L4CS) && (netdev->features & NETIF_F_RXCSUM))
		skb->ip_summed = CHECKSUM_UNNECESSARY;

	if ((status & RXD_VP) && (netdev->features & NETIF_F_HW_VLAN_CTAG_RX))
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), le16_to_cpu(desc->wb.vlan));

	u64_stats_update_begin(&rx->syncp);
	rx->frames++;
	rx->bytes += skb->len;
	u64_stats_update_end(&rx->syncp);

	skb_record_rx_queue(skb, 0);
	skb->protocol = eth_type_trans(skb, netdev);
	napi_gro_receive(&pool->napi, skb);
}

/* Adds one buffer to the current frame.  False: no memory, or no use. */
static bool rx_add(struct vigb_adapter *ad, struct page *page, unsigned int len)
{
	struct vigb_rx *rx = &ad->rx;
	struct sk_buff *skb = rx->skb;

	dma_sync_single_range_for_cpu(&ad->pdev->dev, page_pool_get_dma_addr(page),
				      RX_HEADROOM, len, DMA_FROM_DEVICE);

	if (skb) {
		if (unlikely(skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS))
			return false;
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, RX_HEADROOM, len,
				PAGE_SIZE);
		return true;
	}

	skb = napi_build_skb(page_address(page), PAGE_SIZE);
	if (unlikely(!skb))
		return false;
	skb_reserve(skb, RX_HEADROOM);
	__skb_put(skb, len);
	skb_mark_for_recycle(skb);
	rx->skb = skb;

	return true;
}

static void rx_one(struct vigb_pool *pool, union vigb_rx_desc *desc, struct page *page, u32 status)
{
	unsigned int len = min_t(unsigned int, le16_to_cpu(desc->wb.length), VIGB_RX_BUF_SIZE);
	struct vigb_rx *rx = &pool->ad->rx;
	bool eop = status & RXD_EOP;

	if (rx->skip || !len) {
		page_pool_recycle_direct(rx->pages, page);
	} else if (!rx_add(pool->ad, page, len)) {
		page_pool_recycle_direct(rx->pages, page);
		dev_kfree_skb(rx->skb);
		rx->skb = NULL;
		rx->skip = true;
		rx_count(rx, &rx->dropped, 1);
	}
	if (!eop)
		return;

	rx->skip = false;
	if (!rx->skb)
		return;
	if (unlikely((status & RXD_RXE) || rx->skb->len < ETH_HLEN)) {
		dev_kfree_skb(rx->skb);
		rx_count(rx, &rx->errors, 1);
	} else {
		rx_finish(pool, rx->skb, desc, status);
	}
	rx->skb = NULL;
}

/**
 * vigb_rx_poll() - receives on the default pool
 * @pool: pool 0
 * @budget: most frames to receive
 *
 * Context: NAPI.  Return: frames received; @budget asks to be polled again.
 */
int vigb_rx_poll(struct vigb_pool *pool, int budget)
{
	struct vigb_ring *ring = &pool->rx;
	struct vigb_rx *rx = &pool->ad->rx;
	int done = 0;

	while (done < budget && ring->to_clean != ring->to_use) {
		union vigb_rx_desc *desc = &ring->desc.rx[ring->to_clean];
		u32 status = le32_to_cpu(READ_ONCE(desc->wb.status_error));

		if (!(status & RXD_DD))
			break;
		/* length and tag are valid once DD is seen */
		dma_rmb();

		rx_one(pool, desc, rx->page[ring->to_clean], status);
		ring->to_clean = vigb_ring_next(ring, ring->to_clean);
		if (status & RXD_EOP)
			done++;
	}

	if (vigb_ring_room(ring) >= RX_FILL_BATCH)
		vigb_rx_fill(pool->ad);

	return done;
}
