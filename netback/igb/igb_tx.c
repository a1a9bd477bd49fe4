// SPDX-License-Identifier: GPL-2.0
/*
 * Sending, on the rings of all pools alike (82576 datasheet 7.2).
 *
 * Frames forwarded from guests have granted pages as fragments; those are
 * mapped for reading only, and whatever this driver or the hardware writes
 * (lengths and checksums of a segmented frame) lies in the linear part.
 */
#include <linux/dma-mapping.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#include "granted.h"
#include "vmdq_igb.h"

#define TX_MIN_FRAME		17
#define TX_MAX_PER_DESC		(16 * 1024)
#define TX_MAX_DESCS		40	/* of one frame; QEMU drops frames of more than 64 */
#define TX_FRAME_DESCS		(MAX_SKB_FRAGS + 6)	/* of nearly every frame, context too */
#define TX_CLEAN_FRAMES		128	/* per poll */

/**
 * struct tx_offload - what the hardware has to do to a frame
 * @context: the context descriptor
 * @need_context: there is something to tell
 * @cmd: bits of cmd_type_len of the data descriptors
 * @olinfo: bits of olinfo_status of the data descriptors
 * @hdr_len: bytes repeated in front of each segment; 0 if not segmented
 */
struct tx_offload {
	struct vigb_tx_context context;
	bool need_context;
	u32 cmd;
	u32 olinfo;
	u32 hdr_len;
};

/**
 * vigb_tx_alloc() - memory for a pool's transmit ring
 * @pool: the pool
 *
 * Context: process.  Return: 0 or -ENOMEM.
 */
int vigb_tx_alloc(struct vigb_pool *pool)
{
	struct vigb_tx *tx = &pool->tx;
	int err;

	tx->buf = kvcalloc(pool->ad->tx_count, sizeof(*tx->buf), GFP_KERNEL);
	if (!tx->buf)
		return -ENOMEM;

	err = vigb_ring_alloc(pool->ad, &tx->ring, pool->ad->tx_count);
	if (err) {
		kvfree(tx->buf);
		tx->buf = NULL;
	}

	return err;
}

/**
 * vigb_tx_free() - gives it back
 * @pool: the pool; its ring is stopped and dropped
 */
void vigb_tx_free(struct vigb_pool *pool)
{
	vigb_ring_free(pool->ad, &pool->tx.ring);
	kvfree(pool->tx.buf);
	pool->tx.buf = NULL;
}

static void tx_unmap(struct vigb_adapter *ad, struct vigb_tx_buf *buf)
{
	switch (buf->how) {
	case TX_NOT_MAPPED:
		break;
	case TX_SINGLE:
		dma_unmap_single(&ad->pdev->dev, buf->dma, buf->len, DMA_TO_DEVICE);
		break;
	case TX_PAGE:
		dma_unmap_page(&ad->pdev->dev, buf->dma, buf->len, DMA_TO_DEVICE);
		break;
	}
	buf->how = TX_NOT_MAPPED;
}

/* Unmaps a frame's buffers, from @first to the last of them. */
static u16 tx_unmap_frame(struct vigb_pool *pool, u16 first, u16 last)
{
	struct vigb_tx *tx = &pool->tx;
	u16 i = first;

	for (;;) {
		tx_unmap(pool->ad, &tx->buf[i]);
		if (i == last)
			return vigb_ring_next(&tx->ring, i);
		i = vigb_ring_next(&tx->ring, i);
	}
}

/**
 * vigb_tx_drop_all() - forgets all frames of a stopped ring
 * @pool: the pool
 */
void vigb_tx_drop_all(struct vigb_pool *pool)
{
	struct vigb_ring *ring = &pool->tx.ring;

	while (ring->to_clean != ring->to_use) {
		struct vigb_tx_buf *first = &pool->tx.buf[ring->to_clean];

		ring->to_clean = tx_unmap_frame(pool, ring->to_clean, first->eop);
		dev_kfree_skb_any(first->skb);
		first->skb = NULL;
	}
	netdev_tx_reset_queue(netdev_get_tx_queue(pool->ad->netdev, pool->index));
}

