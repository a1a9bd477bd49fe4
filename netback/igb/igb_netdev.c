// SPDX-License-Identifier: GPL-2.0
/*
 * The default pool as a network device: up, down, reset, and net_device_ops.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>

#include "vmdq_igb.h"

static void free_rings(struct vigb_adapter *ad)
{
	unsigned int n;

	for (n = 0; n < VIGB_N_POOLS; n++) {
		if (ad->pool[n].tx.buf)
			vigb_tx_free(&ad->pool[n]);
		if (n)
			vigb_ring_free(ad, &ad->pool[n].rx);
	}
	if (ad->rx.pages)
		vigb_rx_free(ad);
}

static int alloc_rings(struct vigb_adapter *ad)
{
	unsigned int n;
	int err;

	err = vigb_rx_alloc(ad);
	for (n = 0; n < VIGB_N_POOLS && !err; n++) {
		err = vigb_tx_alloc(&ad->pool[n]);
		if (n && !err)
			err = vigb_ring_alloc(ad, &ad->pool[n].rx, VIGB_POOL_RING);
	}
	if (err)
		free_rings(ad);

	return err;
}

/* Starts the hardware and everything that serves it; no pool is taken yet. */
static int port_start(struct vigb_adapter *ad)
{
	unsigned int n;
	int err;

	err = alloc_rings(ad);
	if (err) {
		netdev_err(ad->netdev, "no memory for the rings (%d)\n", err);
		return err;
	}

	pci_set_master(ad->pdev);
	err = vigb_hw_reset(ad);
	if (err)
		goto out_rings;
	clear_bit(VIGB_DEAD, &ad->flags);

	err = vigb_irq_request(ad);
	if (err)
		goto out_rings;

	vigb_hw_start(ad);
	/* the tail of the receive ring comes last, see vigb_hw_enable_rx() */
	vigb_hw_enable_rx(ad);
	local_bh_disable();
	vigb_rx_fill(ad);
	local_bh_enable();
	for (n = 0; n < VIGB_N_POOLS; n++)
		napi_enable(&ad->pool[n].napi);
	set_bit(VIGB_UP, &ad->flags);

	vigb_irq_enable(ad);
	netif_tx_start_all_queues(ad->netdev);
	schedule_delayed_work(&ad->watchdog, VIGB_WATCHDOG_PERIOD);

	return 0;

out_rings:
	free_rings(ad);
	return err;
}

/* Stops everything; no pool is taken any more. */
static void port_stop(struct vigb_adapter *ad)
{
	unsigned int n;

	clear_bit(VIGB_UP, &ad->flags);
	netif_tx_disable(ad->netdev);
	vigb_irq_disable(ad);
	cancel_delayed_work_sync(&ad->watchdog);
	for (n = 0; n < VIGB_N_POOLS; n++)
		napi_disable(&ad->pool[n].napi);
	/* a poll that had seen the port up may have woken its queue meanwhile */
	netif_tx_disable(ad->netdev);
	vigb_irq_cancel_dim(ad);
	netif_carrier_off(ad->netdev);
	ad->link_up = false;

	vigb_hw_read_stats(ad);
	for (n = 0; n < VIGB_N_POOLS; n++)
		vigb_tx_queue_stop(&ad->pool[n]);
	vigb_rx_queue_stop(&ad->pool[0]);
	/* the reset ends what a queue may not have confirmed */
	vigb_hw_reset(ad);

	vigb_irq_free(ad);
	for (n = 0; n < VIGB_N_POOLS; n++)
		vigb_tx_drop_all(&ad->pool[n]);
	free_rings(ad);
}

static void pools_up(struct vigb_adapter *ad)
{
	if (test_bit(VIGB_PORT_REGISTERED, &ad->flags))
		vmdq_port_set_up(&ad->port);
}

/* Waits until every owner has given its pool back. */
static void pools_down(struct vigb_adapter *ad)
{
	if (test_bit(VIGB_PORT_REGISTERED, &ad->flags))
		vmdq_port_set_down(&ad->port);
}

static int vigb_open(struct net_device *netdev)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	int err;

	netif_carrier_off(netdev);
	err = netif_set_real_num_tx_queues(netdev, VIGB_N_POOLS);
	if (!err)
		err = netif_set_real_num_rx_queues(netdev, 1);
	if (!err)
		err = port_start(ad);
	if (err)
		return err;
	pools_up(ad);

	return 0;
}

static int vigb_stop(struct net_device *netdev)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	/* after a restart that failed the port is down already */
	if (!test_bit(VIGB_UP, &ad->flags))
		return 0;
	pools_down(ad);
	port_stop(ad);

	return 0;
}

