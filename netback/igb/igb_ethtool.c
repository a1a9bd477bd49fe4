// SPDX-License-Identifier: GPL-2.0
/*
 * What ethtool shows and sets.
 */
#include <linux/ethtool.h>
#include <linux/mii.h>
#include <linux/rtnetlink.h>

#include "vmdq_igb.h"

#define COUNTER(label, member)	{ label, offsetof(struct vigb_adapter, member) }

/* All of them are u64 */
static const struct {
	char name[ETH_GSTRING_LEN];
	size_t offset;
} counters[] = {
	COUNTER("rx_frames", rx.frames),
	COUNTER("rx_bytes", rx.bytes),
	COUNTER("rx_errors", rx.errors),
	COUNTER("rx_dropped", rx.dropped),
	COUNTER("rx_csum_bad", rx.csum_bad),
	COUNTER("rx_alloc_failed", rx.alloc_failed),
	COUNTER("hw_rx_good", hw_stats.good_rx),
	COUNTER("hw_tx_good", hw_stats.good_tx),
	COUNTER("hw_rx_broadcast", hw_stats.broadcast_rx),
	COUNTER("hw_rx_multicast", hw_stats.multicast_rx),
	COUNTER("hw_rx_crc_errors", hw_stats.crc_errors),
	COUNTER("hw_rx_missed", hw_stats.missed),
	COUNTER("hw_rx_no_buffer", hw_stats.no_buffer),
	COUNTER("hw_rx_undersize", hw_stats.undersize),
	COUNTER("hw_rx_oversize", hw_stats.oversize),
	COUNTER("tx_timeouts", tx_timeouts),
	COUNTER("resets", resets),
	COUNTER("link_interrupts", other_irqs),
};

static const char * const pool_names[] = {
	"tx_frames", "tx_bytes", "tx_stopped", "tx_dropped", "hw_rx_frames", "hw_rx_bytes",
	"hw_tx_frames", "hw_tx_bytes", "hw_rx_dropped", "interrupts", "rx_frames", "rx_bytes",
	"rx_errors", "rx_csum_bad", "rx_posted", "doorbells", "polls", "usecs_now",
};

#define N_STATS		(ARRAY_SIZE(counters) + VIGB_N_POOLS * ARRAY_SIZE(pool_names))

static int get_sset_count(struct net_device *netdev, int sset)
{
	return sset == ETH_SS_STATS ? N_STATS : -EOPNOTSUPP;
}

static void get_strings(struct net_device *netdev, u32 sset, u8 *data)
{
	unsigned int i;
	unsigned int n;

	if (sset != ETH_SS_STATS)
		return;

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		ethtool_sprintf(&data, "%s", counters[i].name);
	for (n = 0; n < VIGB_N_POOLS; n++)
		for (i = 0; i < ARRAY_SIZE(pool_names); i++)
			ethtool_sprintf(&data, "pool%u_%s", n, pool_names[i]);
}

/* In the order of pool_names[].  What is counted for an owner is 0 in pool 0, of
 * which counters[] tells.
 */
static u64 *put_pool_stats(struct vigb_adapter *ad, unsigned int n, u64 *data)
{
	static const struct vmdq_pool_stats none;
	const struct vigb_pool_hw_stats *hw = &ad->hw_stats.pool[n];
	const struct vmdq_pool_stats *s = &none;
	const struct vigb_tx *tx = &ad->pool[n].tx;

	if (test_bit(VIGB_PORT_REGISTERED, &ad->flags))
		s = &ad->port.pools[n].stats;

	*data++ = tx->frames;
	*data++ = tx->bytes;
	*data++ = tx->stopped;
	*data++ = tx->dropped;
	*data++ = hw->rx_frames;
	*data++ = hw->rx_bytes;
	*data++ = hw->tx_frames;
	*data++ = hw->tx_bytes;
	*data++ = hw->rx_dropped;
	*data++ = s->interrupts;
	*data++ = s->rx_frames;
	*data++ = s->rx_bytes;
	*data++ = s->rx_errors;
	*data++ = s->rx_csum_bad;
	*data++ = s->posted;
	*data++ = s->doorbells;
	*data++ = s->polls;
	*data++ = READ_ONCE(ad->pool[n].usecs);

	return data;
}

