// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the 82576's table of MAC filters never steers an address to two
 * pools, always has a slot for each pool, and forgets what it is told to.
 */
#include <stdlib.h>

#include "igb_filter.h"
#include "suite.h"

#define N_POOLS		8	/* of the 82576, the netdev's own included */

static struct vigb_filter_table table;

static const u8 *mac(unsigned int n)
{
	static u8 addr[VIGB_MAC_LEN] = { 0x00, 0x16, 0x3e };

	addr[4] = (u8)(n >> 8);
	addr[5] = (u8)n;

	return addr;
}

/* What struct vigb_filter_table promises */
static void check_table(void)
{
	static const u8 zero[VIGB_MAC_LEN];
	unsigned int i, j;

	for (i = 0; i < VIGB_N_RAR; i++) {
		if (!table.rar[i].pools) {
			ck_assert_mem_eq(table.rar[i].addr, zero, VIGB_MAC_LEN);
			continue;
		}
		/* one pool a slot */
		ck_assert_uint_eq(table.rar[i].pools & (table.rar[i].pools - 1), 0);
		ck_assert_uint_eq(table.rar[i].addr[0] & 1, 0);
		for (j = 0; j < i; j++)
			if (table.rar[j].pools)
				ck_assert_mem_ne(table.rar[i].addr, table.rar[j].addr,
						 VIGB_MAC_LEN);
	}
}

static void setup(void)
{
	vigb_filter_init(&table);
	ck_assert_int_eq(vigb_filter_set_own(&table, mac(1000)), 0);
}

START_TEST(an_address_goes_to_one_pool)
{
	int slot = vigb_filter_add(&table, mac(1), 3);

	ck_assert_int_gt(slot, VIGB_FILTER_OWN);
	ck_assert_int_eq(vigb_filter_find(&table, mac(1)), slot);
	ck_assert_uint_eq(vigb_filter_used(&table, 3), 1u << slot);
	/* again is the same, for another pool it is refused */
	ck_assert_int_eq(vigb_filter_add(&table, mac(1), 3), slot);
	ck_assert_int_eq(vigb_filter_add(&table, mac(1), 4), -EEXIST);
	ck_assert_int_eq(vigb_filter_add(&table, mac(1), 0), -EEXIST);
	/* as is the NIC's own */
	ck_assert_int_eq(vigb_filter_add(&table, mac(1000), 3), -EEXIST);
	vigb_filter_del(&table, slot);
	ck_assert_int_eq(vigb_filter_find(&table, mac(1)), -ENOENT);
	ck_assert_uint_eq(vigb_filter_used(&table, 3), 0);
	ck_assert_int_gt(vigb_filter_add(&table, mac(1), 4), 0);
	check_table();
}

START_TEST(only_unicast)
{
	static const u8 group[VIGB_MAC_LEN] = { 0x01, 0, 0x5e, 0, 0, 1 };
	static const u8 zero[VIGB_MAC_LEN];

	ck_assert_int_eq(vigb_filter_add(&table, group, 1), -EINVAL);
	ck_assert_int_eq(vigb_filter_add(&table, zero, 1), -EINVAL);
	ck_assert_int_eq(vigb_filter_set_own(&table, group), -EINVAL);
	ck_assert_int_eq(vigb_filter_set_own(&table, zero), -EINVAL);
	ck_assert_int_eq(vigb_filter_find(&table, mac(1000)), VIGB_FILTER_OWN);
	/* a free slot is no address */
	ck_assert_int_eq(vigb_filter_find(&table, zero), -ENOENT);
}

START_TEST(the_own_address_moves)
{
	int slot = vigb_filter_add(&table, mac(5), 0);

	ck_assert_int_gt(slot, 0);
	/* it was a secondary address: that slot is freed */
	ck_assert_int_eq(vigb_filter_set_own(&table, mac(5)), slot);
	ck_assert_int_eq(vigb_filter_find(&table, mac(5)), VIGB_FILTER_OWN);
	ck_assert_int_eq(vigb_filter_find(&table, mac(1000)), -ENOENT);
	ck_assert_int_eq(vigb_filter_set_own(&table, mac(5)), 0);
	/* but a pool's address is the pool's */
	ck_assert_int_gt(vigb_filter_add(&table, mac(6), 2), 0);
	ck_assert_int_eq(vigb_filter_set_own(&table, mac(6)), -EEXIST);
	check_table();
}

START_TEST(pools_always_find_a_slot)
{
	unsigned int n, pool;
	int slot;

	/* the netdev takes all that it is given */
	for (n = 0; n < 100; n++)
		if (vigb_filter_add(&table, mac(n), 0) < 0)
			break;
	ck_assert_uint_eq(n, VIGB_N_RAR - 1 - VIGB_FILTER_RESERVED);
	ck_assert_int_eq(vigb_filter_add(&table, mac(n), 0), -ENOSPC);
	/* and yet each pool has one, and one more while it is replaced */
	for (pool = 1; pool < N_POOLS; pool++) {
		ck_assert_int_gt(vigb_filter_add(&table, mac(200 + pool), pool), 0);
		ck_assert_int_gt(vigb_filter_add(&table, mac(300 + pool), pool), 0);
	}
	check_table();
	ck_assert_int_eq(vigb_filter_add(&table, mac(400), 1), -ENOSPC);
	/* what a pool gives back is the pools' again, not the netdev's */
	slot = vigb_filter_find(&table, mac(201));
	vigb_filter_del(&table, (unsigned int)slot);
	ck_assert_int_eq(vigb_filter_add(&table, mac(500), 0), -ENOSPC);
	ck_assert_int_eq(vigb_filter_add(&table, mac(400), 1), slot);
}

START_TEST(any_order_keeps_the_promises)
{
	unsigned int n, pool, addr;
	int slot;

	srand(1);
	for (n = 0; n < 100000; n++) {
		pool = (unsigned int)rand() % N_POOLS;
		addr = (unsigned int)rand() % 40;
		switch (rand() % 3) {
		case 0:
			slot = vigb_filter_add(&table, mac(addr), pool);
			if (slot >= 0)
				ck_assert_uint_eq(table.rar[slot].pools, 1u << pool);
			break;
		case 1:
			slot = vigb_filter_find(&table, mac(addr));
			if (slot > VIGB_FILTER_OWN)
				vigb_filter_del(&table, (unsigned int)slot);
			break;
		case 2:
			if (rand() % 50 == 0)
				vigb_filter_set_own(&table, mac(addr));
			break;
		}
		if (n % 16 == 0)
			check_table();
		ck_assert_uint_eq(table.rar[VIGB_FILTER_OWN].pools, 1);
	}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("igb_filter");

	unit_case_with(s, "one pool", setup, NULL, an_address_goes_to_one_pool);
	unit_case_with(s, "unicast", setup, NULL, only_unicast);
	unit_case_with(s, "own address", setup, NULL, the_own_address_moves);
	unit_case_with(s, "reserve", setup, NULL, pools_always_find_a_slot);
	unit_case_with(s, "any order", setup, NULL, any_order_keeps_the_promises);

	return s;
}
