// SPDX-License-Identifier: GPL-2.0
/*
 * Shows how vmdqtop's rows become lines: which columns a width has room for, how numbers
 * and names are written, in which order the rows stand.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/vmdqtop/layout.h"
#include "suite.h"

#define N_ROWS	4

#define NAME_VIF	"      NAME     VIF"
#define RATES		" RXP/s RXB/s TXP/s TXB/s DRP/s"
#define CAUSES		" NOBUF  LATE REFUS RXERR TXERR TXDRP"
#define HEADER_80	NAME_VIF " POOL    STATE" RATES " RING F/INT MAPPED"
#define HEADER_WIDE	NAME_VIF "         PORT POOL    STATE" RATES CAUSES \
			" RING F/INT MAPPED               MAC VLAN"

static struct top_row row[N_ROWS];
static struct top_rows rows;
static struct top_view view;
static struct top_text text;

/* Pools 2 and 1 of one port, pool 1 of another, and a vif without one */
static void setup(void)
{
	static const char * const ports[N_ROWS] = { "0000:03:00.0", "0000:03:00.0",
						    "0000:04:00.0", "" };
	static const unsigned int pools[N_ROWS] = { 2, 1, 1, 0 };
	unsigned int i, part, col;

	memset(row, 0, sizeof(row));
	for (i = 0; i < N_ROWS; i++) {
		row[i].has_vif = true;
		row[i].domid = 10 + i;
		snprintf(row[i].name, sizeof(row[i].name), "guest%c", 'd' - i);
		snprintf(row[i].vif, sizeof(row[i].vif), "vif%u.0", 10 + i);
		snprintf(row[i].mac, sizeof(row[i].mac), "00:16:3e:00:00:0%u", i);
		strcpy(row[i].port, ports[i]);
		row[i].pool = pools[i];
		row[i].vlan = VMDQ_VLAN_NONE;
		strcpy(row[i].state, i < 2 ? "grant" : "software");
		for (part = 0; part < TOP_PART_COUNT; part++)
			for (col = 0; col < TOP_COL_COUNT; col++)
				row[i].number[part][col] = 10 * i + part;
	}
	row[3].number[TOP_ALL][TOP_RING] = NAN;
	rows = (struct top_rows){ .row = row, .n = N_ROWS };
	view = (struct top_view){ .width = 80, .sort = TOP_POOL };
}

static void teardown(void)
{
	top_text_free(&text);
}

/* Lays out and looks at what must hold for each width */
static void lay_out(void)
{
	size_t i;

	top_text_free(&text);
	ck_assert_int_eq(top_text_make(&rows, &view, &text), 0);
	ck_assert_uint_ge(text.n, 1);
	ck_assert(text.line[0].header);
	for (i = 0; i < text.n; i++) {
		if (view.width)
			ck_assert_uint_le(strlen(text.line[i].text), view.width);
		ck_assert_uint_eq(strlen(text.line[i].text), strlen(text.line[0].text));
	}
}

static void expect_header(const char *header)
{
	lay_out();
	ck_assert_str_eq(text.line[0].text, header);
}

static void expect_line(size_t n, const char *line)
{
	ck_assert_str_eq(text.line[n].text, line);
}

START_TEST(eighty_columns)
{
	expect_header(HEADER_80);
	ck_assert_uint_eq(text.n, 1 + N_ROWS);
	expect_line(2,
		    "    guestc vif11.0    1    grant    10    10    10    10    10  10%    10     10");
	/* what is not known */
	expect_line(4,
		    "    guesta vif13.0    - software    30    30    30    30    30    -    30     30");
	/* a longer name of a vif takes its room from the last column */
	strcpy(row[1].vif, "vif4000.12");
	expect_header("      NAME        VIF POOL    STATE" RATES " RING F/INT");
}

START_TEST(forty_columns)
{
	view.width = 40;
	expect_header("      NAME     VIF POOL    STATE RXP/s");
}