static void get_ethtool_stats(struct net_device *netdev, struct ethtool_stats *stats, u64 *data)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	unsigned int i;

	if (test_bit(VIGB_UP, &ad->flags))
		vigb_hw_read_stats(ad);

	for (i = 0; i < ARRAY_SIZE(counters); i++)
		*data++ = *(u64 *)((u8 *)ad + counters[i].offset);
	for (i = 0; i < VIGB_N_POOLS; i++)
		data = put_pool_stats(ad, i, data);
}

static void get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	strscpy(info->driver, VIGB_NAME, sizeof(info->driver));
	strscpy(info->bus_info, pci_name(ad->pdev), sizeof(info->bus_info));
}

static u32 get_msglevel(struct net_device *netdev)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	return ad->msg_enable;
}

static void set_msglevel(struct net_device *netdev, u32 level)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	ad->msg_enable = level;
}

static void get_ringparam(struct net_device *netdev, struct ethtool_ringparam *ring,
			  struct kernel_ethtool_ringparam *kernel_ring,
			  struct netlink_ext_ack *extack)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	ring->rx_max_pending = VIGB_RING_MAX;
	ring->tx_max_pending = VIGB_RING_MAX;
	ring->rx_pending = ad->rx_count;
	ring->tx_pending = ad->tx_count;
}

static int set_ringparam(struct net_device *netdev, struct ethtool_ringparam *ring,
			 struct kernel_ethtool_ringparam *kernel_ring,
			 struct netlink_ext_ack *extack)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	u16 rx = round_up(clamp_t(u32, ring->rx_pending, VIGB_RING_MIN, VIGB_RING_MAX),
			  VIGB_RING_STEP);
	u16 tx = round_up(clamp_t(u32, ring->tx_pending, VIGB_RING_MIN, VIGB_RING_MAX),
			  VIGB_RING_STEP);

	if (ring->rx_mini_pending || ring->rx_jumbo_pending)
		return -EINVAL;
	if (rx == ad->rx_count && tx == ad->tx_count)
		return 0;

	return vigb_restart(ad, rx, tx);
}

static int get_coalesce(struct net_device *netdev, struct ethtool_coalesce *c,
			struct kernel_ethtool_coalesce *kernel_c, struct netlink_ext_ack *extack)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	c->use_adaptive_rx_coalesce = ad->adaptive;
	c->rx_coalesce_usecs = ad->usecs;

	return 0;
}

static int set_coalesce(struct net_device *netdev, struct ethtool_coalesce *c,
			struct kernel_ethtool_coalesce *kernel_c, struct netlink_ext_ack *extack)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	if (c->rx_coalesce_usecs > EITR_USECS_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "rx-usecs can be 0 to 8191");
		return -ERANGE;
	}
	/* who names an interval means it: "ethtool -C eth0 rx-usecs 100" alone
	 * ends adaptive moderation
	 */
	WRITE_ONCE(ad->adaptive, c->use_adaptive_rx_coalesce &&
		   !(ad->adaptive && c->rx_coalesce_usecs != ad->usecs));
	WRITE_ONCE(ad->usecs, c->rx_coalesce_usecs);
	if (test_bit(VIGB_UP, &ad->flags))
		vigb_irq_set_usecs(ad);

	return 0;
}

