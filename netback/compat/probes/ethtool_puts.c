// SPDX-License-Identifier: GPL-2.0
/* ethtool_puts() (Linux 6.8) */
#include <linux/ethtool.h>

void compat_probe(u8 **data);
void compat_probe(u8 **data)
{
	ethtool_puts(data, "name");
}
