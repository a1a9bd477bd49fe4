// SPDX-License-Identifier: GPL-2.0
/*
 * Shows in which order a vif is taken from one backend to another, what xenstore
 * says of it then, that it goes back when anything fails, and what is refused
 * before anything is done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/kernel_fake.h"
#include "fakes/printed.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdq_xenstore.h"
#include "../../tools/vmdqctl/vmdqctl.h"

static struct options opt;
static char script[32];

static void backend(const char *path)
{
	if (strstr(path, "/error") || strstr(path, "/state") || !strstr(path, "vmdq/vif"))
		return;
	if (fake_kernel.driver == VMDQ_BACKEND_VMDQ)
		fake_xs_set("vmdq/vif/1/0/state", fake_xs_get("vmdq/vif/1/0/assign") ?
			    VMDQ_XS_STATE_GRANT : VMDQ_XS_STATE_SOFTWARE);
}

/* A guest "web" whose vif xenbr0 has by xen-netback; an MTU that its script would not set */
static void setup(void)
{
	strcpy(script, "/tmp/vmdq-unit-XXXXXX");
	close(mkstemp(script));
	chmod(script, 0755);
	fake_xs_reset();
	fake_xs_set("backend/vif/1/0/mac", "00:16:3e:00:00:01");
	fake_xs_set("backend/vif/1/0/bridge", "xenbr0");
	fake_xs_set("backend/vif/1/0/script", script);
	fake_xs_set("backend/vif/1/0/state", "4");
	fake_xs_set("backend/vif/1/0/online", "1");
	fake_xs_set("backend/vif/1/0/hotplug-status", "connected");
	fake_xs_set("backend/vif/1/0/frontend", "/local/domain/1/device/vif/0");
	fake_xs_set("/local/domain/1/device/vif/0/state", "4");
	fake_xs_set("/local/domain/1/device/vif/0/multi-queue-num-queues", "2");
	fake_xs_set("/local/domain/1/name", "web");
	fake_xs.changed = backend;
	fake_kernel = (struct fake_kernel){
		.module = true, .n_ports = 1, .members = "vif1.0 eth0",
		.driver = VMDQ_BACKEND_STOCK, .absent = VMDQ_BACKEND_COUNT,
		.fails = VMDQ_BACKEND_COUNT, .refuses = VMDQ_BACKEND_COUNT,
		.link = { .mtu = 1400, .up = true, .bridge = "xenbr0" },
	};
	opt = (struct options){ .wait = true, .timeout_ms = 50, .conf = "/nonexistent" };
	printed_begin();
}

static void teardown(void)
{
	printed_end();
	unlink(script);
}

static void run(command_fn command, const char *word, int wanted, const char *says)
{
	char text[40], *argv[] = { text, NULL };
	int status;

	printed_again();
	memset(fake_kernel.done, 0, sizeof(fake_kernel.done));
	snprintf(text, sizeof(text), "%s", word ? word : "");
	status = command(word ? 1 : 0, argv, &opt);
	printed_look();
	ck_assert_msg(status == wanted, "status %d: %s%s", status, printed.out, printed.said);
	ck_assert_msg(strstr(wanted ? printed.said : printed.out, says), "it said: %s%s",
		      printed.out, printed.said);
}

static void expect_at(enum vmdq_backend where)
{
	ck_assert_int_eq(fake_kernel.driver, where);
	ck_assert_uint_eq(fake_kernel.link.mtu, 1400);
	ck_assert_str_eq(fake_kernel.link.bridge, "xenbr0");
	fake_xs_expect("backend/vif/1/0/hotplug-status", "connected");
}

START_TEST(there_and_back)
{
	run(cmd_takeover, "vif1.0", 0, "before by xen-netback");
	ck_assert_ptr_nonnull(strstr(printed.out, "pool " FAKE_PORT "/1, level grant"));
	expect_at(VMDQ_BACKEND_VMDQ);
	ck_assert_str_eq(fake_kernel.done, "ubs");
	fake_xs_expect("vmdq/vif/1/0/request/backend", VMDQ_XS_BACKEND_VMDQ);
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	/* again does nothing */
	run(cmd_takeover, "web", 0, "already");
	ck_assert_str_eq(fake_kernel.done, "");
	run(cmd_giveback, "web", 0, "served by xen-netback");
	expect_at(VMDQ_BACKEND_STOCK);
	/* what its script says anyway need not be said, and nothing else is left */
	fake_xs_expect("vmdq/vif/1", NULL);
}

