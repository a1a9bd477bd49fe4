// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what libvmdq reads from xenstore and writes to it, against a xenstored
 * in memory: names of vifs, stale assignments, conflicts, permissions, waiting.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/xenstore_fake.h"
#include "store.h"
#include "suite.h"
#include "vmdq_xenstore.h"

static struct vmdq_store store;
static struct vmdq_err err;
static struct vmdq_vif vif;

/* A vif as xl and its guest leave it */
static void add_vif(unsigned int domid, unsigned int handle, const char *domain,
		    const char *script)
{
	const char *nodes[][2] = {
		{ "mac", "00:16:3e:00:00:01" },
		{ "bridge", "xenbr0" },
		{ "state", "4" },
		{ "script", script },
	};
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		snprintf(path, sizeof(path), "backend/vif/%u/%u/%s", domid, handle, nodes[i][0]);
		fake_xs_set(path, nodes[i][1]);
	}
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	fake_xs_set(path, domain);
}

static void setup(void)
{
	fake_xs_reset();
	memset(&err, 0, sizeof(err));
	add_vif(10, 0, "web", "/etc/xen/scripts/vif-vmdq");
	add_vif(2, 1, "db", "/etc/xen/scripts/vif-vmdq");
	add_vif(2, 0, "db", "/etc/xen/scripts/vif-vmdq");
	add_vif(3, 0, "stock", "/etc/xen/scripts/vif-bridge");
	ck_assert_int_eq(vmdq_store_open(&store, &err), 0);
}

static void teardown(void)
{
	vmdq_store_close(&store);
}

static int find(const char *word, const char *number)
{
	char first[32], second[32], *argv[] = { first, second };
	struct vmdq_vif_ref ref;

	snprintf(first, sizeof(first), "%s", word);
	snprintf(second, sizeof(second), "%s", number ? number : "");
	ck_assert_int_gt(vmdq_parse_vif_ref(number ? 2 : 1, argv, &ref), 0);

	return vmdq_store_find_vif(&store, &ref, &vif, &err);
}

static void expect_found(const char *word, const char *number, unsigned int domid,
			 unsigned int handle)
{
	ck_assert_msg(!find(word, number), "%s: %s", word, err.text);
	ck_assert_uint_eq(vif.domid, domid);
	ck_assert_uint_eq(vif.handle, handle);
}

static void expect_lost(const char *word, const char *number, const char *says)
{
	ck_assert_int_eq(find(word, number), -1);
	ck_assert_int_eq(err.status, VMDQ_S_NO_VIF);
	ck_assert_msg(strstr(err.text, says), "it said: %s", err.text);
}

