// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what vmdqd does on a machine whose xenstore, ports and backend are fakes: who
 * gets which pool; that it writes nothing when all is right, also just after it was
 * started; that a full, contended or vanished xenstore is no end; and that killed at
 * any moment and started again it comes to the same end.
 */
#include <errno.h>
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
	/* and nothing more, however often */
	fake_xs.commits = 0;
	ck_assert_int_eq(coordinate(&c, now), SETTLED);
	ck_assert_uint_eq(fake_xs.commits, 0);
}

static void pass_by(unsigned int seconds, unsigned int step)
{
	unsigned int t;

	for (t = 0; t < seconds; t += step) {
		now += step * 1000;
		sample_loads(&c, now);
		ck_assert_int_eq(coordinate(&c, now), SETTLED);
	}
}

static void pass(unsigned int seconds)
{
	pass_by(seconds, PLAN_SAMPLE_MS / 1000);
}

static void expect(unsigned int domid, const char *pool)
{
	ck_assert_msg(!strcmp(machine_pool(domid), pool), "vif%u.0 has %s, not %s", domid,
		      machine_pool(domid), pool);
}

static void add_many(unsigned int first, unsigned int last, const char *text)
{
	for (; first <= last; first++)
		machine_add(first, text);
}

START_TEST(eight_guests_on_seven_pools)
{
	add_many(1, 8, "");
	run();
	expect(1, "0/1");
	expect(7, "0/7");
	expect(8, "-");
	ck_assert_uint_eq(c.waiting, 1);
	fake_xs_expect("vmdq/vif/7/0/state", "grant");
	machine_remove(3);
	run();
	expect(8, "0/3");
	fake_xs_expect("vmdq/vif/8/0/state", "grant");
	ck_assert_ptr_nonnull(strstr(machine.said, "vif8.0"));
	/* a priority, and one that requires a pool: in one transaction each */
	machine_add(9, "priority=1");
	fake_xs.commits = 0;
	ck_assert_int_eq(coordinate(&c, now), SETTLED);
	ck_assert_uint_eq(fake_xs.commits, 1);
	expect(9, "0/3");
	expect(8, "-");
	fake_xs_expect("vmdq/vif/8/0/state", "software");
	fake_xs_expect("vmdq/vif/8/0/error", NULL);
	machine_add(10, "mode=required");
	run();
	expect(10, "0/7");
	expect(7, "-");
}

START_TEST(a_restart_changes_nothing)
{
	add_many(1, 6, "");
	fake_xs_set("vmdq/vif/1/0/assign", "0000:00:03.0/5");
	fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/1");
	run();
	expect(1, "0/5");
	expect(2, "0/1");
	coordinator_stop(&c);
	coordinator_start(&c);
	fake_xs.commits = 0;
	machine.n_said = 0;
	run();
	ck_assert_uint_eq(c.done, 0);
	ck_assert_uint_eq(machine.n_said, 0);
}

START_TEST(who_wants_no_pool_gets_none)
{
	machine_add(1, "mode=off");
	machine_add(2, "level=software");
	machine_add(3, "hold=none");
	machine_add(4, "");
	fake_xs_set("backend/vif/4/0/mac", "01:00:5e:00:00:01");
	machine_add(5, "");
	fake_xs_set("backend/vif/5/0/script", "vif-bridge");
	machine_add(6, "");
	fake_xs_set("vmdq/vif/6", NULL);
	machine_add(7, "bridge=xenbr7");
	run();
	ck_assert_uint_eq(c.done, 0);
	/* nor does it lose one that a person gave it, until another wants it */
	fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/7");
	run();
	expect(2, "0/7");
	add_many(8, 14, "");
	run();
	expect(2, "-");
	expect(14, "0/7");
}

