// SPDX-License-Identifier: GPL-2.0
/*
 * Shows which level of service a vif gets, for guests and dom0s of every kind, those included
 * that the lab cannot boot: a dom0 that is not PV serves level copy and says why.
 */
#include <stdbool.h>
#include <stddef.h>

#include "level.h"
#include "suite.h"

#define PAGE	4096
#define FRAME	1522
#define CAN(queues, headroom, frame, pv)	{ queues, headroom, frame, PAGE, pv, false }
#define NO_ROOM					{ 2, 0, FRAME, PAGE, true, true }

static const struct {
	const char *name;
	struct vif_abilities can;
	enum vif_level wanted, level;
	bool explained;
} cases[] = {
	{ "two queues", CAN(2, 0, FRAME, true), VIF_LEVEL_AUTO, VIF_LEVEL_GRANT, false },
	{ "two queues, grant", CAN(2, 0, FRAME, true), VIF_LEVEL_GRANT, VIF_LEVEL_GRANT, false },
	{ "two queues, copy", CAN(2, 0, FRAME, true), VIF_LEVEL_COPY, VIF_LEVEL_COPY, false },
	{ "one queue", CAN(1, 0, FRAME, true), VIF_LEVEL_AUTO, VIF_LEVEL_COPY, false },
	{ "one queue, grant", CAN(1, 0, FRAME, true), VIF_LEVEL_GRANT, VIF_LEVEL_COPY, true },
	{ "dom0 not PV", CAN(2, 0, FRAME, false), VIF_LEVEL_AUTO, VIF_LEVEL_COPY, false },
	{ "dom0 not PV, grant", CAN(2, 0, FRAME, false), VIF_LEVEL_GRANT, VIF_LEVEL_COPY, true },
	{ "XDP", CAN(2, 256, FRAME, true), VIF_LEVEL_AUTO, VIF_LEVEL_COPY, false },
	{ "XDP, grant", CAN(2, 256, FRAME, true), VIF_LEVEL_GRANT, VIF_LEVEL_COPY, true },
	{ "maptrack", NO_ROOM, VIF_LEVEL_AUTO, VIF_LEVEL_COPY, true },
	{ "maptrack, grant", NO_ROOM, VIF_LEVEL_GRANT, VIF_LEVEL_COPY, true },
	{ "maptrack, copy", NO_ROOM, VIF_LEVEL_COPY, VIF_LEVEL_COPY, false },
	{ "a page", CAN(2, 0, PAGE, true), VIF_LEVEL_AUTO, VIF_LEVEL_GRANT, false },
	{ "jumbo", CAN(2, 0, 9022, true), VIF_LEVEL_AUTO, VIF_LEVEL_GRANT, false },
	{ "XDP jumbo", CAN(1, 256, 9022, true), VIF_LEVEL_COPY, VIF_LEVEL_COPY, false },
	{ "18 pages", CAN(2, 0, 18 * PAGE, true), VIF_LEVEL_AUTO, VIF_LEVEL_GRANT, false },
	{ "19 pages", CAN(2, 0, 18 * PAGE + 1, true), VIF_LEVEL_AUTO, VIF_LEVEL_SOFTWARE, true },
	{ "XDP, 19 pages", CAN(1, 256, 18 * (PAGE - 256) + 1, true), VIF_LEVEL_COPY,
	  VIF_LEVEL_SOFTWARE, true },
	{ "software", CAN(2, 0, 9000, false), VIF_LEVEL_SOFTWARE, VIF_LEVEL_SOFTWARE, false },
};

START_TEST(the_best_that_is_possible)
{
	static const char not_explained[] = "not explained";
	const char *why = not_explained;
	enum vif_level level;

	level = vif_level_choose(&cases[_i].can, cases[_i].wanted, &why);
	ck_assert_msg(level == cases[_i].level, "%s: level %d", cases[_i].name, level);
	ck_assert_msg((why != not_explained) == cases[_i].explained, "%s: %s", cases[_i].name, why);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("level");

	unit_table(suite, "level", cases, the_best_that_is_possible);
	return suite;
}
