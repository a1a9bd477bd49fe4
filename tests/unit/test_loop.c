// SPDX-License-Identifier: GPL-2.0
/*
 * Shows vmdqd's main loop at work: it looks when it starts and when xenstored tells of
 * something, survives the loss of xenstored and finds it again, and stops when told to.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "fakes/kernel_fake.h"
#include "fakes/machine.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdqd.h"

struct fake_kernel fake_kernel;

static struct coordinator c;
static bool reloaded;

static void setup(void)
{
	machine_reset();
	memset(&c, 0, sizeof(c));
}

static bool served(unsigned int domid)
{
	return strcmp(machine_pool(domid), "-");
}

static void stop_when_first_is_served(const char *path)
{
	(void)path;
	machine_settle();
	if (served(1))
		kill(getpid(), SIGTERM);
}

START_TEST(looks_and_stops)
{
	machine_add(1, "");
	fake_xs.changed = stop_when_first_is_served;
	ck_assert_int_eq(loop(&c), VMDQ_S_OK);
	/* what is assigned stays assigned */
	ck_assert_str_eq(machine_pool(1), "0/1");
	coordinator_free(&c);
}

/* The first assignment is followed by a vif that comes, which only a watch tells of;
 * the second by the end of xenstored
 */
static void go_on(const char *path)
{
	static unsigned int stage;

	(void)path;
	machine_settle();
	if (!stage && served(1)) {
		stage = 1;
		machine_add(2, "");
	} else if (stage == 1 && served(2)) {
		stage = 2;
		fake_xs.lost = true;
	} else if (stage == 2 && served(3)) {
		stage = 3;
		kill(getpid(), SIGTERM);
	}
}

/* xenstored is back, and a vif has come meanwhile; the configuration is to be read again */
static void on_say(const char *text)
{
	if (strstr(text, VMDQ_CONF_PATH))
		reloaded = true;
	if (!strstr(text, "lost xenstored"))
		return;
	kill(getpid(), SIGHUP);
	fake_xs.lost = false;
	machine_add(3, "");
}

START_TEST(loses_xenstored_and_finds_it)
{
	machine_add(1, "");
	fake_xs.changed = go_on;
	machine.on_say = on_say;
	ck_assert_int_eq(loop(&c), VMDQ_S_OK);
	ck_assert_str_eq(machine_pool(1), "0/1");
	ck_assert_str_eq(machine_pool(2), "0/2");
	ck_assert_str_eq(machine_pool(3), "0/3");
	ck_assert(reloaded);
	coordinator_free(&c);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("loop");

	unit_case_with(s, "stop", setup, NULL, looks_and_stops);
	unit_case_with(s, "lost", setup, NULL, loses_xenstored_and_finds_it);

	return s;
}