START_TEST(what_a_person_decided_stays)
{
	add_many(1, 7, "");
	machine_add(8, "hold=0000:00:03.0/4");
	machine_add(9, "mode=off hold=0000:00:03.0/5");
	fake_xs_set("vmdq/vif/1/0/request/hold", "none");
	run();
	expect(8, "0/4");
	expect(9, "0/5");
	expect(1, "-");
	fake_xs_set("vmdq/vif/9/0/request/hold", NULL);
	fake_xs_set("vmdq/vif/1/0/request/hold", NULL);
	run();
	expect(8, "0/4");
	expect(9, "-");
}

/* Its script was not run, as vmdqctl was not installed yet */
START_TEST(what_a_person_decided_for_a_vif_without_a_request_stays)
{
	machine_add(1, "hold=0000:00:03.0/1");
	fake_xs_set("vmdq/vif/1/0/request/mode", NULL);
	fake_xs_set("vmdq/vif/1/0/request/bridge", NULL);
	fake_xs_set("vmdq/vif/1/0/assign", "0000:00:03.0/1");
	add_many(2, 9, "mode=required");
	run();
	expect(1, "0/1");
	ck_assert_uint_eq(c.waiting, 2);
	fake_xs_set("vmdq/vif/1/0/request", NULL);
	run();
	expect(1, "-");
}

START_TEST(the_configuration_may_name_port_and_pool)
{
	machine.present[1] = true;
	machine_add(1, "port=0000:00:04.0");
	machine_add(2, "pool=1");
	machine_add(3, "port=0000:00:04.0 pool=1");
	machine_add(4, "port=0000:00:09.0");
	machine_add(5, "pool=8");
	run();
	expect(1, "1/2");
	expect(2, "0/1");
	expect(3, "1/1");
	expect(4, "-");
	expect(5, "-");
}

START_TEST(two_ports_and_a_drain)
{
	unsigned int i, n = 0;

	machine.present[1] = true;
	add_many(1, 8, "");
	run();
	expect(8, "1/1");
	fake_xs_set("vmdq/port/0000-00-03-0/drain", "1");
	run();
	for (i = 1; i <= 8; i++) {
		ck_assert(*machine_pool(i) != '0');
		n += *machine_pool(i) == '1';
	}
	ck_assert_uint_eq(n, 7);
	for (i = 1; i < MACHINE_POOLS; i++)
		ck_assert_uint_eq(machine.holder[0][i], 0);
	fake_xs_set("vmdq/port/0000-00-03-0", NULL);
	run();
	ck_assert_uint_eq(c.waiting, 0);
}

START_TEST(a_port_vanishes_and_comes_back)
{
	machine_add(1, "");
	machine_add(2, "port=0000:00:03.0");
	run();
	machine.present[0] = false;
	machine.present[1] = true;
	machine_settle();
	run();
	expect(1, "0/1");
	pass(PLAN_PORT_GRACE_MS / 1000);
	expect(1, "1/1");
	expect(2, "0/2");
	machine.present[0] = true;
	machine_settle();
	run();
	expect(1, "1/1");
	expect(2, "0/2");
	fake_xs_expect("vmdq/vif/2/0/state", "grant");
	/* a bridge that has lost its uplink is no reason to take pools back */
	machine.bridged[0] = false;
	machine.bridged[1] = false;
	run();
	expect(1, "1/1");
	/* the other one's is */
	machine.bridged[0] = true;
	run();
	expect(1, "0/1");
}

START_TEST(a_backend_that_does_not_let_go)
{
	add_many(1, 7, "");
	run();
	machine.stuck = 7;
	machine_remove(7);
	machine_add(8, "");
	run();
	expect(8, "-");
	machine.stuck = 0;
	machine_settle();
	run();
	expect(8, "0/7");
	/* displaced, it is waited for by the backend of the other */
	machine.stuck = 1;
	fake_xs_set("vmdq/vif/2/0/request/priority", "1");
	fake_xs_set("vmdq/vif/1/0/request/hold", "none");
	fake_xs_set("vmdq/vif/1/0/assign", NULL);
	machine_add(9, "");
	run();
	expect(9, "-");
}

