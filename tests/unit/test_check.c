// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what 'vmdqctl check' says of a xenstore in which all is well, and that it names the
 * node and the kind of each thing that can be wrong there, to people and to programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/kernel_fake.h"
#include "fakes/printed.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdq_xenstore.h"
#include "../../tools/vmdqctl/vmdqctl.h"

#define FRONT	"/local/domain/1/device/vif/0"

static const uint8_t mac[] = { 0x00, 0x16, 0x3e, 0, 0, 1 };
static struct options opt;

static void set_all(const char *dir, const char * const (*nodes)[2], size_t n)
{
	char path[160];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, nodes[i][0]);
		fake_xs_set(path, nodes[i][1]);
	}
}

/* Guest "web", domain 1, with a vif at level grant, as xl, the guest and we leave it */
static void setup(void)
{
	static const char * const back[][2] = {
		{ "frontend", FRONT }, { "frontend-id", "1" }, { "online", "1" },
		{ "state", "4" }, { "handle", "0" }, { "mac", "00:16:3e:00:00:01" },
		{ "script", "/etc/xen/scripts/vif-vmdq" }, { "bridge", "xenbr0" },
		{ "type", "vif" }, { "hotplug-status", "connected" }, { "feature-sg", "1" },
		{ "feature-gso-tcpv4", "1" }, { "feature-gso-tcpv6", "1" },
		{ "feature-ipv6-csum-offload", "1" }, { "feature-rx-copy", "1" },
		{ "feature-rx-flip", "0" }, { "feature-xdp-headroom", "1" },
		{ "feature-multicast-control", "1" }, { "feature-split-event-channels", "1" },
		{ "feature-dynamic-multicast-control", "1" }, { "feature-ctrl-ring", "1" },
		{ "multi-queue-max-queues", "2" },
	};
	static const char * const front[][2] = {
		{ "state", "4" }, { "request-rx-copy", "1" }, { "feature-rx-notify", "1" },
		{ "feature-sg", "1" }, { "multi-queue-num-queues", "2" },
		{ "queue-0/tx-ring-ref", "8" }, { "queue-0/event-channel-tx", "11" },
		{ "queue-1/tx-ring-ref", "9" }, { "queue-1/event-channel-tx", "12" },
	};
	static const char * const ours[][2] = {
		{ "request/mode", "auto" }, { "request/level", "auto" },
		{ "request/bridge", "xenbr0" }, { "assign", FAKE_PORT "/1" }, { "state", "grant" },
	};

	fake_xs_reset();
	fake_xs_set("/local/domain/1/name", "web");
	fake_xs_set_perms("/local/domain/1", "n0,r1");
	set_all("backend/vif/1/0", back, sizeof(back) / sizeof(back[0]));
	fake_xs_set_perms("backend/vif/1/0", "n0,r1");
	set_all(FRONT, front, sizeof(front) / sizeof(front[0]));
	fake_xs_set_perms(FRONT, "n1,r0");
	set_all("vmdq/vif/1/0", ours, sizeof(ours) / sizeof(ours[0]));
	fake_kernel = (struct fake_kernel){
		.module = true, .n_ports = 1, .held = 1 << 1, .owner = "vif1.0", .mac = mac,
	};
	opt = (struct options){ .wait = false, .timeout_ms = 300 };
	printed_begin();
}

static void teardown(void)
{
	printed_end();
}

static int check_again(void)
{
	int status;

	printed_again();
	status = cmd_check(0, NULL, &opt);
	printed_look();

	return status;
}

static void expect_well(void)
{
	int status = check_again();

	ck_assert_msg(!status, "status %d: %s%s", status, printed.out, printed.said);
	ck_assert_ptr_nonnull(strstr(printed.out, "no deviation"));
}

/* One deviation, of that node and kind, in these words */
static void expect_one(const char *path, const char *kind, const char *says)
{
	int status = check_again();
	char begin[200];

	ck_assert_msg(status == VMDQ_S_DEVIATES, "status %d: %s", status, printed.out);
	ck_assert_msg(strstr(printed.out, "1 deviation\n"), "%s", printed.out);
	snprintf(begin, sizeof(begin), "%s: %s: ", path, kind);
	ck_assert_msg(!strncmp(printed.out, begin, strlen(begin)), "wanted %s, found %s", begin,
		      printed.out);
	ck_assert_msg(strstr(printed.out, says), "it does not say %s: %s", says, printed.out);
}