START_TEST(no_xenstore)
{
	struct vmdq_store none;

	fake_xs.absent = true;
	ck_assert_int_eq(vmdq_store_open(&none, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_NO_XEN);
	vmdq_store_close(&none);
}

START_TEST(vifs_are_listed_by_number)
{
	struct vmdq_vif *vifs;
	size_t n;

	fake_xs_set("backend/vif/strange/0", "");
	ck_assert_int_eq(vmdq_store_list_vifs(&store, &vifs, &n, &err), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(vifs[0].netdev, "vif2.0");
	ck_assert_str_eq(vifs[1].netdev, "vif2.1");
	ck_assert_str_eq(vifs[2].netdev, "vif3.0");
	ck_assert_str_eq(vifs[3].netdev, "vif10.0");
	ck_assert(vifs[0].ours && !vifs[2].ours);
	ck_assert_str_eq(vifs[2].script, "vif-bridge");
	free(vifs);
	fake_xs_set("backend/vif", NULL);
	ck_assert_int_eq(vmdq_store_list_vifs(&store, &vifs, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	free(vifs);
}

START_TEST(a_vif_is_read_in_full)
{
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert(vif.backend && vif.connected);
	ck_assert_int_eq(vif.request.mode, VMDQ_MODE_AUTO);
	ck_assert_int_eq(vif.state, VMDQ_VIF_UNKNOWN);
	fake_xs_set("backend/vif/10/0/state", "2");
	fake_xs_set("vmdq/vif/10/0/request/mode", VMDQ_XS_MODE_REQUIRED);
	fake_xs_set("vmdq/vif/10/0/request/level", VMDQ_XS_LEVEL_COPY);
	fake_xs_set("vmdq/vif/10/0/request/port", "0000:00:03.0");
	fake_xs_set("vmdq/vif/10/0/request/pool", "3");
	fake_xs_set("vmdq/vif/10/0/request/priority", "9");
	fake_xs_set("vmdq/vif/10/0/request/bridge", "br7");
	fake_xs_set("vmdq/vif/10/0/assign", "0000:00:03.0/3");
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_DRAINING);
	fake_xs_set("vmdq/vif/10/0/error", "because\n\033[31mI say so");
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_str_eq(vif.domain, "web");
	ck_assert_str_eq(vif.mac, "00:16:3e:00:00:01");
	ck_assert_str_eq(vif.bridge, "br7");
	ck_assert(!vif.connected);
	ck_assert_int_eq(vif.request.mode, VMDQ_MODE_REQUIRED);
	ck_assert_int_eq(vif.request.level, VMDQ_LEVEL_COPY);
	ck_assert_str_eq(vif.request.pool.port, "0000:00:03.0");
	ck_assert_uint_eq(vif.request.pool.pool, 3);
	ck_assert_uint_eq(vif.request.priority, 9);
	ck_assert_str_eq(vif.assigned.port, "0000:00:03.0");
	ck_assert_uint_eq(vif.assigned.pool, 3);
	ck_assert_int_eq(vif.state, VMDQ_VIF_DRAINING);
	/* what ends up on a terminal cannot command it */
	ck_assert_str_eq(vif.error, "because??[31mI say so");
}

START_TEST(nonsense_counts_as_absent)
{
	fake_xs_set("vmdq/vif/10/0/request/mode", "never");
	fake_xs_set("vmdq/vif/10/0/request/level", "");
	fake_xs_set("vmdq/vif/10/0/request/pool", "-3");
	fake_xs_set("vmdq/vif/10/0/assign", "here/there");
	fake_xs_set("vmdq/vif/10/0/state", "flying");
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_int_eq(vif.request.mode, VMDQ_MODE_AUTO);
	ck_assert_int_eq(vif.request.level, VMDQ_LEVEL_AUTO);
	ck_assert_uint_eq(vif.request.pool.pool, 0);
	ck_assert_uint_eq(vif.assigned.pool, 0);
	ck_assert_int_eq(vif.state, VMDQ_VIF_UNKNOWN);
	vmdq_store_read_vif(&store, 99, 0, &vif);
	ck_assert(!vif.backend && !vif.ours);
	ck_assert_str_eq(vif.domain, "?");
	ck_assert_str_eq(vif.netdev, "vif99.0");
}

START_TEST(a_vif_is_found_by_any_name)
{
	expect_found("vif10.0", NULL, 10, 0);
	expect_found("10/0", NULL, 10, 0);
	expect_found("web", NULL, 10, 0);
	expect_found("10", NULL, 10, 0);
	expect_found("web", "0", 10, 0);
	expect_found("db", "1", 2, 1);
	expect_found("2", "1", 2, 1);
	fake_xs_set("backend/vif/10/0/vifname", "front");
	expect_found("front", NULL, 10, 0);
	expect_found("vif10.0", NULL, 10, 0);
	ck_assert_str_eq(vif.netdev, "front");
}

START_TEST(a_vif_is_not_found_and_why)
{
	expect_lost("vif9.0", NULL, "no vif9.0");
	expect_lost("10/1", NULL, "no vif10.1");
	expect_lost("nobody", NULL, "nobody");
	expect_lost("web", "1", "web");
	expect_lost("db", NULL, "2 vifs");
	expect_lost("stock", NULL, "vif-bridge");
	expect_lost("vif3.0", NULL, "script=vif-vmdq");
}

START_TEST(claims_of_the_gone_are_void)
{
	struct vmdq_claim *claims;
	size_t n;

	fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/1");
	fake_xs_set("vmdq/vif/7/0/assign", "0000:00:03.0/2");
	fake_xs_set("vmdq/vif/10/0/assign", "rubbish");
	fake_xs_set("vmdq/vif/2/1/request/mode", "auto");
	ck_assert_int_eq(vmdq_store_list_claims(&store, &claims, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(claims[0].vif, "vif2.0");
	ck_assert_uint_eq(claims[0].id.pool, 1);
	free(claims);
}

static int write_request(struct vmdq_store *s, void *ctx, struct vmdq_err *e)
{
	return vmdq_store_write_request(s, ctx, e);
}

static int remove_vif(struct vmdq_store *s, void *ctx, struct vmdq_err *e)
{
	const struct vmdq_vif *v = ctx;

	return vmdq_store_remove_vif(s, v->domid, v->handle, e);
}

START_TEST(a_request_survives_its_writing)
{
	struct vmdq_vif again;

	vmdq_store_read_vif(&store, 10, 0, &vif);
	vif.request.mode = VMDQ_MODE_OFF;
	vif.request.level = VMDQ_LEVEL_GRANT;
	strcpy(vif.request.pool.port, "0000:00:04.0");
	vif.request.pool.pool = 7;
	vif.request.priority = 3;
	ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), 0);
	vmdq_store_read_vif(&store, 10, 0, &again);
	ck_assert_mem_eq(&again.request.pool, &vif.request.pool, sizeof(vif.request.pool));
	ck_assert_int_eq(again.request.mode, VMDQ_MODE_OFF);
	ck_assert_int_eq(again.request.level, VMDQ_LEVEL_GRANT);
	ck_assert_uint_eq(again.request.priority, 3);
	/* the tree is the backend domain's alone */
	ck_assert_str_eq(fake_xs_perms("vmdq"), "n0");
}

START_TEST(a_driver_domain_uses_its_own_directory)
{
	vmdq_store_close(&store);
	fake_xs_reset();
	fake_xs.domid = 5;
	fake_xs_set("domid", "5");
	add_vif(10, 0, "web", "vif-vmdq");
	ck_assert_int_eq(vmdq_store_open(&store, &err), 0);
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert(vif.backend && vif.ours);
	ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), 0);
	ck_assert_str_eq(fake_xs_get("/local/domain/5/vmdq/vif/10/0/request/mode"), "auto");
	ck_assert_str_eq(fake_xs_perms("/local/domain/5/vmdq"), "n5");
}

START_TEST(removal_leaves_the_neighbours)
{
	fake_xs_set("vmdq/vif/2/0/assign", "0000:00:03.0/1");
	fake_xs_set("vmdq/vif/2/1/assign", "0000:00:03.0/2");
	vmdq_store_read_vif(&store, 2, 0, &vif);
	ck_assert_int_eq(vmdq_store_transaction(&store, remove_vif, &vif, &err), 0);
	ck_assert_ptr_null(fake_xs_get("vmdq/vif/2/0"));
	ck_assert_str_eq(fake_xs_get("vmdq/vif/2/1/assign"), "0000:00:03.0/2");
	vif.handle = 1;
	ck_assert_int_eq(vmdq_store_transaction(&store, remove_vif, &vif, &err), 0);
	ck_assert_ptr_null(fake_xs_get("vmdq/vif/2"));
	/* once more does no harm */
	ck_assert_int_eq(vmdq_store_transaction(&store, remove_vif, &vif, &err), 0);
}

static unsigned int disturbances;

static void disturb(void)
{
	if (disturbances) {
		disturbances--;
		fake_xs_set("elsewhere", "x");
	}
}

START_TEST(a_conflict_is_tried_again)
{
	vmdq_store_read_vif(&store, 10, 0, &vif);
	fake_xs.before_commit = disturb;
	disturbances = 3;
	ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), 0);
	ck_assert_uint_eq(fake_xs.conflicts, 3);
	ck_assert_uint_eq(fake_xs.commits, 1);
	ck_assert_str_eq(fake_xs_get("vmdq/vif/10/0/request/mode"), "auto");
	/* but not for ever */
	disturbances = 1000000;
	ck_assert_int_eq(vmdq_store_transaction(&store, remove_vif, &vif, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_SYSTEM);
	ck_assert_uint_gt(disturbances, 0);
	ck_assert_ptr_nonnull(fake_xs_get("vmdq/vif/10/0/request/mode"));
}