START_TEST(a_pool_is_of_no_use_to_it)
{
	unsigned int i;

	add_many(1, 7, "");
	machine.unfit = 1;
	fake_xs_set("vmdq/vif/1/0/request/priority", "9");
	run();
	expect(1, "0/1");
	machine.n_said = 0;
	pass(60);
	expect(1, "0/1");
	ck_assert_uint_eq(machine.n_said, 1);
	ck_assert_ptr_nonnull(strstr(machine.said, "frames of the vif's MTU"));
	ck_assert_ptr_nonnull(strstr(machine.said, "tried again 60 s later"));
	machine_add(8, "");
	run();
	expect(8, "0/1");
	expect(1, "-");
	/* it is tried again, more and more seldom */
	c.done = 0;
	for (i = 0; i < 6; i++)
		pass_by(600, 20);
	ck_assert_uint_ge(c.done, 2);
	ck_assert_uint_le(c.done, 14);
	machine.unfit = 0;
	pass_by(3700, 100);
	ck_assert_str_ne(machine_pool(1), "-");
	fake_xs_expect("vmdq/vif/1/0/state", "grant");
	c.done = 0;
	pass_by(3700, 100);
	ck_assert_uint_eq(c.done, 0);
}

/* What a vif requires that cannot use it does not keep another domain from starting. */
START_TEST(of_no_use_though_required)
{
	add_many(1, 7, "mode=required");
	machine.unfit = 3;
	run();
	expect(3, "0/3");
	machine_add(8, "mode=required");
	run();
	expect(8, "-");
	pass(REFUSED_GRACE_MS / 1000);
	expect(8, "0/3");
	expect(3, "-");
}

/* A person's word wins: what has fixed the pool, how that ends, and what is said of it */
static const struct {
	const char *add, *says, *node;
} fixed[] = {
	{ "hold=0000:00:03.0/1", "'vmdqctl release vif1.0'", "vmdq/vif/1/0/request/hold" },
	{ "pool=1", "vmdq.conf has fixed it", "vmdq/vif/1/0/request/pool" },
};

START_TEST(of_no_use_though_fixed)
{
	machine_add(1, fixed[_i].add);
	add_many(2, 7, "mode=required");
	machine.unfit = 1;
	run();
	expect(1, "0/1");
	machine.n_said = 0;
	pass(60);
	ck_assert_uint_eq(machine.n_said, 1);
	ck_assert_ptr_nonnull(strstr(machine.said, "cannot use pool 1"));
	ck_assert_ptr_nonnull(strstr(machine.said, "keeps that pool"));
	ck_assert_ptr_nonnull(strstr(machine.said, fixed[_i].says));
	ck_assert_ptr_null(strstr(machine.said, "tried again"));
	machine_add(8, "mode=required");
	pass(60);
	expect(1, "0/1");
	expect(8, "-");
	fake_xs_set(fixed[_i].node, NULL);
	run();
	expect(1, "-");
	expect(8, "0/1");
}

/* The number of its pool is one of a port that nobody knows: it keeps what it has. */
START_TEST(fixed_to_a_port_that_is_not_there)
{
	add_many(1, 2, "");
	machine_add(3, "port=0000:00:09.0 pool=2");
	fake_xs_set("vmdq/vif/3/0/assign", "0000:00:03.0/3");
	run();
	expect(3, "0/3");
	expect(2, "0/2");
}

START_TEST(it_is_served_by_another_backend)
{
	machine.stuck = 1;
	add_many(1, 8, "");
	run();
	expect(1, "0/1");
	pass(REFUSED_GRACE_MS / 1000);
	expect(1, "-");
	expect(8, "0/1");
}

START_TEST(busy_displaces_quiet_once)
{
	unsigned int t, i;

	add_many(1, 8, "");
	run();
	c.done = 0;
	for (t = 0; t < 120; t += 5) {
		for (i = 1; i <= 8; i++)
			machine.received[i] += i == 8 ? 5000 : i == 3 ? 5 : 2000;
		pass(5);
		/* two samples less one: the first gives no rate yet */
		ck_assert_msg(c.done == (t >= PLAN_WINDOW_MS / 1000), "%lu steps after %u s",
			      c.done, t);
	}
	expect(8, "0/3");
	expect(3, "-");
}