/**
 * vigb_restart() - takes the port down and up again
 * @ad: the adapter
 * @rx_count: descriptors of the default pool's receive ring from now on
 * @tx_count: descriptors of each transmit ring from now on
 *
 * Every pool is revoked, and can be taken again afterwards.
 *
 * Context: process, under rtnl.  Return: 0; an error if the port did not come up
 * again, and then it stays down until the netdev is set down and up.
 */
int vigb_restart(struct vigb_adapter *ad, u16 rx_count, u16 tx_count)
{
	int err;

	if (!netif_running(ad->netdev) || !test_bit(VIGB_UP, &ad->flags)) {
		ad->rx_count = rx_count;
		ad->tx_count = tx_count;
		return 0;
	}

	pools_down(ad);
	port_stop(ad);
	ad->rx_count = rx_count;
	ad->tx_count = tx_count;
	err = port_start(ad);
	if (err) {
		netdev_err(ad->netdev, "the port does not start again (%d)\n", err);
		return err;
	}
	pools_up(ad);

	return 0;
}

/**
 * vigb_request_reset() - has the port restarted soon
 * @ad: the adapter
 *
 * Context: any.
 */
void vigb_request_reset(struct vigb_adapter *ad)
{
	if (!test_bit(VIGB_REMOVING, &ad->flags))
		schedule_work(&ad->reset_work);
}

/**
 * vigb_reset_work() - restarts the port because of a fault
 * @work: vigb_adapter.reset_work
 */
void vigb_reset_work(struct work_struct *work)
{
	struct vigb_adapter *ad = container_of(work, struct vigb_adapter, reset_work);

	rtnl_lock();
	if (!test_bit(VIGB_REMOVING, &ad->flags) && netif_running(ad->netdev)) {
		netdev_warn(ad->netdev, "resetting the port; its pools are taken back\n");
		ad->resets++;
		vigb_restart(ad, ad->rx_count, ad->tx_count);
	}
	rtnl_unlock();
}

/* Transmits what was queued when the link went is of no use later, and on
 * silicon keeps guests' pages for as long as the link is down.
 */
static bool tx_stuck_without_link(struct vigb_adapter *ad)
{
	unsigned int n;

	if (ad->link_up)
		return false;
	for (n = 0; n < VIGB_N_POOLS; n++)
		if (vigb_ring_held(&ad->pool[n].tx.ring))
			return true;

	return false;
}

/**
 * vigb_watchdog() - looks after the port every two seconds
 * @work: vigb_adapter.watchdog
 */
void vigb_watchdog(struct work_struct *work)
{
	struct vigb_adapter *ad = container_of(to_delayed_work(work), struct vigb_adapter,
					       watchdog);
	bool was_up = ad->link_up;

	if (!test_bit(VIGB_UP, &ad->flags) || test_bit(VIGB_DEAD, &ad->flags))
		return;

	vigb_link_check(ad);
	vigb_hw_read_stats(ad);

	/* a ring that ran dry for lack of memory gets no frame that would poll it */
	if (vigb_ring_held(&ad->pool[0].rx) < ad->rx_count / 2)
		vigb_wr(ad, VIGB_EICS, BIT(ad->pool[0].vector));

	if (!was_up && tx_stuck_without_link(ad))
		vigb_request_reset(ad);

	schedule_delayed_work(&ad->watchdog, VIGB_WATCHDOG_PERIOD);
}

static u16 vigb_select_queue(struct net_device *netdev, struct sk_buff *skb,
			     struct net_device *sb_dev)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	/* the core makes the pools when the port is registered */
	if (!test_bit(VIGB_PORT_REGISTERED, &ad->flags))
		return 0;

	return vmdq_port_tx_pool(&ad->port, skb->skb_iif);
}

static void vigb_tx_timeout(struct net_device *netdev, unsigned int queue)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	const struct vigb_ring *ring = &ad->pool[queue].tx.ring;

	ad->tx_timeouts++;
	netdev_err(netdev, "transmit queue %u hangs: head %u tail %u, cleaned to %u\n", queue,
		   vigb_rd(ad, VIGB_TDH(ad->pool[queue].tx_queue)),
		   vigb_rd(ad, VIGB_TDT(ad->pool[queue].tx_queue)), ring->to_clean);
	vigb_request_reset(ad);
}

static int vigb_set_mac_address(struct net_device *netdev, void *p)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	struct sockaddr *addr = p;
	int err;

	err = eth_prepare_mac_addr_change(netdev, addr);
	if (err)
		return err;
	err = vigb_steer_own_mac(ad, addr->sa_data);
	if (err == -EEXIST)
		netdev_err(netdev, "%pM cannot be the port's address: a pool has it\n",
			   addr->sa_data);
	if (err)
		return err;
	eth_commit_mac_addr_change(netdev, addr);

	return 0;
}

