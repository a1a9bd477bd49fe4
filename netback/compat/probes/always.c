// SPDX-License-Identifier: GPL-2.0
/* Control: every kernel must compile this */
#include <linux/netdevice.h>
#include <xen/xenbus.h>

int compat_probe(struct net_device *dev);
int compat_probe(struct net_device *dev)
{
	return dev->ifindex;
}
