// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what the log gets of what a guest writes that cannot be: some of each kind,
 * whatever there was of the others, and nothing without end; the frontend is shown
 * Closing each time.
 */
#include "vif.h"
#include "suite.h"

static char xdev_of_all[1];
static struct net_device dev = { "vif1.0" };
static struct vif vif;
static struct vif other;
static unsigned int told, closed;

void xenbus_dev_fatal(struct xenbus_device *xdev, int err, const char *fmt, ...)
{
	ck_assert_ptr_eq(xdev, xdev_of_all);
	ck_assert_int_eq(err, -EINVAL);
	ck_assert_str_eq(fmt, "%pV");
	told++;
	closed++;	/* which the kernel's does */
}

int xenbus_switch_state(struct xenbus_device *xdev, enum xenbus_state state)
{
	ck_assert_ptr_eq(xdev, xdev_of_all);
	ck_assert_int_eq(state, XenbusStateClosing);
	closed++;
	return 0;
}

static void setup(void)
{
	vif = (struct vif){ .dev = &dev, .xdev = (void *)xdev_of_all };
	other = (struct vif){ .dev = &dev, .xdev = (void *)xdev_of_all };
	told = 0;
	closed = 0;
}

START_TEST(each_kind)
{
	for (unsigned int i = 0; i < 1000; i++)
		vif_refuse(&vif, -EINVAL, "one kind: %u", i);
	ck_assert_uint_eq(told, VIF_TELL_REFUSALS);
	vif_refuse(&vif, -EINVAL, "another kind");
	ck_assert_uint_eq(told, VIF_TELL_REFUSALS + 1);
	vif_refuse(&vif, -EINVAL, "a third");
	ck_assert_uint_eq(told, VIF_TELL_REFUSALS + 2);
	ck_assert_uint_eq(closed, 1002);
}

START_TEST(each_vif)
{
	static const char *const kind = "a kind";

	for (unsigned int i = 0; i < 1000; i++)
		vif_refuse(&vif, -EINVAL, kind);
	ck_assert_uint_eq(told, VIF_TELL_REFUSALS);
	vif_refuse(&other, -EINVAL, kind);
	ck_assert_uint_eq(told, VIF_TELL_REFUSALS + 1);
}

START_TEST(more_kinds_than_there_are)
{
	static const char kinds[3 * VIF_REFUSALS];

	for (unsigned int i = 0; i < 1000; i++)
		for (unsigned int kind = 0; kind < sizeof(kinds); kind++)
			vif_refuse(&vif, -EINVAL, &kinds[kind]);
	ck_assert_uint_eq(told, VIF_REFUSALS * VIF_TELL_REFUSALS);
	ck_assert_uint_eq(closed, 1000 * sizeof(kinds));
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("refuse");

	unit_case_with(suite, "no kind silences another", setup, NULL, each_kind);
	unit_case_with(suite, "no vif silences another", setup, NULL, each_vif);
	unit_case_with(suite, "the last kinds share a limit", setup, NULL,
		       more_kinds_than_there_are);
	return suite;
}
