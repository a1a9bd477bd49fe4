// SPDX-License-Identifier: GPL-2.0
/*
 * Shows which vif vmdqd gives which pool: fixed ones first, then required ones, then
 * by priority, then by load; that who waits gets the pool that becomes free; that
 * ports are drained and vanish; and that a vif is never disturbed for nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "suite.h"

#define N_POOLS	8	/* the port's own included */
#define MAX	32

static struct plan_port ports[3];
static struct plan_vif vifs[MAX];
static struct plan_input in;
static struct plan plan;

/* One port of seven pools, nobody there */
static void setup(void)
{
	int i;

	memset(ports, 0, sizeof(ports));
	memset(vifs, 0, sizeof(vifs));
	for (i = 0; i < 3; i++) {
		snprintf(ports[i].name, sizeof(ports[i].name), "0000:00:0%d.0", i + 3);
		ports[i].n_pools = N_POOLS;
		ports[i].up = true;
	}
	in = (struct plan_input){ .ports = ports, .n_ports = 1, .vifs = vifs };
	memset(&plan, 0, sizeof(plan));
}

static void teardown(void)
{
	plan_free(&plan);
}

/* One more vif, which may use port 0 and whose load is not known */
static struct plan_vif *add(enum plan_class class, unsigned int priority)
{
	struct plan_vif *v = &vifs[in.n_vifs++];

	ck_assert_uint_le(in.n_vifs, MAX);
	*v = (struct plan_vif){ .domid = (unsigned int)in.n_vifs, .class = class,
				.priority = priority, .ports = 1, .high = UINT64_MAX };

	return v;
}

static struct plan_vif *add_with(enum plan_class class, unsigned int priority, size_t port,
				 unsigned int pool)
{
	struct plan_vif *v = add(class, priority);

	v->has = true;
	v->port = port;
	v->pool = pool;

	return v;
}

static void load(struct plan_vif *v, uint64_t rate)
{
	v->low = rate;
	v->high = rate;
}

static void make(void)
{
	plan_free(&plan);
	ck_assert_int_eq(plan_make(&in, &plan), 0);
}

/* What the executor would do; no pool may have two vifs after any step */
static void carry_out(const struct plan_step *s)
{
	struct plan_vif *v = &vifs[s->vif], before = *v;
	size_t i;

	if (s->from != PLAN_NOBODY) {
		ck_assert(s->assign);
		ck_assert(vifs[s->from].has && vifs[s->from].port == s->port &&
			  vifs[s->from].pool == s->pool);
		vifs[s->from].has = s->swap;
		vifs[s->from].port = before.port;
		vifs[s->from].pool = before.pool;
	}
	v->has = s->assign;
	v->port = s->port;
	v->pool = s->pool;
	for (i = 0; s->assign && i < in.n_vifs; i++)
		ck_assert_msg(i == s->vif || !vifs[i].has || vifs[i].port != s->port ||
			      vifs[i].pool != s->pool, "pool %zu/%u twice", s->port, s->pool);
}

/* Plans and carries out, and sees that nothing is left to do.  Return: steps. */
static size_t settle(void)
{
	size_t i, n;

	make();
	n = plan.n;
	for (i = 0; i < n; i++)
		carry_out(&plan.step[i]);
	make();
	ck_assert_msg(!plan.n, "%zu steps, and then %zu more", n, plan.n);

	return n;
}

static void expect(const struct plan_vif *v, size_t port, unsigned int pool)
{
	ck_assert_msg(v->has && v->port == port && v->pool == pool,
		      "vif %td: %s %zu/%u, not %zu/%u", v - vifs, v->has ? "has" : "had", v->port,
		      v->pool, port, pool);
}

static void fill(enum plan_class class, unsigned int priority)
{
	unsigned int i;

	for (i = 1; i < N_POOLS; i++)
		add_with(class, priority, 0, i);
}

