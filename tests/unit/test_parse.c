// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that libvmdq's parsers take what they document and nothing else, and
 * leave the result alone when they refuse.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "suite.h"
#include "vmdq_xenstore.h"

START_TEST(uint_takes_digits_only)
{
	static const char * const bad[] = {
		"", " 1", "1 ", "-1", "+1", "0x10", "1e3", "4294967296", "99999999999999999999",
		"\xb2", "1\n",
	};
	unsigned int v = 7;
	size_t i;

	ck_assert_int_eq(vmdq_parse_uint("0", &v), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(vmdq_parse_uint("4294967295", &v), 0);
	ck_assert_uint_eq(v, 4294967295u);
	ck_assert_int_eq(vmdq_parse_uint("007", &v), 0);
	ck_assert_uint_eq(v, 7);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(vmdq_parse_uint(bad[i], &v) == -1, "took \"%s\"", bad[i]);
		ck_assert_uint_eq(v, 7);
	}
}

START_TEST(bdf_is_made_canonical)
{
	static const struct {
		const char *text, *bdf;
	} good[] = {
		{ "0000:00:03.0", "0000:00:03.0" },
		{ "00:03.0", "0000:00:03.0" },
		{ "3:0.1", "0000:03:00.1" },
		{ "ABCD:EF:1F.7", "abcd:ef:1f.7" },
	};
	static const char * const bad[] = {
		"", ".", ":", "0000:00:03", "00:20.0", "00:03.8", "100:03.0", "0:0:0:3.0",
		"10000:00:03.0", "00:03.00", "00:03.0 ", " 00:03.0", "00:03.0/1", "eth0", "03.0",
		"0000::03.0", "0000:00:.0", "0000:00:03.",
	};
	char bdf[VMDQ_PORT_NAME_SIZE];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_msg(!vmdq_parse_bdf(good[i].text, bdf), "refused %s", good[i].text);
		ck_assert_str_eq(bdf, good[i].bdf);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(vmdq_parse_bdf(bad[i], bdf) == -1, "took \"%s\"", bad[i]);
}

START_TEST(number_is_written_in_one_way)
{
	unsigned int v = 9;

	ck_assert_int_eq(vmdq_parse_number("0", &v), 0);
	ck_assert_uint_eq(v, 0);
	ck_assert_int_eq(vmdq_parse_number("10", &v), 0);
	ck_assert_uint_eq(v, 10);
	ck_assert_int_eq(vmdq_parse_number("01", &v), -1);
	ck_assert_int_eq(vmdq_parse_number("00", &v), -1);
	ck_assert_int_eq(vmdq_parse_number("", &v), -1);
	ck_assert_int_eq(vmdq_parse_number("+1", &v), -1);
	ck_assert_uint_eq(v, 10);
}

START_TEST(pool_id_needs_port_and_number)
{
	static const char * const bad[] = {
		"", "/", "0000:00:03.0", "0000:00:03.0/", "0000:00:03.0/0", "0000:00:03.0/-1",
		"0000:00:03.0/1/2", "/1", "eth0/1", "0000:00:03.0/+1", "0000:00:03.0/01",
		"00:03.0/1", "0000:00:0A.0/1",
		"0000:00:03.00000000000000000000000000000000000000000000000/1",
	};
	struct vmdq_pool_id id = { .pool = 99 };
	size_t i;

	ck_assert_int_eq(vmdq_parse_pool_id("0000:00:03.0/7", &id), 0);
	ck_assert_str_eq(id.port, "0000:00:03.0");
	ck_assert_uint_eq(id.pool, 7);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(vmdq_parse_pool_id(bad[i], &id) == -1, "took \"%s\"", bad[i]);
		ck_assert_uint_eq(id.pool, 7);
	}
}

START_TEST(hold_is_a_pool_or_none)
{
	static const char * const good[] = { "0000:00:03.0/7", "none" };
	static const char * const bad[] = { "", "None", "none ", "0000:00:03.0", "0000:00:03.0/0" };
	struct vmdq_hold hold = { .set = false };
	char text[VMDQ_POOL_TEXT_SIZE];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(vmdq_parse_hold(bad[i], &hold) == -1, "took \"%s\"", bad[i]);
	ck_assert(!hold.set);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(vmdq_parse_hold(good[i], &hold), 0);
		ck_assert(hold.set);
		vmdq_format_hold(&hold, text);
		ck_assert_str_eq(text, good[i]);
	}
	ck_assert_uint_eq(hold.id.pool, 0);
}

