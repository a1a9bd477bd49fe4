// SPDX-License-Identifier: GPL-2.0
/* ethtool_ops.get_ts_info has a kernel-side struct (Linux 6.11) */
#include <linux/ethtool.h>

static int get_ts_info(struct net_device *dev, struct kernel_ethtool_ts_info *info)
{
	return 0;
}

const struct ethtool_ops compat_probe = { .get_ts_info = get_ts_info };
