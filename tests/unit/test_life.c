// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the backend takes a vif through its life as the diagram in the xenstore schema
 * says: everything that can happen to a vif is tried in every order, by the functions that
 * the backend itself calls, and each way from one state to another that is seen has to be in
 * the diagram, and each of the backend's in the diagram has to be seen.
 */
#include <stdbool.h>

#include "diagram.h"
#include "life.h"
#include "suite.h"

/**
 * struct model - a vif, as xenstore and the backend have it
 * @request: there is a request
 * @assign: there is an assignment
 * @state: value of "state", LIFE_SHOWN + VIF_SHOWN_*; 0: it is absent
 * @now: where the vif is
 */
struct model {
	bool request;
	bool assign;
	unsigned int state;
	struct vif_life now;
};

#define N_MODELS	(2 * 2 * (LIFE_COUNT + 1) * 2 * 2 * 2 * 4)

static struct model queue[N_MODELS];
static bool known[N_MODELS];
static unsigned int n_queue;

static enum life life_of(const struct model *m)
{
	if (m->state)
		return (enum life)m->state;
	if (m->assign)
		return LIFE_ASSIGNED;
	return m->request ? LIFE_REQUESTED : LIFE_NONE;
}

/* A vif that can be like this, to be gone on with */
static void reach(struct model m)
{
	unsigned int key = m.state;

	key = key * 4 + m.now.level;
	key = key * 2 + m.request;
	key = key * 2 + m.assign;
	key = key * 2 + m.now.connected;
	key = key * 2 + m.now.disabled;
	key = key * 2 + m.now.revoked;
	ck_assert_uint_lt(key, N_MODELS);
	if (known[key])
		return;
	known[key] = true;
	queue[n_queue++] = m;
}

/* The backend writes "state" */
static void show(struct model *m, enum vif_shown shown)
{
	enum life from = life_of(m);

	m->state = LIFE_SHOWN + shown;
	diagram_saw(from, life_of(m));
	reach(*m);
}

/* vif_assign_apply(): @target is where the vif shall be, @same its pool the right one, and
 * @had whether one can be had
 */
static void apply(struct model m, enum vif_level target, bool same, bool had)
{
	bool there = m.now.level == target &&
		     (m.now.level == VIF_LEVEL_SOFTWARE || (!m.now.revoked && same));
	struct vif_life_plan plan = vif_life_plan(&m.now, there, target);

	if (plan.say_draining)
		show(&m, VIF_SHOWN_DRAINING);
	if (plan.detach) {
		m.now.level = VIF_LEVEL_SOFTWARE;
		m.now.revoked = false;
	}
	/* no pool is taken while one is held */
	ck_assert(!plan.attach || m.now.level == VIF_LEVEL_SOFTWARE);
	if (plan.attach && had)
		m.now.level = target;
	show(&m, vif_life_shown(&m.now));
	/* what is shown is true */
	ck_assert(m.state != LIFE_SHOWN + VIF_SHOWN_DRAINING);
	ck_assert((m.state == LIFE_SHOWN + VIF_SHOWN_COPY) == (m.now.level == VIF_LEVEL_COPY));
	ck_assert((m.state == LIFE_SHOWN + VIF_SHOWN_GRANT) == (m.now.level == VIF_LEVEL_GRANT));
}

/* vif_assign_apply(), whatever is asked for and can be had */
static void look(struct model m)
{
	bool may = m.now.connected && !m.now.disabled && m.assign;
	enum vif_level target;
	unsigned int i;

	for (target = VIF_LEVEL_SOFTWARE; target < VIF_LEVEL_AUTO; target++)
		for (i = 0; i < 4 && (may || target == VIF_LEVEL_SOFTWARE); i++)
			apply(m, target, i & 1, i & 2);
}

/* vif_assign_set_headroom() */
static void change_headroom(struct model m)
{
	if (!m.now.connected)
		return;
	if (vif_life_drains(&m.now))
		show(&m, VIF_SHOWN_DRAINING);
	m.now.level = VIF_LEVEL_SOFTWARE;
	m.now.revoked = false;
	look(m);
}

/* vif_assign_exit(); a later vif of that number begins from what is left */
static void let_go(struct model m, bool keep)
{
	enum life from = life_of(&m);

	m.state = 0;
	m.request = m.request && keep;
	m.assign = m.assign && keep;
	diagram_saw(from, life_of(&m));
	m.now = (struct vif_life){ .level = VIF_LEVEL_SOFTWARE };
	reach(m);
}

/* What guest and port do */
static void happen(const struct model *before)
{
	struct model m = *before;

	m.now.connected = true;
	m.now.disabled = false;
	reach(m);
	m = *before;
	m.now.connected = false;	/* vif_disconnect() takes the pool away */
	m.now.level = VIF_LEVEL_SOFTWARE;
	m.now.revoked = false;
	reach(m);
	m = *before;
	m.now.disabled = m.now.connected;
	reach(m);
	m = *before;
	m.now.revoked = m.now.level != VIF_LEVEL_SOFTWARE;
	reach(m);
}

/* What the toolstack does: assign, release, run the script again, remove all of it */
static void order(const struct model *before)
{
	struct model m = *before;

	m.assign = !m.assign;
	reach(m);
	for (m.assign = false;; m.assign = true) {
		m.request = true;
		m.state = 0;
		reach(m);
		if (m.assign)
			break;
	}
	m.request = false;
	m.assign = false;
	reach(m);
}

static void try_everything(void)
{
	unsigned int i;

	reach((struct model){ .now.level = VIF_LEVEL_SOFTWARE });
	for (i = 0; i < n_queue; i++) {
		struct model m = queue[i];

		look(m);
		change_headroom(m);
		let_go(m, true);
		let_go(m, false);
		happen(&m);
		order(&m);
	}
}

START_TEST(the_backend_goes_as_the_diagram_says)
{
	try_everything();
	ck_assert_uint_gt(diagram_compare("backend"), 30);
}

START_TEST(states_are_named_as_in_xenstore)
{
	unsigned int i;

	for (i = LIFE_SHOWN; i < LIFE_COUNT; i++)
		ck_assert_str_eq(vif_shown_name(i - LIFE_SHOWN), life_names[i]);
}

/* A port that is being reset does not wait for xenstored */
START_TEST(a_port_is_not_kept_waiting)
{
	struct vif_life now = { .connected = true, .revoked = true, .level = VIF_LEVEL_GRANT };
	struct vif_life_plan plan = vif_life_plan(&now, false, VIF_LEVEL_SOFTWARE);

	ck_assert(plan.detach && !plan.say_draining && !plan.attach);
	now.revoked = false;
	plan = vif_life_plan(&now, false, VIF_LEVEL_COPY);
	ck_assert(plan.detach && plan.say_draining && plan.attach);
	plan = vif_life_plan(&now, true, VIF_LEVEL_GRANT);
	ck_assert(!plan.detach && !plan.say_draining && !plan.attach);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("life");

	unit_case(suite, "diagram", the_backend_goes_as_the_diagram_says);
	unit_case(suite, "names", states_are_named_as_in_xenstore);
	unit_case(suite, "revoked", a_port_is_not_kept_waiting);
	return suite;
}