START_TEST(target_names_port_by_address_or_interface)
{
	static const char * const bad[] = {
		"", "/1", "eth0/", "eth0/x", "eth0/1/2", "00:zz.0", "interfacenametoolong",
		"interfacenametoolong/1",
	};
	struct vmdq_target t;
	size_t i;

	ck_assert_int_eq(vmdq_parse_target("auto", &t), 0);
	ck_assert(t.automatic && !t.has_pool && !t.pool);
	ck_assert_int_eq(vmdq_parse_target("00:03.0", &t), 0);
	ck_assert(!t.automatic && !t.has_pool);
	ck_assert_str_eq(t.port, "0000:00:03.0");
	ck_assert_int_eq(vmdq_parse_target("eth0/3", &t), 0);
	ck_assert(t.has_pool);
	ck_assert_str_eq(t.port, "eth0");
	ck_assert_uint_eq(t.pool, 3);
	/* out of range is for who knows the port to say, and 0 is a number */
	ck_assert_int_eq(vmdq_parse_target("0000:00:03.0/0", &t), 0);
	ck_assert(t.has_pool && !t.pool);
	ck_assert_int_eq(vmdq_parse_target("0000:00:03.0/4000", &t), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(vmdq_parse_target(bad[i], &t) == -1, "took \"%s\"", bad[i]);
}

START_TEST(mac_is_six_pairs)
{
	static const char * const bad[] = {
		"", "00:16:3e:00:00", "00:16:3e:00:00:01:02", "0:16:3e:00:00:01",
		"00:16:3e:00:00:0g", "00-16-3e-00-00-01", "00163e000001", "00:16:3e:00:00:001",
		" 00:16:3e:00:00:01", "00:16:3e:00:00:01 ", "00:16:3e:00:00:",
	};
	uint8_t mac[VMDQ_MAC_LEN] = { 0 };
	char text[VMDQ_MAC_TEXT_SIZE];
	size_t i;

	ck_assert_int_eq(vmdq_parse_mac("00:16:3E:ab:Cd:01", mac), 0);
	vmdq_format_mac(mac, text);
	ck_assert_str_eq(text, "00:16:3e:ab:cd:01");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(vmdq_parse_mac(bad[i], mac) == -1, "took \"%s\"", bad[i]);
}

START_TEST(mac_that_no_filter_takes)
{
	static const uint8_t good[] = { 0x00, 0x16, 0x3e, 0, 0, 1 };
	static const uint8_t local[] = { 0x02, 0, 0, 0, 0, 1 };
	static const uint8_t zero[VMDQ_MAC_LEN];
	static const uint8_t group[] = { 0x01, 0, 0x5e, 0, 0, 1 };
	static const uint8_t broadcast[] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	ck_assert_ptr_null(vmdq_mac_problem(good));
	ck_assert_ptr_null(vmdq_mac_problem(local));
	ck_assert_ptr_nonnull(strstr(vmdq_mac_problem(zero), "zeros"));
	ck_assert_ptr_nonnull(strstr(vmdq_mac_problem(group), "group"));
	ck_assert_ptr_nonnull(strstr(vmdq_mac_problem(broadcast), "group"));
}

START_TEST(names_and_values_are_each_other)
{
	enum vmdq_vif_state state = VMDQ_VIF_UNKNOWN;
	enum vmdq_level level = VMDQ_LEVEL_AUTO;
	enum vmdq_mode mode = VMDQ_MODE_AUTO;
	int i;

	for (i = 0; i < VMDQ_LEVEL_COUNT; i++) {
		ck_assert_int_eq(vmdq_parse_level(vmdq_level_name(i), &level), 0);
		ck_assert_int_eq(level, i);
	}
	for (i = 0; i < VMDQ_MODE_COUNT; i++) {
		ck_assert_int_eq(vmdq_parse_mode(vmdq_mode_name(i), &mode), 0);
		ck_assert_int_eq(mode, i);
	}
	for (i = VMDQ_VIF_UNKNOWN + 1; i < VMDQ_VIF_STATE_COUNT; i++) {
		ck_assert_int_eq(vmdq_parse_vif_state(vmdq_vif_state_name(i), &state), 0);
		ck_assert_int_eq(state, i);
	}
	ck_assert_int_eq(vmdq_parse_level("", &level), -1);
	ck_assert_int_eq(vmdq_parse_level("Grant", &level), -1);
	ck_assert_int_eq(vmdq_parse_level("grants", &level), -1);
	ck_assert_int_eq(vmdq_parse_mode("on", &mode), -1);
	ck_assert_int_eq(vmdq_parse_vif_state("-", &state), -1);
	ck_assert_str_eq(vmdq_vif_state_name(VMDQ_VIF_UNKNOWN), "-");
	ck_assert_str_eq(vmdq_pool_state_name(VMDQ_POOL_ACTIVE), VMDQ_XS_POOL_STATE_ACTIVE);
	ck_assert_str_eq(vmdq_pool_state_name(99), "?");
}

/* What a person may call a vif, and how many words that takes */
static const struct {
	char *argv[3];
	int argc, used;
	bool by_id, has_handle;
	unsigned int domid, handle;
	const char *domain;
} refs[] = {
	{ { "vif3.0" }, 1, 1, true, false, 3, 0, NULL },
	{ { "vif3.0", "1" }, 2, 1, true, false, 3, 0, NULL },
	{ { "3/1" }, 1, 1, true, false, 3, 1, NULL },
	{ { "3", "1" }, 2, 2, true, true, 3, 1, NULL },
	{ { "web", "1" }, 2, 2, false, true, 0, 1, "web" },
	{ { "web" }, 1, 1, false, false, 0, 0, "web" },
	{ { "web", "auto" }, 2, 1, false, false, 0, 0, "web" },
	{ { "3" }, 1, 1, false, false, 0, 0, "3" },
	{ { "vif3" }, 1, 1, false, false, 0, 0, "vif3" },
	{ { "vif.0" }, 1, 1, false, false, 0, 0, "vif.0" },
	{ { "vif99999999999.0" }, 1, 1, false, false, 0, 0, "vif99999999999.0" },
	{ { "" }, 1, -1, false, false, 0, 0, NULL },
	{ { NULL }, 0, -1, false, false, 0, 0, NULL },
};

START_TEST(vif_by_any_name)
{
	struct vmdq_vif_ref ref;

	ck_assert_int_eq(vmdq_parse_vif_ref(refs[_i].argc, refs[_i].argv, &ref), refs[_i].used);
	if (refs[_i].used < 0)
		return;
	ck_assert_int_eq(ref.by_id, refs[_i].by_id);
	if (ref.by_id) {
		ck_assert_uint_eq(ref.domid, refs[_i].domid);
		ck_assert_uint_eq(ref.handle, refs[_i].handle);
	} else {
		ck_assert_str_eq(ref.domain, refs[_i].domain);
		ck_assert_int_eq(ref.has_handle, refs[_i].has_handle);
		if (ref.has_handle)
			ck_assert_uint_eq(ref.handle, refs[_i].handle);
	}
}

START_TEST(xenbus_path_of_a_vif)
{
	static const char * const bad[] = {
		"", "backend/vif/3", "backend/vif/3/0/state", "backend/vbd/3/0", "xbackend/vif/3/0",
		"backend/vif//0", "backend/vif/a/0",
	};
	unsigned int domid, handle;
	size_t i;

	ck_assert_int_eq(vmdq_parse_xenbus_path("backend/vif/3/1", &domid, &handle), 0);
	ck_assert_uint_eq(domid, 3);
	ck_assert_uint_eq(handle, 1);
	ck_assert_int_eq(vmdq_parse_xenbus_path("/local/domain/0/backend/vif/40/2",
						&domid, &handle), 0);
	ck_assert_uint_eq(domid, 40);
	ck_assert_uint_eq(handle, 2);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(vmdq_parse_xenbus_path(bad[i], &domid, &handle) == -1,
			      "took \"%s\"", bad[i]);
}

/* Whatever bytes come, the sanitizers have nothing to say.  The seed is fixed:
 * a failure can be run again.
 */
START_TEST(noise_is_harmless)
{
	static const char alphabet[] = "0123456789abcdef:./vifauto xZ\xff-";
	char text[48], bdf[VMDQ_PORT_NAME_SIZE], *words[] = { text, text };
	struct vmdq_vif_ref ref;
	struct vmdq_pool_id id;
	struct vmdq_target t;
	uint8_t mac[VMDQ_MAC_LEN];
	unsigned int a, b;
	int n, i, len;

	srand(1);
	for (n = 0; n < 200000; n++) {
		len = rand() % (int)(sizeof(text) - 1);
		for (i = 0; i < len; i++)
			text[i] = alphabet[rand() % (int)(sizeof(alphabet) - 1)];
		text[len] = '\0';
		vmdq_parse_uint(text, &a);
		if (!vmdq_parse_bdf(text, bdf))
			ck_assert_uint_eq(strlen(bdf), 12);
		vmdq_parse_mac(text, mac);
		if (!vmdq_parse_pool_id(text, &id))
			ck_assert_uint_ne(id.pool, 0);
		vmdq_parse_target(text, &t);
		vmdq_parse_vif_ref(2, words, &ref);
		vmdq_parse_xenbus_path(text, &a, &b);
	}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("parse");

	unit_case(s, "uint", uint_takes_digits_only);
	unit_case(s, "bdf", bdf_is_made_canonical);
	unit_case(s, "number", number_is_written_in_one_way);
	unit_case(s, "pool id", pool_id_needs_port_and_number);
	unit_case(s, "hold", hold_is_a_pool_or_none);
	unit_case(s, "target", target_names_port_by_address_or_interface);
	unit_case(s, "mac", mac_is_six_pairs);
	unit_case(s, "mac problem", mac_that_no_filter_takes);
	unit_case(s, "names", names_and_values_are_each_other);
	unit_table(s, "vif", refs, vif_by_any_name);
	unit_case(s, "xenbus path", xenbus_path_of_a_vif);
	unit_case(s, "noise", noise_is_harmless);

	return s;
}
