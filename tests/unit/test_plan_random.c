// SPDX-License-Identifier: GPL-2.0
/*
 * Shows for thousands of random machines what holds for every plan of vmdqd: no pool
 * is assigned twice and no vif twice, not even between two steps; nobody waits while
 * a lesser one has a pool that it could have; nothing is done twice; and whoever is
 * killed between two steps is replaced by one who comes to serve the same vifs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "suite.h"

#define MAX_PORTS	4
#define MAX_VIFS	24
#define ROUNDS		30

struct world {
	struct plan_port port[MAX_PORTS];
	struct plan_vif vif[MAX_VIFS];
	struct plan_input in;
};

static unsigned int any(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void any_port(struct plan_port *p)
{
	p->n_pools = 1 + any(6);
	p->up = any(8) != 0;
	p->drain = any(8) == 0;
	p->down_ms = any(2) * PLAN_PORT_GRACE_MS;
	p->taken = any(4) ? 0 : any(64);
}

static void any_load(struct plan_vif *v)
{
	v->high = any(4) ? 1u << any(20) : UINT64_MAX;
	v->low = v->high == UINT64_MAX ? 0 : v->high / (1 + any(3));
}

static void any_vif(struct plan_vif *v, unsigned int number, size_t n_ports)
{
	v->domid = 1 + number / 2;
	v->handle = number % 2;
	v->class = any(6) ? PLAN_AUTO : any(PLAN_IDLE + 1);
	v->priority = any(3);
	v->ports = any(1u << n_ports);
	v->fixed = v->class == PLAN_FIXED || !any(8) ? any(6) : 0;
	v->has = n_ports && any(3);
	v->port = v->has ? any((unsigned int)n_ports) : 0;
	v->pool = 1 + any(7);
	any_load(v);
}

static void any_world(struct world *w)
{
	unsigned int i;

	memset(w, 0, sizeof(*w));
	w->in = (struct plan_input){ w->port, any(MAX_PORTS + 1), w->vif, any(MAX_VIFS + 1) };
	for (i = 0; i < w->in.n_ports; i++)
		any_port(&w->port[i]);
	for (i = 0; i < w->in.n_vifs; i++)
		any_vif(&w->vif[i], i, w->in.n_ports);
}

static void any_change(struct world *w)
{
	unsigned int i = w->in.n_vifs ? any((unsigned int)w->in.n_vifs) : 0;

	if (w->in.n_ports && !any(4))
		any_port(&w->port[any((unsigned int)w->in.n_ports)]);
	if (w->in.n_vifs) {
		any_load(&w->vif[any((unsigned int)w->in.n_vifs)]);
		if (!any(2)) {
			any_vif(&w->vif[i], i, w->in.n_ports);
			w->vif[i].has = false;
		}
	}
}

static bool holds(const struct plan_vif *v, size_t port, unsigned int pool)
{
	return v->has && v->port == port && v->pool == pool;
}

static unsigned int holders(const struct world *w, size_t port, unsigned int pool)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < w->in.n_vifs; i++)
		n += holds(&w->vif[i], port, pool);

	return n;
}

static void carry_out(struct world *w, const struct plan_step *s)
{
	struct plan_vif *v = &w->vif[s->vif], before = *v;

	ck_assert_uint_lt(s->vif, w->in.n_vifs);
	ck_assert(s->assign || v->has);
	if (s->from != PLAN_NOBODY) {
		ck_assert_uint_ne(s->from, s->vif);
		ck_assert(s->assign && holds(&w->vif[s->from], s->port, s->pool));
		ck_assert(!s->swap || before.has);
		w->vif[s->from].has = s->swap;
		w->vif[s->from].port = before.port;
		w->vif[s->from].pool = before.pool;
	}
	v->has = s->assign;
	v->port = s->port;
	v->pool = s->pool;
	if (!s->assign)
		return;
	ck_assert_uint_lt(s->port, w->in.n_ports);
	ck_assert(s->pool && s->pool < w->port[s->port].n_pools);
	ck_assert_uint_eq(holders(w, s->port, s->pool), 1);
}

/* Plans until there is nothing to do.  Load is weighed one vif at a time. */
static void settle(struct world *w)
{
	struct plan plan;
	size_t i;
	int tries;

	for (tries = 0;; tries++) {
		ck_assert_int_lt(tries, MAX_VIFS);
		ck_assert_int_eq(plan_make(&w->in, &plan), 0);
		for (i = 0; i < plan.n; i++)
			carry_out(w, &plan.step[i]);
		i = plan.n;
		plan_free(&plan);
		if (!i)
			return;
	}
}

