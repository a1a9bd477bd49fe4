// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what vmdqctl and the hotplug script have to do with the coordinator, whether
 * it runs or not: ports are drained, what a person decides is written down, and a
 * domain that requires a pool waits until one is made free for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fakes/kernel_fake.h"
#include "fakes/printed.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "../../tools/vmdqctl/vmdqctl.h"

#define DRAIN	"vmdq/port/0000-00-03-0/drain"

static struct options opt;
static char conf[32];

/* A guest "web" with a vif that has pool 2, and "db" with one that has none */
static void setup(void)
{
	static const char * const vifs[] = { "1", "2" };
	char path[64];
	size_t i;

	fake_xs_reset();
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "backend/vif/%s/0/mac", vifs[i]);
		fake_xs_set(path, i ? "00:16:3e:00:00:02" : "00:16:3e:00:00:01");
		snprintf(path, sizeof(path), "backend/vif/%s/0/bridge", vifs[i]);
		fake_xs_set(path, "xenbr0");
		snprintf(path, sizeof(path), "backend/vif/%s/0/script", vifs[i]);
		fake_xs_set(path, "vif-vmdq");
		snprintf(path, sizeof(path), "backend/vif/%s/0/state", vifs[i]);
		fake_xs_set(path, "2");
		snprintf(path, sizeof(path), "vmdq/vif/%s/0/request/mode", vifs[i]);
		fake_xs_set(path, "auto");
	}
	fake_xs_set("/local/domain/1/name", "web");
	fake_xs_set("/local/domain/2/name", "db");
	fake_xs_set("vmdq/vif/1/0/assign", FAKE_PORT "/2");
	fake_kernel = (struct fake_kernel){ .module = true, .n_ports = 1, .members = "eth0" };
	strcpy(conf, "/tmp/vmdq-unit-XXXXXX");
	close(mkstemp(conf));
	opt = (struct options){ .wait = true, .timeout_ms = 50, .conf = conf };
	printed_begin();
}

static void teardown(void)
{
	printed_end();
	unlink(conf);
}

static void run(command_fn command, const char *a, const char *b, int status, const char *says)
{
	char words[2][40], *argv[] = { words[0], words[1], NULL };
	int found;

	printed_again();
	snprintf(words[0], sizeof(words[0]), "%s", a);
	snprintf(words[1], sizeof(words[1]), "%s", b ? b : "");
	found = command(b ? 2 : 1, argv, &opt);
	printed_look();
	ck_assert_msg(found == status, "status %d: %s", found, printed.said);
	ck_assert_msg(strstr(status ? printed.said : printed.out, says), "%s%s", printed.said,
		      printed.out);
}

