// SPDX-License-Identifier: GPL-2.0
/*
 * Shows which values and permissions keep the rules of the xenstore schema: for each type
 * values that are of it and values that are not, and who may own, read and write what.
 */
#include <stdio.h>
#include <string.h>

#include "rule.h"
#include "suite.h"

#define ABSENT	(-1)
#define VIF	"vmdq/vif/3/0/"
#define BACK	"backend/vif/3/0/"

static const struct {
	const char *path;
	const char *value;
	enum vmdq_fault fault;
} values[] = {
	{ "vmdq", "", VMDQ_FAULT_NONE },
	{ "vmdq", "x", VMDQ_FAULT_TYPE },
	{ VIF "request/port", "0000:00:03.0", VMDQ_FAULT_NONE },
	{ VIF "request/port", "00:03.0", VMDQ_FAULT_TYPE },
	{ VIF "request/port", "0000:AB:03.0", VMDQ_FAULT_TYPE },
	{ VIF "request/port", "eth0", VMDQ_FAULT_TYPE },
	{ VIF "request/pool", "1", VMDQ_FAULT_NONE },
	{ VIF "request/pool", "63", VMDQ_FAULT_NONE },
	{ VIF "request/pool", "0", VMDQ_FAULT_RANGE },
	{ VIF "request/pool", "64", VMDQ_FAULT_RANGE },
	{ VIF "request/pool", "one", VMDQ_FAULT_TYPE },
	{ VIF "request/pool", "", VMDQ_FAULT_TYPE },
	{ VIF "request/pool", "99999999999", VMDQ_FAULT_TYPE },
	{ VIF "request/priority", "0", VMDQ_FAULT_NONE },
	{ VIF "request/priority", "4294967295", VMDQ_FAULT_NONE },
	{ VIF "request/priority", "-1", VMDQ_FAULT_TYPE },
	{ VIF "request/mode", "required", VMDQ_FAULT_NONE },
	{ VIF "request/mode", "Required", VMDQ_FAULT_TYPE },
	{ VIF "request/level", "auto", VMDQ_FAULT_NONE },
	{ VIF "request/level", "draining", VMDQ_FAULT_TYPE },
	{ VIF "request/backend", "stock", VMDQ_FAULT_NONE },
	{ VIF "request/backend", "", VMDQ_FAULT_TYPE },
	{ VIF "request/bridge", "xenbr0", VMDQ_FAULT_NONE },
	{ VIF "request/bridge", "", VMDQ_FAULT_TYPE },
	{ VIF "request/bridge", "a/b", VMDQ_FAULT_TYPE },
	{ VIF "request/bridge", "0123456789abcdef", VMDQ_FAULT_TYPE },
	{ VIF "assign", "0000:00:03.0/2", VMDQ_FAULT_NONE },
	{ VIF "assign", "0000:00:03.0/0", VMDQ_FAULT_TYPE },
	{ VIF "assign", "0000:00:03.0/02", VMDQ_FAULT_TYPE },
	{ VIF "assign", "0000:00:03.0", VMDQ_FAULT_TYPE },
	{ VIF "request/hold", "0000:00:03.0/2", VMDQ_FAULT_NONE },
	{ VIF "request/hold", "none", VMDQ_FAULT_NONE },
	{ VIF "request/hold", "auto", VMDQ_FAULT_TYPE },
	{ VIF "request/hold", "0000:00:03.0/0", VMDQ_FAULT_TYPE },
	{ VIF "state", "draining", VMDQ_FAULT_NONE },
	{ VIF "state", "auto", VMDQ_FAULT_TYPE },
	{ VIF "error", "because", VMDQ_FAULT_NONE },
	{ VIF "error", "two\nlines", VMDQ_FAULT_TYPE },
	{ VIF "error", "\033[31mred", VMDQ_FAULT_TYPE },
	{ BACK "mac", "00:16:3e:00:00:01", VMDQ_FAULT_NONE },
	{ BACK "mac", "00:16:3e:00:00", VMDQ_FAULT_TYPE },
	{ BACK "rate", "62500,50000", VMDQ_FAULT_NONE },
	{ BACK "rate", "62500", VMDQ_FAULT_TYPE },
	{ BACK "rate", "62500,0", VMDQ_FAULT_TYPE },
	{ BACK "rate", ",50000", VMDQ_FAULT_TYPE },
	{ BACK "state", "8", VMDQ_FAULT_NONE },
	{ BACK "state", "9", VMDQ_FAULT_RANGE },
	{ BACK "online", "1", VMDQ_FAULT_NONE },
	{ BACK "online", "2", VMDQ_FAULT_TYPE },
	{ BACK "frontend", "/local/domain/3/device/vif/0", VMDQ_FAULT_NONE },
	{ BACK "frontend", "local", VMDQ_FAULT_TYPE },
	{ BACK "frontend", "/a b", VMDQ_FAULT_TYPE },
	{ "/local/domain/3/device/vif/0/xdp-headroom", "2048", VMDQ_FAULT_NONE },
	{ "/local/domain/3/device/vif/0/xdp-headroom", "2049", VMDQ_FAULT_RANGE },
	{ "/local/domain/3/device/vif/0/queue-1/tx-ring-ref", "7", VMDQ_FAULT_NONE },
	{ "/local/domain/3/device/vif/0/queue-x/tx-ring-ref", "7", ABSENT },
	{ "/local/domain/3/device/vif/0/queue", "", ABSENT },
	{ VIF "request/vlan", "7", VMDQ_FAULT_NONE },
	{ VIF "request/vlan", "x", VMDQ_FAULT_TYPE },
	{ "vmdq/port/0000-00-03-0", "", VMDQ_FAULT_NONE },
	{ "vmdq/port/0000-00-03-0/drain", "1", VMDQ_FAULT_NONE },
	{ "vmdq/port/0000-00-03-0/drain", "yes", VMDQ_FAULT_TYPE },
	{ "vmdq/port/0000-00-03.0", "", ABSENT },
	{ "vmdq/port/0000-0A-03-0", "", ABSENT },
	{ "vmdq/port/eth0/drain", "1", ABSENT },
	{ "vmdq/port/0000-00-03-0/pool/2/owner", "vif3.0", VMDQ_FAULT_NONE },
	{ VIF "request/colour", "red", ABSENT },
	{ VIF "request/pool/1", "1", ABSENT },
	{ "vmdq/vif/x/0", "", ABSENT },
	{ "vmdq/vif/3/-1", "", ABSENT },
	{ "vmdq/vif/03/0", "", ABSENT },
	{ "vmdq/vif/3/00", "", ABSENT },
	{ "/local/domain/3/device/vif/0/queue-01/tx-ring-ref", "7", ABSENT },
	{ "vmdq/", "", ABSENT },
	{ "", "", ABSENT },
};