/* From the moment that a vif becomes busy, be it by little or by much, in the middle of a
 * sample or not: docs/operator.md
 */
START_TEST(busy_displaces_quiet_in_time)
{
	const unsigned int rate = _i / 5 ? 5000 : PLAN_BUSY + 10, idle = _i % 5;
	unsigned int t, begun = PLAN_SAMPLE_MS / 1000 - idle;

	add_many(1, 8, "");
	pass(60);
	machine.received[8] += rate * begun;
	c.done = 0;
	pass(5);
	for (t = begun; !c.done; t += 5) {
		ck_assert_uint_le(t, 35);
		machine.received[8] += rate * 5;
		pass(5);
	}
	ck_assert_uint_gt(t, 25);
	ck_assert_uint_le(t, 35);
	ck_assert_str_ne(machine_pool(8), "-");
}

START_TEST(what_a_vif_has_left_is_removed)
{
	machine_add(1, "");
	run();
	fake_xs_set("backend/vif/1", NULL);
	machine_settle();
	run();
	ck_assert_ptr_nonnull(fake_xs_get("vmdq/vif/1/0/assign"));
	/* its pool is free meanwhile */
	machine_add(2, "pool=1");
	run();
	expect(2, "0/1");
	pass(STALE_GRACE_MS / 1000);
	fake_xs_expect("vmdq/vif/1", NULL);
	/* unless there is a vif of that number again */
	fake_xs_set("vmdq/vif/3/0/assign", "0000:00:03.0/2");
	run();
	machine_add(3, "");
	pass(60);
	expect(3, "0/2");
}

/* It is nobody's directory: least of all that of domain 1, twice */
START_TEST(a_number_with_a_zero_before_it_is_none)
{
	machine_add(1, "");
	fake_xs_set("vmdq/vif/01/0/assign", "0000:00:03.0/7");
	fake_xs_set("vmdq/vif/2/00/assign", "0000:00:03.0/7");
	run();
	pass(STALE_GRACE_MS / 1000);
	ck_assert_ptr_nonnull(fake_xs_get("vmdq/vif/01/0/assign"));
	expect(1, "0/1");
}

/* Nobody can have come by a vif there: what is in it is nobody's */
START_TEST(a_domain_without_a_vif_is_removed)
{
	fake_xs_set("vmdq/vif/9", "");
	fake_xs_set("vmdq/vif/10/here", "");
	fake_xs_set("vmdq/vif/11", "");
	machine_add(11, "");
	fake_xs_set("vmdq/vif/11/0", NULL);
	run();
	ck_assert_ptr_nonnull(fake_xs_get("vmdq/vif/9"));
	pass(STALE_GRACE_MS / 1000);
	fake_xs_expect("vmdq/vif/9", NULL);
	fake_xs_expect("vmdq/vif/10", NULL);
	ck_assert_ptr_nonnull(fake_xs_get("vmdq/vif/11"));
	run();
}

/* ---- xenstore ------------------------------------------------------------ */

START_TEST(a_quota)
{
	machine_add(1, "");
	fake_xs.write_errno = ENOSPC;
	ck_assert_int_eq(coordinate(&c, now), UNSETTLED);
	ck_assert_ptr_nonnull(strstr(machine.said, "quota"));
	/* said once */
	machine.n_said = 0;
	ck_assert_int_eq(coordinate(&c, now), UNSETTLED);
	ck_assert_uint_eq(machine.n_said, 0);
	expect(1, "-");
	fake_xs.write_errno = 0;
	run();
	expect(1, "0/1");
}

/* A hotplug script is quicker */
static void competitor(void)
{
	if (!fake_xs_get("vmdq/vif/2/0/assign"))
		fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/1");
}

START_TEST(a_conflict)
{
	machine_add(1, "");
	machine_add(2, "mode=off");
	fake_xs.before_commit = competitor;
	run();
	ck_assert_uint_ge(fake_xs.conflicts, 1);
	expect(2, "0/1");
	expect(1, "0/2");
}