START_TEST(nothing_to_do)
{
	ck_assert_uint_eq(settle(), 0);
	fill(PLAN_AUTO, 0);
	ck_assert_uint_eq(settle(), 0);
	add(PLAN_AUTO, 0);
	ck_assert_uint_eq(settle(), 0);
	ck_assert_uint_eq(plan.waiting, 1);
	in.n_ports = 0;
	in.n_vifs = 0;
	add(PLAN_REQUIRED, 0);
	ck_assert_uint_eq(settle(), 0);
}

START_TEST(the_eighth_waits_and_gets_what_becomes_free)
{
	int i;

	for (i = 0; i < N_POOLS; i++)
		add(PLAN_AUTO, 0);
	ck_assert_uint_eq(settle(), N_POOLS - 1);
	for (i = 0; i < N_POOLS - 1; i++)
		expect(&vifs[i], 0, (unsigned int)i + 1);
	ck_assert(!vifs[7].has);
	/* the fourth goes */
	vifs[3] = vifs[7];
	in.n_vifs--;
	ck_assert_uint_eq(settle(), 1);
	expect(&vifs[3], 0, 4);
	ck_assert_int_eq(plan.waiting, 0);
}

START_TEST(a_pool_that_is_not_given_back_yet_is_waited_for)
{
	add(PLAN_AUTO, 0);
	ports[0].taken = 0xfe;
	ck_assert_uint_eq(settle(), 0);
	ports[0].taken = 0xf6;
	ck_assert_uint_eq(settle(), 1);
	expect(&vifs[0], 0, 3);
	/* one's own pool may still be another's: its owner is told when that lets go */
	ports[0].taken = 0xfe;
	ck_assert_uint_eq(settle(), 0);
}

START_TEST(priority)
{
	struct plan_vif *v;

	fill(PLAN_AUTO, 5);
	vifs[2].priority = 3;
	vifs[4].priority = 4;
	add(PLAN_AUTO, 3);
	ck_assert_uint_eq(settle(), 0);
	v = add(PLAN_AUTO, 4);
	make();
	ck_assert_uint_eq(plan.n, 1);
	/* in one step: nobody else can come by the pool in between */
	ck_assert_uint_eq(plan.step[0].from, 2);
	ck_assert_int_eq(plan.step[0].why, PLAN_RANK);
	ck_assert_uint_eq(settle(), 1);
	expect(v, 0, 3);
	ck_assert(!vifs[2].has);
	/* its load protects nobody from a higher priority */
	vifs[4].low = 100000;
	vifs[4].high = 100000;
	add(PLAN_AUTO, 6);
	v->priority = 5;
	ck_assert_uint_eq(settle(), 1);
	ck_assert(!vifs[4].has);
}

START_TEST(of_equals_the_quietest_makes_room)
{
	int i;

	fill(PLAN_AUTO, 0);
	for (i = 0; i < N_POOLS - 1; i++)
		load(&vifs[i], i == 5 ? 10 : 1000);
	add(PLAN_AUTO, 1);
	ck_assert_uint_eq(settle(), 1);
	ck_assert(!vifs[5].has);
}

START_TEST(required_goes_before_priority)
{
	struct plan_vif *v;

	fill(PLAN_AUTO, 1000);
	v = add(PLAN_REQUIRED, 0);
	ck_assert_uint_eq(settle(), 1);
	ck_assert(v->has);
	/* and is not displaced by another one: its domain was started with a pool */
	in.n_vifs = 0;
	fill(PLAN_REQUIRED, 0);
	add(PLAN_REQUIRED, 1000);
	add(PLAN_AUTO, 1000);
	ck_assert_uint_eq(settle(), 0);
	ck_assert_uint_eq(plan.waiting, 2);
}

