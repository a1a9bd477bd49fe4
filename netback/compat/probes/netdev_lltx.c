// SPDX-License-Identifier: GPL-2.0
/* net_device.lltx instead of a feature bit (Linux 6.12) */
#include <linux/netdevice.h>

void compat_probe(struct net_device *dev);
void compat_probe(struct net_device *dev)
{
	dev->lltx = true;
}