static void changes_its_mind(void)
{
	if (!fake_xs_get("vmdq/vif/1/0/request/hold"))
		fake_xs_set("vmdq/vif/1/0/request/hold", "none");
}

START_TEST(a_person_is_quicker)
{
	machine_add(1, "");
	fake_xs.before_commit = changes_its_mind;
	run();
	expect(1, "-");
	/* nor is one displaced that has become fixed meanwhile */
	fake_xs.before_commit = NULL;
	add_many(2, 8, "");
	run();
	fake_xs_set("vmdq/vif/1/0/request/hold", NULL);
	fake_xs_set("vmdq/vif/1/0/request/priority", "1");
	fake_xs.before_commit = changes_its_mind;
	run();
	expect(1, "-");
	expect(8, "0/7");
}

START_TEST(two_change_places_at_once)
{
	machine_add(1, "pool=2");
	machine_add(2, "pool=1");
	fake_xs_set("vmdq/vif/1/0/assign", "0000:00:03.0/1");
	fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/2");
	fake_xs.commits = 0;
	ck_assert_int_eq(coordinate(&c, now), SETTLED);
	ck_assert_uint_eq(fake_xs.commits, 1);
	expect(1, "0/2");
	expect(2, "0/1");
	fake_xs_expect("vmdq/vif/1/0/state", "grant");
	fake_xs_expect("vmdq/vif/2/0/state", "grant");
}

static void meddler(void)
{
	static unsigned int n;
	char text[16];

	snprintf(text, sizeof(text), "%u", n++);
	fake_xs_set("vmdq/vif/1/0/nonsense", text);
}

START_TEST(conflicts_without_end)
{
	machine_add(1, "");
	fake_xs.before_commit = meddler;
	ck_assert_int_eq(coordinate(&c, now), UNSETTLED);
	fake_xs.before_commit = NULL;
	run();
	expect(1, "0/1");
}

START_TEST(xenstored_vanishes)
{
	machine_add(1, "");
	fake_xs.lost = true;
	ck_assert_int_eq(coordinate(&c, now), DISCONNECTED);
	ck_assert_int_eq(vmdq_store_news(&c.store), -1);
	ck_assert(!vmdq_store_alive(&c.store));
	vmdq_store_close(&c.store);
	fake_xs.lost = false;
	ck_assert_int_eq(vmdq_store_open(&c.store, &(struct vmdq_err){ 0 }), 0);
	ck_assert_int_eq(vmdq_store_follow(&c.store, &(struct vmdq_err){ 0 }), 0);
	ck_assert_int_gt(vmdq_store_news(&c.store), 0);
	run();
	expect(1, "0/1");
}

/* Everything at once: a drain, a swap, priorities, required, something left behind */
static void muddle(void)
{
	machine_reset();
	machine.present[1] = true;
	add_many(1, 14, "port=0000:00:03.0");
	fake_xs_set("vmdq/vif/1/0/assign", "0000:00:03.0/1");
	fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/2");
	fake_xs_set("vmdq/vif/3/0/assign", "0000:00:03.0/2");
	fake_xs_set("vmdq/vif/4/0/assign", "0000:00:03.0/3");
	fake_xs_set("vmdq/vif/5/0/assign", "0000:00:03.0/4");
	fake_xs_set("vmdq/vif/6/0/assign", "0000:00:04.0/5");
	fake_xs_set("vmdq/vif/7/0/assign", "0000:00:04.0/6");
	fake_xs_set("vmdq/vif/1/0/request/pool", "3");
	fake_xs_set("vmdq/vif/4/0/request/pool", "1");
	fake_xs_set("vmdq/vif/9/0/request/priority", "3");
	fake_xs_set("vmdq/vif/10/0/request/mode", "required");
	fake_xs_set("vmdq/vif/5/0/request/port", NULL);
	fake_xs_set("vmdq/port/0000-00-04-0/drain", "1");
}