START_TEST(fixed_goes_before_all)
{
	struct plan_vif *v;
	size_t i, n = 0;

	fill(PLAN_REQUIRED, 0);
	v = add(PLAN_FIXED, 0);
	v->fixed = 4;
	/* who was in its way gets the pool of the one that ranks lowest */
	ck_assert_uint_eq(settle(), 2);
	expect(v, 0, 4);
	expect(&vifs[3], 0, 7);
	ck_assert(!vifs[6].has);
	/* two change places where that is enough */
	v->fixed = 6;
	ck_assert_uint_ge(settle(), 1);
	expect(v, 0, 6);
	for (i = 0; i < in.n_vifs; i++)
		n += vifs[i].has;
	ck_assert_uint_eq(n, N_POOLS - 1);
	ck_assert(!vifs[6].has);
}

START_TEST(fixed_is_that_pool_and_no_other)
{
	struct plan_vif *first = add(PLAN_FIXED, 0), *second = add(PLAN_FIXED, 0), *none;

	first->fixed = 2;
	second->fixed = 2;
	none = add(PLAN_FIXED, 9);
	none->fixed = 8;
	ck_assert_uint_eq(settle(), 1);
	expect(first, 0, 2);
	ck_assert(!second->has && !none->has);
	/* the higher priority of two */
	second->priority = 1;
	ck_assert_uint_eq(settle(), 1);
	expect(second, 0, 2);
	ck_assert(!first->has);
}

START_TEST(fixed_ones_that_have_each_other_s_pool)
{
	struct plan_vif *a = add_with(PLAN_FIXED, 0, 0, 1), *b = add_with(PLAN_FIXED, 0, 0, 2),
		*c = add_with(PLAN_FIXED, 0, 0, 3);

	a->fixed = 2;
	b->fixed = 3;
	c->fixed = 1;
	make();
	ck_assert_uint_eq(plan.n, 2);
	ck_assert(plan.step[0].swap && plan.step[1].joined);
	settle();
	expect(a, 0, 2);
	expect(b, 0, 3);
	expect(c, 0, 1);
}

START_TEST(idle_ones_keep_a_pool_until_it_is_wanted)
{
	fill(PLAN_AUTO, 0);
	vifs[1].class = PLAN_IDLE;
	vifs[1].ports = 0;
	vifs[1].priority = 99;
	ck_assert_uint_eq(settle(), 0);
	add(PLAN_AUTO, 0);
	ck_assert_uint_eq(settle(), 1);
	ck_assert(!vifs[1].has);
	expect(&vifs[7], 0, 2);
	/* and never get one */
	vifs[0].has = false;
	vifs[0].class = PLAN_IDLE;
	ck_assert_uint_eq(settle(), 0);
}

/* ---- load ---------------------------------------------------------------- */

START_TEST(busy_displaces_quiet)
{
	struct plan_vif *busy;
	int i;

	fill(PLAN_AUTO, 0);
	for (i = 0; i < N_POOLS - 1; i++)
		load(&vifs[i], 1000);
	vifs[3].low = 0;
	vifs[3].high = 300;
	busy = add(PLAN_AUTO, 0);
	busy->high = 5000;
	/* exactly the ratio and the minimum is not more */
	busy->low = 300 * PLAN_RATIO + PLAN_BUSY;
	ck_assert_uint_eq(settle(), 0);
	busy->low++;
	make();
	ck_assert_uint_eq(plan.n, 1);
	ck_assert_uint_eq(plan.step[0].from, 3);
	ck_assert_int_eq(plan.step[0].why, PLAN_LOAD);
	ck_assert_uint_eq(settle(), 1);
	expect(busy, 0, 4);
}

START_TEST(load_is_no_reason)
{
	struct plan_vif *busy;

	fill(PLAN_AUTO, 1);
	busy = add(PLAN_AUTO, 1);
	load(busy, 1000000);
	/* against one that was not observed for the whole window, which all are */
	ck_assert_uint_eq(settle(), 0);
	vifs[0].high = 0;
	/* nor against a higher priority, a mode, a fixed pool, nor if nobody is busy */
	vifs[0].priority = 2;
	ck_assert_uint_eq(settle(), 0);
	vifs[0].priority = 1;
	vifs[0].class = PLAN_REQUIRED;
	ck_assert_uint_eq(settle(), 0);
	vifs[0].class = PLAN_FIXED;
	vifs[0].fixed = 1;
	ck_assert_uint_eq(settle(), 0);
	vifs[0].class = PLAN_AUTO;
	vifs[0].fixed = 0;
	busy->low = PLAN_BUSY;
	ck_assert_uint_eq(settle(), 0);
	busy->low++;
	ck_assert_uint_eq(settle(), 1);
}

