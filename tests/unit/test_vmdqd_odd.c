// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that vmdqd names what it cannot understand in xenstore and what nobody should have
 * written there, once and not for ever, and that nobody loses anything by it.
 */
#include <stdio.h>
#include <string.h>

#include "fakes/coordinator.h"
#include "fakes/machine.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"

static struct coordinator c;
static long long now;

static void setup(void)
{
	machine_reset();
	now = 1000;
	coordinator_start(&c);
}

static void teardown(void)
{
	coordinator_stop(&c);
}

static void run(void)
{
	ck_assert_int_eq(coordinate(&c, now), SETTLED);
}

static void pass(unsigned int seconds)
{
	unsigned int t;

	for (t = 0; t < seconds; t += PLAN_SAMPLE_MS / 1000) {
		now += PLAN_SAMPLE_MS;
		sample_loads(&c, now);
		run();
	}
}

static void expect(unsigned int domid, const char *pool)
{
	ck_assert_str_eq(machine_pool(domid), pool);
}

static unsigned int n_odd;
static char odd_said[1024];

static void count_odd(const char *text)
{
	if (!strstr(text, " in xenstore: "))
		return;
	n_odd++;
	snprintf(odd_said, sizeof(odd_said), "%s", text);
}

static void look_at(const char *path, const char *value)
{
	fake_xs_set(path, value);
	vmdq_store_news(&c.store);
	n_odd = 0;
	now += 1000;
	ck_assert_int_eq(coordinate(&c, now), SETTLED);
}

START_TEST(nonsense_is_told_of)
{
	static const struct {
		const char *node;
		const char *value;
	} odd[] = {
		{ "request/mode", "Auto" },
		{ "request/level", "" },
		{ "request/port", "eth0" },
		{ "request/pool", "-1" },
		{ "request/priority", "4294967296" },
		{ "request/hold", "nobody" },
		{ "request/backend", "ours" },
		{ "assign", "0000:00:03.0/0" },
		{ "request/bridge", "a bridge" },
	};
	char path[64];
	size_t i;

	machine_add(1, "");
	run();
	machine.on_say = count_odd;
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(path, sizeof(path), "vmdq/vif/1/0/%s", odd[i].node);
		look_at(path, odd[i].value);
		ck_assert_msg(n_odd == 1, "%s: told %u times", odd[i].node, n_odd);
		ck_assert_ptr_nonnull(strstr(odd_said, "vif1.0 "));
		ck_assert_ptr_nonnull(strstr(odd_said, odd[i].node));
		ck_assert_ptr_nonnull(strstr(odd_said, odd[i].value));
	}
	expect(1, "0/1");
	/* the backend's own */
	machine.stuck = 1;
	look_at("vmdq/vif/1/0/state", "asleep");
	ck_assert_uint_eq(n_odd, 1);
	ck_assert_ptr_nonnull(strstr(odd_said, "state in xenstore: \"asleep\" is not one of: "));
	look_at("vmdq/vif/1/0/error", "no\nsense");
	ck_assert_uint_eq(n_odd, 1);
	ck_assert_ptr_nonnull(strstr(odd_said, "error in xenstore: \"no?sense\" has bytes"));
	machine.on_say = NULL;
}

/* The bridge of the vif's own directory counts then */
START_TEST(a_bridge_that_is_none)
{
	machine_add(1, "");
	fake_xs_set("vmdq/vif/1/0/request/bridge", "xenbr0-which-is-far-too-long");
	run();
	expect(1, "0/1");
}

START_TEST(nodes_of_no_vif_are_told_of)
{
	static const struct {
		const char *path;
		const char *value;
		const char *says;
	} strays[] = {
		{ "vmdq/port/0000-00-03-0/drain", "yes",
		  "\"yes\" is not 0 or 1: it counts as absent" },
		{ "vmdq/port/eth0", "", "nobody should have written it" },
		{ "vmdq/port/0000-00-03-0/netdev", "eth0", "nobody should have written it" },
		{ "vmdq/colour", "red", "nobody should have written it" },
		{ "vmdq/vif/web", "", "nobody should have written it" },
		{ "vmdq/vif/1/0/request/colour", "red", "nobody should have written it" },
	};
	char begin[80];
	size_t i;

	machine_add(1, "");
	run();
	machine.on_say = count_odd;
	for (i = 0; i < sizeof(strays) / sizeof(strays[0]); i++) {
		look_at(strays[i].path, strays[i].value);
		ck_assert_msg(n_odd == 1, "%s: told %u times", strays[i].path, n_odd);
		snprintf(begin, sizeof(begin), "%s in xenstore: ", strays[i].path);
		ck_assert_msg(!strncmp(odd_said, begin, strlen(begin)), "%s", odd_said);
		ck_assert_msg(strstr(odd_said, strays[i].says), "%s", odd_said);
	}
	/* once; and nobody loses anything by them */
	n_odd = 0;
	pass(200);
	ck_assert_uint_eq(n_odd, 0);
	expect(1, "0/1");
	machine.on_say = NULL;
}

START_TEST(nodes_of_no_vif_do_not_fill_the_log)
{
	char path[64];
	unsigned int i, told = 0;

	machine_add(1, "");
	run();
	machine.on_say = count_odd;
	for (i = 0; i < 120; i++) {
		snprintf(path, sizeof(path), "vmdq/nonsense-%u", i);
		look_at(path, "");
		told += n_odd;
		fake_xs_set(path, NULL);
	}
	ck_assert_uint_ge(told, VMDQ_STRAYS);
	ck_assert_uint_le(told, 3 * VMDQ_STRAYS);
	/* the same one, again and again */
	pass(2 * ODD_AGAIN_MS / 1000);
	for (i = 0, told = 0; i < 120; i++) {
		look_at("vmdq/nonsense", i % 2 ? "" : NULL);
		told += n_odd;
	}
	ck_assert_uint_eq(told, 2);
	machine.on_say = NULL;
}

START_TEST(nonsense_is_not_told_of_for_ever)
{
	static const char level[] = "vmdq/vif/1/0/request/level";
	unsigned int i, told = 0;

	machine_add(1, "");
	run();
	machine.on_say = count_odd;
	look_at(level, "high\033[2J");
	ck_assert_uint_eq(n_odd, 1);
	ck_assert_ptr_nonnull(strstr(odd_said, "\"high?[2J\""));
	/* as long as it stays so, not at all */
	n_odd = 0;
	pass(200);
	ck_assert_uint_eq(n_odd, 0);
	/* each time that it becomes so, but once a minute */
	for (i = 0; i < 120; i++) {
		look_at(level, i % 2 ? "low" : "auto");
		told += n_odd;
	}
	ck_assert_uint_eq(told, 2);
	machine.on_say = NULL;
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("vmdqd, odd");

#define CASE(name, test)	unit_case_with(s, name, setup, teardown, test)
	CASE("nonsense", nonsense_is_told_of);
	CASE("bad bridge", a_bridge_that_is_none);
	CASE("strays", nodes_of_no_vif_are_told_of);
	CASE("many strays", nodes_of_no_vif_do_not_fill_the_log);
	CASE("much nonsense", nonsense_is_not_told_of_for_ever);

	return s;
}
