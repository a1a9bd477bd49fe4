// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what vmdqd makes of a configuration that is read again: the vifs that are there
 * ask for what it says by now, and nothing is written for the others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/coordinator.h"
#include "fakes/machine.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"

static const long long now = 1000;
static struct coordinator c;

static void setup(void)
{
	machine_reset();
	coordinator_start(&c);
}

static void teardown(void)
{
	coordinator_stop(&c);
}

static void look(void)
{
	ck_assert_int_eq(coordinate(&c, now), SETTLED);
}

START_TEST(the_configuration_is_read_again)
{
	char path[] = "/tmp/vmdq-unit-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs("[mac 00:16:3e:00:00:02]\npriority = 3\npool = 4\n"
	      "[mac 00:16:3e:00:00:03]\nmode = off\nlevel = copy\n", f);
	fclose(f);
	machine_add(1, "priority=9 port=0000:00:03.0");
	machine_add(2, "");
	machine_add(3, "level=grant");
	machine_add(4, "");
	look();
	fake_xs_set("backend/vif/4", NULL);
	machine_add(5, "priority=7");	/* since that look */
	ck_assert(reload(&c, now, path));
	fake_xs_expect("vmdq/vif/1/0/request/priority", NULL);
	fake_xs_expect("vmdq/vif/1/0/request/port", NULL);
	fake_xs_expect("vmdq/vif/2/0/request/priority", "3");
	fake_xs_expect("vmdq/vif/3/0/request/mode", "off");
	/* which a person may have asked for */
	fake_xs_expect("vmdq/vif/3/0/request/level", "grant");
	fake_xs_expect("vmdq/vif/5/0/request/priority", NULL);
	ck_assert_ptr_nonnull(strstr(machine.said, "4 of the vifs"));
	look();
	ck_assert_str_eq(machine_pool(2), "0/4");
	/* the domain's own configuration has the last word (docs/vmdq-key.md) */
	fake_xs_set("backend/vif/3/0/vmdq", "required");
	look();
	ck_assert(reload(&c, now, path));
	fake_xs_expect("vmdq/vif/3/0/request/mode", "required");
	fake_xs_set("backend/vif/3/0/vmdq", NULL);
	look();
	ck_assert(reload(&c, now, path));
	look();
	/* the same again is nothing new, nor is a file that cannot be read */
	fake_xs.commits = 0;
	ck_assert(reload(&c, now, path));
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert(reload(&c, now, path));
	rmdir(path);
	ck_assert_uint_eq(fake_xs.commits, 0);
	ck_assert_ptr_nonnull(strstr(machine.said, "cannot read"));
}

/* It is done when there is a xenstored again: see loop.c. */
START_TEST(without_xenstored_it_is_not_done)
{
	machine_add(1, "priority=9");
	look();
	fake_xs.lost = true;
	ck_assert(!reload(&c, now, "/nowhere/vmdq.conf"));
	fake_xs.lost = false;
	ck_assert(reload(&c, now, "/nowhere/vmdq.conf"));
	fake_xs_expect("vmdq/vif/1/0/request/priority", NULL);
}

/* A reload that waits for the kernel is tried at each look, and says nothing until it is done */
START_TEST(mistakes_are_told_once)
{
	char path[] = "/tmp/vmdq-unit-XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(f);
	fputs("[default]\nmode = perhaps\npool = many\n", f);
	fclose(f);
	machine_add(1, "");
	machine.deaf = true;
	ck_assert(!reload(&c, now, path));
	ck_assert(!reload(&c, now, path));
	ck_assert_uint_eq(machine.n_said, 0);
	machine.deaf = false;
	ck_assert(reload(&c, now, path));
	/* two mistakes, and that it was read */
	ck_assert_uint_eq(machine.n_said, 3);
	unlink(path);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("vmdqd_reload");

	unit_case_with(s, "reload", setup, teardown, the_configuration_is_read_again);
	unit_case_with(s, "lost", setup, teardown, without_xenstored_it_is_not_done);
	unit_case_with(s, "mistakes", setup, teardown, mistakes_are_told_once);

	return s;
}