static int vigb_change_mtu(struct net_device *netdev, int mtu)
{
	struct vigb_adapter *ad = netdev_priv(netdev);

	/* frames of any length chain buffers of one size: nothing to rebuild */
	WRITE_ONCE(netdev->mtu, mtu);
	vigb_steer_max_frame(ad);

	return 0;
}

static void vigb_set_rx_mode(struct net_device *netdev)
{
	vigb_steer_rx_mode(netdev_priv(netdev));
}

static int vigb_set_features(struct net_device *netdev, netdev_features_t features)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	netdev_features_t changed = netdev->features ^ features;

	netdev->features = features;
	if (changed & NETIF_F_HW_VLAN_CTAG_RX)
		vigb_steer_vlan_strip(ad);

	return 1;	/* features are set already */
}

static netdev_features_t vigb_features_check(struct sk_buff *skb, struct net_device *netdev,
					     netdev_features_t features)
{
	unsigned int mac_len = skb_network_offset(skb);
	unsigned int ip_len = 0;

	/* Where a checksum starts may come from an untrusted sender; before the
	 * network header makes this a huge number.
	 */
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		ip_len = skb_checksum_start_offset(skb) - mac_len;

	/* the context descriptor tells of one set of headers, of these lengths */
	if (skb->encapsulation || mac_len > TXC_MACLEN_MAX || ip_len > TXC_IPLEN_MAX)
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_SCTP_CRC | NETIF_F_GSO_MASK);

	return vlan_features_check(skb, features);
}

static void vigb_get_stats64(struct net_device *netdev, struct rtnl_link_stats64 *s)
{
	struct vigb_adapter *ad = netdev_priv(netdev);
	struct vigb_rx *rx = &ad->rx;
	unsigned int start;
	unsigned int n;

	do {
		start = u64_stats_fetch_begin(&rx->syncp);
		s->rx_packets = rx->frames;
		s->rx_bytes = rx->bytes;
		s->rx_dropped = rx->dropped;
		s->rx_errors = rx->errors;
	} while (u64_stats_fetch_retry(&rx->syncp, start));

	for (n = 0; n < VIGB_N_POOLS; n++) {
		struct vigb_tx *tx = &ad->pool[n].tx;
		u64 frames;
		u64 bytes;

		do {
			start = u64_stats_fetch_begin(&tx->syncp);
			frames = tx->frames;
			bytes = tx->bytes;
		} while (u64_stats_fetch_retry(&tx->syncp, start));
		s->tx_packets += frames;
		s->tx_bytes += bytes;
		s->tx_dropped += tx->dropped;
	}

	spin_lock_bh(&ad->stats_lock);
	s->multicast = ad->hw_stats.multicast_rx;
	s->rx_crc_errors = ad->hw_stats.crc_errors;
	s->rx_frame_errors = ad->hw_stats.align_errors;
	s->rx_length_errors = ad->hw_stats.length_errors + ad->hw_stats.undersize +
			      ad->hw_stats.oversize;
	s->rx_missed_errors = ad->hw_stats.missed;
	s->rx_fifo_errors = ad->hw_stats.pool[0].rx_dropped;
	s->rx_errors += s->rx_crc_errors + s->rx_frame_errors + ad->hw_stats.rx_errors +
			ad->hw_stats.length_errors + ad->hw_stats.oversize;
	spin_unlock_bh(&ad->stats_lock);
}

static const struct net_device_ops vigb_netdev_ops = {
	.ndo_open		= vigb_open,
	.ndo_stop		= vigb_stop,
	.ndo_start_xmit		= vigb_tx_xmit,
	.ndo_select_queue	= vigb_select_queue,
	.ndo_tx_timeout		= vigb_tx_timeout,
	.ndo_set_mac_address	= vigb_set_mac_address,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_change_mtu		= vigb_change_mtu,
	.ndo_set_rx_mode	= vigb_set_rx_mode,
	.ndo_set_features	= vigb_set_features,
	.ndo_features_check	= vigb_features_check,
	.ndo_get_stats64	= vigb_get_stats64,
};

/**
 * vigb_netdev_init() - fills in the network device
 * @netdev: the device, allocated, not registered
 */
void vigb_netdev_init(struct net_device *netdev)
{
	netdev->netdev_ops = &vigb_netdev_ops;
	netdev->ethtool_ops = &vigb_ethtool_ops;
	netdev->watchdog_timeo = 5 * HZ;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = VIGB_MTU_MAX;

	netdev->hw_features = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_SCTP_CRC | NETIF_F_TSO |
			      NETIF_F_TSO6 | NETIF_F_RXCSUM;
	netdev->vlan_features = netdev->hw_features | NETIF_F_HIGHDMA;
	netdev->hw_features |= NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX;
	netdev->features = netdev->hw_features | NETIF_F_HIGHDMA;
	netdev->priv_flags |= IFF_UNICAST_FLT | IFF_LIVE_ADDR_CHANGE;
}