START_TEST(values_are_of_their_types)
{
	const char *path = values[_i].path, *value = values[_i].value;
	struct vmdq_place place = { 0, 0, 0 };
	const struct vmdq_rule *rule = NULL;
	enum vmdq_fault fault;
	char why[256] = "";

	rule = vmdq_rule_find(path, &place);
	ck_assert_msg(!rule == ((int)values[_i].fault == ABSENT), "%s: %s", path,
		      rule ? rule->path : "no rule");
	if (!rule)
		return;
	if (strlen(path) > 6 && strncmp(path, "vmdq/port", 9))
		ck_assert_uint_eq(place.domid, 3);
	fault = vmdq_rule_judge(rule, value, strlen(value), why, sizeof(why));
	ck_assert_msg(fault == values[_i].fault, "%s \"%s\": %s", path, value, why);
	ck_assert(!fault == !why[0]);
}

START_TEST(a_nul_byte_is_no_text)
{
	struct vmdq_place place;
	char why[256];

	ck_assert_int_eq(vmdq_rule_judge(vmdq_rule_find(VIF "error", &place), "a\0b", 3, why,
					 sizeof(why)), VMDQ_FAULT_TYPE);
	ck_assert_ptr_nonnull(strstr(why, "NUL"));
}

START_TEST(every_rule_has_a_path_and_finds_itself)
{
	struct vmdq_place at = { 7, 2, 1 }, found;
	const struct vmdq_rule *rule;
	char path[160], tiny[8];
	size_t i;

	for (i = 0; (rule = vmdq_rule_at(i)); i++) {
		if (vmdq_rule_has(rule, "<port>")) {
			ck_assert_int_eq(vmdq_rule_path(rule, &at, path, sizeof(path)), -1);
			continue;
		}
		ck_assert_int_eq(vmdq_rule_path(rule, &at, path, sizeof(path)), 0);
		ck_assert_ptr_eq(vmdq_rule_find(path, &found), rule);
		ck_assert(!vmdq_rule_has(rule, "<queue>") || found.queue == 1);
		if (strlen(path) >= sizeof(tiny))
			ck_assert_int_eq(vmdq_rule_path(rule, &at, tiny, sizeof(tiny)), -1);
		/* the words of its type are there */
		ck_assert(!rule->words || rule->words[0]);
	}
	ck_assert_uint_gt(i, 50);
}

START_TEST(values_are_quoted)
{
	char text[80];

	vmdq_quote("\033[2J\xff", text, sizeof(text));
	ck_assert_str_eq(text, "\"?[2J?\"");
	vmdq_quote("0123456789012345678901234567890123456789012345678901234567890", text,
		   sizeof(text));
	ck_assert_str_eq(text, "\"012345678901234567890123456789012345678901234567\"...");
}