START_TEST(a_wide_one_shows_all)
{
	unsigned int i;

	view.width = 200;
	expect_header(HEADER_WIDE);
	for (i = 0; i < TOP_COL_COUNT; i++)
		ck_assert(text.shown[i]);
	/* and as many as it takes, where there is no width */
	view.width = 0;
	expect_header(HEADER_WIDE);
	view.width = strlen(HEADER_WIDE);
	expect_header(HEADER_WIDE);
	view.width--;
	lay_out();
	ck_assert(!text.shown[TOP_VLAN]);
	ck_assert(text.shown[TOP_MAC]);
}

/* The documented order: a narrower one has the same columns but the last ones */
START_TEST(columns_go_in_their_order)
{
	static const enum top_col order[] = {
		TOP_VLAN, TOP_MAC, TOP_TXDRP, TOP_TXERR, TOP_RXERR, TOP_REFUS, TOP_LATE,
		TOP_NOBUF, TOP_PORT, TOP_MAPPED, TOP_FPI, TOP_RING, TOP_DROPS, TOP_TXB, TOP_TXP,
		TOP_RXB, TOP_RXP, TOP_STATE, TOP_POOL,
	};
	unsigned int i, gone = 0;

	for (view.width = 200; view.width; view.width--) {
		lay_out();
		while (gone < sizeof(order) / sizeof(order[0]) && !text.shown[order[gone]])
			gone++;
		for (i = gone; i < sizeof(order) / sizeof(order[0]); i++)
			ck_assert_msg(text.shown[order[i]], "width %u: no column %u", view.width,
				      order[i]);
		ck_assert(text.shown[TOP_NAME] && text.shown[TOP_VIF]);
	}
	ck_assert_uint_eq(gone, sizeof(order) / sizeof(order[0]));
}

START_TEST(long_names)
{
	memset(row[0].name, 'x', sizeof(row[0].name) - 1);
	memcpy(row[0].name, "database-server", 15);
	expect_header(HEADER_80);
	ck_assert_int_eq(strncmp(text.line[1].text, "database-s vif10.0", 18), 0);
	/* in full it leaves no room for anything else, and is cut at the edge */
	view.full_name = true;
	lay_out();
	ck_assert_uint_eq(strlen(text.line[1].text), 80);
	ck_assert(!text.shown[TOP_POOL]);
	view.width = 0;
	lay_out();
	ck_assert_int_eq(strncmp(text.line[1].text, row[0].name, strlen(row[0].name)), 0);
	ck_assert_ptr_nonnull(strstr(text.line[1].text, "xx vif10.0 0000:03:00.0    2"));
	/* where there is room left it is for names, as much as there is */
	view.full_name = false;
	view.width = 158;
	lay_out();
	ck_assert(text.shown[TOP_VLAN]);
	ck_assert_uint_eq(strlen(text.line[1].text), 158);
	ck_assert_int_eq(strncmp(text.line[1].text, "database-serv", 13), 0);
	row[0].name[12] = '\0';
	view.width = 200;
	lay_out();
	ck_assert_int_eq(strncmp(text.line[1].text, "database-ser vif10.0 ", 21), 0);
	ck_assert_int_eq(strncmp(text.line[2].text, "      guestc vif11.0 ", 21), 0);
}

START_TEST(an_empty_host_has_a_header)
{
	rows.n = 0;
	view.repeat_header = true;
	view.split = true;
	lay_out();
	ck_assert_uint_eq(text.n, 1);
	top_rows_sort(&rows, TOP_RXP);
}