START_TEST(drain_without_a_coordinator)
{
	run(cmd_drain, "eth0", NULL, 0, "no pool of it is held");
	fake_xs_expect(DRAIN, "1");
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	ck_assert_uint_eq(fake_xs.commits, 1);
	/* nobody gets one of its pools */
	run(cmd_assign, "web", NULL, VMDQ_S_DRAINED, "drain eth0 off");
	run(cmd_assign, "web", "eth0/3", VMDQ_S_DRAINED, "drained");
	setenv("XENBUS_PATH", "backend/vif/2/0", 1);
	run(cmd_hotplug, "online", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/assign", NULL);
	run(cmd_drain, FAKE_PORT, "off", 0, "only by vmdqctl assign");
	fake_xs_expect("vmdq/port/0000-00-03-0", NULL);
	run(cmd_assign, "web", NULL, 0, "pool " FAKE_PORT "/1");
}

START_TEST(however_the_port_is_written)
{
	static const char * const names[] = { "eth0", FAKE_PORT, "00:03.0", "0:0:3.0" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		run(cmd_drain, names[i], NULL, 0, "port " FAKE_PORT " (eth0)");
		fake_xs_expect(DRAIN, "1");
		run(cmd_drain, names[i], "off", 0, "port " FAKE_PORT ": gives pools again");
		fake_xs_expect(DRAIN, NULL);
	}
	run(cmd_drain, "00:0A.0", NULL, VMDQ_S_NO_PORT, "there is no port 00:0A.0");
}

static void says(const char *text)
{
	printed_look();
	ck_assert_msg(strstr(printed.out, text), "wanted %s, found %s", text, printed.out);
}

START_TEST(a_drained_port_is_shown)
{
	fake_xs_set("backend/vif/1/0/hotplug-status", "connected");
	fake_xs_set("backend/vif/1/0/frontend", "/local/domain/1/device/vif/0");
	fake_xs_set("/local/domain/1/device/vif/0/state", "4");
	fake_kernel.driver = VMDQ_BACKEND_VMDQ;
	fake_kernel.link.up = true;
	cmd_list(0, NULL, &opt);
	says(FAKE_PORT "   vmdq_igb   eth0       up ");
	run(cmd_drain, "eth0", NULL, 0, "");
	printed_again();
	cmd_list(0, NULL, &opt);
	says(FAKE_PORT "   vmdq_igb   eth0       drained ");
	opt.json = true;
	printed_again();
	cmd_list(0, NULL, &opt);
	says("\"state\":\"drained\",");
	printed_again();
	ck_assert_int_eq(cmd_why(1, (char *[]){ "web", NULL }, &opt), VMDQ_S_LESS);
	says("\"code\":\"drained\"");
	says("vmdqctl drain eth0 off");
}

START_TEST(drain_with_one)
{
	fake_kernel.coordinated = true;
	/* whose the taking back is */
	run(cmd_drain, "eth0", "on", 0, "");
	fake_xs_expect(DRAIN, "1");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/2");
	opt.json = true;
	run(cmd_drain, "eth0", "off", 0, "\"coordinated\":true");
	fake_xs_expect(DRAIN, NULL);
}

START_TEST(drain_that_does_not_end)
{
	fake_kernel.held = 1u << 2;
	run(cmd_drain, "eth0", NULL, VMDQ_S_TIMEOUT, "one by vif77.0");
	fake_xs_expect(DRAIN, "1");
	opt.wait = false;
	run(cmd_drain, "eth0", NULL, 0, "asked for");
	run(cmd_drain, "eth9", NULL, VMDQ_S_NO_PORT, "eth9");
	run(cmd_drain, "eth0", "maybe", VMDQ_S_USAGE, "on or off");
	fake_kernel.module = false;
	/* a card that is away is to be used when it is back */
	run(cmd_drain, "eth0", "off", VMDQ_S_NO_MODULE, "not loaded");
	run(cmd_drain, FAKE_PORT, "off", 0, "gives pools again");
	fake_xs_expect(DRAIN, NULL);
	run(cmd_drain, "eth0", NULL, VMDQ_S_NO_MODULE, "not loaded");
}

START_TEST(what_a_person_decides_is_written_down)
{
	run(cmd_assign, "db", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", FAKE_PORT "/1");
	run(cmd_assign, "db", "eth0/3", 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", FAKE_PORT "/3");
	run(cmd_assign, "db", "auto", 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", NULL);
	run(cmd_release, "db", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", "none");
	opt.json = true;
	run(cmd_release, "db", NULL, 0, "\"hold\":\"none\"");
	opt.json = false;
	/* and taken back, even if there is no pool now */
	fake_kernel.held = 0xe;
	run(cmd_assign, "db", "auto", VMDQ_S_NO_POOL, "all 3 pools");
	fake_xs_expect("vmdq/vif/2/0/request/hold", NULL);
	run(cmd_release, "db", NULL, 0, "");
	/* and forgotten with the vif */
	setenv("XENBUS_PATH", "backend/vif/2/0", 1);
	run(cmd_hotplug, "online", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", NULL);
}

/* Also for a vif whose script has asked for nothing, or could not; and dom0 alone may see it */
START_TEST(it_is_written_down_without_a_request)
{
	fake_xs_set("vmdq", NULL);
	run(cmd_assign, "db", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", FAKE_PORT "/1");
	ck_assert_str_eq(fake_xs_perms("vmdq"), "n0");
	fake_xs_set("vmdq", NULL);
	run(cmd_release, "db", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/request/hold", "none");
	fake_xs_set("vmdq", NULL);
	run(cmd_level, "db", "copy", 0, "");
	ck_assert_str_eq(fake_xs_perms("vmdq"), "n0");
}

/* vmdqd takes web's pool for whoever has asked meanwhile */
static void coordinator(const char *path)
{
	const char *mode = fake_xs_get("vmdq/vif/2/0/request/mode");

	if (!strstr(path, "/2/0/request") || !mode || strcmp(mode, "required") ||
	    fake_xs_get("vmdq/vif/2/0/assign"))
		return;
	fake_xs_set("vmdq/vif/1/0/assign", NULL);
	fake_xs_set("vmdq/vif/2/0/assign", FAKE_PORT "/2");
}

static void require_all(void)
{
	FILE *f = fopen(conf, "w");

	ck_assert_ptr_nonnull(f);
	fputs("[default]\nmode = required\n", f);
	fclose(f);
	fake_kernel.held = 0xe;
	setenv("XENBUS_PATH", "backend/vif/2/0", 1);
}

START_TEST(room_is_made_for_who_requires_it)
{
	require_all();
	fake_kernel.coordinated = true;
	fake_xs.changed = coordinator;
	run(cmd_hotplug, "online", NULL, 0, "");
	fake_xs_expect("vmdq/vif/2/0/assign", FAKE_PORT "/2");
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	fake_xs_expect("backend/vif/2/0/hotplug-error", NULL);
}

START_TEST(nobody_makes_room)
{
	require_all();
	run(cmd_hotplug, "online", NULL, VMDQ_S_REQUIRED, "all 3 pools");
	fake_xs_expect("vmdq/vif/2", NULL);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("coordinated");

#define CASE(name, test)	unit_case_with(s, name, setup, teardown, test)
	CASE("drain alone", drain_without_a_coordinator);
	CASE("drain by address", however_the_port_is_written);
	CASE("drained", a_drained_port_is_shown);
	CASE("drain", drain_with_one);
	CASE("drain without end", drain_that_does_not_end);
	CASE("hold", what_a_person_decides_is_written_down);
	CASE("hold, no request", it_is_written_down_without_a_request);
	CASE("room", room_is_made_for_who_requires_it);
	CASE("no room", nobody_makes_room);

	return s;
}