static int write_and_fail(struct vmdq_store *s, void *ctx, struct vmdq_err *e)
{
	if (vmdq_store_write_request(s, ctx, e))
		return -1;
	return vmdq_fail(e, VMDQ_S_NO_POOL, "none");
}

START_TEST(what_fails_leaves_nothing)
{
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_int_eq(vmdq_store_transaction(&store, write_and_fail, &vif, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_NO_POOL);
	ck_assert_ptr_null(fake_xs_get("vmdq"));
}

START_TEST(a_quota_is_named)
{
	/* of xenstored, and as libxenstore tells of oxenstored's */
	static const int errors[] = { ENOSPC, E2BIG, EINVAL };
	size_t i;

	vmdq_store_read_vif(&store, 10, 0, &vif);
	fake_xs_set("vmdq", "");
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake_xs.write_errno = errors[i];
		ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), -1);
		ck_assert_int_eq(err.status, VMDQ_S_SYSTEM);
		ck_assert_ptr_nonnull(strstr(err.text, "quota"));
		/* of nodes, when there is nothing yet; of transactions; of what one may hold */
		fake_xs_set("vmdq", NULL);
		ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.text, "create /local/domain/0/vmdq "));
		ck_assert_ptr_nonnull(strstr(err.text, "quota"));
		fake_xs_set("vmdq", "");
		fake_xs.write_errno = 0;
		fake_xs.start_errno = errors[i];
		ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.text, "/local/domain/0/vmdq "));
		ck_assert_ptr_nonnull(strstr(err.text, "quota"));
		fake_xs.start_errno = 0;
		fake_xs.end_errno = errors[i];
		ck_assert_int_eq(vmdq_store_transaction(&store, write_request, &vif, &err), -1);
		ck_assert_ptr_nonnull(strstr(err.text, "/local/domain/0/vmdq"));
		ck_assert_ptr_nonnull(strstr(err.text, "quota"));
		fake_xs.end_errno = 0;
	}
}