/**
 * vigb_tx_clean() - frees the frames that were sent
 * @pool: the pool
 * @budget: NAPI's
 *
 * Context: the pool's NAPI.  Return: false if there is more to do at once.
 */
bool vigb_tx_clean(struct vigb_pool *pool, int budget)
{
	struct netdev_queue *txq = netdev_get_tx_queue(pool->ad->netdev, pool->index);
	struct vigb_tx *tx = &pool->tx;
	struct vigb_ring *ring = &tx->ring;
	/* pairs with tx_map(): the frames up to here are complete */
	u16 end = smp_load_acquire(&ring->to_use);
	u16 i = ring->to_clean;
	unsigned int bytes = 0;
	unsigned int sent = 0;
	unsigned int frames;

	for (frames = 0; frames < TX_CLEAN_FRAMES && i != end; frames++) {
		struct vigb_tx_buf *first = &tx->buf[i];
		u32 status = le32_to_cpu(READ_ONCE(ring->desc.tx[first->eop].olinfo_status));

		if (!(status & TXD_DD))
			break;

		bytes += first->bytes;
		sent += first->segs;
		i = tx_unmap_frame(pool, i, first->eop);
		napi_consume_skb(first->skb, budget);
		first->skb = NULL;
	}
	if (!frames)
		return true;

	/* What tx_unmap_frame() did to their buffers is seen before they are free. */
	smp_store_release(&ring->to_clean, i);

	u64_stats_update_begin(&tx->syncp);
	tx->frames += sent;
	tx->bytes += bytes;
	u64_stats_update_end(&tx->syncp);
	netdev_tx_completed_queue(txq, sent, bytes);

	/* The room is seen before the queue's state is looked at, see tx_stop() */
	smp_mb();	/* pairs with tx_stop() */
	if (unlikely(netif_tx_queue_stopped(txq)) && test_bit(VIGB_UP, &pool->ad->flags) &&
	    vigb_ring_room(ring) >= 2 * TX_FRAME_DESCS)
		netif_tx_wake_queue(txq);

	return frames < TX_CLEAN_FRAMES;
}

/* Stops the queue if @need descriptors are not free.  Return: whether it did. */
static bool tx_stop(struct vigb_tx *tx, struct netdev_queue *txq, unsigned int need)
{
	if (likely(vigb_ring_room(&tx->ring) >= need))
		return false;

	netif_tx_stop_queue(txq);
	/* The cleaner makes room, then looks whether the queue is stopped; here
	 * it is stopped, then the room is looked at.  One of the two sees it.
	 */
	smp_mb(); /* pairs with vigb_tx_clean() */
	if (vigb_ring_room(&tx->ring) >= need) {
		netif_tx_start_queue(txq);
		return false;
	}
	tx->stopped++;

	return true;
}

static unsigned int tx_descs(const struct sk_buff *skb)
{
	unsigned int n = DIV_ROUND_UP(skb_headlen(skb), TX_MAX_PER_DESC);
	unsigned int i;

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		n += DIV_ROUND_UP(skb_frag_size(&skb_shinfo(skb)->frags[i]), TX_MAX_PER_DESC);

	return n;
}

/* What segmentation wants in the headers: lengths of 0, and a pseudo-header
 * sum without the length.
 */
static int tx_tso(struct sk_buff *skb, struct tx_offload *o, u32 *tucmd, u32 *l4)
{
	struct tcphdr *tcp;
	int err;

	err = skb_cow_head(skb, 0);
	if (err < 0)
		return err;

	tcp = tcp_hdr(skb);
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4) {
		struct iphdr *ip = ip_hdr(skb);

		ip->tot_len = 0;
		ip->check = 0;
		tcp->check = ~csum_tcpudp_magic(ip->saddr, ip->daddr, 0, IPPROTO_TCP, 0);
		*tucmd |= TXC_IPV4;
		o->olinfo |= TXD_IXSM;
	} else {
		ipv6_hdr(skb)->payload_len = 0;
		tcp_v6_gso_csum_prep(skb);
	}

	*tucmd |= TXC_L4T_TCP;
	*l4 = tcp_hdrlen(skb) << TXC_L4LEN_SHIFT | (u32)skb_shinfo(skb)->gso_size << TXC_MSS_SHIFT;
	o->hdr_len = skb_transport_offset(skb) + tcp_hdrlen(skb);
	/* A bridge holds a frame against the MTU, but not what GSO makes of one. */
	if (o->hdr_len + skb_shinfo(skb)->gso_size > VIGB_FRAME_MAX)
		return -EMSGSIZE;
	o->cmd |= TXD_TSE;
	o->olinfo |= TXD_TXSM;

	return 0;
}

