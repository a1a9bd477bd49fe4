// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what the hotplug script's command does when a vif comes and goes: mode
 * auto never stops a domain, required does so and says why, two vifs at once
 * get two pools, and nothing stays behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/kernel_fake.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdq_xenstore.h"
#include "../../tools/vmdqctl/vmdqctl.h"

static struct options opt;
static char conf[32];

/* A vif "web" whose hotplug script starts: the guest has not connected */
static void setup(void)
{
	fake_xs_reset();
	fake_xs_set("backend/vif/1/0/mac", "00:16:3e:00:00:01");
	fake_xs_set("backend/vif/1/0/bridge", "xenbr0");
	fake_xs_set("backend/vif/1/0/script", "/etc/xen/scripts/vif-vmdq");
	fake_xs_set("backend/vif/1/0/state", "2");
	fake_xs_set("backend/vif/1/0/hotplug-status", "");
	fake_xs_set("/local/domain/1/name", "web");
	fake_kernel = (struct fake_kernel){ .module = true, .n_ports = 1, .members = "eth0" };
	opt = (struct options){ .conf = conf };
	setenv("XENBUS_PATH", "backend/vif/1/0", 1);
	strcpy(conf, "/tmp/vmdq-unit-XXXXXX");
	close(mkstemp(conf));
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void teardown(void)
{
	unlink(conf);
}

static void configure(const char *text)
{
	FILE *f = fopen(conf, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static int hotplug(const char *action)
{
	char word[16], *argv[] = { word, NULL };

	snprintf(word, sizeof(word), "%s", action);

	return cmd_hotplug(1, argv, &opt);
}

START_TEST(online_and_offline)
{
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/mode", "auto");
	fake_xs_expect("vmdq/vif/1/0/request/level", "auto");
	fake_xs_expect("vmdq/vif/1/0/request/bridge", "xenbr0");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	/* whether the vif is connected to its bridge is vif-bridge's to say */
	fake_xs_expect("backend/vif/1/0/hotplug-status", "");
	/* all or nothing: the backend never sees half of it */
	ck_assert_uint_eq(fake_xs.commits, 1);
	ck_assert_int_eq(hotplug("offline"), 0);
	fake_xs_expect("vmdq/vif/1", NULL);
	ck_assert_int_eq(hotplug("offline"), 0);
}

START_TEST(the_configuration_decides)
{
	configure("[default]\nmode = off\n[domain web]\nmode = auto\nlevel = copy\npool = 3\n"
		  "priority = 7\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/level", "copy");
	fake_xs_expect("vmdq/vif/1/0/request/pool", "3");
	fake_xs_expect("vmdq/vif/1/0/request/priority", "7");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/3");
	/* by MAC, however xl wrote it */
	configure("[mac 00:16:3e:00:00:ab]\nmode = off\n");
	fake_xs_set("backend/vif/1/0/mac", "00:16:3E:00:00:AB");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/mode", "off");
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
}

/* docs/vmdq-key.md: "vmdq=" of the domain's own configuration has the last word */
START_TEST(mode_of_the_domain)
{
	fake_xs_set("backend/vif/1/0/vmdq", "off");
	configure("[mac 00:16:3e:00:00:01]\nmode = required\nlevel = copy\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/mode", "off");
	fake_xs_expect("vmdq/vif/1/0/request/level", "copy");
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	fake_xs_set("backend/vif/1/0/vmdq", "required");
	configure("[default]\nmode = off\n");
	fake_kernel.held = 0xe;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
	/* what is no mode says nothing */
	fake_xs_set("backend/vif/1/0/vmdq", "always-and-everywhere");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/mode", "off");
}

START_TEST(a_domain_keeps_its_settings_when_it_is_migrated)
{
	configure("[domain web]\nlevel = copy\n");
	/* as xl names it until it has arrived */
	fake_xs_set("/local/domain/1/name", "web--incoming");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/level", "copy");
	fake_xs_set("/local/domain/1/name", "--incoming");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/level", "auto");
}

START_TEST(who_wants_no_pool_gets_none)
{
	configure("[default]\nmode = off\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	configure("[default]\nlevel = software\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/level", "software");
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	fake_xs_expect("backend/vif/1/0/hotplug-error", NULL);
}

/* What requires a pool and may have none: by one section, by two, and by the domain itself */
static const struct {
	const char *conf, *key;
} contradictions[] = {
	{ "[default]\nmode = required\nlevel = software\n", NULL },
	{ "[default]\nlevel = software\n[domain web]\nmode = required\n", NULL },
	{ "[default]\nmode = off\nlevel = software\n", "required" },
};

START_TEST(required_and_forbidden_stops_it)
{
	const char *key = contradictions[_i].key, *why;

	configure(contradictions[_i].conf);
	if (key)
		fake_xs_set("backend/vif/1/0/vmdq", key);
	/* there is nothing that vmdqd could do about it */
	fake_kernel.coordinated = true;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
	fake_xs_expect("backend/vif/1/0/hotplug-status", "error");
	fake_xs_expect("vmdq/vif/1", NULL);
	why = fake_xs_get("backend/vif/1/0/hotplug-error");
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_nonnull(strstr(why, "mode = required"));
	ck_assert_ptr_nonnull(strstr(why, "level = software"));
	ck_assert_ptr_nonnull(strstr(why, conf));
	ck_assert(!strstr(why, "vmdq= in the domain's") == !key);
}

/* Everything that can be missing; each on top of the last */
static void take_away(int what)
{
	switch (what) {
	case 0:
		fake_xs_set("backend/vif/1/0/mac", "01:00:5e:00:00:01");
		break;
	case 1:
		fake_xs_set("backend/vif/1/0/mac", "nonsense");
		break;
	case 2:
		fake_kernel.held = 0xe;
		break;
	case 3:
		fake_kernel.members = "eth9";
		break;
	case 4:
		fake_xs_set("backend/vif/1/0/bridge", "nowhere");
		break;
	case 5:
		fake_kernel.n_ports = 0;
		break;
	case 6:
		fake_kernel.module = false;
		break;
	}
}

#define N_OBSTACLES	7

START_TEST(auto_never_stops_a_domain)
{
	take_away(_i);
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/mode", "auto");
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	fake_xs_expect("backend/vif/1/0/hotplug-error", NULL);
	fake_xs_expect("backend/vif/1/0/hotplug-status", "");
}

START_TEST(required_stops_it_and_says_why)
{
	const char *why;

	configure("[default]\nmode = required\n");
	take_away(_i);
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
	fake_xs_expect("backend/vif/1/0/hotplug-status", "error");
	why = fake_xs_get("backend/vif/1/0/hotplug-error");
	ck_assert_ptr_nonnull(why);
	ck_assert_ptr_nonnull(strstr(why, "required"));
	fake_xs_expect("vmdq/vif/1", NULL);
}

START_TEST(required_is_content_with_a_pool)
{
	configure("[default]\nmode = required\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	fake_xs_expect("backend/vif/1/0/hotplug-error", NULL);
}

START_TEST(what_an_earlier_vif_left_is_cleared)
{
	fake_xs_set("vmdq/vif/1/0/assign", FAKE_PORT "/3");
	fake_xs_set("vmdq/vif/1/0/error", "old");
	fake_xs_set("vmdq/vif/1/0/state", "grant");
	fake_xs_set("vmdq/vif/1/0/request/port", "0000:00:09.0");
	fake_xs_set("vmdq/vif/1/0/request/bridge", "xenbr7");
	fake_xs_set("vmdq/vif/1/0/request/hold", "none");
	configure("[bridge xenbr7]\nmode = off\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/bridge", "xenbr0");
	fake_xs_expect("vmdq/vif/1/0/request/mode", "auto");
	fake_xs_expect("vmdq/vif/1/0/request/hold", NULL);
	fake_xs_expect("vmdq/vif/1/0/error", NULL);
	fake_xs_expect("vmdq/vif/1/0/state", NULL);
	fake_xs_expect("vmdq/vif/1/0/request/port", NULL);
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
}

/* Another vif's script takes the pool that ours has just chosen */
static void competitor(void)
{
	if (fake_xs_get("vmdq/vif/2/0/assign"))
		return;
	fake_xs_set("backend/vif/2/0/script", "vif-vmdq");
	fake_xs_set("vmdq/vif/2/0/assign", FAKE_PORT "/1");
}

START_TEST(two_vifs_at_once_get_two_pools)
{
	fake_xs.before_commit = competitor;
	ck_assert_int_eq(hotplug("online"), 0);
	ck_assert_uint_eq(fake_xs.conflicts, 1);
	fake_xs_expect("vmdq/vif/2/0/assign", FAKE_PORT "/1");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/2");
}

START_TEST(a_mistake_in_the_file_stops_nothing)
{
	configure("[default]\nmode = maybe\nlevel = copy\n");
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/request/mode", "auto");
	fake_xs_expect("vmdq/vif/1/0/request/level", "copy");
	unlink(conf);
	ck_assert_int_eq(mkdir(conf, 0700), 0);
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	rmdir(conf);
}

START_TEST(xenstore_that_is_full_stops_nothing)
{
	fake_xs.write_errno = ENOSPC;
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_expect("vmdq/vif/1", NULL);
	fake_xs_expect("backend/vif/1/0/hotplug-error", NULL);
}

/* It is known by then that a pool is required */
START_TEST(xenstore_that_is_full_stops_what_requires_a_pool)
{
	configure("[domain web]\nmode = required\n");
	fake_xs.write_errno = ENOSPC;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
	fake_xs_expect("vmdq/vif/1", NULL);
}

/* While vmdqd is waited for */
static void lose_request(const char *path)
{
	if (strstr(path, "vmdq/vif/1/0/assign"))
		fake_xs_set("vmdq/vif/1/0/request", NULL);
}

START_TEST(a_request_that_goes_is_still_required)
{
	configure("[domain web]\nmode = required\n");
	fake_kernel.held = 0xe;
	fake_kernel.coordinated = true;
	fake_xs.changed = lose_request;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
}

static void lose_xenstored(const char *path)
{
	if (strstr(path, "vmdq/vif/1/0/request"))
		fake_xs.lost = true;
}

START_TEST(xenstored_that_goes_stops_what_requires_a_pool)
{
	configure("[domain web]\nmode = required\n");
	fake_kernel.held = 0xe;
	fake_kernel.coordinated = true;
	fake_xs.changed = lose_xenstored;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
	/* even before anything is written */
	fake_xs.lost = false;
	fake_xs.changed = NULL;
	fake_xs.die_after = 1;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
}

/* What the file says cannot be known; the domain's own configuration can */
START_TEST(a_file_that_cannot_be_read)
{
	unlink(conf);
	ck_assert_int_eq(mkdir(conf, 0700), 0);
	fake_kernel.held = 0xe;
	ck_assert_int_eq(hotplug("online"), 0);
	fake_xs_set("backend/vif/1/0/vmdq", "required");
	ck_assert_int_eq(hotplug("online"), VMDQ_S_REQUIRED);
	rmdir(conf);
}

START_TEST(no_xenstore_is_not_a_refusal)
{
	configure("[default]\nmode = required\n");
	fake_xs.absent = true;
	ck_assert_int_eq(hotplug("online"), VMDQ_S_NO_XEN);
}

/* Nothing is written for a vif that is not there: who would remove it? */
START_TEST(a_vif_that_is_not_there)
{
	fake_xs_set("backend/vif/1", NULL);
	ck_assert_int_eq(hotplug("online"), VMDQ_S_NO_VIF);
	fake_xs_expect("vmdq/vif/1", NULL);
	ck_assert_int_eq(hotplug("offline"), 0);
}

START_TEST(it_must_be_told_which_vif)
{
	ck_assert_int_eq(hotplug("sideways"), VMDQ_S_USAGE);
	setenv("XENBUS_PATH", "backend/vbd/1/0", 1);
	ck_assert_int_eq(hotplug("online"), VMDQ_S_USAGE);
	unsetenv("XENBUS_PATH");
	ck_assert_int_eq(hotplug("online"), VMDQ_S_USAGE);
}

static void with_obstacles(struct Suite *s, const char *name, const struct TTest *test)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test, 0, N_OBSTACLES);
	suite_add_tcase(s, tc);
}

static void with_contradictions(Suite *s)
{
	TCase *tcase = tcase_create("contradiction");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, required_and_forbidden_stops_it, 0,
			    sizeof(contradictions) / sizeof(contradictions[0]));
	suite_add_tcase(s, tcase);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("hotplug");

	unit_case_with(s, "online, offline", setup, teardown, online_and_offline);
	unit_case_with(s, "configuration", setup, teardown, the_configuration_decides);
	unit_case_with(s, "mode of the domain", setup, teardown, mode_of_the_domain);
	unit_case_with(s, "migration", setup, teardown,
		       a_domain_keeps_its_settings_when_it_is_migrated);
	unit_case_with(s, "no wish", setup, teardown, who_wants_no_pool_gets_none);
	with_contradictions(s);
	with_obstacles(s, "auto", auto_never_stops_a_domain);
	with_obstacles(s, "required", required_stops_it_and_says_why);
	unit_case_with(s, "required and there", setup, teardown, required_is_content_with_a_pool);
	unit_case_with(s, "leftovers", setup, teardown, what_an_earlier_vif_left_is_cleared);
	unit_case_with(s, "at once", setup, teardown, two_vifs_at_once_get_two_pools);
	unit_case_with(s, "bad file", setup, teardown, a_mistake_in_the_file_stops_nothing);
	unit_case_with(s, "quota", setup, teardown, xenstore_that_is_full_stops_nothing);
	unit_case_with(s, "quota, required", setup, teardown,
		       xenstore_that_is_full_stops_what_requires_a_pool);
	unit_case_with(s, "lost, required", setup, teardown,
		       xenstored_that_goes_stops_what_requires_a_pool);
	unit_case_with(s, "request lost, required", setup, teardown,
		       a_request_that_goes_is_still_required);
	unit_case_with(s, "unreadable file", setup, teardown, a_file_that_cannot_be_read);
	unit_case_with(s, "no vif", setup, teardown, a_vif_that_is_not_there);
	unit_case_with(s, "no xenstore", setup, teardown, no_xenstore_is_not_a_refusal);
	unit_case_with(s, "environment", setup, teardown, it_must_be_told_which_vif);

	return s;
}
