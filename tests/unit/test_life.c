// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the backend takes a vif through its life as the diagram in the xenstore schema
 * says: everything that can happen to a vif is tried in every order, by the functions that
 * the backend itself calls, and each way from one state to another that is seen has to be in
 * the diagram, and each of the backend's in the diagram has to be seen.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "life.h"
#include "suite.h"

#ifndef SCHEMA
#define SCHEMA	"xenstore-schema/schema.json"
#endif

/* The states of the diagram; those from SHOWN on are what the node "state" may show */
enum { NONE, REQUESTED, ASSIGNED, SHOWN, N_STATES = SHOWN + VIF_SHOWN_ERROR + 1 };

static const char * const names[N_STATES] = {
	[NONE] = "none",
	[REQUESTED] = "requested",
	[ASSIGNED] = "assigned",
	[SHOWN + VIF_SHOWN_SOFTWARE] = "software",
	[SHOWN + VIF_SHOWN_COPY] = "copy",
	[SHOWN + VIF_SHOWN_GRANT] = "grant",
	[SHOWN + VIF_SHOWN_DRAINING] = "draining",
	[SHOWN + VIF_SHOWN_ERROR] = "error",
};

/**
 * struct model - a vif, as xenstore and the backend have it
 * @request: there is a request
 * @assign: there is an assignment
 * @state: value of "state", SHOWN + VIF_SHOWN_*; 0: it is absent
 * @now: where the vif is
 */
struct model {
	bool request;
	bool assign;
	unsigned int state;
	struct vif_life now;
};

#define N_MODELS	(2 * 2 * (N_STATES + 1) * 2 * 2 * 2 * 4)

static struct model queue[N_MODELS];
static bool known[N_MODELS], seen[N_STATES][N_STATES], drawn[N_STATES][N_STATES];
static unsigned int n_queue;

static unsigned int life_of(const struct model *m)
{
	if (m->state)
		return m->state;
	if (m->assign)
		return ASSIGNED;
	return m->request ? REQUESTED : NONE;
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
	unsigned int from = life_of(m);

	m->state = SHOWN + shown;
	if (from != m->state)
		seen[from][m->state] = true;
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
	ck_assert(m.state != SHOWN + VIF_SHOWN_DRAINING);
	ck_assert((m.state == SHOWN + VIF_SHOWN_COPY) == (m.now.level == VIF_LEVEL_COPY));
	ck_assert((m.state == SHOWN + VIF_SHOWN_GRANT) == (m.now.level == VIF_LEVEL_GRANT));
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
	unsigned int from = life_of(&m), to;

	m.state = 0;
	m.request = m.request && keep;
	m.assign = m.assign && keep;
	to = life_of(&m);
	if (from != to)
		seen[from][to] = true;
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

static unsigned int state_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < N_STATES; i++)
		if (!strcmp(names[i], name))
			return i;
	ck_abort_msg("the diagram has a state %s", name);
}

static void draw(const char *from, const char *to)
{
	unsigned int i;

	for (i = 0; i < N_STATES; i++)
		if (!strcmp(from, "*") ? i != NONE : !strcmp(from, "shown") ? i >= SHOWN :
		    i == state_of(from))
			drawn[i][state_of(to)] = true;
}

static bool is_backends(struct json_object *move)
{
	struct json_object *who = json_object_object_get(move, "who");
	size_t i;

	for (i = 0; i < json_object_array_length(who); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(who, i)), "backend"))
			return true;
	return false;
}

/* The ways that the diagram has the backend go */
static void read_diagram(void)
{
	struct json_object *schema = json_object_from_file(SCHEMA), *moves, *move, *ends;
	size_t i, j;

	ck_assert_msg(schema, "cannot read %s", SCHEMA);
	moves = json_object_object_get(json_object_object_get(schema, "life"), "moves");
	for (i = 0; i < json_object_array_length(moves); i++) {
		move = json_object_array_get_idx(moves, i);
		if (!is_backends(move))
			continue;
		ends = json_object_object_get(move, "to");
		for (j = 0; j < json_object_array_length(ends); j++)
			draw(json_object_get_string(json_object_object_get(move, "from")),
			     json_object_get_string(json_object_array_get_idx(ends, j)));
	}
	json_object_put(schema);
}

START_TEST(the_backend_goes_as_the_diagram_says)
{
	unsigned int i, j, ways = 0;

	read_diagram();
	try_everything();
	for (i = 0; i < N_STATES; i++)
		for (j = 0; j < N_STATES; j++) {
			ck_assert_msg(!seen[i][j] || drawn[i][j],
				      "the backend goes from %s to %s, which is not in the diagram",
				      names[i], names[j]);
			ck_assert_msg(!drawn[i][j] || seen[i][j],
				      "the diagram has the backend go from %s to %s, which it does not",
				      names[i], names[j]);
			ways += seen[i][j];
		}
	ck_assert_uint_gt(ways, 30);
}

START_TEST(states_are_named_as_in_xenstore)
{
	unsigned int i;

	for (i = SHOWN; i < N_STATES; i++)
		ck_assert_str_eq(vif_shown_name(i - SHOWN), names[i]);
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
