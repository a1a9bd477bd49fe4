// SPDX-License-Identifier: GPL-2.0
/*
 * Shows which pool a vif is given and why it is given none, and when a vif
 * counts as served as asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "suite.h"

#define PORT_A	"0000:00:03.0"
#define PORT_B	"0000:00:04.0"
#define N_POOLS	8

static struct vmdq_pool_info pools[2][N_POOLS - 1];
static struct vmdq_port_info port[2];
static struct vmdq_ports ports;
static struct vmdq_claim claims[16];
static size_t n_claims;
static const char *names[2] = { PORT_A, PORT_B };
static struct vmdq_want want;
static struct vmdq_pool_id id;
static struct vmdq_err err;

/* Two ports of seven pools, all free; vif1.0 wants any pool of the first */
static void setup(void)
{
	static const char * const port_names[] = { PORT_A, PORT_B };
	static const char * const netdevs[] = { "eth0", "eth1" };
	unsigned int i, j;

	memset(pools, 0, sizeof(pools));
	memset(port, 0, sizeof(port));
	for (i = 0; i < 2; i++) {
		strcpy(port[i].name, port_names[i]);
		strcpy(port[i].netdev, netdevs[i]);
		port[i].n_pools = N_POOLS;
		port[i].pools_free = N_POOLS - 1;
		port[i].up = true;
		port[i].pools = pools[i];
		port[i].n_pool_infos = N_POOLS - 1;
		for (j = 0; j < N_POOLS - 1; j++)
			pools[i][j].index = j + 1;
	}
	ports.port = port;
	ports.n = 2;
	n_claims = 0;
	memset(&want, 0, sizeof(want));
	want.vif = "vif1.0";
	want.ports = names;
	want.n_ports = 1;
	memset(&id, 0, sizeof(id));
	memset(&err, 0, sizeof(err));
}

static void claim(const char *port_name, unsigned int pool, const char *vif)
{
	struct vmdq_claim *c = &claims[n_claims++];

	strcpy(c->id.port, port_name);
	c->id.pool = pool;
	strcpy(c->vif, vif);
}

static void hold(int p, unsigned int pool, unsigned int state, const char *vif)
{
	pools[p][pool - 1].state = state;
	strcpy(pools[p][pool - 1].owner, vif);
}

static int choose(void)
{
	return vmdq_policy_choose(&ports, claims, n_claims, &want, &id, &err);
}

static void expect(const char *port_name, unsigned int pool)
{
	ck_assert_msg(!choose(), "refused: %s", err.text);
	ck_assert_str_eq(id.port, port_name);
	ck_assert_uint_eq(id.pool, pool);
}

static void expect_failure(enum vmdq_status status, const char *says)
{
	ck_assert_int_eq(choose(), -1);
	ck_assert_int_eq(err.status, status);
	ck_assert_msg(strstr(err.text, says), "it said: %s", err.text);
	ck_assert_msg(strstr(err.text, "vif1.0"), "it does not name the vif: %s", err.text);
	ck_assert_uint_eq(id.pool, 0);
}

START_TEST(first_free_pool)
{
	expect(PORT_A, 1);
	claim(PORT_A, 1, "vif2.0");
	expect(PORT_A, 2);
	claim(PORT_A, 3, "vif3.0");
	claim(PORT_A, 2, "vif4.0");
	expect(PORT_A, 4);
	/* the same numbers of another port are no obstacle */
	claim(PORT_B, 4, "vif5.0");
	expect(PORT_A, 4);
}

START_TEST(a_held_pool_is_not_free_even_without_a_claim)
{
	hold(0, 1, VMDQ_POOL_STOPPED, "vif2.0");
	hold(0, 2, VMDQ_POOL_ACTIVE, "vif3.0");
	expect(PORT_A, 3);
	/* unless it is held by the vif itself */
	hold(0, 1, VMDQ_POOL_ACTIVE, "vif1.0");
	expect(PORT_A, 1);
}

