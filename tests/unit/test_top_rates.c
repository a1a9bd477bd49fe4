// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what vmdqtop makes of two moments: rates where both can be compared, and "not
 * known" where they cannot, because the vif, the pool or the port began anew.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/vmdqtop/rates.h"
#include "suite.h"

#define PORT	"0000:03:00.0"
#define SECOND	1000000000ull

/* A moment with one port of four pools, of which vif3.0 of "web" has pool 2; vif4.0 of
 * "db" has none; vif5.0 is another backend's
 */
struct scene {
	struct top_snapshot s;
	struct vmdq_port_info port;
	struct vmdq_pool_info pool[3];
	struct vmdq_vif vif[3];
	struct vmdq_counters vif_counters[3];
	struct vmdq_counters port_counters;
	struct vmdq_counter vif_counter[3][32];
	struct vmdq_counter port_counter[16];
};

static struct scene before, now;
static struct top_rows rows;

static void count_in(struct vmdq_counters *c, const char *name, uint64_t value)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (!strcmp(c->counter[i].name, name))
			break;
	if (i == c->n)
		c->n++;
	snprintf(c->counter[i].name, sizeof(c->counter[i].name), "%s", name);
	c->counter[i].value = value;
}

static void count(struct scene *s, unsigned int vif, const char *name, uint64_t value)
{
	count_in(&s->vif_counters[vif], name, value);
}

static void make(struct scene *s, uint64_t ns)
{
	static const char * const names[] = { "web", "db", "stock" };
	unsigned int i;

	memset(s, 0, sizeof(*s));
	strcpy(s->port.name, PORT);
	s->port.n_pools = 4;
	s->port.ring_size = 256;
	s->port.pools = s->pool;
	s->port.n_pool_infos = 3;
	for (i = 0; i < 3; i++) {
		s->pool[i].index = i + 1;
		s->pool[i].vlan = VMDQ_VLAN_NONE;
		s->vif[i].domid = 3 + i;
		s->vif[i].ours = i < 2;
		snprintf(s->vif[i].netdev, IFNAMSIZ, "vif%u.0", 3 + i);
		snprintf(s->vif[i].domain, sizeof(s->vif[i].domain), "%s", names[i]);
		snprintf(s->vif[i].mac, sizeof(s->vif[i].mac), "00:16:3e:00:00:0%u", 3 + i);
		s->vif_counters[i].counter = s->vif_counter[i];
	}
	s->pool[1].state = VMDQ_POOL_ACTIVE;
	s->pool[1].has_mac = true;
	s->pool[1].mac[5] = 9;
	s->pool[1].vlan = 7;
	s->pool[1].posted = 64;
	strcpy(s->pool[1].owner, "vif3.0");
	s->vif[0].state = VMDQ_VIF_GRANT;
	s->vif[1].state = VMDQ_VIF_SOFTWARE;
	s->port_counters.counter = s->port_counter;
	s->s.ns = ns;
	s->s.inv.ports.port = &s->port;
	s->s.inv.ports.n = 1;
	s->s.inv.vifs = s->vif;
	s->s.inv.n_vifs = 3;
	s->s.vif = s->vif_counters;
	s->s.port = &s->port_counters;
	for (i = 0; i < 2; i++) {
		count(s, i, "rx_pool_frames", 1000);
		count(s, i, "rx_pool_bytes", 100000);
		count(s, i, "rx_sw_frames", 50);
		count(s, i, "rx_sw_bytes", 5000);
		count(s, i, "rx_dropped", 10);
		count(s, i, "rx_errors", 20);
		count(s, i, "tx_frames", 400);
		count(s, i, "tx_bytes", 40000);
		count(s, i, "tx_errors", 30);
		count(s, i, "pool_interrupts", 200);
		count(s, i, "pool_grant_maps", 1256);
		count(s, i, "pool_grant_unmaps", 1000);
		count(s, i, TOP_LINK_DROPPED, 15);
	}
	count_in(&s->port_counters, "pool2_tx_frames", 300);
	count_in(&s->port_counters, "pool2_tx_bytes", 30000);
	count_in(&s->port_counters, "pool2_tx_dropped", 5);
	count_in(&s->port_counters, "pool2_hw_rx_dropped", 40);
}

