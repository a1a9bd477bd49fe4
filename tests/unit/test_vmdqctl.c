// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what vmdqctl's commands write to xenstore, when they wait and for
 * what, and how they fail: exit status, message, JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "fakes/kernel_fake.h"
#include "fakes/printed.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdq_xenstore.h"
#include "../../tools/vmdqctl/vmdqctl.h"

static struct options opt;

/* The backend as it shall be: it serves what was asked, if @refusal is not set */
static const char *refusal, *best_level;

static void backend(const char *path)
{
	const char *level = fake_xs_get("vmdq/vif/1/0/request/level");
	const char *state = best_level;

	if (strstr(path, "/error") || strstr(path, "/state"))
		return;
	if (level && strcmp(level, VMDQ_XS_LEVEL_AUTO))
		state = level;
	if (!fake_xs_get("vmdq/vif/1/0/assign") || refusal)
		state = VMDQ_XS_STATE_SOFTWARE;
	fake_xs_set("vmdq/vif/1/0/error", refusal);
	fake_xs_set("vmdq/vif/1/0/state", state);
}

static void silent_backend(const char *path)
{
	(void)path;
}

/* A guest "web" with a connected vif on xenbr0, whose uplink is a port */
static void setup(void)
{
	fake_xs_reset();
	fake_xs_set("backend/vif/1/0/mac", "00:16:3e:00:00:01");
	fake_xs_set("backend/vif/1/0/bridge", "xenbr0");
	fake_xs_set("backend/vif/1/0/script", "/etc/xen/scripts/vif-vmdq");
	fake_xs_set("backend/vif/1/0/state", "4");
	fake_xs_set("/local/domain/1/name", "web");
	fake_xs.changed = backend;
	refusal = NULL;
	best_level = VMDQ_XS_STATE_GRANT;
	fake_kernel = (struct fake_kernel){
		.module = true, .n_ports = 1, .members = "vif1.0 eth0",
		.driver = VMDQ_BACKEND_VMDQ,
	};
	opt = (struct options){ .wait = true, .timeout_ms = 50, .conf = "/nonexistent" };
	setenv("XENBUS_PATH", "backend/vif/1/0", 1);
	printed_begin();
}

static void teardown(void)
{
	printed_end();
}

/* Runs a command line of up to four words; @printed is what it printed */
static int run(command_fn command, const char *a, const char *b, const char *c)
{
	char words[3][40], *argv[] = { words[0], words[1], words[2], NULL };
	const char * const given[] = { a, b, c };
	int argc = 0, status;

	printed_again();
	while (argc < 3 && given[argc]) {
		snprintf(words[argc], sizeof(words[argc]), "%s", given[argc]);
		argc++;
	}
	status = command(argc, argv, &opt);
	printed_look();

	return status;
}

static void expect(int found, int wanted, const char *says)
{
	ck_assert_msg(found == wanted, "status %d: %s", found, printed.said);
	ck_assert_msg(strstr(printed.said, says), "it said: %s", printed.said);
}

START_TEST(assign_by_the_bridge)
{
	expect(run(cmd_assign, "web", NULL, NULL), 0, "");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	ck_assert_ptr_nonnull(strstr(printed.out, "served by grant"));
	/* again changes nothing */
	expect(run(cmd_assign, "vif1.0", "auto", NULL), 0, "");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
}

START_TEST(assign_by_number)
{
	expect(run(cmd_assign, "1/0", FAKE_PORT "/3", NULL), 0, "");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/3");
	expect(run(cmd_assign, "web", "0", "eth0/2"), 0, "");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/2");
	expect(run(cmd_assign, "web", "eth0", NULL), 0, "");
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/2");
}