START_TEST(a_vif_keeps_its_pool)
{
	strcpy(want.now.port, PORT_A);
	want.now.pool = 5;
	claim(PORT_A, 5, "vif1.0");
	hold(0, 5, VMDQ_POOL_ACTIVE, "vif1.0");
	expect(PORT_A, 5);
	/* but not one that another vif has, nor one of another port */
	claims[0].vif[3] = '9';
	expect(PORT_A, 1);
	n_claims = 0;
	names[0] = PORT_B;
	expect(PORT_B, 1);
	names[0] = PORT_A;
	/* nor one that the port no longer has */
	want.now.pool = 40;
	expect(PORT_A, 1);
}

START_TEST(the_number_asked_for_or_none)
{
	want.pool = 6;
	expect(PORT_A, 6);
	id.pool = 0;
	claim(PORT_A, 6, "vif2.0");
	expect_failure(VMDQ_S_NO_POOL, "vif2.0 holds");
	want.pool = 8;
	expect_failure(VMDQ_S_POOL_RANGE, "pools 1 to 7");
	want.pool = 4294967295u;
	expect_failure(VMDQ_S_POOL_RANGE, "pools 1 to 7");
	n_claims = 0;
	want.pool = 6;
	hold(0, 6, VMDQ_POOL_IDLE, "vif3.0");
	expect_failure(VMDQ_S_NO_POOL, "vif3.0 holds");
}

/* A bridge may have several uplinks: as vmdqd has it, the number may be of any of them */
START_TEST(the_number_on_whichever_port)
{
	want.n_ports = 2;
	want.pool = 3;
	expect(PORT_A, 3);
	claim(PORT_A, 3, "vif2.0");
	expect(PORT_B, 3);
	ck_assert_int_eq(err.status, VMDQ_S_OK);
	id.pool = 0;
	hold(1, 3, VMDQ_POOL_ACTIVE, "vif4.0");
	expect_failure(VMDQ_S_NO_POOL, "vif2.0 holds");
	/* the first has no such pool: that is no answer where the other has it */
	port[0].n_pools = 3;
	expect_failure(VMDQ_S_NO_POOL, "vif4.0 holds");
	hold(1, 3, VMDQ_POOL_FREE, "");
	expect(PORT_B, 3);
	id.pool = 0;
	port[1].n_pools = 2;
	expect_failure(VMDQ_S_POOL_RANGE, PORT_A " (eth0), which has pools 1 to 2");
	/* one that is taken goes before, whichever port comes first */
	port[0].n_pools = N_POOLS;
	expect_failure(VMDQ_S_NO_POOL, "vif2.0 holds");
	n_claims = 0;
	port[1].n_pools = N_POOLS;
	port[0].up = false;
	expect(PORT_B, 3);
}

START_TEST(all_taken)
{
	char vif[IFNAMSIZ];
	unsigned int i;

	for (i = 1; i < N_POOLS; i++) {
		snprintf(vif, sizeof(vif), "vif%u.0", i + 1);
		claim(PORT_A, i, vif);
	}
	expect_failure(VMDQ_S_NO_POOL, "all 7 pools");
	/* a second uplink helps */
	want.n_ports = 2;
	expect(PORT_B, 1);
}

START_TEST(ports_that_are_up_go_first)
{
	want.n_ports = 2;
	port[0].up = false;
	expect(PORT_B, 1);
	/* a port that is down is better than none: its pools come with it */
	port[1].up = false;
	expect(PORT_A, 1);
}

START_TEST(ports_by_either_name)
{
	static const char * const by_netdev[] = { "eth1" };
	static const char * const unknown[] = { "0000:00:05.0" };

	want.ports = by_netdev;
	expect(PORT_B, 1);
	id.pool = 0;
	want.ports = unknown;
	expect_failure(VMDQ_S_NO_PORT, "0000:00:05.0");
	want.n_ports = 0;
	expect_failure(VMDQ_S_NO_PORT, "(none)");
	want.n_ports = 1;
	ports.n = 0;
	expect_failure(VMDQ_S_NO_PORT, "0000:00:05.0");
}