START_TEST(all_is_well)
{
	expect_well();
	ck_assert_msg(!strncmp(printed.out, "1 vifs, ", 8), "%s", printed.out);
	/* what is asked for without a guest, what is given back, and what is not ours */
	fake_xs_set("backend/vif/1/0/state", "2");
	fake_xs_set("vmdq/vif/1/0/state", "software");
	fake_xs_set(FRONT "/request-rx-copy", NULL);
	fake_kernel.held = 0;
	expect_well();
	fake_xs_set("backend/vif/1/0/rate", "none of our business");
	fake_xs_set("vmdq/vif/1/0", NULL);
	fake_xs_set("vmdq/vif/1/0/request/backend", "stock");
	expect_well();
	ck_assert_msg(!strncmp(printed.out, "0 vifs, ", 8), "%s", printed.out);
	fake_xs_set("backend", NULL);
	fake_xs_set("vmdq", NULL);
	expect_well();
}

/* One node that is changed, and what is said of it; NULL removes it */
static const struct {
	const char *path;
	const char *value;
	const char *perms;
	const char *kind;
	const char *says;
} nodes[] = {
	{ "vmdq/vif/1/0/request/level", "best", NULL, "type",
	  "\"best\" is not one of: auto, software, copy, grant; written by vif-vmdq, vmdqctl" },
	{ "vmdq/vif/1/0/request/pool", "64", NULL, "range", "64 is not within 1 to 63" },
	{ "vmdq/vif/1/0/error", "a\033[31m", NULL, "type", "\"a?[31m\" is not one line of text" },
	{ "vmdq/vif/1/0/assign", NULL, "n1", "owner", "belongs to domain 1, not to domain 0" },
	{ "vmdq/vif/1/0/request/mode", NULL, "n0,r1", "permission", "domain 1 may read it" },
	{ "vmdq/vif/1/0/request/mode", NULL, "r0", "permission", "all domains may read it" },
	{ "vmdq/vif/1/0/request/mode", NULL, "n0,b7", "permission", "domain 7 may use it" },
	{ "vmdq/vif/1/0/request/colour", "red", NULL, "unknown", "nobody should have written it" },
	{ "vmdq/vif/1/0/request/vlan", "7", NULL, "unknown", "reserved" },
	{ "vmdq/vif/1/here", "", NULL, "unknown", "nobody" },
	{ "vmdq/vif/01", "", NULL, "unknown", "nobody" },
	{ "vmdq/vif/1/00", "", NULL, "unknown", "nobody" },
	{ "vmdq/vif/1/0/request/mode", NULL, NULL, "missing", "written by vif-vmdq" },
	{ "vmdq/vif/1/0/state", NULL, NULL, "missing", "written by backend" },
	{ "backend/vif/1/0/mac", "00:16:3e", NULL, "type", "written by xl" },
	{ "backend/vif/1/0/rate", "1Mb/s", NULL, "type", "<bytes>,<microseconds>" },
	{ "backend/vif/1/0/online", NULL, "n0,b1", "permission", "domain 1 may write it" },
	{ "backend/vif/1/0/mac", NULL, "n1", "owner", "belongs to domain 1" },
	{ "backend/vif/1/0/handle", NULL, NULL, "missing", "written by xl" },
	{ "backend/vif/1/0/feature-sg", NULL, NULL, "missing", "written by backend" },
	{ FRONT "/xdp-headroom", "5000", NULL, "range", "written by guest" },
	{ FRONT "/queue-1/tx-ring-ref", "x", NULL, "type", "written by guest" },
	{ FRONT "/feature-sg", NULL, "n0,r1", "owner", "belongs to domain 0, not to domain 1" },
	{ FRONT "/request-rx-copy", NULL, NULL, "missing", "written by guest" },
	{ "vmdq/vif/1/0/request/hold", "forever", NULL, "type", "or none; written by vmdqctl" },
	{ "vmdq/port/0000-00-03-0/drain", "yes", NULL, "type", "0 or 1; written by vmdqctl" },
	{ "vmdq/port/0000-00-03-0/netdev", "eth0", NULL, "unknown", "reserved" },
	{ "vmdq/port/eth0", "", NULL, "unknown", "nobody" },
	{ "vmdq/vif/5", "", NULL, "gone", "domain 5 is gone; vmdqd removes" },
	{ "vmdq/vif/5", "", NULL, "gone", "'xenstore-rm vmdq/vif/5'" },
	{ "vmdq/vif/1/3", "", NULL, "gone", "domain 1 has no vif 3" },
};

START_TEST(nodes_that_are_wrong)
{
	const char *path = nodes[_i].path;

	if (nodes[_i].perms)
		fake_xs_set_perms(path, nodes[_i].perms);
	else
		fake_xs_set(path, nodes[_i].value);
	/* that the kernel has a pool and nobody says so would be another deviation */
	if (!strcmp(path, "vmdq/vif/1/0/state"))
		fake_kernel.held = 0;
	expect_one(path, nodes[_i].kind, nodes[_i].says);
}