START_TEST(assign_that_cannot_be)
{
	expect(run(cmd_assign, "web", "eth0/4", NULL), VMDQ_S_POOL_RANGE, "pools 1 to 3");
	expect(run(cmd_assign, "web", "eth0/0", NULL), VMDQ_S_POOL_RANGE, "pool 0");
	expect(run(cmd_assign, "web", "eth9", NULL), VMDQ_S_NO_PORT, "eth9");
	expect(run(cmd_assign, "db", NULL, NULL), VMDQ_S_NO_VIF, "db");
	expect(run(cmd_assign, "web", "a/b/c", NULL), VMDQ_S_USAGE, "a/b/c");
	expect(run(cmd_assign, NULL, NULL, NULL), VMDQ_S_USAGE, "takes a vif");
	fake_kernel.held = 1u << 2;
	expect(run(cmd_assign, "web", "eth0/2", NULL), VMDQ_S_NO_POOL, "vif77.0 holds");
	fake_kernel.held = 0xe;
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_NO_POOL, "all 3 pools");
	fake_kernel.members = "vif1.0 eth7";
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_NO_PORT, "vif1.0 eth7");
	fake_xs_set("backend/vif/1/0/bridge", "br9");
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_NO_PORT, "br9");
	fake_kernel.n_ports = 0;
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_NO_PORT, "no network card");
	fake_kernel.module = false;
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_NO_MODULE, "vmdq is not loaded");
	fake_xs_set("backend/vif/1/0/mac", "01:00:5e:00:00:01");
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_BAD_MAC, "group address");
	fake_xs_set("backend/vif/1/0/mac", "00:16:3e");
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_BAD_MAC, "six hexadecimal pairs");
	fake_xs.absent = true;
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_NO_XEN, "");
	fake_xs.absent = false;
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
}

START_TEST(assign_is_refused_by_the_backend)
{
	refusal = "pool " FAKE_PORT "/1: the port is down";
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_REFUSED, "the port is down");
	/* what was refused before is no answer to what is asked now */
	refusal = NULL;
	expect(run(cmd_assign, "web", NULL, NULL), 0, "");
	fake_xs_expect("vmdq/vif/1/0/error", NULL);
}

START_TEST(a_silent_backend_is_a_timeout)
{
	fake_xs.changed = silent_backend;
	fake_xs_set("vmdq/vif/1/0/state", VMDQ_XS_STATE_GRANT);
	expect(run(cmd_assign, "web", NULL, NULL), VMDQ_S_TIMEOUT, "did not answer");
	/* the assignment stands all the same */
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	opt.wait = false;
	expect(run(cmd_assign, "web", NULL, NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "asked for"));
	/* no guest, nothing to wait for */
	opt.wait = true;
	fake_xs_set("backend/vif/1/0/state", "2");
	expect(run(cmd_assign, "web", NULL, NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "no guest is connected yet"));
}

START_TEST(release_and_level)
{
	expect(run(cmd_assign, "web", NULL, NULL), 0, "");
	expect(run(cmd_level, "web", "copy", NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "served by copy"));
	fake_xs_expect("vmdq/vif/1/0/request/level", "copy");
	expect(run(cmd_level, "web", "software", NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "served by software"));
	fake_xs_expect("vmdq/vif/1/0/assign", FAKE_PORT "/1");
	expect(run(cmd_level, "web", "0", "auto"), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "served by grant"));
	expect(run(cmd_release, "web", NULL, NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "no pool, served by software"));
	fake_xs_expect("vmdq/vif/1/0/assign", NULL);
	expect(run(cmd_release, "web", NULL, NULL), 0, "");
	expect(run(cmd_level, "web", "fast", NULL), VMDQ_S_USAGE, "software, copy, grant or auto");
	expect(run(cmd_level, "web", NULL, NULL), VMDQ_S_USAGE, "");
	expect(run(cmd_release, "web", "x", NULL), VMDQ_S_USAGE, "");
	expect(run(cmd_release, "vif8.0", NULL, NULL), VMDQ_S_NO_VIF, "vif8.0");
}

/* The member of @object, which must exist */
static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	ck_assert_msg(json_object_object_get_ex(object, name, &value), "no %s in %s", name,
		      printed.out);

	return value;
}