static bool lesser(const struct plan_vif *a, const struct plan_vif *b)
{
	if (a->class != b->class)
		return a->class > b->class;
	return a->class == PLAN_AUTO && a->priority < b->priority;
}

/* What every settled machine is like */
static void inspect(const struct world *w)
{
	const struct plan_port *port;
	const struct plan_vif *v;
	unsigned int pool;
	size_t i, j, p;

	for (i = 0; i < w->in.n_vifs; i++) {
		v = &w->vif[i];
		if (v->has) {
			port = &w->port[v->port];
			ck_assert_uint_eq(holders(w, v->port, v->pool), 1);
			ck_assert(!port->drain && v->pool < port->n_pools);
			ck_assert(v->class == PLAN_IDLE ||
				  (v->ports & 1ull << v->port &&
				   (!v->fixed || v->fixed == v->pool)));
			continue;
		}
		if (v->class == PLAN_IDLE)
			continue;
		for (p = 0; p < w->in.n_ports; p++) {
			port = &w->port[p];
			if (!(v->ports & 1ull << p) || port->drain || !port->up)
				continue;
			for (pool = 1; pool < port->n_pools; pool++) {
				if ((v->fixed && v->fixed != pool) || port->taken & 1ull << pool)
					continue;
				ck_assert_msg(holders(w, p, pool),
					      "vif %zu waits, and %zu/%u is free", i, p, pool);
				for (j = 0; j < w->in.n_vifs; j++)
					ck_assert_msg(!holds(&w->vif[j], p, pool) ||
						      !lesser(&w->vif[j], v),
						      "vif %zu waits, and %zu has %zu/%u", i, j, p,
						      pool);
			}
		}
	}
}

START_TEST(what_always_holds)
{
	struct world w;
	int i;

	srand((unsigned int)_i);
	any_world(&w);
	for (i = 0; i < ROUNDS; i++) {
		settle(&w);
		inspect(&w);
		any_change(&w);
	}
}

static void copy(struct world *to, const struct world *from)
{
	*to = *from;
	to->in.ports = to->port;
	to->in.vifs = to->vif;
}

/* Loads apart: who comes knows of none, and one displaces another in a single step */
static void forget_loads(struct world *w)
{
	size_t i;

	for (i = 0; i < w->in.n_vifs; i++) {
		w->vif[i].low = 0;
		w->vif[i].high = UINT64_MAX;
	}
}

START_TEST(killed_between_two_steps)
{
	struct world start, whole, w;
	struct plan plan;
	size_t i, k;

	srand((unsigned int)_i + 100000);
	any_world(&start);
	settle(&start);
	for (i = 0; i < 5; i++)
		any_change(&start);
	forget_loads(&start);
	copy(&whole, &start);
	settle(&whole);
	ck_assert_int_eq(plan_make(&start.in, &plan), 0);
	for (k = 0; k < plan.n; k++) {
		if (plan.step[k].joined)
			continue;
		copy(&w, &start);
		for (i = 0; i < k; i++)
			carry_out(&w, &plan.step[i]);
		settle(&w);
		inspect(&w);
		for (i = 0; i < w.in.n_vifs; i++)
			ck_assert_msg(w.vif[i].has == whole.vif[i].has,
				      "killed after step %zu of %zu, vif %zu: %d, not %d", k,
				      plan.n, i, w.vif[i].has, whole.vif[i].has);
	}
	plan_free(&plan);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("random plans");
	TCase *tc = tcase_create("always");

	tcase_add_loop_test(tc, what_always_holds, 0, 100);
	suite_add_tcase(s, tc);
	tc = tcase_create("killed");
	tcase_add_loop_test(tc, killed_between_two_steps, 0, 250);
	suite_add_tcase(s, tc);

	return s;
}
