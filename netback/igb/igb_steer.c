// SPDX-License-Identifier: GPL-2.0
/*
 * Which frame goes to which pool: receive-address slots, and each pool's VMOLR
 * (82576 datasheet 7.10.3 and 8.14).
 *
 * - A unicast frame goes to the pool whose address it bears; one that nobody
 *   claims goes to the default pool (VT_CTL), so the netdev sees foreign unicast
 *   whether it is promiscuous or not, and the stack sorts that out.
 * - Broadcast and multicast go to pool 0 alone.
 * - Filters by VLAN need RCTL.VFE, which also hides every tagged broadcast and
 *   multicast whose VLAN has no slot of its own from the default pool: a bridge
 *   over it would go deaf on most of a trunk.  VFE therefore stays off, and a
 *   pool's filter with a VLAN is refused; see vigb_port_ops.
 */
#include <linux/bitmap.h>
#include <linux/etherdevice.h>

#include "vmdq_igb.h"

static void rar_write(struct vigb_adapter *ad, unsigned int slot)
{
	const struct vigb_filter *f = &ad->filters.rar[slot];

	/* The valid bit goes first and comes last, so that no frame meets half
	 * an address.
	 */
	vigb_wr(ad, vigb_rah(slot), 0);
	if (f->pools) {
		vigb_wr(ad, vigb_ral(slot), get_unaligned_le32(f->addr));
		vigb_wr(ad, vigb_rah(slot), get_unaligned_le16(f->addr + 4) |
			(u32)f->pools << RAH_POOL_SHIFT | RAH_AV);
	}
	vigb_flush(ad);
}

/* 12 bits of a hash, from the two last bytes of the address (RCTL.MO = 0) */
static void mta_add(u32 *mta, const u8 *addr)
{
	u32 hash = (addr[5] << 4 | addr[4] >> 4) & 0xfff;

	mta[hash / 32] |= BIT(hash % 32);
}

static void uc_sync(struct vigb_adapter *ad, bool *overflow)
{
	unsigned long used = vigb_filter_used(&ad->filters, 0);
	struct netdev_hw_addr *ha;
	unsigned long keep = 0;
	unsigned int slot;
	int got;

	/* What is in the list stays or comes, the rest goes.  An address that a
	 * pool has cannot be had: the pool's owner was first.
	 */
	netdev_for_each_uc_addr(ha, ad->netdev) {
		slot = vigb_filter_find(&ad->filters, ha->addr);
		if (slot < VIGB_N_RAR)
			keep |= BIT(slot);
	}
	used &= ~keep;
	for_each_set_bit(slot, &used, VIGB_N_RAR) {
		vigb_filter_del(&ad->filters, slot);
		rar_write(ad, slot);
	}

	netdev_for_each_uc_addr(ha, ad->netdev) {
		if (vigb_filter_find(&ad->filters, ha->addr) >= 0)
			continue;
		got = vigb_filter_add(&ad->filters, ha->addr, 0);
		if (got >= 0)
			rar_write(ad, got);
		else
			*overflow = true;
	}
}

static void rx_mode_locked(struct vigb_adapter *ad)
{
	struct net_device *netdev = ad->netdev;
	bool all_uc = netdev->flags & IFF_PROMISC;
	bool all_mc = netdev->flags & (IFF_PROMISC | IFF_ALLMULTI);
	u32 vmolr = vigb_rd(ad, VIGB_VMOLR(0)) & ~(VMOLR_ROPE | VMOLR_MPME);
	u32 rctl = vigb_rd(ad, VIGB_RCTL) & ~(RCTL_UPE | RCTL_MPE);
	u32 mta[VIGB_N_HASH_REGS] = { 0 };
	struct netdev_hw_addr *ha;
	unsigned int i;

	uc_sync(ad, &all_uc);

	if (all_mc)
		memset(mta, 0xff, sizeof(mta));
	else
		netdev_for_each_mc_addr(ha, netdev)
			mta_add(mta, ha->addr);

	if (all_uc) {
		rctl |= RCTL_UPE;
		vmolr |= VMOLR_ROPE;
	}
	if (all_mc) {
		rctl |= RCTL_MPE;
		vmolr |= VMOLR_MPME;
	}

	for (i = 0; i < VIGB_N_HASH_REGS; i++) {
		vigb_wr(ad, VIGB_MTA(i), mta[i]);
		vigb_wr(ad, VIGB_UTA(i), all_uc ? ~0 : 0);
	}
	vigb_wr(ad, VIGB_VMOLR(0), vmolr);
	vigb_wr(ad, VIGB_RCTL, rctl);
}

