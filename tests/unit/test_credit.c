// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that a guest whose rate is limited sends at that rate: over any long
 * time not more and not less, whatever the size of its frames, the length of a
 * period and the lateness of timers; that a frame longer than a period's credit
 * gets through; and that no rate, however odd, lets more through or nothing.
 */
#include <stdlib.h>

#include "credit.h"
#include "suite.h"

#define SECOND	1000000ULL

static const struct {
	const char *name;
	struct credit_rate rate;
	u32 frame;	/* bytes, 0 for all sizes up to 64 KiB */
	u32 late;	/* microseconds that a timer may be late */
} cases[] = {
	{ "2 Mb/s", { 12500, 50000 }, 1514, 4000 },
	{ "8 Mb/s", { 50000, 50000 }, 1514, 4000 },
	{ "8 Mb/s of short frames", { 50000, 50000 }, 60, 4000 },
	{ "a late timer", { 50000, 50000 }, 1514, 80000 },
	{ "2 Mb/s of segments", { 12500, 50000 }, 65535, 4000 },
	{ "all sizes", { 12500, 50000 }, 0, 4000 },
	{ "frames longer than the credit of a period", { 1000, 50000 }, 1514, 4000 },
	{ "a byte a microsecond", { 1, 1 }, 1514, 4000 },
	{ "long periods", { 1000000, SECOND }, 1514, 4000 },
	{ "1 Gb/s", { 6250000, 50000 }, 65535, 100 },
};

/* A guest that always has a frame to send.  Return: bytes sent until @until */
static u64 saturate(struct credit *credit, u64 *now, u64 until, int i)
{
	const struct credit_rate *rate = &cases[i].rate;
	u32 size = cases[i].frame;
	u64 sent = 0;

	if (!size)
		size = 1 + (u32)rand() % 65535;
	while (*now < until) {
		u64 wait = credit_take(credit, rate, *now, size);
		struct credit then;

		if (wait) {
			ck_assert_uint_ne(wait, CREDIT_NEVER);
			*now += wait;
			/* at that time, there is credit */
			then = *credit;
			ck_assert_uint_eq(credit_take(&then, rate, *now, size), 0);
			*now += (u64)rand() % cases[i].late;
			continue;
		}
		sent += size;
		if (!cases[i].frame)
			size = 1 + (u32)rand() % 65535;
	}
	return sent;
}

START_TEST(the_rate_is_kept)
{
	const struct credit_rate *rate = &cases[_i].rate;
	u64 should = rate->bytes * 100 * SECOND / rate->usecs;
	u64 now = ~0ULL >> 12;
	struct credit credit;
	u64 sent, warm;

	srand(1);
	credit_start(&credit, rate, now);
	warm = now + SECOND;
	saturate(&credit, &now, warm, _i);
	sent = saturate(&credit, &now, warm + 100 * SECOND, _i);
	ck_assert_msg(sent > should - should / 50 && sent < should + should / 50,
		      "%s: sent %llu, should be %llu", cases[_i].name, (unsigned long long)sent,
		      (unsigned long long)should);
}

START_TEST(credit_saved_up_is_bounded)
{
	const struct credit_rate *rate = &cases[_i].rate;
	struct credit credit;
	u64 sent = 0;

	credit_start(&credit, rate, 0);
	while (!credit_take(&credit, rate, 3600 * SECOND + rate->usecs - 1, 60))
		sent += 60;
	ck_assert_uint_le(sent, rate->bytes > CREDIT_BURST ? rate->bytes : CREDIT_BURST);
	ck_assert_uint_ge(sent + 60, CREDIT_BURST);
}

START_TEST(a_rate_of_nothing_lets_nothing_through)
{
	const struct credit_rate none = { 0, 50000 };
	struct credit credit;

	credit_start(&credit, &none, 0);
	ck_assert_uint_eq(credit_take(&credit, &none, SECOND, 60), CREDIT_NEVER);
	ck_assert_uint_eq(credit_take(&credit, &none, ~0ULL, 60), CREDIT_NEVER);
	ck_assert_uint_eq(credit_take(&credit, &none, SECOND, 0), 0);
}

START_TEST(a_huge_rate_does_not_overflow)
{
	const struct credit_rate huge = { ~0ULL, 1 };
	struct credit credit;
	u64 now;

	credit_start(&credit, &huge, 0);
	for (now = 0; now < 1000; now++)
		ck_assert_uint_eq(credit_take(&credit, &huge, now * SECOND, 65535), 0);
	credit.left = 0;
	ck_assert_uint_eq(credit_take(&credit, &huge, credit.since, 65535), 1);
}

START_TEST(a_change_takes_effect_at_once)
{
	const struct credit_rate fast = { 12500000, 50000 }, slow = { 12500, 50000 };
	struct credit credit;

	credit_start(&credit, &fast, 0);
	credit_change(&credit, &slow);
	ck_assert_uint_eq(credit_take(&credit, &slow, 0, 12500), 0);
	/* what the fast rate left is gone */
	ck_assert_uint_eq(credit_take(&credit, &slow, 0, 1514), 50000);
	/* and a faster rate pays from the next period on */
	credit_change(&credit, &fast);
	ck_assert_uint_eq(credit_take(&credit, &fast, 0, 1514), 50000);
	ck_assert_uint_eq(credit_take(&credit, &fast, 50000, 1514), 0);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("credit");

	unit_table(s, "rate", cases, the_rate_is_kept);
	unit_table(s, "saved", cases, credit_saved_up_is_bounded);
	unit_case(s, "nothing", a_rate_of_nothing_lets_nothing_through);
	unit_case(s, "huge", a_huge_rate_does_not_overflow);
	unit_case(s, "change", a_change_takes_effect_at_once);

	return s;
}