START_TEST(one_at_a_time_and_the_quietest_first)
{
	int i;

	fill(PLAN_AUTO, 0);
	for (i = 0; i < N_POOLS - 1; i++)
		vifs[i].high = (uint64_t)(10 - i);
	for (i = 0; i < 3; i++)
		add(PLAN_AUTO, 0)->low = 1000;
	for (i = 0; i < 3; i++) {
		make();
		ck_assert_uint_eq(plan.n, 1);
		ck_assert_uint_eq(plan.step[0].from, 6 - i);
		carry_out(&plan.step[0]);
	}
	ck_assert_uint_eq(settle(), 0);
}

/* Whatever the loads are, each displaced vif leaves its pool to a much busier one:
 * it comes to an end, and with loads that waver by a third it stays there
 */
START_TEST(it_never_flaps)
{
	unsigned int round, steps = 0, i;
	uint64_t mean[20];

	srand((unsigned int)_i);
	fill(PLAN_AUTO, 0);
	while (in.n_vifs < 20)
		add(PLAN_AUTO, 0);
	for (i = 0; i < 20; i++)
		mean[i] = 1u << rand() % 16;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < 20; i++) {
			vifs[i].low = mean[i] - mean[i] / 6 - (uint64_t)rand() % (mean[i] / 6 + 1);
			vifs[i].high = mean[i] + mean[i] / 6 + (uint64_t)rand() % (mean[i] / 6 + 1);
		}
		make();
		ck_assert_uint_le(plan.n, 1);
		if (!plan.n)
			continue;
		carry_out(&plan.step[0]);
		steps++;
		ck_assert_msg(round < 50, "a step in round %u", round);
	}
	/* each of the busiest has come to a pool at most once */
	ck_assert_uint_le(steps, 20);
}

/* ---- ports --------------------------------------------------------------- */

START_TEST(two_ports)
{
	struct plan_vif *v;
	int i;

	in.n_ports = 2;
	for (i = 0; i < N_POOLS; i++)
		add(PLAN_AUTO, 0)->ports = 3;
	ck_assert_uint_eq(settle(), N_POOLS);
	expect(&vifs[6], 0, 7);
	expect(&vifs[7], 1, 1);
	/* one that can use the first only: another makes room for it */
	v = add(PLAN_AUTO, 0);
	make();
	ck_assert_uint_eq(plan.n, 2);
	ck_assert_int_eq(plan.step[0].why, PLAN_MOVE);
	ck_assert_uint_eq(plan.step[0].port, 1);
	ck_assert_int_eq(plan.step[1].why, PLAN_FREE);
	settle();
	ck_assert(v->has && v->port == 0);
	for (i = 0; i < N_POOLS; i++)
		ck_assert(vifs[i].has);
}

START_TEST(a_port_is_drained)
{
	int i;

	in.n_ports = 2;
	fill(PLAN_AUTO, 0);
	for (i = 0; i < 3; i++)
		vifs[i].ports = 3;
	vifs[4].class = PLAN_REQUIRED;
	vifs[5].class = PLAN_FIXED;
	vifs[5].fixed = 6;
	vifs[6].class = PLAN_IDLE;
	ports[0].drain = true;
	ck_assert_uint_eq(settle(), 7);
	for (i = 0; i < 7; i++)
		ck_assert_int_eq(vifs[i].has, i < 3);
	ck_assert_uint_eq(vifs[0].port, 1);
	/* and is filled again, by those who waited */
	ports[0].drain = false;
	ck_assert_uint_eq(settle(), 3);
	expect(&vifs[5], 0, 6);
	ck_assert_uint_eq(vifs[0].port, 1);
}