START_TEST(a_vif_whose_script_is_ours)
{
	char ours[] = "/tmp/vmdq-unit/vif-vmdq";

	mkdir("/tmp/vmdq-unit", 0755);
	ck_assert_int_eq(rename(script, ours), 0);
	fake_xs_set("backend/vif/1/0/script", ours);
	fake_xs_set("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	fake_kernel.driver = VMDQ_BACKEND_VMDQ;
	run(cmd_giveback, "1/0", 0, "served by xen-netback, before by vmdq_netback");
	expect_at(VMDQ_BACKEND_STOCK);
	/* or the next load of our module would take it */
	fake_xs_expect("vmdq/vif/1/0/request/backend", VMDQ_XS_BACKEND_STOCK);
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	run(cmd_rebind, "1/0", 0, "served by vmdq_netback");
	expect_at(VMDQ_BACKEND_VMDQ);
	fake_xs_expect("vmdq/vif/1/0/request/backend", NULL);
	unlink(ours);
	rmdir("/tmp/vmdq-unit");
}

START_TEST(all_vifs)
{
	struct json_object *o, *vifs;

	opt.all = true;
	opt.json = true;
	/* one that is about to go is no reason not to move the others */
	fake_xs_set("backend/vif/0/7/script", "vif-bridge");
	run(cmd_takeover, NULL, VMDQ_S_NO_VIF, "");
	o = json_tokener_parse(printed.out);
	ck_assert_ptr_nonnull(o);
	ck_assert(json_object_object_get_ex(o, "vifs", &vifs));
	ck_assert_uint_eq(json_object_array_length(vifs), 2);
	json_object_put(o);
	expect_at(VMDQ_BACKEND_VMDQ);
}

START_TEST(after_a_reload)
{
	/* the module was loaded again: the driver took the vif, nobody ran the script */
	fake_xs_set("backend/vif/1/0/hotplug-status", NULL);
	fake_kernel.link = (struct vmdq_link){ .mtu = 1500 };
	run(cmd_rebind, "web", 0, "hotplug script run again");
	ck_assert_str_eq(fake_kernel.done, "s");
	ck_assert_int_eq(fake_kernel.driver, VMDQ_BACKEND_STOCK);
	/* what the script did stands: nobody had set the new interface otherwise */
	ck_assert_str_eq(fake_kernel.link.bridge, "xenbr0");
	ck_assert(fake_kernel.link.up);
	/* a vif without a driver */
	fake_kernel.driver = VMDQ_BACKEND_NONE;
	fake_xs_set("backend/vif/1/0/hotplug-status", NULL);
	run(cmd_rebind, "web", 0, "before by no backend");
	ck_assert_str_eq(fake_kernel.done, "bs");
	ck_assert_int_eq(fake_kernel.driver, VMDQ_BACKEND_STOCK);
	/* a vif that xl is just making is left to it */
	fake_xs_set("backend/vif/1/0/hotplug-status", "");
	run(cmd_rebind, "web", 0, "already");
	ck_assert_str_eq(fake_kernel.done, "");
}

START_TEST(it_goes_back_when_the_script_fails)
{
	fake_kernel.fails = VMDQ_BACKEND_VMDQ;
	run(cmd_takeover, "web", VMDQ_S_REFUSED, "online failed; it is back with xen-netback");
	ck_assert_str_eq(fake_kernel.done, "ubsubs");
	expect_at(VMDQ_BACKEND_STOCK);
	fake_xs_expect("vmdq/vif/1", NULL);
}

START_TEST(it_goes_back_when_the_driver_refuses)
{
	fake_kernel.refuses = VMDQ_BACKEND_VMDQ;
	run(cmd_takeover, "web", VMDQ_S_SYSTEM, "it is back with xen-netback");
	ck_assert_str_eq(fake_kernel.done, "ubbs");
	expect_at(VMDQ_BACKEND_STOCK);
	fake_xs_expect("vmdq/vif/1", NULL);
}

START_TEST(it_cannot_even_go_back)
{
	fake_kernel.refuses = VMDQ_BACKEND_VMDQ;
	fake_kernel.fails = VMDQ_BACKEND_STOCK;
	run(cmd_takeover, "web", VMDQ_S_SYSTEM, "could not be put back to xen-netback");
}

START_TEST(refused_before_anything_is_done)
{
	fake_kernel.absent = VMDQ_BACKEND_VMDQ;
	run(cmd_takeover, "web", VMDQ_S_NO_MODULE, "modprobe vmdq_netback");
	fake_kernel.absent = VMDQ_BACKEND_COUNT;
	fake_xs_set("backend/vif/1/0/mac", "01:00:5e:00:00:01");
	run(cmd_takeover, "web", VMDQ_S_BAD_MAC, "group address");
	fake_xs_set("/local/domain/1/device/vif/0/multi-queue-num-queues", "9");
	run(cmd_takeover, "web", VMDQ_S_REFUSED,
	    "9 queues, and vmdq_netback serves no more than 8");
	chmod(script, 0644);
	if (geteuid())	/* root may run anything that anybody may */
		run(cmd_takeover, "web", VMDQ_S_SYSTEM, "cannot be run");
	unlink(script);
	run(cmd_takeover, "web", VMDQ_S_SYSTEM, "cannot be run");
	fake_xs_set("backend/vif/1/0/online", "0");
	run(cmd_takeover, "web", VMDQ_S_NO_VIF, "about to go");
	run(cmd_takeover, "db", VMDQ_S_NO_VIF, "db");
	run(cmd_takeover, NULL, VMDQ_S_USAGE, "--all");
	ck_assert_str_eq(fake_kernel.done, "");
	ck_assert_int_eq(fake_kernel.driver, VMDQ_BACKEND_STOCK);
	fake_xs_expect("vmdq/vif/1", NULL);
}

START_TEST(no_pool_is_no_failure)
{
	fake_kernel.held = 0xe;
	run(cmd_takeover, "web", 0, "without a pool");
	expect_at(VMDQ_BACKEND_VMDQ);
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("takeover");

	unit_case_with(s, "there and back", setup, teardown, there_and_back);
	unit_case_with(s, "our script", setup, teardown, a_vif_whose_script_is_ours);
	unit_case_with(s, "all", setup, teardown, all_vifs);
	unit_case_with(s, "reload", setup, teardown, after_a_reload);
	unit_case_with(s, "script fails", setup, teardown, it_goes_back_when_the_script_fails);
	unit_case_with(s, "driver refuses", setup, teardown, it_goes_back_when_the_driver_refuses);
	unit_case_with(s, "no way back", setup, teardown, it_cannot_even_go_back);
	unit_case_with(s, "refused", setup, teardown, refused_before_anything_is_done);
	unit_case_with(s, "no pool", setup, teardown, no_pool_is_no_failure);

	return s;
}