START_TEST(a_port_that_is_drained)
{
	fake_xs_set("vmdq/port/0000-00-04-0/drain", "1");
	fake_xs_set("vmdq/vif/1/0/request/hold", FAKE_PORT "/1");
	expect_well();
	fake_xs_set("vmdq/port/0000-00-03-0/drain", "1");
	expect_one("vmdq/vif/1/0/assign", "contradiction", "that port is being drained");
	fake_xs_set("vmdq/vif/1/0/assign", NULL);
	fake_xs_set("vmdq/vif/1/0/request/hold", "none");
	fake_xs_set("vmdq/vif/1/0/state", "software");
	fake_kernel.held = 0;
	expect_well();
}

START_TEST(a_domain_that_is_gone)
{
	/* said once, not of each node */
	fake_xs_set("vmdq/vif/5/0/assign", FAKE_PORT "/2");
	fake_xs_set("vmdq/vif/5/1/state", "nonsense");
	expect_one("vmdq/vif/5", "gone", "domain 5 is gone");
	fake_xs_set("vmdq/vif/5", NULL);
	/* xl has not cleaned up */
	fake_xs_set("/local/domain/1", NULL);
	fake_xs_set("vmdq/vif/1", NULL);
	fake_kernel.held = 0;
	expect_one("backend/vif/1/0", "gone", "domain 1 is gone");
}

START_TEST(the_kernel_says_otherwise)
{
	static const uint8_t other[] = { 0x00, 0x16, 0x3e, 0, 0, 2 };

	fake_kernel.held = 0;
	expect_one("vmdq/vif/1/0/state", "kernel",
		   "it says grant, but by the kernel pool " FAKE_PORT "/1 is free");
	fake_kernel.held = 1 << 1;
	fake_kernel.mac = other;
	expect_one("backend/vif/1/0/mac", "kernel", "takes 00:16:3e:00:00:02");
	fake_kernel.mac = mac;
	fake_xs_set("vmdq/vif/1/0/state", "software");
	expect_one("vmdq/vif/1/0/state", "kernel",
		   "it says software, but by the kernel vif1.0 holds pool");
	/* on its way from one to the other it may be either */
	fake_xs_set("vmdq/vif/1/0/state", "draining");
	expect_well();
	fake_kernel.held = 0;
	expect_well();
	fake_xs_set("vmdq/vif/1/0/state", "software");
	fake_xs_set("vmdq/vif/1/0/assign", "0000:09:00.0/1");
	expect_one("vmdq/vif/1/0/assign", "kernel", "the kernel knows no port 0000:09:00.0");
	fake_xs_set("vmdq/vif/1/0/assign", FAKE_PORT "/4");
	expect_one("vmdq/vif/1/0/assign", "range", "has pools 1 to 3, not 4");
	fake_xs_set("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	fake_kernel.held = 1 << 2;
	fake_kernel.owner = "vif9.0";
	expect_one("vmdq/vif", "kernel", "vif9.0 holds pool " FAKE_PORT "/2");
}

START_TEST(a_pool_that_another_holds)
{
	fake_kernel.owner = "vif9.0";
	ck_assert_int_eq(check_again(), VMDQ_S_DEVIATES);
	ck_assert_ptr_nonnull(strstr(printed.out, "is held by vif9.0"));
	ck_assert_ptr_nonnull(strstr(printed.out, "2 deviations"));
	/* two pools, one of which is not its own */
	fake_kernel.owner = "vif1.0";
	fake_kernel.held = 1 << 1 | 1 << 2;
	expect_one("vmdq/vif/1/0/state", "kernel", "not the one that it is assigned");
}

START_TEST(nodes_that_contradict_one_another)
{
	fake_kernel.held = 0;
	fake_xs_set("vmdq/vif/1/0/assign", NULL);
	expect_one("vmdq/vif/1/0/state", "contradiction", "it says grant, but no pool is assigned");
	fake_xs_set("vmdq/vif/1/0/state", "error");
	expect_one("vmdq/vif/1/0/state", "contradiction", "does not say why");
	fake_xs_set("vmdq/vif/1/0/error", "the guest broke the ring protocol");
	expect_well();
}

START_TEST(a_pool_that_is_assigned_twice)
{
	static const char * const other[][2] = {
		{ "frontend", "/local/domain/1/device/vif/1" }, { "frontend-id", "1" },
		{ "online", "1" }, { "state", "2" }, { "handle", "1" },
		{ "mac", "00:16:3e:00:00:09" }, { "script", "/etc/xen/scripts/vif-vmdq" },
	};

	set_all("backend/vif/1/1", other, sizeof(other) / sizeof(other[0]));
	fake_xs_set_perms("backend/vif/1/1", "n0,r1");
	fake_xs_set("vmdq/vif/1/1/assign", FAKE_PORT "/1");
	expect_one("vmdq/vif/1/1/assign", "contradiction", "is assigned to vif1.0, too");
	fake_xs_set("vmdq/vif/1/1/assign", FAKE_PORT "/2");
	expect_well();
}

START_TEST(json)
{
	struct json_object *o, *list, *d;

	opt.json = true;
	ck_assert_int_eq(check_again(), VMDQ_S_OK);
	o = json_tokener_parse(printed.out);
	ck_assert(json_object_get_boolean(json_object_object_get(o, "ok")));
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "vifs")), 1);
	ck_assert_int_eq(json_object_array_length(json_object_object_get(o, "deviations")), 0);
	json_object_put(o);

	fake_xs_set("vmdq/vif/1/0/request/colour", "red");
	fake_xs_set("vmdq/vif/1/0/request/level", "\xff\"best");
	ck_assert_int_eq(check_again(), VMDQ_S_DEVIATES);
	o = json_tokener_parse(printed.out);
	ck_assert(!json_object_get_boolean(json_object_object_get(o, "ok")));
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "status")),
			 VMDQ_S_DEVIATES);
	list = json_object_object_get(o, "deviations");
	ck_assert_int_eq(json_object_array_length(list), 2);
	d = json_object_array_get_idx(list, 1);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(d, "kind")), "unknown");
	ck_assert_str_eq(json_object_get_string(json_object_object_get(d, "path")),
			 "vmdq/vif/1/0/request/colour");
	json_object_put(o);
}