static int get_link_ksettings(struct net_device *netdev, struct ethtool_link_ksettings *cmd)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	u16 val;

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	mii_ctrl1000_mod_linkmode_adv_t(cmd->link_modes.supported, ADVERTISE_1000FULL);
	mii_adv_mod_linkmode_adv_t(cmd->link_modes.supported, ADVERTISE_ALL);
	linkmode_set_bit(ETHTOOL_LINK_MODE_TP_BIT, cmd->link_modes.supported);
	linkmode_set_bit(ETHTOOL_LINK_MODE_Autoneg_BIT, cmd->link_modes.supported);

	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	mii_ctrl1000_mod_linkmode_adv_t(cmd->link_modes.advertising, ad->advertising_1000);
	mii_adv_mod_linkmode_adv_t(cmd->link_modes.advertising, ad->advertising);
	linkmode_set_bit(ETHTOOL_LINK_MODE_TP_BIT, cmd->link_modes.advertising);
	linkmode_set_bit(ETHTOOL_LINK_MODE_Autoneg_BIT, cmd->link_modes.advertising);

	ethtool_link_ksettings_zero_link_mode(cmd, lp_advertising);
	if (ad->link_up) {
		if (!vigb_phy_read(ad, MII_LPA, &val))
			mii_lpa_mod_linkmode_lpa_t(cmd->link_modes.lp_advertising, val);
		if (!vigb_phy_read(ad, MII_STAT1000, &val))
			mii_stat1000_mod_linkmode_lpa_t(cmd->link_modes.lp_advertising, val);
	}

	cmd->base.port = PORT_TP;
	cmd->base.phy_address = 1;
	cmd->base.autoneg = AUTONEG_ENABLE;
	cmd->base.speed = ad->link_up ? ad->speed : SPEED_UNKNOWN;
	cmd->base.duplex = ad->link_up ? ad->duplex : DUPLEX_UNKNOWN;

	return 0;
}

static int set_link_ksettings(struct net_device *netdev, const struct ethtool_link_ksettings *cmd)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	__ETHTOOL_DECLARE_LINK_MODE_MASK(wanted);
	u16 adv, adv_1000;

	linkmode_copy(wanted, cmd->link_modes.advertising);
	adv = linkmode_adv_to_mii_adv_t(wanted) & ADVERTISE_ALL;
	adv_1000 = linkmode_adv_to_mii_ctrl1000_t(wanted) & ADVERTISE_1000FULL;

	/* A speed is chosen by offering it alone: gigabit needs negotiation
	 * anyway, and forced modes only hide mistakes.
	 */
	if (cmd->base.autoneg != AUTONEG_ENABLE) {
		netdev_err(netdev, "autonegotiation cannot be switched off; restrict what is advertised instead\n");
		return -EOPNOTSUPP;
	}
	if (!adv && !adv_1000)
		return -EINVAL;

	ad->advertising = adv | ADVERTISE_CSMA;
	ad->advertising_1000 = adv_1000;

	return test_bit(VIGB_UP, &ad->flags) ? vigb_phy_start(ad) : 0;
}

static int nway_reset(struct net_device *netdev)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	return test_bit(VIGB_UP, &ad->flags) ? vigb_phy_start(ad) : -ENETDOWN;
}

const struct ethtool_ops vigb_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS | ETHTOOL_COALESCE_USE_ADAPTIVE_RX,
	.get_drvinfo		= get_drvinfo,
	.get_msglevel		= get_msglevel,
	.set_msglevel		= set_msglevel,
	.get_link		= ethtool_op_get_link,
	.nway_reset		= nway_reset,
	.get_link_ksettings	= get_link_ksettings,
	.set_link_ksettings	= set_link_ksettings,
	.get_ringparam		= get_ringparam,
	.set_ringparam		= set_ringparam,
	.get_coalesce		= get_coalesce,
	.set_coalesce		= set_coalesce,
	.get_sset_count		= get_sset_count,
	.get_strings		= get_strings,
	.get_ethtool_stats	= get_ethtool_stats,
	.get_ts_info		= ethtool_op_get_ts_info,
};
