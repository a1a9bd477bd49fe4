/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that META names.  compat_config.h says what
 * the kernel at hand offers: netback/compat/probe found out by compiling
 * probes/.  The rest of the tree uses what stands here and asks for no version.
 */
#ifndef VMDQ_COMPAT_H
#define VMDQ_COMPAT_H

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/timer.h>

#include "compat_config.h"

/* The page pool's functions */
#ifdef HAVE_PAGE_POOL_HELPERS
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

/* Qualifier of the device that xenbus_driver.uevent gets */
#ifdef HAVE_XENBUS_UEVENT_CONST
#define COMPAT_UEVENT_CONST	const
#else
#define COMPAT_UEVENT_CONST
#endif

/* Argument of ethtool_ops.get_ts_info */
#ifdef HAVE_KERNEL_ETHTOOL_TS_INFO
#define compat_ts_info		kernel_ethtool_ts_info
#else
#define compat_ts_info		ethtool_ts_info
#endif

/**
 * compat_timer_delete_sync() - timer_delete_sync() by whichever name
 * @timer: not pending and not running on return
 *
 * Return: 1 if it was pending, else 0.
 */
static inline int compat_timer_delete_sync(struct timer_list *timer)
{
#ifdef HAVE_TIMER_DELETE_SYNC
	return timer_delete_sync(timer);
#else
	return del_timer_sync(timer);
#endif
}

/**
 * compat_set_lltx() - says that a driver's transmit function does its own locking
 * @dev: before it is registered
 */
static inline void compat_set_lltx(struct net_device *dev)
{
#ifdef HAVE_NETDEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/**
 * compat_ethtool_puts() - adds one name to an ethtool string set
 * @data: where; moved on by ETH_GSTRING_LEN
 * @name: the name
 */
static inline void compat_ethtool_puts(u8 **data, const char *name)
{
#ifdef HAVE_ETHTOOL_PUTS
	ethtool_puts(data, name);
#else
	ethtool_sprintf(data, "%s", name);
#endif
}

#endif /* VMDQ_COMPAT_H */
