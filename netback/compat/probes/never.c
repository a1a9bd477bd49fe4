// SPDX-License-Identifier: GPL-2.0
/* Control: no kernel may compile this */
#include <linux/netdevice.h>

int compat_probe(struct net_device *dev);
int compat_probe(struct net_device *dev)
{
	return dev->no_such_member;
}