/* Two seconds apart, and nothing happened in between */
static void setup(void)
{
	make(&before, 10 * SECOND);
	make(&now, 12 * SECOND);
}

static void teardown(void)
{
	top_rows_free(&rows);
}

static const struct top_row *row_of(const char *vif)
{
	size_t i;

	for (i = 0; i < rows.n; i++)
		if (!strcmp(rows.row[i].vif, vif))
			return &rows.row[i];
	ck_abort_msg("no row of %s among %zu", vif, rows.n);
}

static void rates(void)
{
	top_rows_free(&rows);
	ck_assert_int_eq(top_rows_make(&now.s, &before.s, false, false, &rows), 0);
}

static double all(const char *vif, enum top_col col)
{
	return row_of(vif)->number[TOP_ALL][col];
}

START_TEST(a_row_tells_who_and_where)
{
	const struct top_row *row;

	rates();
	ck_assert_uint_eq(rows.n, 2);
	row = row_of("vif3.0");
	ck_assert_ptr_eq(row, &rows.row[0]);
	ck_assert_str_eq(row->name, "web");
	ck_assert_str_eq(row->port, PORT);
	ck_assert_uint_eq(row->pool, 2);
	ck_assert_str_eq(row->state, "grant");
	ck_assert_str_eq(row->mac, "00:00:00:00:00:09");
	ck_assert_int_eq(row->vlan, 7);
	ck_assert_double_eq(row->number[TOP_ALL][TOP_RING], 25);
	ck_assert_double_eq(row->number[TOP_ALL][TOP_MAPPED], 256);
	row = row_of("vif4.0");
	ck_assert_str_eq(row->port, "");
	ck_assert_str_eq(row->state, "software");
	ck_assert_str_eq(row->mac, "00:16:3e:00:00:04");
	ck_assert(isnan(row->number[TOP_ALL][TOP_RING]));
	ck_assert(isnan(row->number[TOP_ALL][TOP_NOBUF]));
}

START_TEST(rates_are_by_the_second)
{
	const double (*part)[TOP_COL_COUNT];

	count(&now, 0, "rx_pool_frames", 1300);
	count(&now, 0, "rx_pool_bytes", 130000);
	count(&now, 0, "rx_sw_frames", 60);
	count(&now, 0, "rx_sw_bytes", 6000);
	count(&now, 0, "tx_frames", 401);
	count(&now, 0, "tx_bytes", 40060);
	count(&now, 0, "pool_interrupts", 210);
	count_in(&now.port_counters, "pool2_tx_frames", 302);
	count_in(&now.port_counters, "pool2_tx_bytes", 30120);
	rates();
	ck_assert_double_eq(all("vif3.0", TOP_RXP), 155);
	ck_assert_double_eq(all("vif3.0", TOP_RXB), 15500);
	ck_assert_double_eq(all("vif3.0", TOP_TXP), 0.5);
	ck_assert_double_eq(all("vif3.0", TOP_TXB), 30);
	ck_assert_double_eq(all("vif3.0", TOP_FPI), 30);
	ck_assert_double_eq(all("vif3.0", TOP_DROPS), 0);
	part = row_of("vif3.0")->number;
	ck_assert_double_eq(part[TOP_BY_POOL][TOP_RXP], 150);
	ck_assert_double_eq(part[TOP_BY_POOL][TOP_RXB], 15000);
	ck_assert_double_eq(part[TOP_BY_POOL][TOP_TXP], 1);
	ck_assert_double_eq(part[TOP_BY_POOL][TOP_TXB], 60);
	ck_assert_double_eq(part[TOP_BY_SOFTWARE][TOP_RXP], 5);
	ck_assert_double_eq(part[TOP_BY_SOFTWARE][TOP_RXB], 500);
	/* what has no meaning there */
	ck_assert(isnan(part[TOP_BY_SOFTWARE][TOP_TXP]));
	ck_assert(isnan(part[TOP_BY_SOFTWARE][TOP_RING]));
	/* without interrupts there is no ratio */
	ck_assert(isnan(all("vif4.0", TOP_FPI)));
	ck_assert_double_eq(all("vif4.0", TOP_RXP), 0);
}

