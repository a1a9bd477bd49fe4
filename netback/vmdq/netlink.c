// SPDX-License-Identifier: GPL-2.0
/*
 * Generic-netlink family "vmdq": what there is to see of ports and pools, and
 * an event whenever it changes.  vmdq.yaml describes the same.
 *
 * Events are sent under vmdq_port.lock, so that their order is the order of
 * what they tell.
 */
#include <linux/module.h>
#include <net/genetlink.h>

#include "core.h"

enum {
	GROUP_EVENTS,
};

static const struct genl_multicast_group groups[] = {
	[GROUP_EVENTS] = { .name = VMDQ_MCGRP_EVENTS },
};

static struct genl_family family;

static const struct nla_policy port_policy[VMDQ_A_PORT_MAX + 1] = {
	[VMDQ_A_PORT_NAME] = { .type = NLA_NUL_STRING, .len = VMDQ_PORT_NAME_LEN - 1 },
};

static const struct nla_policy pool_policy[VMDQ_A_POOL_MAX + 1] = {
	[VMDQ_A_POOL_PORT] = { .type = NLA_NUL_STRING, .len = VMDQ_PORT_NAME_LEN - 1 },
	[VMDQ_A_POOL_INDEX] = { .type = NLA_U32 },
};

/* Who asked, and how a message is to be marked */
struct reply {
	u32 portid;
	u32 seq;
	int flags;
	u8 cmd;
	struct netlink_callback *cb;	/* of a dump, else NULL */
};

static void *put_header(struct sk_buff *skb, const struct reply *reply)
{
	void *hdr;

	hdr = genlmsg_put(skb, reply->portid, reply->seq, &family, reply->flags, reply->cmd);
	if (hdr && reply->cb)
		genl_dump_check_consistent(reply->cb, hdr);

	return hdr;
}

static unsigned int count_free(const struct vmdq_port *port)
{
	unsigned int i, n = 0;

	for (i = 1; i < port->n_pools; i++)
		n += port->pools[i].state == VMDQ_POOL_FREE;

	return n;
}

static int fill_port(struct sk_buff *skb, const struct vmdq_port *port, const struct reply *reply)
{
	const struct net_device *netdev = port->netdev;
	void *hdr;

	lockdep_assert_held(&port->lock);
	hdr = put_header(skb, reply);
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_string(skb, VMDQ_A_PORT_NAME, port->name) ||
	    nla_put_string(skb, VMDQ_A_PORT_DRIVER, port->driver) ||
	    nla_put_u32(skb, VMDQ_A_PORT_N_POOLS, port->n_pools) ||
	    nla_put_u32(skb, VMDQ_A_PORT_POOLS_FREE, count_free(port)) ||
	    nla_put_u32(skb, VMDQ_A_PORT_RING_SIZE, port->ring_size) ||
	    nla_put_u32(skb, VMDQ_A_PORT_MAX_FRAME, port->max_frame) ||
	    nla_put_u8(skb, VMDQ_A_PORT_UP, port->up))
		goto cancel;

	/* before and after, its name is "eth%d" and its index nobody's */
	if (netdev->reg_state == NETREG_REGISTERED &&
	    (nla_put_u32(skb, VMDQ_A_PORT_IFINDEX, netdev->ifindex) ||
	     nla_put_string(skb, VMDQ_A_PORT_NETDEV, netdev->name)))
		goto cancel;

	genlmsg_end(skb, hdr);
	return 0;

cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static void read_stats(const struct vmdq_pool *pool, struct vmdq_pool_stats *stats)
{
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&pool->syncp);
		*stats = pool->stats;
	} while (u64_stats_fetch_retry(&pool->syncp, start));
}