/* Permissions as xenstore-ls -p has them; guest 3, backend domain 0 unless said otherwise */
static const struct {
	const char *path;
	struct xs_permissions perms[3];
	unsigned int n;
	unsigned int backend;
	enum vmdq_fault fault;
} accesses[] = {
	{ VIF "assign", { { 0, XS_PERM_NONE } }, 1, 0, VMDQ_FAULT_NONE },
	{ VIF "assign", { { 0, XS_PERM_READ } }, 1, 0, VMDQ_FAULT_PERMISSION },
	{ VIF "assign", { { 0, XS_PERM_NONE }, { 3, XS_PERM_READ } }, 2, 0,
	  VMDQ_FAULT_PERMISSION },
	{ VIF "assign", { { 0, XS_PERM_NONE }, { 9, XS_PERM_WRITE } }, 2, 0,
	  VMDQ_FAULT_PERMISSION },
	{ VIF "assign", { { 0, XS_PERM_NONE }, { 9, XS_PERM_WRITE | XS_PERM_IGNORE } }, 2, 0,
	  VMDQ_FAULT_NONE },
	{ VIF "assign", { { 0, XS_PERM_NONE }, { 0, XS_PERM_READ } }, 2, 0, VMDQ_FAULT_NONE },
	{ VIF "assign", { { 3, XS_PERM_NONE } }, 1, 0, VMDQ_FAULT_OWNER },
	{ VIF "assign", { { 5, XS_PERM_NONE } }, 1, 5, VMDQ_FAULT_NONE },
	{ VIF "assign", { { 0, XS_PERM_NONE } }, 1, 5, VMDQ_FAULT_OWNER },
	{ BACK "mac", { { 0, XS_PERM_NONE }, { 3, XS_PERM_READ } }, 2, 0, VMDQ_FAULT_NONE },
	{ BACK "mac", { { 0, XS_PERM_NONE } }, 1, 0, VMDQ_FAULT_PERMISSION },
	{ BACK "mac", { { 0, XS_PERM_NONE }, { 3, XS_PERM_READ | XS_PERM_WRITE } }, 2, 0,
	  VMDQ_FAULT_PERMISSION },
	{ BACK "mac", { { 0, XS_PERM_READ } }, 1, 0, VMDQ_FAULT_PERMISSION },
	{ BACK "mac", { { 0, XS_PERM_NONE }, { 3, XS_PERM_READ }, { 9, XS_PERM_READ } }, 3, 0,
	  VMDQ_FAULT_PERMISSION },
	{ BACK "mac", { { 3, XS_PERM_NONE } }, 1, 0, VMDQ_FAULT_OWNER },
	{ "/local/domain/3/device/vif/0/state", { { 3, XS_PERM_NONE }, { 0, XS_PERM_READ } }, 2, 0,
	  VMDQ_FAULT_NONE },
	{ "/local/domain/3/device/vif/0/state", { { 3, XS_PERM_READ } }, 1, 0, VMDQ_FAULT_NONE },
	/* dom0 can read it whatever it says; another backend domain cannot */
	{ "/local/domain/3/device/vif/0/state", { { 3, XS_PERM_NONE } }, 1, 0, VMDQ_FAULT_NONE },
	{ "/local/domain/3/device/vif/0/state", { { 3, XS_PERM_NONE } }, 1, 5,
	  VMDQ_FAULT_PERMISSION },
	{ "/local/domain/3/device/vif/0/state", { { 3, XS_PERM_NONE }, { 9, XS_PERM_WRITE } }, 2, 0,
	  VMDQ_FAULT_PERMISSION },
	{ "/local/domain/3/device/vif/0/state", { { 0, XS_PERM_NONE }, { 3, XS_PERM_READ } }, 2, 0,
	  VMDQ_FAULT_OWNER },
};

START_TEST(who_may_use_what)
{
	struct vmdq_place place;
	enum vmdq_fault fault;
	char why[160] = "";

	fault = vmdq_rule_judge_access(vmdq_rule_find(accesses[_i].path, &place),
				       accesses[_i].perms, accesses[_i].n, accesses[_i].backend,
				       3, why, sizeof(why));
	ck_assert_msg(fault == accesses[_i].fault, "case %d, %s: %s", _i, accesses[_i].path, why);
	ck_assert(!fault == !why[0]);
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("rule");

	unit_table(suite, "values", values, values_are_of_their_types);
	unit_case(suite, "NUL", a_nul_byte_is_no_text);
	unit_case(suite, "paths", every_rule_has_a_path_and_finds_itself);
	unit_case(suite, "quoting", values_are_quoted);
	unit_table(suite, "access", accesses, who_may_use_what);
	return suite;
}
