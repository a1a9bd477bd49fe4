// SPDX-License-Identifier: GPL-2.0
/*
 * Shows which multicast frames a guest gets that names the addresses it wants:
 * for each of these and no other, whatever the order of adding and dropping, and
 * for 64 of them at most.
 */
#include <stdlib.h>

#include "mcast.h"
#include "suite.h"

static struct mcast_set set;

static const u8 *address(unsigned int n)
{
	static u8 addr[MCAST_ADDR_LEN];

	addr[0] = 0x01;
	addr[4] = (u8)(n >> 8);
	addr[5] = (u8)n;
	return addr;
}

static void empty(void)
{
	memset(&set, 0, sizeof(set));
}

START_TEST(added_and_dropped)
{
	ck_assert_int_lt(mcast_find(&set, address(1)), 0);
	ck_assert_int_eq(mcast_add(&set, address(1)), 0);
	ck_assert_int_ge(mcast_find(&set, address(1)), 0);
	ck_assert_int_lt(mcast_find(&set, address(2)), 0);
	/* twice is once */
	ck_assert_int_eq(mcast_add(&set, address(1)), 0);
	mcast_del(&set, address(2));
	mcast_del(&set, address(1));
	ck_assert_int_lt(mcast_find(&set, address(1)), 0);
	mcast_del(&set, address(1));
	ck_assert_uint_eq(set.n, 0);
}

START_TEST(only_multicast)
{
	static const u8 unicast[MCAST_ADDR_LEN] = { 0x02, 0, 0, 0, 0, 1 };

	ck_assert_int_eq(mcast_add(&set, unicast), -EINVAL);
	ck_assert_uint_eq(set.n, 0);
}

START_TEST(no_more_than_64)
{
	unsigned int i;

	for (i = 0; i < MCAST_MAX; i++)
		ck_assert_int_eq(mcast_add(&set, address(i)), 0);
	ck_assert_int_eq(mcast_add(&set, address(1000)), -ENOSPC);
	ck_assert_int_eq(mcast_add(&set, address(7)), 0);
	mcast_del(&set, address(7));
	ck_assert_int_eq(mcast_add(&set, address(1000)), 0);
	ck_assert_int_lt(mcast_find(&set, address(7)), 0);
	for (i = 0; i < MCAST_MAX; i++)
		ck_assert(i == 7 || mcast_find(&set, address(i)) >= 0);
}

START_TEST(any_order)
{
	bool has[200] = { false };
	unsigned int i, step, n = 0;

	srand(1);
	for (step = 0; step < 20000; step++) {
		i = (unsigned int)rand() % 200;
		if (rand() % 2) {
			ck_assert_int_eq(mcast_add(&set, address(i)),
					 has[i] || n < MCAST_MAX ? 0 : -ENOSPC);
			if (!has[i] && n < MCAST_MAX) {
				has[i] = true;
				n++;
			}
		} else {
			mcast_del(&set, address(i));
			n -= has[i];
			has[i] = false;
		}
		ck_assert_uint_eq(set.n, n);
		i = (unsigned int)rand() % 200;
		ck_assert_int_eq(mcast_find(&set, address(i)) >= 0, has[i]);
	}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("mcast");

	unit_case_with(s, "add, drop", empty, NULL, added_and_dropped);
	unit_case_with(s, "multicast", empty, NULL, only_multicast);
	unit_case_with(s, "bound", empty, NULL, no_more_than_64);
	unit_case_with(s, "order", empty, NULL, any_order);

	return s;
}