/* Where the checksum lies tells which one it is.  Return: false for none that
 * the hardware knows.
 */
static bool tx_checksum(struct sk_buff *skb, struct tx_offload *o, u32 *tucmd)
{
	switch (skb->csum_offset) {
	case offsetof(struct tcphdr, check):
		*tucmd |= TXC_L4T_TCP;
		break;
	case offsetof(struct udphdr, check):
		*tucmd |= TXC_L4T_UDP;
		break;
	case offsetof(struct sctphdr, checksum):
		if (!skb_csum_is_sctp(skb))
			return false;
		*tucmd |= TXC_L4T_SCTP;
		break;
	default:
		return false;
	}
	if (vlan_get_protocol(skb) == htons(ETH_P_IP))
		*tucmd |= TXC_IPV4;
	o->olinfo |= TXD_TXSM;

	return true;
}

/* Fills in @o.  Return: 0, or an error for a frame that cannot be sent. */
static int tx_prepare(struct sk_buff *skb, struct tx_offload *o)
{
	u32 lens = skb_network_offset(skb) << TXC_MACLEN_SHIFT;
	u32 tucmd = TXD_DEXT | TXD_DTYP_CTXT;
	u32 l4 = 0;
	int err;

	memset(o, 0, sizeof(*o));
	o->cmd = TXD_DEXT | TXD_DTYP_DATA | TXD_IFCS;

	if (skb_is_gso(skb)) {
		err = tx_tso(skb, o, &tucmd, &l4);
		if (err)
			return err;
		o->need_context = true;
	} else if (unlikely(skb->len > VIGB_FRAME_MAX)) {
		return -EMSGSIZE;	/* GSO was software's */
	} else if (skb->ip_summed == CHECKSUM_PARTIAL) {
		o->need_context = tx_checksum(skb, o, &tucmd);
		if (!o->need_context) {
			err = skb_csum_hwoffload_help(skb, 0);
			if (err)
				return err;
		}
	}
	if (o->need_context)
		lens |= skb_checksum_start_offset(skb) - skb_network_offset(skb);

	if (skb_vlan_tag_present(skb)) {
		lens |= (u32)skb_vlan_tag_get(skb) << TXC_VLAN_SHIFT;
		o->cmd |= TXD_VLE;
		o->need_context = true;
	}

	o->olinfo |= (skb->len - o->hdr_len) << TXD_PAYLEN_SHIFT;
	o->context.vlan_macip_lens = cpu_to_le32(lens);
	o->context.type_tucmd = cpu_to_le32(tucmd);
	o->context.mss_l4len_idx = cpu_to_le32(l4);

	return 0;
}

/* One mapped piece becomes one descriptor per 16 KiB.  Return: next index. */
static u16 tx_put(struct vigb_tx *tx, u16 i, dma_addr_t dma, u32 len, enum vigb_tx_how how,
		  const struct tx_offload *o)
{
	struct vigb_tx_buf *buf = &tx->buf[i];

	buf->dma = dma;
	buf->len = len;
	buf->how = how;

	for (;;) {
		struct vigb_tx_desc *desc = &tx->ring.desc.tx[i];
		u32 part = min_t(u32, len, TX_MAX_PER_DESC);

		desc->addr = cpu_to_le64(dma);
		desc->cmd_type_len = cpu_to_le32(o->cmd | part);
		desc->olinfo_status = cpu_to_le32(o->olinfo);
		i = vigb_ring_next(&tx->ring, i);
		dma += part;
		len -= part;
		if (!len)
			return i;
		tx->buf[i].how = TX_NOT_MAPPED;
	}
}