static int fill_stats(struct sk_buff *skb, const struct vmdq_pool *pool)
{
	struct vmdq_pool_stats stats;
	struct nlattr *nest;
	size_t i;
	const struct {
		int attr;
		const u64 *value;
	} counters[] = {
		{ VMDQ_A_POOL_STATS_RX_FRAMES, &stats.rx_frames },
		{ VMDQ_A_POOL_STATS_RX_BYTES, &stats.rx_bytes },
		{ VMDQ_A_POOL_STATS_RX_ERRORS, &stats.rx_errors },
		{ VMDQ_A_POOL_STATS_RX_CSUM_BAD, &stats.rx_csum_bad },
		{ VMDQ_A_POOL_STATS_POSTED, &stats.posted },
		{ VMDQ_A_POOL_STATS_DOORBELLS, &stats.doorbells },
		{ VMDQ_A_POOL_STATS_POLLS, &stats.polls },
		{ VMDQ_A_POOL_STATS_INTERRUPTS, &stats.interrupts },
	};

	nest = nla_nest_start(skb, VMDQ_A_POOL_STATS);
	if (!nest)
		return -EMSGSIZE;

	read_stats(pool, &stats);
	for (i = 0; i < ARRAY_SIZE(counters); i++)
		if (nla_put_u64_64bit(skb, counters[i].attr, *counters[i].value,
				      VMDQ_A_POOL_STATS_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);

	return 0;
}

static int fill_owner(struct sk_buff *skb, const struct vmdq_pool *pool)
{
	const struct vmdq_client *owner = pool->owner;

	if (!owner)
		return 0;

	if (nla_put_string(skb, VMDQ_A_POOL_OWNER, owner->name) ||
	    nla_put_u32(skb, VMDQ_A_POOL_BUF_SIZE, pool->config.buf_size) ||
	    nla_put_u32(skb, VMDQ_A_POOL_MAX_FRAME, pool->config.max_frame) ||
	    nla_put_u32(skb, VMDQ_A_POOL_POSTED, READ_ONCE(pool->posted)))
		return -EMSGSIZE;
	if (owner->ifindex && nla_put_u32(skb, VMDQ_A_POOL_OWNER_IFINDEX, owner->ifindex))
		return -EMSGSIZE;

	if (pool->state != VMDQ_POOL_ACTIVE)
		return 0;
	if (nla_put(skb, VMDQ_A_POOL_MAC, ETH_ALEN, pool->filter.addr))
		return -EMSGSIZE;
	if (pool->filter.vlan != VMDQ_NO_VLAN &&
	    nla_put_u16(skb, VMDQ_A_POOL_VLAN, pool->filter.vlan))
		return -EMSGSIZE;

	return 0;
}

static int fill_pool(struct sk_buff *skb, const struct vmdq_pool *pool, const struct reply *reply)
{
	void *hdr;

	lockdep_assert_held(&pool->port->lock);
	hdr = put_header(skb, reply);
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_string(skb, VMDQ_A_POOL_PORT, pool->port->name) ||
	    nla_put_u32(skb, VMDQ_A_POOL_INDEX, pool->index) ||
	    nla_put_u32(skb, VMDQ_A_POOL_STATE, pool->state) ||
	    fill_owner(skb, pool) || fill_stats(skb, pool)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

static int port_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct reply reply = {
		.portid = info->snd_portid, .seq = info->snd_seq, .cmd = VMDQ_CMD_PORT_GET,
	};
	struct vmdq_port *port;
	struct sk_buff *msg;
	int err = -ENODEV;

	if (GENL_REQ_ATTR_CHECK(info, VMDQ_A_PORT_NAME))
		return -EINVAL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&vmdq_ports_lock);
	port = vmdq_port_find(nla_data(info->attrs[VMDQ_A_PORT_NAME]));
	if (port) {
		mutex_lock(&port->lock);
		err = fill_port(msg, port, &reply);
		mutex_unlock(&port->lock);
	}
	mutex_unlock(&vmdq_ports_lock);

	if (err) {
		if (err == -ENODEV)
			NL_SET_ERR_MSG(info->extack, "no port of that name");
		nlmsg_free(msg);
		return err;
	}

	return genlmsg_reply(msg, info);
}

static int port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct reply reply = {
		.portid = NETLINK_CB(cb->skb).portid, .seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI, .cmd = VMDQ_CMD_PORT_GET, .cb = cb,
	};
	struct vmdq_port *port;
	int i = 0, err = 0;

	mutex_lock(&vmdq_ports_lock);
	cb->seq = vmdq_ports_seq;
	list_for_each_entry(port, &vmdq_ports, list) {
		if (i++ < cb->args[0])
			continue;
		mutex_lock(&port->lock);
		err = fill_port(skb, port, &reply);
		mutex_unlock(&port->lock);
		if (err)
			break;
		cb->args[0] = i;
	}
	mutex_unlock(&vmdq_ports_lock);

	/* a full message is no error as long as something is in it */
	return skb->len ? skb->len : err;
}

static int pool_get_locked(struct sk_buff *msg, struct genl_info *info, const struct reply *reply)
{
	unsigned int index = nla_get_u32(info->attrs[VMDQ_A_POOL_INDEX]);
	struct vmdq_port *port;
	int err;

	port = vmdq_port_find(nla_data(info->attrs[VMDQ_A_POOL_PORT]));
	if (!port) {
		NL_SET_ERR_MSG(info->extack, "no port of that name");
		return -ENODEV;
	}
	err = vmdq_check_index(index, port->n_pools);
	if (err) {
		NL_SET_ERR_MSG(info->extack, "the port has no such pool");
		return err;
	}

	mutex_lock(&port->lock);
	err = fill_pool(msg, &port->pools[index], reply);
	mutex_unlock(&port->lock);

	return err;
}

static int pool_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct reply reply = {
		.portid = info->snd_portid, .seq = info->snd_seq, .cmd = VMDQ_CMD_POOL_GET,
	};
	struct sk_buff *msg;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VMDQ_A_POOL_PORT) ||
	    GENL_REQ_ATTR_CHECK(info, VMDQ_A_POOL_INDEX))
		return -EINVAL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;

	mutex_lock(&vmdq_ports_lock);
	err = pool_get_locked(msg, info, &reply);
	mutex_unlock(&vmdq_ports_lock);
	if (err) {
		nlmsg_free(msg);
		return err;
	}

	return genlmsg_reply(msg, info);
}

