// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the kernel and the tools take the same values of the node "assign" for an
 * assignment, and the same pool for each: by what both say of the number behind the slash.
 */
#include <stdio.h>
#include <stdlib.h>

#include "assign_value.h"
#include "parse.h"
#include "suite.h"

static unsigned int by_the_tools(const char *number)
{
	struct vmdq_pool_id id = { .pool = 0 };
	char text[80];

	snprintf(text, sizeof(text), "0000:00:03.0/%s", number);

	return vmdq_parse_pool_id(text, &id) ? 0 : id.pool;
}

static const struct {
	const char *text;
	unsigned int pool;	/* 0: none */
} numbers[] = {
	{ "1", 1 }, { "7", 7 }, { "10", 10 }, { "63", 63 }, { "100", 100 },
	{ "999999999", 999999999 },
	{ "", 0 }, { "0", 0 }, { "00", 0 }, { "01", 0 }, { "+1", 0 }, { "-1", 0 }, { " 1", 0 },
	{ "1 ", 0 }, { "1\n", 0 }, { "0x1", 0 }, { "1x", 0 }, { "one", 0 }, { "1.", 0 },
	{ "4294967297", 0 }, { "18446744073709551617", 0 }, { "99999999999999999999999", 0 },
};

START_TEST(both_say_the_same)
{
	const char *text = numbers[_i].text;

	ck_assert_msg(vif_pool_number(text) == numbers[_i].pool, "kernel: \"%s\" is %u", text,
		      vif_pool_number(text));
	ck_assert_msg(by_the_tools(text) == numbers[_i].pool, "tools: \"%s\" is %u", text,
		      by_the_tools(text));
}

/* Up to the longest that the kernel takes; no port has as many.  The seed is fixed. */
START_TEST(of_noise_too)
{
	static const char alphabet[] = "00123456789+- x";
	char text[10];
	int n, i, len;

	srand(1);
	for (n = 0; n < 100000; n++) {
		len = rand() % (int)sizeof(text);
		for (i = 0; i < len; i++)
			text[i] = alphabet[rand() % (int)(sizeof(alphabet) - 1)];
		text[len] = '\0';
		ck_assert_msg(vif_pool_number(text) == by_the_tools(text), "\"%s\"", text);
	}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("assign value");

	unit_table(s, "numbers", numbers, both_say_the_same);
	unit_case(s, "noise", of_noise_too);

	return s;
}
