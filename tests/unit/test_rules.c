// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the core lets a pool go only the ways that vmdq.h draws, and which
 * numbers, settings and filters it refuses.
 */
#include <errno.h>

#include "rules.h"
#include "suite.h"

#define N_STATES	(VMDQ_POOL_STOPPED + 1)

START_TEST(the_life_of_a_pool)
{
	int s = VMDQ_POOL_FREE;

	s = vmdq_next_state(s, VMDQ_STEP_TAKE);
	ck_assert_int_eq(s, VMDQ_POOL_IDLE);
	s = vmdq_next_state(s, VMDQ_STEP_SET_FILTER);
	ck_assert_int_eq(s, VMDQ_POOL_ACTIVE);
	/* a filter may be replaced, and taken away */
	ck_assert_int_eq(vmdq_next_state(s, VMDQ_STEP_SET_FILTER), VMDQ_POOL_ACTIVE);
	ck_assert_int_eq(vmdq_next_state(s, VMDQ_STEP_CLEAR_FILTER), VMDQ_POOL_IDLE);
	s = vmdq_next_state(s, VMDQ_STEP_STOP);
	ck_assert_int_eq(s, VMDQ_POOL_STOPPED);
	/* what stops twice is stopped */
	ck_assert_int_eq(vmdq_next_state(s, VMDQ_STEP_STOP), VMDQ_POOL_STOPPED);
	s = vmdq_next_state(s, VMDQ_STEP_RELEASE);
	ck_assert_int_eq(s, VMDQ_POOL_FREE);
}

START_TEST(nothing_is_taken_twice_or_given_back_early)
{
	int s;

	for (s = VMDQ_POOL_IDLE; s < N_STATES; s++)
		ck_assert_int_eq(vmdq_next_state(s, VMDQ_STEP_TAKE), -EBUSY);
	/* a page is given back only after the hardware cannot write it */
	ck_assert_int_eq(vmdq_next_state(VMDQ_POOL_IDLE, VMDQ_STEP_RELEASE), -EBUSY);
	ck_assert_int_eq(vmdq_next_state(VMDQ_POOL_ACTIVE, VMDQ_STEP_RELEASE), -EBUSY);
	ck_assert_int_eq(vmdq_next_state(VMDQ_POOL_STOPPED, VMDQ_STEP_SET_FILTER), -ENETDOWN);
}

START_TEST(every_step_ends_somewhere)
{
	int s, step, next;

	for (s = 0; s < N_STATES; s++) {
		for (step = 0; step < VMDQ_N_STEPS; step++) {
			next = vmdq_next_state(s, step);
			ck_assert_int_lt(next, N_STATES);
			/* only the taking of a free pool leads out of FREE */
			if (s == VMDQ_POOL_FREE && step != VMDQ_STEP_TAKE)
				ck_assert_int_eq(next, -EINVAL);
		}
	}
	ck_assert_int_eq(vmdq_next_state(N_STATES, VMDQ_STEP_TAKE), -EINVAL);
	ck_assert_int_eq(vmdq_next_state(-1, VMDQ_STEP_TAKE), -EINVAL);
	ck_assert_int_eq(vmdq_next_state(0, VMDQ_N_STEPS), -EINVAL);
	ck_assert_int_eq(vmdq_next_state(0, -1), -EINVAL);
}

START_TEST(numbers_of_pools)
{
	ck_assert_int_eq(vmdq_check_index(0, 8), -ERANGE);
	ck_assert_int_eq(vmdq_check_index(1, 8), 0);
	ck_assert_int_eq(vmdq_check_index(7, 8), 0);
	ck_assert_int_eq(vmdq_check_index(8, 8), -ERANGE);
	ck_assert_int_eq(vmdq_check_index(4294967295u, 8), -ERANGE);
	ck_assert_int_eq(vmdq_check_index(1, 1), -ERANGE);
	ck_assert_int_eq(vmdq_check_index(0, 0), -ERANGE);
}

START_TEST(settings)
{
	ck_assert_int_eq(vmdq_check_config(4096, 1522, 9728), 0);
	ck_assert_int_eq(vmdq_check_config(0, 1522, 9728), -EINVAL);
	ck_assert_int_eq(vmdq_check_config(4096, 59, 9728), -EINVAL);
	ck_assert_int_eq(vmdq_check_config(4096, 60, 9728), 0);
	ck_assert_int_eq(vmdq_check_config(4096, 9728, 9728), 0);
	ck_assert_int_eq(vmdq_check_config(4096, 9729, 9728), -EMSGSIZE);
}

START_TEST(filters)
{
	static const __u8 unicast[6] = { 0, 0x16, 0x3e, 0, 0, 1 };
	static const __u8 other[6] = { 0, 0x16, 0x3e, 0, 0, 2 };
	static const __u8 group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	static const __u8 zero[6];

	ck_assert_int_eq(vmdq_check_filter(unicast, VMDQ_NO_VLAN), 0);
	ck_assert_int_eq(vmdq_check_filter(unicast, 0), 0);
	ck_assert_int_eq(vmdq_check_filter(unicast, 4094), 0);
	ck_assert_int_eq(vmdq_check_filter(unicast, 4095), -ERANGE);
	ck_assert_int_eq(vmdq_check_filter(unicast, 65534), -ERANGE);
	ck_assert_int_eq(vmdq_check_filter(group, VMDQ_NO_VLAN), -EADDRNOTAVAIL);
	ck_assert_int_eq(vmdq_check_filter(zero, VMDQ_NO_VLAN), -EADDRNOTAVAIL);

	ck_assert(vmdq_filters_overlap(unicast, 5, unicast, 5));
	ck_assert(vmdq_filters_overlap(unicast, VMDQ_NO_VLAN, unicast, 5));
	ck_assert(vmdq_filters_overlap(unicast, 5, unicast, VMDQ_NO_VLAN));
	ck_assert(!vmdq_filters_overlap(unicast, 5, unicast, 6));
	ck_assert(!vmdq_filters_overlap(unicast, 5, other, 5));
	ck_assert(!vmdq_filters_overlap(unicast, VMDQ_NO_VLAN, other, VMDQ_NO_VLAN));
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("rules");

	unit_case(s, "life", the_life_of_a_pool);
	unit_case(s, "order", nothing_is_taken_twice_or_given_back_early);
	unit_case(s, "steps", every_step_ends_somewhere);
	unit_case(s, "index", numbers_of_pools);
	unit_case(s, "config", settings);
	unit_case(s, "filter", filters);

	return s;
}
