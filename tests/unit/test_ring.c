// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the backend's ring arithmetic holds for every index that a guest
 * can write, wrap-around included, and that refills come in batches without
 * starving the hardware.
 */
#include "ring.h"
#include "suite.h"

#define SIZE	256

/* Our own indices are right by construction: rsp_prod <= req_cons <= rsp_prod + SIZE.
 * @base moves them through the wrap-around.
 */
static void every_index_from(u32 base)
{
	u32 cons, prod;
	int found;

	for (cons = 0; cons <= SIZE; cons += 16) {
		for (prod = 0; prod < 4 * SIZE; prod++) {
			found = ring_unconsumed(base + prod, base + cons, base, SIZE);
			if (prod >= cons && prod <= SIZE)
				ck_assert_int_eq(found, (int)(prod - cons));
			else
				ck_assert_int_eq(found, -1);
		}
	}
}

START_TEST(requests_that_can_be)
{
	static const u32 bases[] = { 0, 1, 0x7fffff80, 0x80000000, 0xffffff00, 0xffffffff };
	u32 i;

	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		every_index_from(bases[i]);
}

START_TEST(a_producer_that_lies)
{
	/* XSA-39: behind us, far ahead, and just one too many */
	ck_assert_int_eq(ring_unconsumed(0, 1, 1, SIZE), -1);
	ck_assert_int_eq(ring_unconsumed(0xffffffff, 0, 0, SIZE), -1);
	ck_assert_int_eq(ring_unconsumed(0x80000000, 0, 0, SIZE), -1);
	ck_assert_int_eq(ring_unconsumed(SIZE + 1, 0, 0, SIZE), -1);
	ck_assert_int_eq(ring_unconsumed(SIZE, 0, 0, SIZE), SIZE);
	/* behind what was consumed, though not behind what was answered */
	ck_assert_int_eq(ring_unconsumed(15, 20, 10, SIZE), -1);
	ck_assert_int_eq(ring_unconsumed(20, 20, 10, SIZE), 0);
}

START_TEST(slots_of_a_frame)
{
	ck_assert_uint_eq(ring_rx_slots(1, 0, 0, 4096), 1);
	ck_assert_uint_eq(ring_rx_slots(4096, 0, 0, 4096), 1);
	ck_assert_uint_eq(ring_rx_slots(4097, 0, 0, 4096), 2);
	ck_assert_uint_eq(ring_rx_slots(65535, 0, 1, 4096), 17);
	/* XDP's headroom is lost in each slot */
	ck_assert_uint_eq(ring_rx_slots(4096, 256, 0, 4096), 2);
	ck_assert_uint_eq(ring_rx_slots(3840, 256, 1, 4096), 2);
	ck_assert_uint_eq(ring_rx_slots(10, 4095, 0, 4096), 10);
}

/* All there is to know about one refill; an assertion costs too much for each */
static bool refill_is_right(u32 requests, u32 room, u32 posted, u32 batch)
{
	u32 n = ring_refill_count(requests, room, posted, batch);
	u32 most = requests < room ? requests : room;

	if (n > batch || n > most)
		return false;
	/* nothing is held back from hardware that runs dry */
	if (!posted && n != (most < batch ? most : batch))
		return false;
	/* and nothing goes out piecemeal while it has plenty */
	return posted < 2 * batch || !n || n == batch;
}

START_TEST(refills)
{
	u32 requests, room, posted;

	for (requests = 0; requests <= SIZE; requests += 5)
		for (room = 0; room < SIZE; room += 3)
			for (posted = 0; posted < SIZE; posted++)
				if (!refill_is_right(requests, room, posted, 32))
					ck_abort_msg("%u requests, room %u, %u posted", requests,
						     room, posted);
}

START_TEST(harvests)
{
	u32 budget, frame, n;

	for (frame = 1; frame <= 18; frame++)
		for (budget = 1; budget <= 64; budget++) {
			n = ring_harvest_count(budget, frame, 32);
			ck_assert_uint_ge(n, frame);
			ck_assert_uint_le(n, 32);
			ck_assert(n <= budget || n == frame);
			ck_assert(n >= budget || n == 32);
		}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("ring");

	unit_case(s, "unconsumed", requests_that_can_be);
	unit_case(s, "lies", a_producer_that_lies);
	unit_case(s, "slots", slots_of_a_frame);
	unit_case(s, "refill", refills);
	unit_case(s, "harvest", harvests);

	return s;
}
