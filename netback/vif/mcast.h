/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The set of multicast addresses that a guest wants frames for.
 *
 * Pure functions, so that the unit tests can run them in user space.
 */
#ifndef VIF_MCAST_H
#define VIF_MCAST_H

#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

/* Most addresses of a guest: as many as xen-netback takes */
#define MCAST_MAX		64
#define MCAST_ADDR_LEN		6

/**
 * struct mcast_set - addresses, each once, in no order
 * @n: how many, up to MCAST_MAX
 * @addr: they
 */
struct mcast_set {
	u32 n;
	u8 addr[MCAST_MAX][MCAST_ADDR_LEN];
};

/* Return: its place in the set, or -1. */
static inline int mcast_find(const struct mcast_set *set, const u8 *addr)
{
	u32 i;

	for (i = 0; i < set->n; i++)
		if (!memcmp(set->addr[i], addr, MCAST_ADDR_LEN))
			return i;
	return -1;
}

/**
 * mcast_add() - add an address
 * @set: the set
 * @addr: multicast, or broadcast, which needs no entry
 *
 * Return: 0, also for one that is there already; -EINVAL for a unicast address,
 * -ENOSPC when the set is full.
 */
static inline int mcast_add(struct mcast_set *set, const u8 *addr)
{
	if (!(addr[0] & 1))
		return -EINVAL;
	if (mcast_find(set, addr) >= 0)
		return 0;
	if (set->n == MCAST_MAX)
		return -ENOSPC;
	memcpy(set->addr[set->n++], addr, MCAST_ADDR_LEN);
	return 0;
}

/**
 * mcast_del() - remove an address; one that is not there is no error
 * @set: the set
 * @addr: the address
 */
static inline void mcast_del(struct mcast_set *set, const u8 *addr)
{
	int i = mcast_find(set, addr);

	if (i >= 0)
		memmove(set->addr[i], set->addr[--set->n], MCAST_ADDR_LEN);
}

#endif /* VIF_MCAST_H */