START_TEST(parts_and_headers)
{
	view.split = true;
	lay_out();
	ck_assert_uint_eq(text.n, 1 + 3 * N_ROWS);
	expect_line(5,
		    "                         by-pool    11    11    11    11    11  11%    11     11");
	row[1].number[TOP_BY_SOFTWARE][TOP_TXP] = NAN;
	view.width = 60;
	lay_out();
	expect_line(6, "                           by-sw    12    12          12");
	/* what is nobody's has no parts */
	row[0].has_vif = false;
	lay_out();
	ck_assert_uint_eq(text.n, 1 + 3 * N_ROWS - 2);
	view.repeat_header = true;
	lay_out();
	ck_assert_uint_eq(text.n, N_ROWS + 3 * N_ROWS - 2);
	ck_assert(!text.line[1].header);
	ck_assert(text.line[2].header);
	ck_assert(!text.line[5].header);
	ck_assert(text.line[6].header);
	ck_assert_str_eq(text.line[2].text, text.line[0].text);
	/* for programs no cell is empty, and each line has as many */
	view.exact = true;
	view.width = 0;
	lay_out();
	ck_assert_ptr_nonnull(strstr(text.line[5].text,
				     "guestc vif11.0 0000:03:00.0    1    by-sw"));
	ck_assert_ptr_nonnull(strstr(text.line[5].text, " 12.00     - 12.00 "));
}

/* What is sorted by is told where it stands in the header */
START_TEST(the_column_of_the_order)
{
	view.sort = TOP_RXP;
	lay_out();
	ck_assert_uint_eq(text.sort_len, 5);
	ck_assert_int_eq(strncmp(text.line[0].text + text.sort_at, "RXP/s ", 6), 0);
	view.sort = TOP_NAME;
	lay_out();
	ck_assert_uint_eq(text.sort_at, 0);
	ck_assert_uint_eq(text.sort_len, 10);
	view.sort = TOP_VLAN;
	lay_out();
	ck_assert_uint_eq(text.sort_len, 0);
	/* the next one is one that is shown */
	ck_assert_int_eq(top_col_next(TOP_VIF, text.shown), TOP_POOL);
	ck_assert_int_eq(top_col_next(TOP_MAPPED, text.shown), TOP_NAME);
	ck_assert_int_eq(top_col_next(TOP_VLAN, text.shown), TOP_NAME);
}

static const struct {
	double value;
	bool exact, rate;
	const char *text;
} numbers[] = {
	{ NAN, false, false, "-" },
	{ NAN, true, true, "-" },
	{ 0, false, true, "0" },
	{ 0.0003, false, true, "<0.1" },
	{ 0.33, false, true, "0.3" },
	{ 9.94, false, true, "9.9" },
	{ 9.96, false, true, "10" },
	{ 99999, false, false, "99999" },
	{ 99999.4, false, true, "99999" },
	{ 99999.6, false, true, "100k" },
	{ 999499, false, false, "999k" },
	{ 999500, false, false, "1.0M" },
	{ 99940000, false, false, "99.9M" },
	{ 99960000, false, false, "100M" },
	{ 125e6, false, true, "125M" },
	{ 999.6e6, false, true, "1.0G" },
	{ 18446744073709551615.0, false, false, "18.4E" },
	{ 9007199254740991.0, true, false, "9007199254740991" },
	{ 1234567.891, true, true, "1234567.89" },
	{ 0.00033, true, true, "0.000330" },
};

START_TEST(numbers_as_text)
{
	char said[64];

	top_number(numbers[_i].value, numbers[_i].exact, numbers[_i].rate, said, sizeof(said));
	ck_assert_str_eq(said, numbers[_i].text);
	if (!numbers[_i].exact)
		ck_assert_uint_le(strlen(said), 5);
}

START_TEST(columns_by_name)
{
	enum top_col col = TOP_COL_COUNT;
	unsigned int i;

	for (i = 0; i < TOP_COL_COUNT; i++) {
		ck_assert_int_eq(top_col_parse(top_col_name((enum top_col)i, false), &col), 0);
		ck_assert_uint_eq(col, i);
		ck_assert_int_eq(top_col_parse(top_col_name((enum top_col)i, true), &col), 0);
		ck_assert_uint_eq(col, i);
	}
	ck_assert_int_eq(top_col_parse("rxb", &col), 0);
	ck_assert_uint_eq(col, TOP_RXB);
	ck_assert_int_eq(top_col_parse("", &col), -1);
	ck_assert_int_eq(top_col_parse("SSID", &col), -1);
}

