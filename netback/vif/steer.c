// SPDX-License-Identifier: GPL-2.0
/*
 * Which queue a frame to the guest takes: the guest's own choice, if it has
 * made one on its control ring, or any that is not the pool's.
 */
#include <net/flow_dissector.h>

#include "vif.h"

static bool vif_steer_input(const struct sk_buff *skb, const struct flow_keys *flow,
			    struct vif_hash_input *input)
{
	u8 *ports;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		input->ipv6 = false;
		memcpy(input->data, &flow->addrs.v4addrs.src, 4);
		memcpy(input->data + 4, &flow->addrs.v4addrs.dst, 4);
		ports = input->data + 8;
		break;
	case htons(ETH_P_IPV6):
		input->ipv6 = true;
		memcpy(input->data, &flow->addrs.v6addrs.src, 16);
		memcpy(input->data + 16, &flow->addrs.v6addrs.dst, 16);
		ports = input->data + 32;
		break;
	default:
		return false;
	}
	memcpy(ports, &flow->ports.src, 2);
	memcpy(ports + 2, &flow->ports.dst, 2);
	/* A fragment has no ports, or the others of its packet have none. */
	input->tcp = flow->basic.ip_proto == IPPROTO_TCP &&
		     !(flow->control.flags & FLOW_DIS_IS_FRAGMENT);
	return true;
}

/* Sets the skb's hash to what the guest wants to know of the frame. */
static void vif_steer_hash(const struct vif_hash *hash, struct sk_buff *skb)
{
	struct vif_hash_input input;
	struct flow_keys flow;
	int type = -1;
	bool ports;
	u32 value;

	memset(&flow, 0, sizeof(flow));
	if (hash->flags && skb_flow_dissect_flow_keys(skb, &flow, 0) &&
	    vif_steer_input(skb, &flow, &input))
		type = vif_hash_frame(hash, &input, &value);
	ports = type == VIF_HASH_IPV4_TCP || type == VIF_HASH_IPV6_TCP;
	if (type < 0)
		skb_clear_hash(skb);
	else
		__skb_set_sw_hash(skb, value, ports);
}

/* Flows spread over the queues that software frames may use. */
static u16 vif_steer_any(struct sk_buff *skb, unsigned int n, int excluded)
{
	u16 id;

	if (excluded < 0) {
		n = min(n, vif_spread_queues);
		return n == 1 ? 0 : reciprocal_scale(skb_get_hash(skb), n);
	}
	if (n == 2)
		return 0;	/* the pool queue is number 1 */
	id = reciprocal_scale(skb_get_hash(skb), n - 1);
	return id >= excluded ? id + 1 : id;
}

/**
 * vif_select_queue() - choose the queue for a frame
 * @dev: vifD.N
 * @skb: the frame
 * @sb_dev: NULL
 *
 * Context: softirq.  The pool queue is avoided even where the guest wants it:
 * no software frame can overtake the buffers that the NIC holds there.
 */
u16 vif_select_queue(struct net_device *dev, struct sk_buff *skb, struct net_device *sb_dev)
{
	struct vif *vif = netdev_priv(dev);
	int excluded = READ_ONCE(vif->pool_excluded);
	unsigned int n = dev->real_num_tx_queues;
	const struct vif_steering *steering;
	u16 id;

	if (n == 1)
		return 0;

	rcu_read_lock();
	steering = rcu_dereference(vif->steering);
	if (steering && steering->hash.toeplitz) {
		vif_steer_hash(&steering->hash, skb);
		id = vif_hash_queue(&steering->hash, skb_get_hash_raw(skb), n);
		if (id == excluded)
			id = 0;
	} else {
		id = vif_steer_any(skb, n, excluded);
	}
	rcu_read_unlock();
	return id;
}

/**
 * vif_steer_note() - decide whether the guest is told a frame's hash
 * @vif: the vif
 * @skb: the frame, about to be queued
 *
 * Decided once: the guest may choose otherwise while the frame waits, but the
 * slots that it needs must be those that it gets.
 *
 * Context: softirq.
 */
void vif_steer_note(const struct vif *vif, struct sk_buff *skb)
{
	const struct vif_steering *steering;
	int type = -1;

	rcu_read_lock();
	steering = rcu_dereference(vif->steering);
	if (unlikely(steering && steering->hash.toeplitz)) {
		/* With one queue nobody asked vif_select_queue(). */
		if (vif->dev->real_num_tx_queues == 1)
			vif_steer_hash(&steering->hash, skb);
		if (skb->sw_hash && skb->protocol == htons(ETH_P_IPV6))
			type = skb->l4_hash ? VIF_HASH_IPV6_TCP : VIF_HASH_IPV6;
		else if (skb->sw_hash)
			type = skb->l4_hash ? VIF_HASH_IPV4_TCP : VIF_HASH_IPV4;
	}
	rcu_read_unlock();
	VIF_SKB(skb)->hash_told = type + 1;
}
