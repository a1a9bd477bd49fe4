// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: which there are, and taking all pools back from one that goes down.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "core.h"
#include "vmdq_trace.h"

/* How often a port that waits for its pools says for whom */
#define WAIT_REPORT	(10 * HZ)

/* A ring too small for one batch of a client's grants (32) is of no use */
#define MIN_RING	64

/* see core.h */
DEFINE_MUTEX(vmdq_ports_lock);
LIST_HEAD(vmdq_ports);
unsigned int vmdq_ports_seq;

static BLOCKING_NOTIFIER_HEAD(port_notifiers);

/**
 * vmdq_port_find() - the port of a name
 * @name: PCI address
 *
 * Context: vmdq_ports_lock held.  Return: the port or NULL.
 */
struct vmdq_port *vmdq_port_find(const char *name)
{
	struct vmdq_port *port;

	lockdep_assert_held(&vmdq_ports_lock);
	list_for_each_entry(port, &vmdq_ports, list)
		if (!strcmp(port->name, name))
			return port;

	return NULL;
}

/**
 * vmdq_notify() - tells the users of pools
 * @event: what happened
 * @data: as enum vmdq_event says
 *
 * Context: process, no lock of the core held.
 */
void vmdq_notify(enum vmdq_event event, void *data)
{
	blocking_notifier_call_chain(&port_notifiers, event, data);
}

static bool ops_complete(const struct vmdq_port_ops *ops)
{
	return ops && ops->pool_start && ops->filter_set && ops->filter_clear &&
	       ops->pool_stop && ops->pool_release && ops->harvest && ops->post &&
	       ops->doorbell && ops->schedule;
}

static int alloc_pools(struct vmdq_port *port)
{
	unsigned int i;

	port->pools = kcalloc(port->n_pools, sizeof(*port->pools), GFP_KERNEL);
	if (!port->pools)
		return -ENOMEM;

	for (i = 0; i < port->n_pools; i++) {
		port->pools[i].port = port;
		port->pools[i].index = i;
		u64_stats_init(&port->pools[i].syncp);
	}

	return 0;
}

/**
 * vmdq_port_register() - makes a NIC's pools known
 * @port: filled by the driver up to @max_frame
 *
 * The port starts down; its pools can be taken from vmdq_port_set_up() on.  It
 * may be called before the port's netdev is registered, and must be before
 * that can be opened.
 *
 * Context: process, may sleep.  Return: 0, -EINVAL (the driver filled in
 * something that cannot be), -EEXIST (the name is taken), -ENOMEM.
 */
int vmdq_port_register(struct vmdq_port *port)
{
	int err;

	if (WARN_ON(!port->name[0] || !port->driver || !port->netdev || !port->dev ||
		    !ops_complete(port->ops) || !port->n_pools ||
		    port->n_pools > VMDQ_MAX_POOLS || port->ring_size < MIN_RING ||
		    !is_power_of_2(port->ring_size) || port->max_frame < ETH_FRAME_LEN))
		return -EINVAL;

	mutex_init(&port->lock);
	init_waitqueue_head(&port->released);
	port->up = false;
	err = alloc_pools(port);
	if (err)
		return err;

	mutex_lock(&vmdq_ports_lock);
	if (vmdq_port_find(port->name)) {
		err = -EEXIST;
	} else {
		list_add_tail(&port->list, &vmdq_ports);
		vmdq_ports_seq++;
	}
	mutex_unlock(&vmdq_ports_lock);
	if (err) {
		pr_err("%s: a port of that name is registered already\n", port->name);
		kfree(port->pools);
		port->pools = NULL;
		return err;
	}

	pr_info("%s: %u pools to give (%s)\n", port->name, port->n_pools - 1, port->driver);
	mutex_lock(&port->lock);
	vmdq_netlink_port_event(port, VMDQ_CMD_PORT_ADD_NTF);
	mutex_unlock(&port->lock);

	return 0;
}
EXPORT_SYMBOL_GPL(vmdq_port_register);

/**
 * vmdq_port_unregister() - forgets a port
 * @port: a registered port, whose netdev is closed and no longer transmits
 *	(vmdq_port_tx_pool() may not be called any more)
 *
 * Takes all pools back first, as vmdq_port_set_down() does.
 *
 * Context: process, possibly under rtnl; sleeps until the last pool is free.
 */