/* @order: the domids without their 10s */
static void expect_order(enum top_col col, const char *order)
{
	char found[N_ROWS + 1];
	size_t i;

	top_rows_sort(&rows, col);
	for (i = 0; i < N_ROWS; i++)
		found[i] = (char)('0' + row[i].domid - 10);
	found[i] = '\0';
	ck_assert_msg(!strcmp(found, order), "by %s: %s, not %s", top_col_name(col, false), found,
		      order);
}

START_TEST(orders)
{
	unsigned int i;

	expect_order(TOP_POOL, "1023");
	expect_order(TOP_PORT, "1023");
	expect_order(TOP_NAME, "3210");
	expect_order(TOP_VIF, "0123");
	/* what is equal stands by place; the known before the unknown */
	expect_order(TOP_STATE, "1023");
	expect_order(TOP_VLAN, "1023");
	expect_order(TOP_MAC, "0123");
	expect_order(TOP_RXP, "3210");
	expect_order(TOP_RING, "2103");
	for (i = 0; i < N_ROWS; i++)
		row[i].number[TOP_ALL][TOP_RXP] = i % 2 ? NAN : 5;
	top_rows_sort(&rows, TOP_RXP);
	ck_assert_double_eq(row[1].number[TOP_ALL][TOP_RXP], 5);
	ck_assert(isnan(row[2].number[TOP_ALL][TOP_RXP]));
	/* numbers, not text: vif9.0 before vif10.0; strangers last */
	for (i = 0; i < N_ROWS; i++)
		if (row[i].domid == 13)
			row[i].domid = 10 - 1;
	top_rows_sort(&rows, TOP_VIF);
	ck_assert_uint_eq(row[0].domid, 9);
	row[0].has_vif = false;
	top_rows_sort(&rows, TOP_VIF);
	ck_assert(!row[N_ROWS - 1].has_vif);
}

START_TEST(summary)
{
	struct vmdq_port_info port[2] = { { .n_pools = 8, .pools_free = 5 }, { .n_pools = 8 } };
	struct vmdq_vif vif[3] = { { .ours = true, .state = VMDQ_VIF_GRANT }, { .ours = false },
				   { .ours = true, .state = VMDQ_VIF_UNKNOWN } };
	struct top_snapshot s = { .inv = { .ports = { port, 2 }, .vifs = vif, .n_vifs = 3 } };
	char line[128];

	top_summary(&s, 0, line, sizeof(line));
	ck_assert_str_eq(line, "2 ports: 14 pools, 9 taken, 5 free");
	top_summary(&s, 1, line, sizeof(line));
	ck_assert_str_eq(line,
			 "2 vifs: 1 grant, 0 copy, 0 software, 0 draining, 0 error, 1 idle");
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("top_layout");

	unit_case_with(s, "80 columns", setup, teardown, eighty_columns);
	unit_case_with(s, "40 columns", setup, teardown, forty_columns);
	unit_case_with(s, "wide", setup, teardown, a_wide_one_shows_all);
	unit_case_with(s, "order of columns", setup, teardown, columns_go_in_their_order);
	unit_case_with(s, "long names", setup, teardown, long_names);
	unit_case_with(s, "empty host", setup, teardown, an_empty_host_has_a_header);
	unit_case_with(s, "parts", setup, teardown, parts_and_headers);
	unit_case_with(s, "column of the order", setup, teardown, the_column_of_the_order);
	unit_table(s, "numbers", numbers, numbers_as_text);
	unit_case(s, "columns by name", columns_by_name);
	unit_case_with(s, "orders", setup, teardown, orders);
	unit_case(s, "summary", summary);

	return s;
}