START_TEST(drops_by_cause_and_in_all)
{
	const double (*part)[TOP_COL_COUNT];

	count_in(&now.port_counters, "pool2_hw_rx_dropped", 42);
	count(&now, 0, "rx_dropped", 14);
	count(&now, 0, TOP_LINK_DROPPED, 25);
	count(&now, 0, "rx_errors", 28);
	count(&now, 0, "tx_errors", 46);
	count_in(&now.port_counters, "pool2_tx_dropped", 37);
	rates();
	ck_assert_double_eq(all("vif3.0", TOP_NOBUF), 1);
	ck_assert_double_eq(all("vif3.0", TOP_LATE), 2);
	ck_assert_double_eq(all("vif3.0", TOP_REFUS), 3);
	ck_assert_double_eq(all("vif3.0", TOP_RXERR), 4);
	ck_assert_double_eq(all("vif3.0", TOP_TXERR), 8);
	ck_assert_double_eq(all("vif3.0", TOP_TXDRP), 16);
	ck_assert_double_eq(all("vif3.0", TOP_DROPS), 34);
	part = row_of("vif3.0")->number;
	ck_assert_double_eq(part[TOP_BY_POOL][TOP_DROPS], 17);
	ck_assert_double_eq(part[TOP_BY_SOFTWARE][TOP_DROPS], 5);
	/* a frame that was late between the two readings is none that was refused */
	count(&now, 0, TOP_LINK_DROPPED, 17);
	rates();
	ck_assert_double_eq(all("vif3.0", TOP_REFUS), 0);
}

START_TEST(totals_need_no_moment_before)
{
	ck_assert_int_eq(top_rows_make(&now.s, NULL, true, false, &rows), 0);
	ck_assert_double_eq(all("vif3.0", TOP_RXP), 1050);
	ck_assert_double_eq(all("vif3.0", TOP_TXB), 40000);
	ck_assert_double_eq(all("vif3.0", TOP_FPI), 5);
	ck_assert_double_eq(all("vif3.0", TOP_DROPS), 40 + 15 + 20 + 30 + 5);
	ck_assert_double_eq(all("vif4.0", TOP_DROPS), 15 + 20 + 30);
	top_rows_free(&rows);
	/* and are the same with one */
	ck_assert_int_eq(top_rows_make(&now.s, &before.s, true, false, &rows), 0);
	ck_assert_double_eq(all("vif3.0", TOP_RXP), 1050);
}

/* What is known although nothing can be compared */
static void expect_no_rates(const char *vif)
{
	ck_assert(isnan(all(vif, TOP_RXP)));
	ck_assert(isnan(all(vif, TOP_RXB)));
	ck_assert(isnan(all(vif, TOP_TXP)));
	ck_assert(isnan(all(vif, TOP_LATE)));
	ck_assert(isnan(all(vif, TOP_REFUS)));
	ck_assert(isnan(all(vif, TOP_FPI)));
	ck_assert_double_eq(all(vif, TOP_MAPPED), 256);
}

START_TEST(the_first_moment_has_no_rates)
{
	ck_assert_int_eq(top_rows_make(&now.s, NULL, false, false, &rows), 0);
	expect_no_rates("vif3.0");
	ck_assert(isnan(all("vif3.0", TOP_DROPS)));
	ck_assert_double_eq(all("vif3.0", TOP_RING), 25);
	/* nor has one that is no later than the one before */
	now.s.ns = before.s.ns;
	rates();
	expect_no_rates("vif3.0");
}

START_TEST(a_vif_that_counts_anew_has_no_rates)
{
	/* its driver took it again: one counter is less, the others have passed what they were */
	count(&now, 0, "rx_pool_frames", 5000);
	count(&now, 0, "tx_frames", 3);
	rates();
	expect_no_rates("vif3.0");
	/* the pool is the same */
	ck_assert_double_eq(all("vif3.0", TOP_NOBUF), 0);
	ck_assert_double_eq(all("vif4.0", TOP_RXP), 0);
}

