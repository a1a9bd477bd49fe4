// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that vmdqd takes a vif through its life as the diagram in the xenstore schema says:
 * it looks at a vif in each state that has or has not a pool, wants one or not, is there or
 * gone, alone and with others in its way.
 */
#include <string.h>

#include "fakes/life.h"
#include "fakes/machine.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdqd.h"

#define VIF	"vmdq/vif/1/0"

static struct coordinator c;
static enum life last;

/* After each change that vmdqd has made; the backend is asleep */
static void on_change(const char *path)
{
	enum life now = life_now();

	(void)path;
	diagram_saw(last, now);
	last = now;
}

/* A vif in a state, with one that ranks higher for each pool if there are @rivals */
static void begin(enum life state, const char *request, bool rivals)
{
	struct vmdq_err err;
	unsigned int i;

	machine_reset();
	machine.stuck = 1;
	fake_xs.changed = NULL;
	machine_add(1, request);
	for (i = 2; rivals && i <= MACHINE_POOLS; i++)
		machine_add(i, "priority=9");
	if (state == LIFE_NONE)
		fake_xs_set(VIF, NULL);
	if (state == LIFE_ASSIGNED || state == LIFE_COPY || state == LIFE_GRANT)
		fake_xs_set(VIF "/assign", "0000:00:03.0/1");
	if (state >= LIFE_SHOWN)
		fake_xs_set(VIF "/state", life_names[state]);
	last = life_now();
	ck_assert_int_eq(last, state);
	fake_xs.changed = on_change;
	memset(&c, 0, sizeof(c));
	ck_assert_int_eq(vmdq_store_open(&c.store, &err), 0);
}

static void end(void)
{
	vmdq_store_close(&c.store);
	coordinator_free(&c);
}

/* It looks, and looks again when the vif's time is over */
static void look(void)
{
	coordinate(&c, 1000);
	coordinate(&c, 1000 + STALE_GRACE_MS);
	end();
}

START_TEST(vmdqd_goes_as_the_diagram_says)
{
	static const char * const requests[] = { "", "mode=off", "hold=none", "mode=required" };
	unsigned int state, i;

	for (state = 0; state < LIFE_COUNT; state++) {
		for (i = 0; i < 2 * sizeof(requests) / sizeof(requests[0]); i++) {
			begin((enum life)state, requests[i / 2], i & 1);
			look();
			begin((enum life)state, requests[i / 2], i & 1);
			fake_xs_set("vmdq/port/0000-00-03-0/drain", "1");
			look();
			begin((enum life)state, requests[i / 2], i & 1);
			fake_xs_set("backend/vif/1", NULL);
			look();
		}
	}
	ck_assert_uint_gt(diagram_compare("vmdqd"), 5);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("life, vmdqd");

	unit_case(s, "vmdqd", vmdqd_goes_as_the_diagram_says);

	return s;
}
