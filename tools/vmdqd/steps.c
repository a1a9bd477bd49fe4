// SPDX-License-Identifier: GPL-2.0
/*
 * From who has what to who shall have what, one change at a time, so that no
 * pool is ever assigned twice and each state in between is one that a plan can
 * begin with: whoever is killed there is replaced by one who ends the same way.
 */
#include <stdlib.h>

#include "plan_priv.h"

static void add(struct match *m, struct plan *plan, struct plan_step step)
{
	struct place *place = &m->place[step.vif];

	plan->step[plan->n++] = step;
	if (place->now != NO_SLOT && m->slot[place->now].owner == step.vif)
		m->slot[place->now].owner = PLAN_NOBODY;
	place->now = step.assign ? place->then : NO_SLOT;
	if (step.assign)
		m->slot[place->then].owner = step.vif;
}

static enum plan_why why_released(const struct match *m, size_t v)
{
	const struct plan_vif *vif = &m->in->vifs[v];

	return m->in->ports[vif->port].drain ? PLAN_DRAIN : PLAN_UNFIT;
}

/* What is assigned to a vif that shall have nothing, and that nobody else takes over;
 * and what is assigned wrongly, before anybody can be in its way
 */
static void add_releases(struct match *m, struct plan *plan)
{
	struct plan_step step = { .from = PLAN_NOBODY };
	size_t v;

	for (v = 0; v < m->in->n_vifs; v++) {
		const struct place *p = &m->place[v];

		if (!m->in->vifs[v].has || (p->then != NO_SLOT && p->now != NO_SLOT))
			continue;
		/* whom another one displaces: in that one's step */
		if (p->now != NO_SLOT && m->slot[p->now].placed != PLAN_NOBODY)
			continue;
		step.vif = v;
		step.why = why_released(m, v);
		add(m, plan, step);
	}
}

/*
 * One assignment whose pool is free, or of one who shall have none.  With
 * @newcomers, of a vif that has nothing and gets a free pool: such come last, or one
 * might be taken for somebody who has had its pool all along.
 */
static bool add_assignment(struct match *m, struct plan *plan, bool newcomers)
{
	size_t i, v, owner;

	for (i = 0; i < m->in->n_vifs; i++) {
		struct plan_step step = { .assign = true, .from = PLAN_NOBODY };
		const struct slot *slot;

		v = m->order[i];
		if (m->place[v].then == NO_SLOT || m->place[v].then == m->place[v].now)
			continue;
		slot = &m->slot[m->place[v].then];
		owner = slot->owner;
		if (owner != PLAN_NOBODY && m->place[owner].then != NO_SLOT)
			continue;
		if (newcomers != (owner == PLAN_NOBODY && m->place[v].now == NO_SLOT))
			continue;
		step.vif = v;
		step.port = slot->port;
		step.pool = slot->pool;
		step.from = owner;
		if (m->place[v].now != NO_SLOT)
			step.why = PLAN_MOVE;
		else if (m->place[v].why == PLAN_LOAD || owner == PLAN_NOBODY)
			step.why = m->place[v].why;
		else
			step.why = PLAN_RANK;
		if (owner != PLAN_NOBODY)
			m->place[owner].now = NO_SLOT;
		add(m, plan, step);
		return true;
	}

	return false;
}

/*
 * Vifs that wait for one another's pools, in a circle: each wants what the next one
 * has, and nobody else wants that.  One after another gets it, and the next one what
 * it had, in one transaction: nobody is found half-way.
 */
static bool break_circle(struct match *m, struct plan *plan)
{
	struct plan_step step = { .assign = true, .swap = true, .why = PLAN_MOVE };
	size_t v, had, owner;

	for (v = 0; v < m->in->n_vifs; v++)
		if (m->place[v].then != NO_SLOT && m->place[v].now != NO_SLOT &&
		    m->place[v].then != m->place[v].now)
			break;
	if (v == m->in->n_vifs)
		return false;
	had = m->place[v].now;
	while (m->place[v].then != had) {
		const struct slot *slot = &m->slot[m->place[v].then];

		owner = slot->owner;
		step.vif = v;
		step.port = slot->port;
		step.pool = slot->pool;
		step.from = owner;
		add(m, plan, step);
		m->place[owner].now = had;
		m->slot[had].owner = owner;
		step.joined = true;
		v = owner;
	}

	return true;
}

/**
 * plan_steps() - fill in the steps of a plan
 * @m: in: where everybody is and shall be; out: all are there
 * @plan: result
 *
 * Return: 0, or -1 without memory.
 */
int plan_steps(struct match *m, struct plan *plan)
{
	plan->step = calloc(2 * m->in->n_vifs + 1, sizeof(*plan->step));
	if (!plan->step)
		return -1;
	add_releases(m, plan);
	while (add_assignment(m, plan, false))
		;
	while (break_circle(m, plan))
		;
	while (add_assignment(m, plan, true))
		;

	return 0;
}
