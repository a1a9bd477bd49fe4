// SPDX-License-Identifier: GPL-2.0
/*
 * vifD.N: the network device by which dom0's bridge knows a guest.
 */
#include <linux/if_vlan.h>

#include "vif.h"

static int vif_open(struct net_device *dev)
{
	struct vif *vif = netdev_priv(dev);
	unsigned int i;

	netif_tx_start_all_queues(dev);
	/* What the guest sent while the device was down still waits. */
	local_bh_disable();
	for (i = 0; i < vif->n_queues; i++)
		napi_schedule(&vif->queues[i].tx_napi);
	local_bh_enable();
	vif_assign_schedule(vif);
	return 0;
}

/* A device that is down carries nothing: neither do its rings or its pool. */
static int vif_stop(struct net_device *dev)
{
	netif_tx_stop_all_queues(dev);
	vif_assign_schedule(netdev_priv(dev));
	return 0;
}

static netdev_tx_t vif_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vif *vif = netdev_priv(dev);
	unsigned int id = skb_get_queue_mapping(skb);

	/* Protects against a guest that disconnects meanwhile. */
	if (unlikely(id >= READ_ONCE(vif->n_queues) || READ_ONCE(vif->disabled)))
		goto drop;
	/* Chosen before the pool took that queue. */
	if (unlikely((int)id == READ_ONCE(vif->pool_excluded)))
		id = 0;

	if (unlikely(READ_ONCE(vif->mcast_control)) && is_multicast_ether_addr(skb->data) &&
	    !is_broadcast_ether_addr(skb->data) && !vif_mcast_wants(vif, skb->data))
		goto drop;
	if (!vif->can_sg && skb->len > XEN_PAGE_SIZE - vif->xdp_headroom)
		goto drop;
	skb_tx_timestamp(skb);
	vif_steer_note(vif, skb);
	if (likely(vif_rx_enqueue(&vif->queues[id], skb)))
		return NETDEV_TX_OK;
drop:
	DEV_STATS_INC(dev, tx_dropped);
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static netdev_features_t vif_fix_features(struct net_device *dev, netdev_features_t features)
{
	struct vif *vif = netdev_priv(dev);

	if (!vif->can_sg)
		features &= ~NETIF_F_SG;
	if (!vif->gso_v4)
		features &= ~NETIF_F_TSO;
	if (!vif->gso_v6)
		features &= ~NETIF_F_TSO6;
	if (!vif->csum_v4)
		features &= ~NETIF_F_IP_CSUM;
	if (!vif->csum_v6)
		features &= ~NETIF_F_IPV6_CSUM;
	return features;
}

/* From the bridge's side: what it gets from the guest is "received". */
static void vif_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct vif *vif = netdev_priv(dev);
	struct vif_queue_stats sum;

	vif_stats_sum(vif, &sum);

	stats->tx_packets = sum.rx_sw_frames + sum.rx_pool_frames;
	stats->tx_bytes = sum.rx_sw_bytes + sum.rx_pool_bytes;
	stats->tx_dropped = dev->stats.tx_dropped + sum.rx_dropped;
	stats->tx_errors = sum.rx_errors;
	stats->rx_packets = sum.tx_frames;
	stats->rx_bytes = sum.tx_bytes;
	stats->rx_errors = sum.tx_errors;
}

static int vif_change_mtu(struct net_device *dev, int mtu)
{
	struct vif *vif = netdev_priv(dev);

	dev->mtu = mtu;
	/* The pool's longest frame follows. */
	vif_assign_schedule(vif);
	return 0;
}

static const struct net_device_ops vif_netdev_ops = {
	.ndo_open = vif_open,
	.ndo_stop = vif_stop,
	.ndo_start_xmit = vif_start_xmit,
	.ndo_select_queue = vif_select_queue,
	.ndo_fix_features = vif_fix_features,
	.ndo_get_stats64 = vif_get_stats64,
	.ndo_change_mtu = vif_change_mtu,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/**
 * vif_is_vif() - is a network device a vif of ours?
 * @dev: any
 */
bool vif_is_vif(const struct net_device *dev)
{
	return dev->netdev_ops == &vif_netdev_ops;
}

/**
 * vif_create() - create and register vif@domid.@handle
 * @xdev: its xenbus device
 * @domid: the guest
 * @handle: the guest's number for it
 *
 * Context: process; takes rtnl.  Return: the vif, without a carrier until a
 * frontend connects, or an ERR_PTR.
 */
struct vif *vif_create(struct xenbus_device *xdev, domid_t domid, unsigned int handle)
{
	static const u8 dev_addr[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };
	char name[IFNAMSIZ];
	struct net_device *dev;
	struct vif *vif;
	int err;

	snprintf(name, sizeof(name), "vif%u.%u", domid, handle);
	dev = alloc_netdev_mq(sizeof(*vif), name, NET_NAME_UNKNOWN, ether_setup, vif_max_queues);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	SET_NETDEV_DEV(dev, &xdev->dev);

	vif = netdev_priv(dev);
	vif->dev = dev;
	vif->xdev = xdev;
	vif->domid = domid;
	vif->handle = handle;
	vif->can_sg = true;
	vif->csum_v4 = true;
	vif->pool_excluded = -1;
	ratelimit_state_init(&vif->levels, VIF_TELL_INTERVAL, VIF_TELL_LEVELS);
	spin_lock_init(&vif->stall_lock);
	spin_lock_init(&vif->mcast_lock);
	INIT_LIST_HEAD(&vif->list);
	spin_lock_init(&vif->stats_lock);
	ratelimit_state_init(&vif->faults, VIF_TELL_INTERVAL, VIF_TELL_FAULTS);
	vif_assign_prepare(vif);

	dev->netdev_ops = &vif_netdev_ops;
	dev->ethtool_ops = &vif_ethtool_ops;
	dev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO |
			   NETIF_F_TSO6 | NETIF_F_FRAGLIST;
	dev->features = dev->hw_features | NETIF_F_RXCSUM;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
	/* The highest address, so that a bridge never takes it for its own. */
	eth_hw_addr_set(dev, dev_addr);
	netif_carrier_off(dev);

	err = register_netdev(dev);
	if (err) {
		free_netdev(dev);
		return ERR_PTR(err);
	}
	return vif;
}

/**
 * vif_destroy() - the counterpart of vif_create()
 * @vif: disconnected
 *
 * Context: process; takes rtnl.
 */
void vif_destroy(struct vif *vif)
{
	unregister_netdev(vif->dev);
	vif_assign_cancel(vif);
	kfree(vif->script);
	free_netdev(vif->dev);
}