START_TEST(xl_is_told_why)
{
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_int_eq(vmdq_store_hotplug_error(&store, &vif, "no pool", &err), 0);
	ck_assert_str_eq(fake_xs_get("backend/vif/10/0/hotplug-error"), "no pool");
	ck_assert_str_eq(fake_xs_get("backend/vif/10/0/hotplug-status"), "error");
}

START_TEST(only_a_fresh_state_counts)
{
	/* it looks like what is wanted, but nobody has acted on the change */
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_SOFTWARE);
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_int_eq(vmdq_store_watch(&store, &vif, &err), 0);
	ck_assert_int_eq(vmdq_store_wait(&store, &vif, 20, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_TIMEOUT);
	/* written once more, with the same value: now somebody has */
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_SOFTWARE);
	ck_assert_int_eq(vmdq_store_wait(&store, &vif, 20, &err), 0);
}

START_TEST(waiting_goes_through_states)
{
	fake_xs_set("vmdq/vif/10/0/assign", "0000:00:03.0/1");
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_int_eq(vmdq_store_watch(&store, &vif, &err), 0);
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_DRAINING);
	ck_assert_int_eq(vmdq_store_wait(&store, &vif, 20, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_TIMEOUT);
	ck_assert_ptr_nonnull(strstr(err.text, "draining"));
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_GRANT);
	ck_assert_int_eq(vmdq_store_wait(&store, &vif, 20, &err), 0);
	ck_assert_int_eq(vif.state, VMDQ_VIF_GRANT);
	fake_xs_set("vmdq/vif/10/0/error", "the port is down");
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_SOFTWARE);
	ck_assert_int_eq(vmdq_store_wait(&store, &vif, 20, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.text, "the port is down"));
}

START_TEST(a_vif_may_go_meanwhile)
{
	fake_xs_set("vmdq/vif/10/0/state", VMDQ_XS_STATE_SOFTWARE);
	vmdq_store_read_vif(&store, 10, 0, &vif);
	ck_assert_int_eq(vmdq_store_watch(&store, &vif, &err), 0);
	fake_xs_set("backend/vif/10", NULL);
	fake_xs_set("vmdq/vif/10", NULL);
	ck_assert_int_eq(vmdq_store_wait(&store, &vif, 20, &err), -1);
	ck_assert_int_eq(err.status, VMDQ_S_NO_VIF);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("store");

	unit_case_with(s, "no xenstore", setup, teardown, no_xenstore);
	unit_case_with(s, "list", setup, teardown, vifs_are_listed_by_number);
	unit_case_with(s, "read", setup, teardown, a_vif_is_read_in_full);
	unit_case_with(s, "nonsense", setup, teardown, nonsense_counts_as_absent);
	unit_case_with(s, "find", setup, teardown, a_vif_is_found_by_any_name);
	unit_case_with(s, "not found", setup, teardown, a_vif_is_not_found_and_why);
	unit_case_with(s, "claims", setup, teardown, claims_of_the_gone_are_void);
	unit_case_with(s, "request", setup, teardown, a_request_survives_its_writing);
	unit_case_with(s, "driver domain", setup, teardown, a_driver_domain_uses_its_own_directory);
	unit_case_with(s, "remove", setup, teardown, removal_leaves_the_neighbours);
	unit_case_with(s, "conflict", setup, teardown, a_conflict_is_tried_again);
	unit_case_with(s, "failure", setup, teardown, what_fails_leaves_nothing);
	unit_case_with(s, "quota", setup, teardown, a_quota_is_named);
	unit_case_with(s, "hotplug error", setup, teardown, xl_is_told_why);
	unit_case_with(s, "fresh state", setup, teardown, only_a_fresh_state_counts);
	unit_case_with(s, "wait", setup, teardown, waiting_goes_through_states);
	unit_case_with(s, "gone", setup, teardown, a_vif_may_go_meanwhile);

	return s;
}
