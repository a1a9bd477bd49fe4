// SPDX-License-Identifier: GPL-2.0
/*
 * A pool stands in for the bridge, so it serves a vif only while a bridge
 * would: a vif that is taken out of its bridge, or whose bridge is down, is
 * cut off, whoever has the pool.
 */
#include "vif.h"

/**
 * vif_bridge_missing() - what keeps a bridge from delivering to a vif
 * @vif: the vif
 * @why: what, for people; only written if something does
 * @size: of @why
 *
 * That the port is blocked by spanning tree or by a filter of the bridge is
 * not seen here.
 *
 * Context: any that does not hold a port's lock.  Return: whether something does.
 */
bool vif_bridge_missing(const struct vif *vif, char *why, size_t size)
{
	struct net_device *bridge;
	bool missing = true;

	rcu_read_lock();
	bridge = netdev_master_upper_dev_get_rcu(vif->dev);
	if (!bridge)
		snprintf(why, size, "%s is in no bridge (ip link set %s master BRIDGE)",
			 vif->dev->name, vif->dev->name);
	else if (!(READ_ONCE(bridge->flags) & IFF_UP))
		snprintf(why, size, "bridge %s of %s is down (ip link set %s up)", bridge->name,
			 vif->dev->name, bridge->name);
	else
		missing = false;
	rcu_read_unlock();

	return missing;
}

static void vif_bridge_changed(struct net_device *bridge)
{
	struct net_device *port;
	struct list_head *iter;

	netdev_for_each_lower_dev(bridge, port, iter)
		if (vif_is_vif(port))
			vif_assign_schedule(netdev_priv(port));
}

/* Under rtnl, so the work is left to vif_assign_schedule(). */
static int vif_bridge_event(struct notifier_block *nb, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);

	switch (event) {
	case NETDEV_CHANGEUPPER:
		if (vif_is_vif(dev))
			vif_assign_schedule(netdev_priv(dev));
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
		vif_bridge_changed(dev);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block vif_bridge_notifier = {
	.notifier_call = vif_bridge_event,
};

/**
 * vif_bridge_register() - at module load
 *
 * Return: 0 or an error.
 */
int vif_bridge_register(void)
{
	return register_netdevice_notifier(&vif_bridge_notifier);
}

/**
 * vif_bridge_unregister() - at module unload, when no vif is left
 */
void vif_bridge_unregister(void)
{
	unregister_netdevice_notifier(&vif_bridge_notifier);
}