START_TEST(another_vif_of_the_same_name_has_no_rates)
{
	/* a guest came whose vif has the name of one that went */
	now.vif[0].domid = 30;
	rates();
	expect_no_rates("vif3.0");
}

START_TEST(a_vif_that_came_has_no_rates)
{
	before.s.inv.vifs = before.vif + 1;
	before.s.vif = before.vif_counters + 1;
	before.s.inv.n_vifs = 2;
	rates();
	expect_no_rates("vif3.0");
	ck_assert_double_eq(all("vif4.0", TOP_RXP), 0);
}

START_TEST(a_vif_without_counters_has_no_rates)
{
	now.vif_counters[0].n = 0;
	rates();
	ck_assert(isnan(all("vif3.0", TOP_RXP)));
	ck_assert(isnan(all("vif3.0", TOP_MAPPED)));
	ck_assert_double_eq(all("vif3.0", TOP_DROPS), 0);
	setup();
	before.vif_counters[0].n = 0;
	rates();
	expect_no_rates("vif3.0");
}

START_TEST(a_pool_that_vanished_leaves_a_vif)
{
	/* released between the moments: one row, by software */
	now.pool[1].state = VMDQ_POOL_FREE;
	now.pool[1].owner[0] = '\0';
	now.vif[0].state = VMDQ_VIF_SOFTWARE;
	count(&now, 0, "rx_pool_frames", 1002);
	rates();
	ck_assert_uint_eq(rows.n, 2);
	ck_assert_str_eq(row_of("vif3.0")->port, "");
	ck_assert_double_eq(all("vif3.0", TOP_RXP), 1);
	ck_assert(isnan(all("vif3.0", TOP_NOBUF)));
	/* and the port with all of its pools */
	now.s.inv.ports.n = 0;
	rates();
	ck_assert_uint_eq(rows.n, 2);
	ck_assert_double_eq(all("vif3.0", TOP_RXP), 1);
	/* and the guest */
	now.s.inv.n_vifs = 0;
	rates();
	ck_assert_uint_eq(rows.n, 0);
}

START_TEST(a_pool_that_came_has_no_rates_of_its_own)
{
	/* what the port's interface counted before is not of this owner */
	strcpy(before.pool[1].owner, "vif4.0");
	count(&now, 0, "rx_pool_frames", 1002);
	count_in(&now.port_counters, "pool2_hw_rx_dropped", 400);
	rates();
	ck_assert_double_eq(all("vif3.0", TOP_RXP), 1);
	ck_assert(isnan(all("vif3.0", TOP_NOBUF)));
	ck_assert(isnan(all("vif3.0", TOP_TXDRP)));
	ck_assert_double_eq(all("vif3.0", TOP_DROPS), 0);
	/* nor is what it counts since its driver was loaded again */
	setup();
	count_in(&now.port_counters, "pool2_tx_frames", 1);
	rates();
	ck_assert(isnan(all("vif3.0", TOP_NOBUF)));
	/* another pool's counters do not matter, and no counter is a rate of ours */
	setup();
	count_in(&before.port_counters, "pool3_tx_frames", 9);
	count_in(&now.port_counters, "pool3_tx_frames", 1);
	rates();
	ck_assert_double_eq(all("vif3.0", TOP_NOBUF), 0);
}

START_TEST(a_pool_of_a_stranger)
{
	/* an owner that xenstore does not know: what the pool itself has counted */
	strcpy(now.pool[1].owner, "macvtap0");
	strcpy(before.pool[1].owner, "macvtap0");
	before.pool[1].count = (struct vmdq_pool_counters){ .rx_frames = 10, .rx_bytes = 600 };
	now.pool[1].count = (struct vmdq_pool_counters){ .rx_frames = 14, .rx_bytes = 1000 };
	rates();
	ck_assert_uint_eq(rows.n, 3);
	ck_assert(!row_of("macvtap0")->has_vif);
	ck_assert_str_eq(row_of("macvtap0")->state, "active");
	ck_assert_double_eq(all("macvtap0", TOP_RXP), 2);
	ck_assert_double_eq(all("macvtap0", TOP_RXB), 200);
	ck_assert(isnan(all("macvtap0", TOP_TXP)));
	ck_assert_str_eq(row_of("vif3.0")->port, "");
	now.pool[1].count.rx_bytes = 1;
	rates();
	ck_assert(isnan(all("macvtap0", TOP_RXP)));
	top_rows_free(&rows);
	ck_assert_int_eq(top_rows_make(&now.s, NULL, true, false, &rows), 0);
	ck_assert_double_eq(all("macvtap0", TOP_RXP), 14);
}