START_TEST(what_cannot_be_asked)
{
	char word[] = "vif1.0", *argv[] = { word, NULL };

	/* nothing is wrong that can be seen, but not all could be */
	fake_kernel.module = false;
	ck_assert_int_eq(check_again(), VMDQ_S_NO_MODULE);
	ck_assert_ptr_nonnull(strstr(printed.said, "not compared with the kernel"));
	ck_assert_ptr_nonnull(strstr(printed.out, "no deviation"));
	fake_xs_set("vmdq/vif/1/0/request/colour", "red");
	ck_assert_int_eq(check_again(), VMDQ_S_DEVIATES);
	fake_xs.absent = true;
	ck_assert_int_eq(check_again(), VMDQ_S_NO_XEN);
	ck_assert_int_eq(cmd_check(1, argv, &opt), VMDQ_S_USAGE);
}

static unsigned int looks;

/* The backend has the pool, and says so, only when it is looked at for the third time */
static void backend_is_slow(void)
{
	if (++looks != 3)
		return;
	fake_kernel.held = 1 << 1;
	fake_xs_set("vmdq/vif/1/0/state", "grant");
}

START_TEST(a_change_under_way_is_none)
{
	opt.wait = true;
	fake_xs_set("vmdq/vif/1/0/state", NULL);
	fake_kernel.held = 0;
	fake_xs.before_commit = backend_is_slow;
	looks = 0;
	expect_well();
	ck_assert_uint_ge(looks, 3);
	/* what no time mends is not waited for */
	looks = 0;
	fake_xs_set("vmdq/vif/1/0/request/level", "best");
	expect_one("vmdq/vif/1/0/request/level", "type", "best");
	ck_assert_uint_eq(looks, 1);
}

static void guest_never_rests(void)
{
	fake_xs_set(FRONT "/state", "4");
}

START_TEST(a_guest_cannot_keep_us_from_looking)
{
	fake_xs.before_commit = guest_never_rests;
	expect_well();
	fake_xs_set("vmdq/vif/1/0/request/level", "best");
	expect_one("vmdq/vif/1/0/request/level", "type", "best");
	ck_assert_uint_gt(fake_xs.conflicts, 1);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("check");

	unit_case_with(suite, "all is well", setup, teardown, all_is_well);
	{
		TCase *tc = tcase_create("nodes");	/* a table with a fixture */

		tcase_add_checked_fixture(tc, setup, teardown);
		tcase_add_loop_test(tc, nodes_that_are_wrong, 0, sizeof(nodes) / sizeof(nodes[0]));
		suite_add_tcase(suite, tc);
	}
	unit_case_with(suite, "drained", setup, teardown, a_port_that_is_drained);
	unit_case_with(suite, "domain", setup, teardown, a_domain_that_is_gone);
	unit_case_with(suite, "kernel", setup, teardown, the_kernel_says_otherwise);
	unit_case_with(suite, "pools", setup, teardown, a_pool_that_another_holds);
	unit_case_with(suite, "contradiction", setup, teardown, nodes_that_contradict_one_another);
	unit_case_with(suite, "twice", setup, teardown, a_pool_that_is_assigned_twice);
	unit_case_with(suite, "JSON", setup, teardown, json);
	unit_case_with(suite, "unasked", setup, teardown, what_cannot_be_asked);
	unit_case_with(suite, "conflicts", setup, teardown, a_guest_cannot_keep_us_from_looking);
	unit_case_with(suite, "passing", setup, teardown, a_change_under_way_is_none);
	return suite;
}
