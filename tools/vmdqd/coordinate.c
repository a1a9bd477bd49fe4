// SPDX-License-Identifier: GPL-2.0
/* Look, plan, do, and look again, until there is nothing left to do */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "vmdqd.h"

/* Each round follows from something that somebody else has changed, or from a vif that
 * displaces another by its load: what remains waits for the next occasion
 */
#define ROUNDS	16

/* Says what is wrong, once until it is something else */
static void complain(const struct vmdq_err *err)
{
	static char last[sizeof(err->text)];

	if (!strcmp(last, err->text))
		return;
	strcpy(last, err->text);
	if (*last)
		say(LOG_ERR, "%s; trying again", last);
}

static enum outcome fail(struct coordinator *c, const struct vmdq_err *err)
{
	if (!vmdq_store_alive(&c->store))
		return DISCONNECTED;
	complain(err);

	return UNSETTLED;
}

/**
 * coordinate() - have everything be as it should be
 * @c: the coordinator
 * @now: milliseconds of a clock that only goes forward, not 0
 */
enum outcome coordinate(struct coordinator *c, long long now)
{
	static const struct vmdq_err none;
	struct vmdq_err err;
	size_t n, progress;
	struct plan plan;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (observe(c, now, &err))
			return fail(c, &err);
		if (plan_make(&c->in, &plan)) {
			vmdq_fail(&err, VMDQ_S_SYSTEM, "out of memory");
			return fail(c, &err);
		}
		n = plan.n;
		c->waiting = plan.waiting;
		progress = n ? execute(c, &plan, &err) : 0;
		plan_free(&plan);
		if (n && err.status && (!progress || !vmdq_store_alive(&c->store)))
			return fail(c, &err);
		if (!n) {
			if (forget_stale(c, now, &err))
				return fail(c, &err);
			complain(&none);
			return SETTLED;
		}
	}

	return UNSETTLED;
}
