// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of a vif and their names: the sum over its queues, past and
 * present.
 */
#include <linux/ethtool.h>

#include "vif.h"

struct vif_stat {
	char name[ETH_GSTRING_LEN];
	size_t offset;
};

#define VIF_STAT(field) { #field, offsetof(struct vif_queue_stats, field) }

/* The whole of struct vif_queue_stats, in its order; the invariants between
 * the counters stand there.
 */
static const struct vif_stat vif_stats[] = {
	VIF_STAT(rx_sw_frames),
	VIF_STAT(rx_sw_bytes),
	VIF_STAT(rx_sw_grant_copies),
	VIF_STAT(rx_sw_notifications),
	VIF_STAT(rx_dropped),
	VIF_STAT(rx_errors),
	VIF_STAT(rx_pool_frames),
	VIF_STAT(rx_pool_bytes),
	VIF_STAT(rx_pool_merged),
	VIF_STAT(pool_grant_maps),
	VIF_STAT(pool_grant_unmaps),
	VIF_STAT(pool_grant_copies),
	VIF_STAT(pool_hypercalls),
	VIF_STAT(pool_multicalls),
	VIF_STAT(pool_notifications),
	VIF_STAT(pool_interrupts),
	VIF_STAT(pool_polls),
	VIF_STAT(pool_batches),
	VIF_STAT(pool_doorbells),
	VIF_STAT(pool_errors),
	VIF_STAT(tx_frames),
	VIF_STAT(tx_bytes),
	VIF_STAT(tx_errors),
	VIF_STAT(tx_grant_maps),
	VIF_STAT(tx_grant_unmaps),
	VIF_STAT(tx_grant_copies),
	VIF_STAT(tx_rate_waits),
};

/**
 * vif_stats_add() - add counters to counters
 * @sum: grows
 * @more: by this
 */
void vif_stats_add(struct vif_queue_stats *sum, const struct vif_queue_stats *more)
{
	const u64 *from = (const u64 *)more;
	u64 *to = (u64 *)sum;
	unsigned int i;

	BUILD_BUG_ON(sizeof(*sum) != ARRAY_SIZE(vif_stats) * sizeof(u64));
	for (i = 0; i < ARRAY_SIZE(vif_stats); i++)
		to[i] += READ_ONCE(from[i]);
}

/**
 * vif_stats_sum() - all that a vif has counted since it was created
 * @vif: the vif
 * @sum: result
 *
 * Context: any but hard interrupts; takes vif.stats_lock.
 */
void vif_stats_sum(struct vif *vif, struct vif_queue_stats *sum)
{
	unsigned int i;

	spin_lock_bh(&vif->stats_lock);
	*sum = vif->past;
	for (i = 0; i < vif->n_counting; i++)
		vif_stats_add(sum, &vif->queues[i].stats);
	spin_unlock_bh(&vif->stats_lock);
}

static int vif_get_sset_count(struct net_device *dev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(vif_stats) : -EOPNOTSUPP;
}

static void vif_get_strings(struct net_device *dev, u32 set, u8 *data)
{
	unsigned int i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(vif_stats); i++)
		memcpy(data + i * ETH_GSTRING_LEN, vif_stats[i].name, ETH_GSTRING_LEN);
}

static void vif_get_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct vif *vif = netdev_priv(dev);
	struct vif_queue_stats sum;
	unsigned int i;

	vif_stats_sum(vif, &sum);
	for (i = 0; i < ARRAY_SIZE(vif_stats); i++)
		data[i] = *(u64 *)((u8 *)&sum + vif_stats[i].offset);
}

static void vif_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct vif *vif = netdev_priv(dev);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(&vif->xdev->dev), sizeof(info->bus_info));
}

const struct ethtool_ops vif_ethtool_ops = {
	.get_drvinfo = vif_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = vif_get_sset_count,
	.get_strings = vif_get_strings,
	.get_ethtool_stats = vif_get_stats,
};
