// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that what the firmware's map calls memory is told from what it does not, whatever
 * its order, overlaps and mistakes, and whatever was looked up before.
 */
#include <stdlib.h>

#include "ram.h"
#include "suite.h"

#define PAGE	4096ull
#define MAX	64

static struct vif_ram_range map[MAX];

START_TEST(a_pc)
{
	static const struct vif_ram_entry entries[] = {
		{ 0x100000000, 0x80000000, 1 },		/* above 4 GB */
		{ 0, 0x9fc00, 1 },			/* its last page only in part */
		{ 0x9fc00, 0x400, 2 },
		{ 0xf0000, 0x10000, 2 },
		{ 0x7ffdf000, 0x21000, 2 },
		{ 0x100000, 0x7fedf000, 1 },
		{ 0xfed1c000, 0x4000, 2 },
		{ 0x180000000, 0x1000, 3 },		/* ACPI tables over memory: still memory */
	};
	unsigned int n = vif_ram_build(map, entries, 8, PAGE);
	unsigned int hint = 0;

	ck_assert_uint_eq(n, 3);
	ck_assert(vif_ram_contains(map, n, 0, PAGE, &hint));
	ck_assert(vif_ram_contains(map, n, 0x9e000, PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, 0x9f000, PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, 0xb8000, PAGE, &hint));
	ck_assert(vif_ram_contains(map, n, 0x100000, PAGE, &hint));
	ck_assert(vif_ram_contains(map, n, 0x7ffde000, PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, 0x7ffdf000, PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, 0x7ffde000, 2 * PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, 0xfee00000, PAGE, &hint));
	ck_assert(vif_ram_contains(map, n, 0x17ffff000, PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, 0x180000000, PAGE, &hint));
	ck_assert(!vif_ram_contains(map, n, ~0ull - PAGE + 1, PAGE, &hint));
}

START_TEST(nothing)
{
	static const struct vif_ram_entry odd[] = {
		{ 0x1000, 0, 1 },
		{ ~0ull - 0xfff, 0x2000, 1 },		/* past the end */
		{ ~0ull - 0x10, 0x10, 1 },
		{ 0x1800, 0x1000, 1 },			/* no whole page */
		{ 0x5000, 0x1000, 0 },
	};
	unsigned int hint = 0;

	ck_assert_uint_eq(vif_ram_build(map, odd, 0, PAGE), 0);
	ck_assert_uint_eq(vif_ram_build(map, odd, 5, PAGE), 0);
	ck_assert(!vif_ram_contains(map, 0, 0x5000, PAGE, &hint));
}

/* Random maps over few pages against a table of them */
static void one_map(void)
{
	bool is_ram[256] = { false };
	struct vif_ram_entry entries[MAX];
	unsigned int count = random() % MAX, hint = 0;
	unsigned int i, n;

	for (i = 0; i < count; i++) {
		unsigned int start = random() % 256, pages = random() % 8, page;

		entries[i].addr = start * PAGE;
		entries[i].size = pages * PAGE;
		entries[i].type = random() % 3;
		for (page = start; page < start + pages && page < 256; page++)
			is_ram[page] |= entries[i].type == VIF_RAM_ENTRY_RAM;
	}
	n = vif_ram_build(map, entries, count, PAGE);
	for (i = 0; i + 1 < n; i++)
		ck_assert(map[i].start < map[i].end && map[i].end < map[i + 1].start);
	for (i = 0; i < 1000; i++) {
		unsigned int page = random() % 256;

		ck_assert(vif_ram_contains(map, n, page * PAGE, PAGE, &hint) == is_ram[page]);
	}
}

START_TEST(maps_of_every_kind)
{
	unsigned int i;

	srandom(1);
	for (i = 0; i < 300; i++)
		one_map();
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("ram");

	unit_case(suite, "pc", a_pc);
	unit_case(suite, "nothing", nothing);
	unit_case(suite, "random", maps_of_every_kind);
	return suite;
}