/**
 * vigb_steer_rx_mode() - programs the netdev's address lists and flags
 * @ad: the adapter
 *
 * Context: ndo_set_rx_mode, the address lists are locked.
 */
void vigb_steer_rx_mode(struct vigb_adapter *ad)
{
	spin_lock_bh(&ad->steer_lock);
	rx_mode_locked(ad);
	spin_unlock_bh(&ad->steer_lock);
}

static u32 pool0_rlpml(struct vigb_adapter *ad)
{
	return ad->netdev->mtu + ETH_HLEN + VIGB_TAGS + ETH_FCS_LEN;
}

static void vlan_strip_locked(struct vigb_adapter *ad)
{
	bool strip = ad->netdev->features & NETIF_F_HW_VLAN_CTAG_RX;
	u32 vmolr = vigb_rd(ad, VIGB_VMOLR(0)) & ~VMOLR_STRVLAN;

	vigb_wr(ad, VIGB_VMOLR(0), strip ? vmolr | VMOLR_STRVLAN : vmolr);
	/* Multicast obeys this one; it reaches pool 0 alone */
	vigb_wr(ad, VIGB_RPLOLR, strip ? RPLOLR_STRVLAN | RPLOLR_STRCRC : RPLOLR_STRCRC);
}

/**
 * vigb_steer_start() - step 9 of the start-up sequence
 * @ad: the adapter, just reset
 *
 * Context: process, under rtnl.
 */
void vigb_steer_start(struct vigb_adapter *ad)
{
	unsigned int slot;

	netif_addr_lock_bh(ad->netdev);
	spin_lock(&ad->steer_lock);
	vigb_wr(ad, VIGB_VMOLR(0), VMOLR_AUPE | VMOLR_BAM | VMOLR_ROMPE | VMOLR_STRCRC |
		VMOLR_LPE | pool0_rlpml(ad));
	vlan_strip_locked(ad);
	for (slot = 0; slot < VIGB_N_RAR; slot++)
		rar_write(ad, slot);
	rx_mode_locked(ad);
	spin_unlock(&ad->steer_lock);
	netif_addr_unlock_bh(ad->netdev);
}

/**
 * vigb_steer_vlan_strip() - follows NETIF_F_HW_VLAN_CTAG_RX
 * @ad: the adapter
 */
void vigb_steer_vlan_strip(struct vigb_adapter *ad)
{
	spin_lock_bh(&ad->steer_lock);
	vlan_strip_locked(ad);
	spin_unlock_bh(&ad->steer_lock);
}

/**
 * vigb_steer_max_frame() - follows the netdev's MTU; pools are not touched
 * @ad: the adapter
 */
void vigb_steer_max_frame(struct vigb_adapter *ad)
{
	u32 vmolr;

	spin_lock_bh(&ad->steer_lock);
	vmolr = vigb_rd(ad, VIGB_VMOLR(0)) & ~VMOLR_RLPML;
	vigb_wr(ad, VIGB_VMOLR(0), vmolr | pool0_rlpml(ad));
	spin_unlock_bh(&ad->steer_lock);
}

/**
 * vigb_steer_own_mac() - sets the netdev's own address
 * @ad: the adapter
 * @addr: the address
 *
 * Return: 0, -EINVAL, or -EEXIST if a pool has it.
 */