/* Dumps one port's pools from *next on, and moves it past what found room */
static int dump_pools(struct sk_buff *skb, struct vmdq_port *port, const struct reply *reply,
		      long *next)
{
	int err = 0;

	mutex_lock(&port->lock);
	for (; *next < port->n_pools; ++*next) {
		err = fill_pool(skb, &port->pools[*next], reply);
		if (err)
			break;
	}
	mutex_unlock(&port->lock);

	return err;
}

/* cb->args[0]: ports done.  cb->args[1]: next pool of the port after them. */
static int pool_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct reply reply = {
		.portid = NETLINK_CB(cb->skb).portid, .seq = cb->nlh->nlmsg_seq,
		.flags = NLM_F_MULTI, .cmd = VMDQ_CMD_POOL_GET, .cb = cb,
	};
	struct nlattr *attrs[VMDQ_A_POOL_MAX + 1];
	struct vmdq_port *port;
	int i = 0, err;

	err = genlmsg_parse(cb->nlh, &family, attrs, VMDQ_A_POOL_MAX, pool_policy, cb->extack);
	if (err)
		return err;

	mutex_lock(&vmdq_ports_lock);
	cb->seq = vmdq_ports_seq;
	if (attrs[VMDQ_A_POOL_PORT] && !vmdq_port_find(nla_data(attrs[VMDQ_A_POOL_PORT]))) {
		NL_SET_ERR_MSG(cb->extack, "no port of that name");
		err = -ENODEV;
		goto unlock;
	}
	list_for_each_entry(port, &vmdq_ports, list) {
		if (i++ < cb->args[0])
			continue;
		if (!attrs[VMDQ_A_POOL_PORT] ||
		    !strcmp(nla_data(attrs[VMDQ_A_POOL_PORT]), port->name)) {
			cb->args[1] = max(cb->args[1], 1L);
			err = dump_pools(skb, port, &reply, &cb->args[1]);
			if (err)
				break;
		}
		cb->args[0] = i;
		cb->args[1] = 1;
	}
unlock:
	mutex_unlock(&vmdq_ports_lock);

	return skb->len ? skb->len : err;
}

static const struct genl_ops ops[] = {
	{
		.cmd = VMDQ_CMD_PORT_GET,
		.doit = port_get_doit,
		.dumpit = port_get_dumpit,
		.policy = port_policy,
		.maxattr = VMDQ_A_PORT_MAX,
	},
	{
		.cmd = VMDQ_CMD_POOL_GET,
		.doit = pool_get_doit,
		.dumpit = pool_get_dumpit,
		.policy = pool_policy,
		.maxattr = VMDQ_A_POOL_MAX,
	},
};

static struct genl_family family __ro_after_init = {
	.name = VMDQ_FAMILY_NAME,
	.version = VMDQ_FAMILY_VERSION,
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.resv_start_op = VMDQ_CMD_MAX + 1,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

/* A message for the listeners, or NULL when there are none (or no memory) */
static struct sk_buff *new_event(void)
{
	if (!genl_has_listeners(&family, &init_net, GROUP_EVENTS))
		return NULL;

	return genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
}

static void send_event(struct sk_buff *msg, int err)
{
	/* a message that had no room for its attributes is a bug of this file */
	if (WARN_ON_ONCE(err))
		nlmsg_free(msg);
	else
		genlmsg_multicast(&family, msg, 0, GROUP_EVENTS, GFP_KERNEL);
}

/**
 * vmdq_netlink_port_event() - tells the listeners of a port
 * @port: the port
 * @cmd: what happened, a VMDQ_CMD_PORT_*_NTF
 *
 * Context: process, vmdq_port.lock held.
 */
void vmdq_netlink_port_event(struct vmdq_port *port, enum vmdq_cmd cmd)
{
	const struct reply reply = { .cmd = cmd };
	struct sk_buff *msg = new_event();

	if (msg)
		send_event(msg, fill_port(msg, port, &reply));
}

/**
 * vmdq_netlink_pool_event() - tells the listeners that a pool has changed
 * @pool: the pool
 *
 * Context: process, vmdq_port.lock held.
 */
void vmdq_netlink_pool_event(struct vmdq_pool *pool)
{
	const struct reply reply = { .cmd = VMDQ_CMD_POOL_CHANGE_NTF };
	struct sk_buff *msg = new_event();

	if (msg)
		send_event(msg, fill_pool(msg, pool, &reply));
}

int __init vmdq_netlink_init(void)
{
	return genl_register_family(&family);
}

void vmdq_netlink_exit(void)
{
	genl_unregister_family(&family);
}