START_TEST(answers_in_json)
{
	struct json_object *o, *vif;

	opt.json = true;
	run(cmd_assign, "web", NULL, NULL);
	o = json_tokener_parse(printed.out);
	ck_assert_ptr_nonnull(o);
	ck_assert(json_object_get_boolean(member(o, "ok")));
	vif = member(o, "vif");
	ck_assert_str_eq(json_object_get_string(member(vif, "vif")), "vif1.0");
	ck_assert_str_eq(json_object_get_string(member(vif, "state")), "grant");
	ck_assert_str_eq(json_object_get_string(member(vif, "port")), FAKE_PORT);
	ck_assert_int_eq(json_object_get_int(member(vif, "pool")), 1);
	ck_assert_int_eq(json_object_get_int(member(member(vif, "counters"), "rx_pool_frames")),
			 10000);
	json_object_put(o);
	run(cmd_assign, "db", NULL, NULL);
	o = json_tokener_parse(printed.out);
	ck_assert_ptr_nonnull(o);
	ck_assert(!json_object_get_boolean(member(o, "ok")));
	ck_assert_int_eq(json_object_get_int(member(o, "status")), VMDQ_S_NO_VIF);
	ck_assert_str_ne(json_object_get_string(member(o, "error")), "");
	json_object_put(o);
}

START_TEST(list_shows_what_there_is)
{
	struct json_object *o, *port, *vif;

	fake_xs_set("/local/domain/2/name", "stock");
	fake_xs_set("backend/vif/2/0/script", "vif-bridge");
	fake_kernel.held = 1u << 2;
	run(cmd_assign, "web", NULL, NULL);
	expect(run(cmd_list, NULL, NULL, NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "vif1.0"));
	ck_assert_ptr_nonnull(strstr(printed.out, "10000"));
	ck_assert_ptr_nonnull(strstr(printed.out, "vif77.0"));
	/* what never happened has no ratio */
	ck_assert_ptr_nonnull(strstr(printed.out, "maps per multicall: 16.00, frames per inter"));
	ck_assert_ptr_nonnull(strstr(printed.out, "frames per interrupt: 25.00, "));
	ck_assert_ptr_nonnull(strstr(printed.out, ", notifications per frame: 0.05\n"));
	ck_assert_ptr_null(strstr(printed.out, "vif2.0"));
	opt.json = true;
	expect(run(cmd_list, NULL, NULL, NULL), 0, "");
	o = json_tokener_parse(printed.out);
	ck_assert_ptr_nonnull(o);
	ck_assert_uint_eq(json_object_array_length(member(o, "vifs")), 1);
	vif = json_object_array_get_idx(member(o, "vifs"), 0);
	ck_assert_str_eq(json_object_get_string(member(vif, "domain")), "web");
	ck_assert_double_eq(json_object_get_double(member(member(vif, "ratios"),
							  "frames_per_interrupt")), 25);
	ck_assert_ptr_null(member(member(vif, "ratios"), "copies_per_hypercall"));
	port = json_object_array_get_idx(member(o, "ports"), 0);
	ck_assert_int_eq(json_object_get_int(member(port, "pools_total")), 3);
	ck_assert_uint_eq(json_object_array_length(member(port, "pools")), 3);
	json_object_put(o);
	/* half of it is better than nothing */
	opt.json = false;
	fake_kernel.module = false;
	expect(run(cmd_list, NULL, NULL, NULL), VMDQ_S_NO_MODULE, "vmdq is not loaded");
	ck_assert_ptr_nonnull(strstr(printed.out, "vif1.0"));
	fake_kernel.module = true;
	fake_xs.absent = true;
	expect(run(cmd_list, NULL, NULL, NULL), VMDQ_S_NO_XEN, "");
	ck_assert_ptr_nonnull(strstr(printed.out, FAKE_PORT));
	fake_xs.absent = false;
}