/* Writes the frame's descriptors.  Return: 0, or -ENOMEM with all undone. */
static int tx_map(struct vigb_pool *pool, struct sk_buff *skb, const struct tx_offload *o)
{
	struct device *dev = &pool->ad->pdev->dev;
	struct vigb_tx *tx = &pool->tx;
	struct vigb_ring *ring = &tx->ring;
	struct vigb_tx_buf *first = &tx->buf[ring->to_use];
	u16 i = ring->to_use;
	unsigned int f;
	dma_addr_t dma;
	u16 last;

	if (o->need_context) {
		memcpy(&ring->desc.tx[i], &o->context, sizeof(o->context));
		tx->buf[i].how = TX_NOT_MAPPED;
		i = vigb_ring_next(ring, i);
	}

	dma = dma_map_single(dev, skb->data, skb_headlen(skb), DMA_TO_DEVICE);
	if (dma_mapping_error(dev, dma))
		goto out_unmap;
	i = tx_put(tx, i, dma, skb_headlen(skb), TX_SINGLE, o);

	for (f = 0; f < skb_shinfo(skb)->nr_frags; f++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[f];

		if (!skb_frag_size(frag))
			continue;
		if (vmdq_granted_addr(dev, frag, &dma)) {
			i = tx_put(tx, i, dma, skb_frag_size(frag), TX_NOT_MAPPED, o);
			continue;
		}
		dma = skb_frag_dma_map(dev, frag, 0, skb_frag_size(frag), DMA_TO_DEVICE);
		if (dma_mapping_error(dev, dma))
			goto out_unmap;
		i = tx_put(tx, i, dma, skb_frag_size(frag), TX_PAGE, o);
	}

	last = (i ? i : ring->count) - 1;
	ring->desc.tx[last].cmd_type_len |= cpu_to_le32(TXD_EOP | TXD_RS);
	first->skb = skb;
	first->eop = last;
	first->segs = o->hdr_len ? skb_shinfo(skb)->gso_segs : 1;
	first->bytes = skb->len + (first->segs - 1) * o->hdr_len;
	skb_tx_timestamp(skb);

	/* The cleaner may look at all of it now */
	smp_store_release(&ring->to_use, i);

	return 0;

out_unmap:
	while (i != ring->to_use) {
		i = (i ? i : ring->count) - 1;
		tx_unmap(pool->ad, &tx->buf[i]);
	}
	return -ENOMEM;
}

static void tx_kick(struct vigb_tx *tx)
{
	if (tx->kicked == tx->ring.to_use)
		return;
	tx->kicked = tx->ring.to_use;
	writel(tx->kicked, tx->ring.tail);
}

/**
 * vigb_tx_xmit() - ndo_start_xmit
 * @skb: the frame; its queue is the pool by whose ring it leaves
 * @netdev: the device
 */
netdev_tx_t vigb_tx_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	struct vigb_pool *pool = &ad->pool[skb_get_queue_mapping(skb)];
	struct netdev_queue *txq = netdev_get_tx_queue(netdev, pool->index);
	struct vigb_tx *tx = &pool->tx;
	struct tx_offload offload;
	unsigned int bytes;

	/* The hardware pads to 60 (TCTL.PSP) what has 17 bytes and more.  Doing
	 * more here would put padding into the checksums that it computes.
	 */
	if (skb_put_padto(skb, TX_MIN_FRAME))
		goto out_dropped;

	if (tx_descs(skb) > TX_MAX_DESCS && skb_linearize(skb))
		goto out_free;

	if (unlikely(tx_stop(tx, txq, tx_descs(skb) + 1))) {
		tx_kick(tx);
		return NETDEV_TX_BUSY;
	}

	if (tx_prepare(skb, &offload) || tx_map(pool, skb, &offload))
		goto out_free;

	bytes = skb->len;
	if (offload.hdr_len)
		bytes += (skb_shinfo(skb)->gso_segs - 1) * offload.hdr_len;
	tx_stop(tx, txq, TX_FRAME_DESCS);
	if (__netdev_tx_sent_queue(txq, bytes, netdev_xmit_more()))
		tx_kick(tx);

	return NETDEV_TX_OK;

out_free:
	dev_kfree_skb_any(skb);
out_dropped:
	tx->dropped++;
	/* earlier frames may have been waiting for this one's doorbell */
	tx_kick(tx);
	return NETDEV_TX_OK;
}