START_TEST(a_port_without_pools)
{
	port[0].n_pools = 1;
	port[0].n_pool_infos = 0;
	expect_failure(VMDQ_S_NO_POOL, "all 0 pools");
}

/* What xenstore says, and what that means */
static const struct {
	unsigned int pool;
	enum vmdq_level level;
	enum vmdq_vif_state state;
	enum vmdq_progress progress;
	const char *error;
} cases[] = {
	{ 0, VMDQ_LEVEL_AUTO, VMDQ_VIF_SOFTWARE, VMDQ_DONE, "" },
	{ 0, VMDQ_LEVEL_GRANT, VMDQ_VIF_SOFTWARE, VMDQ_DONE, "" },
	{ 0, VMDQ_LEVEL_AUTO, VMDQ_VIF_GRANT, VMDQ_PENDING, "" },
	{ 0, VMDQ_LEVEL_AUTO, VMDQ_VIF_DRAINING, VMDQ_PENDING, "" },
	{ 1, VMDQ_LEVEL_AUTO, VMDQ_VIF_UNKNOWN, VMDQ_PENDING, "" },
	{ 1, VMDQ_LEVEL_AUTO, VMDQ_VIF_SOFTWARE, VMDQ_PENDING, "" },
	{ 1, VMDQ_LEVEL_AUTO, VMDQ_VIF_COPY, VMDQ_DONE, "" },
	{ 1, VMDQ_LEVEL_AUTO, VMDQ_VIF_GRANT, VMDQ_DONE, "" },
	{ 1, VMDQ_LEVEL_COPY, VMDQ_VIF_GRANT, VMDQ_PENDING, "" },
	{ 1, VMDQ_LEVEL_COPY, VMDQ_VIF_COPY, VMDQ_DONE, "" },
	{ 1, VMDQ_LEVEL_GRANT, VMDQ_VIF_COPY, VMDQ_PENDING, "" },
	{ 1, VMDQ_LEVEL_GRANT, VMDQ_VIF_COPY, VMDQ_REFUSED, "one queue" },
	{ 1, VMDQ_LEVEL_GRANT, VMDQ_VIF_GRANT, VMDQ_DONE, "" },
	{ 1, VMDQ_LEVEL_SOFTWARE, VMDQ_VIF_GRANT, VMDQ_PENDING, "" },
	{ 1, VMDQ_LEVEL_SOFTWARE, VMDQ_VIF_SOFTWARE, VMDQ_DONE, "" },
	{ 1, VMDQ_LEVEL_AUTO, VMDQ_VIF_SOFTWARE, VMDQ_REFUSED, "taken" },
	{ 1, VMDQ_LEVEL_AUTO, VMDQ_VIF_ERROR, VMDQ_REFUSED, "" },
};

START_TEST(progress)
{
	struct vmdq_vif vif = { .domid = 1 };

	vif.assigned.pool = cases[_i].pool;
	vif.request.level = cases[_i].level;
	vif.state = cases[_i].state;
	strcpy(vif.error, cases[_i].error);
	ck_assert_int_eq(vmdq_policy_progress(&vif), cases[_i].progress);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("policy");

	unit_case_with(s, "first free", setup, NULL, first_free_pool);
	unit_case_with(s, "held", setup, NULL, a_held_pool_is_not_free_even_without_a_claim);
	unit_case_with(s, "keep", setup, NULL, a_vif_keeps_its_pool);
	unit_case_with(s, "fixed", setup, NULL, the_number_asked_for_or_none);
	unit_case_with(s, "fixed, two ports", setup, NULL, the_number_on_whichever_port);
	unit_case_with(s, "all taken", setup, NULL, all_taken);
	unit_case_with(s, "up first", setup, NULL, ports_that_are_up_go_first);
	unit_case_with(s, "names", setup, NULL, ports_by_either_name);
	unit_case_with(s, "no pools", setup, NULL, a_port_without_pools);
	unit_table(s, "progress", cases, progress);

	return s;
}