int vigb_steer_own_mac(struct vigb_adapter *ad, const u8 *addr)
{
	int ret;

	spin_lock_bh(&ad->steer_lock);
	ret = vigb_filter_set_own(&ad->filters, addr);
	if (ret >= 0) {
		rar_write(ad, VIGB_FILTER_OWN);
		if (ret > 0)
			rar_write(ad, ret);
		ret = 0;
	}
	spin_unlock_bh(&ad->steer_lock);

	return ret;
}

/**
 * vigb_steer_pool_filter() - steers an address to a pool
 * @ad: the adapter
 * @pool: the pool, not 0; its queue runs
 * @addr: the address
 *
 * The new slot is written before the old one is cleared, so that a pool whose
 * filter is replaced is never without one.
 *
 * Context: process, under vmdq_port.lock.  Return: 0, -EINVAL, -EEXIST,
 * -ENOSPC; in case of an error the old filter stays.
 */
int vigb_steer_pool_filter(struct vigb_adapter *ad, unsigned int pool, const u8 *addr)
{
	unsigned long old;
	unsigned int slot;
	int got;

	spin_lock_bh(&ad->steer_lock);
	old = vigb_filter_used(&ad->filters, pool);
	got = vigb_filter_add(&ad->filters, addr, pool);
	if (got < 0)
		goto out;

	rar_write(ad, got);
	old &= ~BIT(got);
	for_each_set_bit(slot, &old, VIGB_N_RAR) {
		vigb_filter_del(&ad->filters, slot);
		rar_write(ad, slot);
	}
	got = 0;
out:
	spin_unlock_bh(&ad->steer_lock);
	return got;
}

/**
 * vigb_steer_pool_clear() - steers nothing to a pool any more
 * @ad: the adapter
 * @pool: the pool, not 0
 *
 * Frames already inside the hardware may still arrive.
 */
void vigb_steer_pool_clear(struct vigb_adapter *ad, unsigned int pool)
{
	unsigned long used;
	unsigned int slot;

	spin_lock_bh(&ad->steer_lock);
	used = vigb_filter_used(&ad->filters, pool);
	for_each_set_bit(slot, &used, VIGB_N_RAR) {
		vigb_filter_del(&ad->filters, slot);
		rar_write(ad, slot);
	}
	spin_unlock_bh(&ad->steer_lock);
}

/**
 * vigb_steer_pool_open() - lets a pool receive, once a filter says what
 * @ad: the adapter
 * @pool: the pool, not 0; its queue runs
 * @max_frame: longest frame, without FCS
 *
 * Tags stay in the frame, and broadcast and multicast stay with pool 0.  AUPE
 * matters to the hardware only with VLAN filtering, and says that untagged
 * frames are welcome.
 */
void vigb_steer_pool_open(struct vigb_adapter *ad, unsigned int pool, u32 max_frame)
{
	spin_lock_bh(&ad->steer_lock);
	vigb_wr(ad, VIGB_VMOLR(pool), VMOLR_AUPE | VMOLR_STRCRC | VMOLR_LPE |
		(max_frame + ETH_FCS_LEN));
	vigb_wr(ad, VIGB_VFRE, vigb_rd(ad, VIGB_VFRE) | BIT(pool));
	vigb_flush(ad);
	spin_unlock_bh(&ad->steer_lock);
}

/**
 * vigb_steer_pool_close() - step 1 of stopping a queue: nothing reaches it
 * @ad: the adapter
 * @pool: the pool, not 0
 */
void vigb_steer_pool_close(struct vigb_adapter *ad, unsigned int pool)
{
	vigb_steer_pool_clear(ad, pool);

	spin_lock_bh(&ad->steer_lock);
	vigb_wr(ad, VIGB_VMOLR(pool), 0);
	vigb_wr(ad, VIGB_VFRE, vigb_rd(ad, VIGB_VFRE) & ~BIT(pool));
	vigb_flush(ad);
	spin_unlock_bh(&ad->steer_lock);
}