START_TEST(a_port_goes_down_or_away)
{
	in.n_ports = 2;
	add_with(PLAN_AUTO, 0, 0, 1)->ports = 3;
	add_with(PLAN_AUTO, 0, 0, 2);
	ports[0].up = false;
	/* a reset is soon over */
	ports[0].down_ms = PLAN_PORT_GRACE_MS - 1;
	ck_assert_uint_eq(settle(), 0);
	ports[0].down_ms++;
	ck_assert_uint_eq(settle(), 1);
	expect(&vifs[0], 1, 1);
	/* who has no other port gets its pool back by itself */
	expect(&vifs[1], 0, 2);
	ck_assert_uint_eq(plan.waiting, 1);
	/* nobody is sent to a port that is down */
	add(PLAN_AUTO, 0);
	ck_assert_uint_eq(settle(), 0);
	ports[0].up = true;
	ck_assert_uint_eq(settle(), 1);
	expect(&vifs[0], 1, 1);
	expect(&vifs[1], 0, 2);
	expect(&vifs[2], 0, 1);
}

START_TEST(who_flees_a_dead_port_disturbs_no_equal)
{
	struct plan_vif *v;
	unsigned int i;

	in.n_ports = 2;
	for (i = 1; i < N_POOLS; i++)
		add_with(PLAN_AUTO, 0, 1, i)->ports = 3;
	v = add_with(PLAN_AUTO, 0, 0, 1);
	v->ports = 3;
	v->low = 100000;
	ports[0].up = false;
	ports[0].down_ms = PLAN_PORT_GRACE_MS;
	ck_assert_uint_eq(settle(), 0);
	v->priority = 1;
	ck_assert_uint_eq(settle(), 1);
	ck_assert_uint_eq(v->port, 1);
}

START_TEST(what_is_not_for_it_is_taken_back)
{
	in.n_ports = 2;
	/* another port's pool; the same pool twice; a pool that there is not */
	add_with(PLAN_AUTO, 0, 1, 3);
	add_with(PLAN_AUTO, 0, 0, 5);
	add_with(PLAN_AUTO, 0, 0, 5);
	add_with(PLAN_AUTO, 0, 0, 40);
	add_with(PLAN_IDLE, 0, 0, 41);
	settle();
	expect(&vifs[1], 0, 5);
	ck_assert(vifs[0].has && !vifs[0].port);
	ck_assert(vifs[2].has && vifs[2].pool != 5);
	ck_assert(vifs[3].has && vifs[3].pool < N_POOLS);
	ck_assert(!vifs[4].has);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("plan");
	TCase *tc;

#define CASE(name, test)	unit_case_with(s, name, setup, teardown, test)
	CASE("nothing to do", nothing_to_do);
	CASE("the eighth", the_eighth_waits_and_gets_what_becomes_free);
	CASE("held", a_pool_that_is_not_given_back_yet_is_waited_for);
	CASE("priority", priority);
	CASE("quietest", of_equals_the_quietest_makes_room);
	CASE("required", required_goes_before_priority);
	CASE("fixed", fixed_goes_before_all);
	CASE("that pool", fixed_is_that_pool_and_no_other);
	CASE("circle", fixed_ones_that_have_each_other_s_pool);
	CASE("idle", idle_ones_keep_a_pool_until_it_is_wanted);
	CASE("busy", busy_displaces_quiet);
	CASE("load is no reason", load_is_no_reason);
	CASE("one at a time", one_at_a_time_and_the_quietest_first);
	CASE("two ports", two_ports);
	CASE("drain", a_port_is_drained);
	CASE("down", a_port_goes_down_or_away);
	CASE("dead port", who_flees_a_dead_port_disturbs_no_equal);
	CASE("unfit", what_is_not_for_it_is_taken_back);
	tc = tcase_create("never flaps");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, it_never_flaps, 0, 50);
	suite_add_tcase(s, tc);

	return s;
}