/* Whether a whole line of what was printed is @wanted */
static bool has_line(const char *wanted)
{
	size_t length = strlen(wanted);
	const char *p;

	for (p = printed.out; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		if (!strncmp(p, wanted, length) && p[length] == '\n')
			return true;

	return false;
}

#define VIF_LABELS	"vif=\"vif1.0\",domain=\"w\\\"e\\\\b\""

START_TEST(metrics)
{
	const char *end;

	fake_xs_set("/local/domain/1/name", "w\"e\\b");
	fake_xs_set("/local/domain/2/name", "stock");
	fake_xs_set("backend/vif/2/0/script", "vif-bridge");
	fake_kernel.held = 1u << 2;
	expect(run(cmd_assign, "vif1.0", NULL, NULL), 0, "");
	expect(run(cmd_metrics, NULL, NULL, NULL), 0, "");
	ck_assert(has_line("# TYPE vmdq_port_pools gauge"));
	ck_assert(has_line("vmdq_port_pools{port=\"" FAKE_PORT "\",netdev=\"eth0\"} 3"));
	ck_assert(has_line("vmdq_port_up{port=\"" FAKE_PORT "\",netdev=\"eth0\"} 1"));
	ck_assert(has_line("# TYPE vmdq_pool_rx_frames counter"));
	ck_assert(has_line("vmdq_pool_rx_frames_total{port=\"" FAKE_PORT
			   "\",pool=\"2\",vif=\"vif77.0\"} 0"));
	ck_assert(has_line("vmdq_vif_rx_pool_frames_total{" VIF_LABELS "} 10000"));
	ck_assert_ptr_nonnull(strstr(printed.out, "served=\"grant\",port=\"" FAKE_PORT
				     "\",pool=\"1\"} 1\n"));
	/* pools that nobody has, and vifs of others, are none of ours */
	ck_assert_ptr_null(strstr(printed.out, "pool=\"3\""));
	ck_assert_ptr_null(strstr(printed.out, "vif2.0"));
	end = strstr(printed.out, "# EOF\n");
	ck_assert(end && !end[6]);
}

/* xen-netback has the first vif, though it is ours: what that counts is no counter of ours,
 * and hides none of the second's.
 */
START_TEST(metrics_of_a_vif_loaded_late)
{
	const char *type = "# TYPE vmdq_vif_rx_pool_frames counter";

	fake_xs_set("backend/vif/2/0/mac", "00:16:3e:00:00:02");
	fake_xs_set("backend/vif/2/0/script", "/etc/xen/scripts/vif-vmdq");
	fake_xs_set("/local/domain/2/name", "db");
	fake_kernel.driver = VMDQ_BACKEND_STOCK;
	fake_kernel.second = VMDQ_BACKEND_VMDQ;
	expect(run(cmd_metrics, NULL, NULL, NULL), 0, "");
	ck_assert(has_line(type));
	ck_assert_ptr_null(strstr(strstr(printed.out, type) + 1, type));
	ck_assert(has_line("vmdq_vif_rx_pool_frames_total{vif=\"vif2.0\",domain=\"db\"} 10000"));
	ck_assert_ptr_null(strstr(printed.out, "vmdq_vif_rx_pool_frames_total{vif=\"vif1.0\""));
	ck_assert_ptr_null(strstr(printed.out, "rx_gso_checksum_fixup"));
	/* what both ask for is told */
	ck_assert_ptr_nonnull(strstr(printed.out, "vmdq_vif_info{vif=\"vif1.0\""));
	ck_assert_ptr_nonnull(strstr(printed.out, "vmdq_vif_info{vif=\"vif2.0\""));
	/* with no other there is no counter at all */
	fake_kernel.second = VMDQ_BACKEND_STOCK;
	expect(run(cmd_metrics, NULL, NULL, NULL), 0, "");
	ck_assert_ptr_null(strstr(printed.out, "_frames_total{vif="));
	ck_assert_ptr_null(strstr(printed.out, "rx_gso_checksum_fixup"));
}

START_TEST(metrics_into_a_file)
{
	char folder[] = "/tmp/vmdq-unit-XXXXXX", path[64], text[16384] = "";
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/m", folder);
	expect(run(cmd_metrics, path, NULL, NULL), 0, "");
	ck_assert_str_eq(printed.out, "");
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f), 0);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(text, "# EOF\n"));
	/* half of the counters are none: then it stays as it was */
	fake_kernel.module = false;
	expect(run(cmd_metrics, path, NULL, NULL), VMDQ_S_NO_MODULE, "vmdq is not loaded");
	ck_assert_int_eq(access(path, F_OK), 0);
	fake_kernel.module = true;
	/* what is left behind would be read too */
	unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
	expect(run(cmd_metrics, path, NULL, NULL), VMDQ_S_SYSTEM, "cannot write");
}

