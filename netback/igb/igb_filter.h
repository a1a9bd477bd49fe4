/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which receive-address slot of the 82576 holds which MAC for which pool.
 *
 * Pure bookkeeping: no register is touched here, so the same two files compile
 * in user space for the unit tests.  All they need of their surroundings is
 * u8, u32 and bool, memcmp/memcpy/memset, and the errno names; the block below
 * is the whole of that.
 */
#ifndef VIGB_FILTER_H
#define VIGB_FILTER_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <string.h>
typedef __u8 u8;
typedef __u32 u32;
#endif

#define VIGB_MAC_LEN		6
#define VIGB_N_RAR		24	/* 82576: slots 0-15 and 16-23 */
#define VIGB_FILTER_OWN		0	/* slot of the netdev's own address */

/* Slots kept from the netdev's secondary addresses: each of the seven pools
 * may hold one and, while its filter is being replaced, a second one.
 */
#define VIGB_FILTER_RESERVED	14

/**
 * struct vigb_filter - one receive-address slot
 * @addr: unicast MAC; all zero when the slot is free
 * @pools: bitmap of the pools it steers to; 0 iff the slot is free
 */
struct vigb_filter {
	u8 addr[VIGB_MAC_LEN];
	u8 pools;
};

/**
 * struct vigb_filter_table - all slots of a port
 * @rar: the slots; @rar[VIGB_FILTER_OWN] is never handed to a pool
 *
 * Invariant: no address is in two slots, and no slot has two pools, so that a
 * frame goes to exactly one of them.
 */
struct vigb_filter_table {
	struct vigb_filter rar[VIGB_N_RAR];
};

void vigb_filter_init(struct vigb_filter_table *t);
int vigb_filter_find(const struct vigb_filter_table *t, const u8 *addr);
int vigb_filter_set_own(struct vigb_filter_table *t, const u8 *addr);
int vigb_filter_add(struct vigb_filter_table *t, const u8 *addr, unsigned int pool);
void vigb_filter_del(struct vigb_filter_table *t, unsigned int slot);
u32 vigb_filter_used(const struct vigb_filter_table *t, unsigned int pool);

#endif /* VIGB_FILTER_H */