void vmdq_port_unregister(struct vmdq_port *port)
{
	vmdq_port_set_down(port);

	mutex_lock(&vmdq_ports_lock);
	list_del(&port->list);
	vmdq_ports_seq++;
	mutex_unlock(&vmdq_ports_lock);

	mutex_lock(&port->lock);
	vmdq_netlink_port_event(port, VMDQ_CMD_PORT_DEL_NTF);
	mutex_unlock(&port->lock);
	pr_info("%s: gone\n", port->name);

	kfree(port->pools);
	port->pools = NULL;
	mutex_destroy(&port->lock);
}
EXPORT_SYMBOL_GPL(vmdq_port_unregister);

/**
 * vmdq_port_set_up() - from now on pools can be taken
 * @port: a registered port whose hardware runs
 *
 * Context: process, possibly under rtnl; may sleep.
 */
void vmdq_port_set_up(struct vmdq_port *port)
{
	bool was_up;

	mutex_lock(&port->lock);
	was_up = port->up;
	port->up = true;
	if (!was_up)
		vmdq_netlink_port_event(port, VMDQ_CMD_PORT_UP_NTF);
	mutex_unlock(&port->lock);

	if (!was_up)
		vmdq_notify(VMDQ_PORT_UP, port->name);
}
EXPORT_SYMBOL_GPL(vmdq_port_set_up);

static bool all_free(const struct vmdq_port *port)
{
	unsigned int i;

	for (i = 1; i < port->n_pools; i++)
		if (READ_ONCE(port->pools[i].state) != VMDQ_POOL_FREE)
			return false;

	return true;
}

static void revoke_all(struct vmdq_port *port)
{
	struct vmdq_pool *pool;
	unsigned int i;

	lockdep_assert_held(&port->lock);
	for (i = 1; i < port->n_pools; i++) {
		pool = &port->pools[i];
		if (pool->state == VMDQ_POOL_FREE)
			continue;
		trace_vmdq_pool_revoke(pool, 0);
		pool->owner->revoke(pool->owner);
	}
}

static void report_owners(struct vmdq_port *port)
{
	unsigned int i;

	mutex_lock(&port->lock);
	for (i = 1; i < port->n_pools; i++)
		if (port->pools[i].state != VMDQ_POOL_FREE)
			pr_warn("%s: goes down, but waits for %s to give back pool %u (%u buffers posted)\n",
				port->name, vmdq_pool_owner_name(&port->pools[i]), i,
				port->pools[i].posted);
	mutex_unlock(&port->lock);
}

/**
 * vmdq_port_set_down() - takes all pools back
 * @port: a registered port; its hardware still runs, so that pools can be
 *	stopped in order
 *
 * Returns when every pool is free, however long that takes: until then the
 * hardware may hold pages of somebody else.
 *
 * Context: process, possibly under rtnl; sleeps.
 */
void vmdq_port_set_down(struct vmdq_port *port)
{
	bool was_up;

	mutex_lock(&port->lock);
	was_up = port->up;
	port->up = false;
	revoke_all(port);
	mutex_unlock(&port->lock);

	while (!wait_event_timeout(port->released, all_free(port), WAIT_REPORT))
		report_owners(port);

	if (!was_up)
		return;

	mutex_lock(&port->lock);
	vmdq_netlink_port_event(port, VMDQ_CMD_PORT_DOWN_NTF);
	mutex_unlock(&port->lock);
	vmdq_notify(VMDQ_PORT_DOWN, port->name);
}
EXPORT_SYMBOL_GPL(vmdq_port_set_down);

/**
 * vmdq_register_notifier() - asks to be told of ports that go up and down, and
 *	of pools that are given back while their port is up
 * @nb: called with an enum vmdq_event and its data, in process context, possibly
 *	under rtnl or under a lock of the client that gives a pool back, with no
 *	lock of the core held.  Must not wait for a work that takes one of these.
 *
 * Context: process, may sleep.  Return: 0 or -EEXIST.
 */
int vmdq_register_notifier(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&port_notifiers, nb);
}
EXPORT_SYMBOL_GPL(vmdq_register_notifier);

/**
 * vmdq_unregister_notifier() - asks no more
 * @nb: as registered; not running and not called again on return
 *
 * Context: process, may sleep.
 */
void vmdq_unregister_notifier(struct notifier_block *nb)
{
	blocking_notifier_chain_unregister(&port_notifiers, nb);
}
EXPORT_SYMBOL_GPL(vmdq_unregister_notifier);

static int __init vmdq_init(void)
{
	return vmdq_netlink_init();
}
module_init(vmdq_init);

static void __exit vmdq_exit(void)
{
	vmdq_netlink_exit();
}
module_exit(vmdq_exit);

MODULE_DESCRIPTION("VMDq: hardware receive pools and their owners");
MODULE_LICENSE("GPL");