static void look_at_end(char text[256])
{
	unsigned int i;

	*text = '\0';
	for (i = 1; i <= 14; i++)
		sprintf(text + strlen(text), "%s ", machine_pool(i));
}

START_TEST(killed_at_any_moment)
{
	char end[256], found[256];
	unsigned int at;

	coordinator_stop(&c);
	muddle();
	coordinator_start(&c);
	run();
	look_at_end(end);
	coordinator_stop(&c);
	for (at = 1;; at++) {
		muddle();
		coordinator_start(&c);
		fake_xs.die_after = at;
		coordinate(&c, now);
		coordinator_stop(&c);
		if (!fake_xs.lost)
			break;
		fake_xs.lost = false;
		fake_xs.die_after = 0;
		coordinator_start(&c);
		run();
		look_at_end(found);
		ck_assert_msg(!strcmp(found, end), "killed before its %u. change: %s, not %s",
			      at, found, end);
		coordinator_stop(&c);
	}
	ck_assert_uint_gt(at, 20);
	fake_xs.die_after = 0;
	coordinator_start(&c);
}

/* ---- load ---------------------------------------------------------------- */

START_TEST(samples)
{
	struct load load = { .n = 0 };
	unsigned int i;

	load_sample(&load, 1000, 5000);
	for (i = 1; i < PLAN_SAMPLES; i++)
		load_sample(&load, 1000 + 5000 * i, 5000 + 5000 * i);
	/* a window less one */
	ck_assert_uint_eq(load_low(&load), 0);
	ck_assert_uint_eq(load_high(&load), UINT64_MAX);
	load_sample(&load, 1000 + 5000 * i - 2500, 5000 + 5000 * i);
	ck_assert_uint_eq(load_low(&load), 500);
	ck_assert_uint_eq(load_high(&load), 1000);
	/* one that comes too early waits for the next */
	load_sample(&load, 1000000, 5000 + 5000 * i + 1);
	ck_assert_uint_eq(load_high(&load), 1000);
	/* another interface of that name */
	load_sample(&load, 0, 100000);
	ck_assert_uint_eq(load_high(&load), UINT64_MAX);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("vmdqd");
	TCase *tcase;

#define CASE(name, test)	unit_case_with(s, name, setup, teardown, test)
	CASE("eight guests", eight_guests_on_seven_pools);
	CASE("restart", a_restart_changes_nothing);
	CASE("no wish", who_wants_no_pool_gets_none);
	CASE("hold", what_a_person_decided_stays);
	CASE("empty domain", a_domain_without_a_vif_is_removed);
	tcase = tcase_create("load, in time");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, busy_displaces_quiet_in_time, 0, 10);
	suite_add_tcase(s, tcase);
	tcase = tcase_create("fixed unfit");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, of_no_use_though_fixed, 0, sizeof(fixed) / sizeof(fixed[0]));
	suite_add_tcase(s, tcase);
	CASE("leading zero", a_number_with_a_zero_before_it_is_none);
	CASE("decided, no request", what_a_person_decided_for_a_vif_without_a_request_stays);
	CASE("configuration", the_configuration_may_name_port_and_pool);
	CASE("drain", two_ports_and_a_drain);
	CASE("port", a_port_vanishes_and_comes_back);
	CASE("stuck", a_backend_that_does_not_let_go);
	CASE("unfit", a_pool_is_of_no_use_to_it);
	CASE("required unfit", of_no_use_though_required);
	CASE("fixed absent", fixed_to_a_port_that_is_not_there);
	CASE("other backend", it_is_served_by_another_backend);
	CASE("busy", busy_displaces_quiet_once);
	CASE("left", what_a_vif_has_left_is_removed);
	CASE("quota", a_quota);
	CASE("conflict", a_conflict);
	CASE("quicker", a_person_is_quicker);
	CASE("places", two_change_places_at_once);
	CASE("conflicts", conflicts_without_end);
	CASE("lost", xenstored_vanishes);
	CASE("killed", killed_at_any_moment);
	unit_case(s, "samples", samples);

	return s;
}