START_TEST(config_check)
{
	char path[] = "/tmp/vmdq-unit-XXXXXX";
	struct json_object *o, *mistake;
	FILE *f = fdopen(mkstemp(path), "w");

	fputs("[default]\nmode = auto\n", f);
	fflush(f);
	opt.conf = path;
	expect(run(cmd_config, "check", NULL, NULL), 0, "");
	ck_assert_ptr_nonnull(strstr(printed.out, "1 sections, no mistake"));
	fputs("[mac 00:16:3e:00:00:01]\n\tlevel = fast\n", f);
	fflush(f);
	expect(run(cmd_config, "check", NULL, NULL), VMDQ_S_CONFIG, "");
	ck_assert_ptr_nonnull(strstr(printed.out, ":4:10: "));
	ck_assert_ptr_nonnull(strstr(printed.out, "\n    \tlevel = fast\n    \t        ^\n"));

	opt.json = true;
	expect(run(cmd_config, "check", NULL, NULL), VMDQ_S_CONFIG, "");
	o = json_tokener_parse(printed.out);
	ck_assert_ptr_nonnull(o);
	ck_assert(!json_object_get_boolean(member(o, "ok")));
	ck_assert_uint_eq(json_object_array_length(member(o, "mistakes")), 1);
	mistake = json_object_array_get_idx(member(o, "mistakes"), 0);
	ck_assert_int_eq(json_object_get_int(member(mistake, "line")), 4);
	ck_assert_int_eq(json_object_get_int(member(mistake, "column")), 10);
	json_object_put(o);
	opt.json = false;

	/* each line is right, and both together cannot be had */
	ck_assert_int_eq(ftruncate(fileno(f), 0), 0);
	rewind(f);
	fputs("[domain web]\nmode = required\nlevel = software\n", f);
	fflush(f);
	expect(run(cmd_config, "check", NULL, NULL), VMDQ_S_CONFIG, "");
	ck_assert_ptr_nonnull(strstr(printed.out, ":3:9: mode = required and level = software"));
	ck_assert_ptr_nonnull(strstr(printed.out, "\n    level = software\n            ^\n"));
	fclose(f);
	unlink(path);

	expect(run(cmd_config, "check", NULL, NULL), VMDQ_S_SYSTEM, "cannot read");
	expect(run(cmd_config, NULL, NULL, NULL), VMDQ_S_USAGE, "check");
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("vmdqctl");

	unit_case_with(s, "assign by bridge", setup, teardown, assign_by_the_bridge);
	unit_case_with(s, "assign by number", setup, teardown, assign_by_number);
	unit_case_with(s, "assign in vain", setup, teardown, assign_that_cannot_be);
	unit_case_with(s, "refused", setup, teardown, assign_is_refused_by_the_backend);
	unit_case_with(s, "silent backend", setup, teardown, a_silent_backend_is_a_timeout);
	unit_case_with(s, "release and level", setup, teardown, release_and_level);
	unit_case_with(s, "json", setup, teardown, answers_in_json);
	unit_case_with(s, "list", setup, teardown, list_shows_what_there_is);
	unit_case_with(s, "config check", setup, teardown, config_check);
	unit_case_with(s, "metrics", setup, teardown, metrics);
	unit_case_with(s, "metrics, late", setup, teardown, metrics_of_a_vif_loaded_late);
	unit_case_with(s, "metrics file", setup, teardown, metrics_into_a_file);

	return s;
}