START_TEST(free_pools_where_they_are_wanted)
{
	ck_assert_int_eq(top_rows_make(&now.s, &before.s, false, true, &rows), 0);
	ck_assert_uint_eq(rows.n, 4);
	ck_assert_str_eq(rows.row[0].state, "free");
	ck_assert_uint_eq(rows.row[0].pool, 1);
	ck_assert_str_eq(rows.row[0].vif, "-");
	ck_assert(isnan(rows.row[0].number[TOP_ALL][TOP_DROPS]));
	ck_assert_str_eq(rows.row[1].vif, "vif3.0");
	ck_assert_str_eq(rows.row[3].vif, "vif4.0");
}

START_TEST(an_empty_host)
{
	struct top_snapshot nothing = { .ns = 1 };

	ck_assert_int_eq(top_rows_make(&nothing, NULL, false, true, &rows), 0);
	ck_assert_uint_eq(rows.n, 0);
	top_rows_free(&rows);
	ck_assert_int_eq(top_rows_make(&nothing, &nothing, true, false, &rows), 0);
	ck_assert_uint_eq(rows.n, 0);
}

START_TEST(names_are_plain_and_fit)
{
	/* a terminal would obey what is not */
	memset(now.vif[0].domain, 'n', sizeof(now.vif[0].domain) - 1);
	memcpy(now.vif[0].domain, "a b\033[2J\xc3\xa9", 9);
	strcpy(now.vif[1].mac, "\r\n");
	now.vif[1].domain[0] = '\0';
	rates();
	ck_assert_uint_eq(strlen(row_of("vif3.0")->name), sizeof(now.vif[0].domain) - 1);
	ck_assert_int_eq(strncmp(row_of("vif3.0")->name, "a?b?[2J??nnn", 12), 0);
	ck_assert_str_eq(row_of("vif4.0")->mac, "??");
	ck_assert_str_eq(row_of("vif4.0")->name, "-");
	ck_assert(row_of("vif4.0")->has_vif);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("top_rates");

	unit_case_with(s, "who and where", setup, teardown, a_row_tells_who_and_where);
	unit_case_with(s, "rates", setup, teardown, rates_are_by_the_second);
	unit_case_with(s, "drops", setup, teardown, drops_by_cause_and_in_all);
	unit_case_with(s, "totals", setup, teardown, totals_need_no_moment_before);
	unit_case_with(s, "first moment", setup, teardown, the_first_moment_has_no_rates);
	unit_case_with(s, "counts anew", setup, teardown, a_vif_that_counts_anew_has_no_rates);
	unit_case_with(s, "same name", setup, teardown, another_vif_of_the_same_name_has_no_rates);
	unit_case_with(s, "vif came", setup, teardown, a_vif_that_came_has_no_rates);
	unit_case_with(s, "no counters", setup, teardown, a_vif_without_counters_has_no_rates);
	unit_case_with(s, "pool vanished", setup, teardown, a_pool_that_vanished_leaves_a_vif);
	unit_case_with(s, "pool came", setup, teardown, a_pool_that_came_has_no_rates_of_its_own);
	unit_case_with(s, "stranger", setup, teardown, a_pool_of_a_stranger);
	unit_case_with(s, "free pools", setup, teardown, free_pools_where_they_are_wanted);
	unit_case_with(s, "empty host", setup, teardown, an_empty_host);
	unit_case_with(s, "names", setup, teardown, names_are_plain_and_fit);

	return s;
}
