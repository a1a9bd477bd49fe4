// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what vmdqtop understands of a command line, and what its batch mode prints of a
 * machine, exit status and complaints included.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/vmdqtop/vmdqtop.h"
#include "fakes/kernel_fake.h"
#include "fakes/printed.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"

#define MAX_WORDS	12

static char words[MAX_WORDS][64], *argv_of_words[MAX_WORDS + 1];

/* Guest "web" whose vif has pool 1 of the port, guest "db" whose vif has none, and one of
 * another backend
 */
static void setup(void)
{
	fake_xs_reset();
	fake_xs_set("backend/vif/1/0/mac", "00:16:3e:00:00:01");
	fake_xs_set("backend/vif/1/0/script", "/etc/xen/scripts/vif-vmdq");
	fake_xs_set("/local/domain/1/name", "web");
	fake_xs_set("vmdq/vif/1/0/state", "grant");
	fake_xs_set("backend/vif/2/0/script", "vif-vmdq");
	fake_xs_set("/local/domain/2/name", "db-of-a-long-name");
	fake_xs_set("vmdq/vif/2/0/state", "software");
	fake_xs_set("backend/vif/3/0/script", "vif-bridge");
	fake_xs_set("/local/domain/3/name", "stock");
	fake_kernel = (struct fake_kernel){
		.module = true, .n_ports = 1, .held = 1u << 1, .owner = "vif1.0", .dropped = 9,
	};
	printed_begin();
}

static void teardown(void)
{
	printed_end();
}

/* Splits a command line at blanks.  Return: how many words */
static int split(const char *line)
{
	int argc = 0;
	size_t len;

	for (; *line && argc < MAX_WORDS; line += len + (line[len] == ' ')) {
		len = strcspn(line, " ");
		snprintf(words[argc], sizeof(words[argc]), "%.*s", (int)len, line);
		argv_of_words[argc] = words[argc];
		argc++;
	}
	argv_of_words[argc] = NULL;
	optind = 0;

	return argc;
}

/* Runs a command line.  Return: its exit status */
static int run(const char *line)
{
	int argc = split(line), status;

	printed_again();
	status = top_main(argc, argv_of_words);
	printed_look();

	return status;
}

/* The @n-th line that was printed, from 0, or an empty one */
static const char *line(unsigned int n)
{
	static char text[512];
	const char *p = printed.out;

	while (p && n--) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	snprintf(text, sizeof(text), "%.*s", p ? (int)strcspn(p, "\n") : 0, p ? p : "");

	return text;
}

static unsigned int n_lines(void)
{
	unsigned int n = 0;
	const char *p;

	for (p = printed.out; (p = strchr(p, '\n')); p++)
		n++;

	return n;
}

/* A word of a line, by the column's name in the first line; valid until the next */
static const char *at(unsigned int n, const char *column)
{
	static char text[64];
	char header[512], row[512], *h, *r, *save_h = NULL, *save_r = NULL;

	snprintf(header, sizeof(header), "%s", line(0));
	snprintf(row, sizeof(row), "%s", line(n));
	h = strtok_r(header, " ", &save_h);
	r = strtok_r(row, " ", &save_r);
	while (h && r && strcmp(h, column)) {
		h = strtok_r(NULL, " ", &save_h);
		r = strtok_r(NULL, " ", &save_r);
	}
	ck_assert_msg(h && r, "no %s in line %u of: %s", column, n, printed.out);
	snprintf(text, sizeof(text), "%s", r);

	return text;
}

START_TEST(once_there_are_no_rates)
{
	ck_assert_int_eq(run("vmdqtop -b -i 1"), 0);
	ck_assert_str_eq(printed.said, "");
	ck_assert_uint_eq(n_lines(), 3);
	ck_assert_str_eq(at(1, "NAME"), "web");
	ck_assert_str_eq(at(1, "VIF"), "vif1.0");
	ck_assert_str_eq(at(1, "PORT"), FAKE_PORT);
	ck_assert_str_eq(at(1, "POOL"), "1");
	ck_assert_str_eq(at(1, "STATE"), "grant");
	ck_assert_str_eq(at(1, "RXP/s"), "-");
	ck_assert_str_eq(at(1, "DRP/s"), "-");
	ck_assert_str_eq(at(1, "RING"), "75%");
	ck_assert_str_eq(at(1, "MAPPED"), "192");
	ck_assert_str_eq(at(1, "MAC"), "00:16:3e:00:00:01");
	/* as xentop cuts names */
	ck_assert_str_eq(at(2, "NAME"), "db-of-a-lo");
	ck_assert_str_eq(at(2, "POOL"), "-");
	ck_assert_str_eq(at(2, "STATE"), "software");
	ck_assert_int_eq(run("vmdqtop -b -i 1 -f"), 0);
	ck_assert_str_eq(at(2, "NAME"), "db-of-a-long-name");
}

START_TEST(twice_there_are)
{
	double rate, bytes;

	fake_kernel.growth = 1000;
	ck_assert_int_eq(run("vmdqtop -b -i 2 -d 0.1"), 0);
	ck_assert_uint_eq(n_lines(), 6);
	ck_assert_str_eq(line(3), line(0));
	rate = strtod(at(4, "RXP/s"), NULL);
	bytes = strtod(at(4, "RXB/s"), NULL);
	/* two vifs are read each time: 2000 in a tenth of a second, or in more on a busy machine */
	ck_assert_double_gt(rate, 0);
	ck_assert_double_lt(rate, 21000);
	ck_assert_double_eq_tol(bytes / rate, 100, 0.01);
	ck_assert_str_eq(at(4, "F/INT"), "25.00");
	ck_assert_str_eq(at(4, "TXP/s"), "0.00");
	ck_assert_str_eq(at(4, "DRP/s"), "0.00");
}

START_TEST(totals_and_parts)
{
	ck_assert_int_eq(run("vmdqtop -b -i 1 -t -n"), 0);
	ck_assert_uint_eq(n_lines(), 7);
	ck_assert_str_eq(at(1, "RXP"), "10030");
	ck_assert_str_eq(at(1, "RXB"), "1003000");
	ck_assert_str_eq(at(1, "TXP"), "90");
	ck_assert_str_eq(at(1, "F/INT"), "25.00");
	ck_assert_str_eq(at(1, "NOBUF"), "4");
	ck_assert_str_eq(at(1, "LATE"), "1");
	ck_assert_str_eq(at(1, "REFUS"), "8");
	ck_assert_str_eq(at(1, "RXERR"), "16");
	ck_assert_str_eq(at(1, "TXERR"), "32");
	ck_assert_str_eq(at(1, "TXDRP"), "2");
	ck_assert_str_eq(at(1, "DROPS"), "63");
	ck_assert_str_eq(at(2, "STATE"), "by-pool");
	ck_assert_str_eq(at(2, "RXP"), "10000");
	ck_assert_str_eq(at(2, "TXP"), "70");
	ck_assert_str_eq(at(2, "DROPS"), "6");
	ck_assert_str_eq(at(3, "STATE"), "by-sw");
	ck_assert_str_eq(at(3, "VIF"), "vif1.0");
	ck_assert_str_eq(at(3, "RXP"), "30");
	ck_assert_str_eq(at(3, "TXP"), "-");
	ck_assert_str_eq(at(3, "DROPS"), "9");
}

START_TEST(headers_order_width_and_free_pools)
{
	ck_assert_int_eq(run("vmdqtop --batch --iterations=1 --repeat-header --sort=name"), 0);
	ck_assert_uint_eq(n_lines(), 4);
	ck_assert_str_eq(at(1, "VIF"), "vif2.0");
	ck_assert_str_eq(at(3, "VIF"), "vif1.0");
	ck_assert_ptr_nonnull(strstr(line(2), "NAME"));
	ck_assert_int_eq(run("vmdqtop -b -i 1 -w 40"), 0);
	ck_assert_uint_le(strlen(line(0)), 40);
	ck_assert_uint_le(strlen(line(1)), 40);
	ck_assert_int_eq(run("vmdqtop -b -i 1 -a"), 0);
	ck_assert_uint_eq(n_lines(), 5);
	ck_assert_str_eq(at(2, "STATE"), "free");
}

START_TEST(what_is_missing_is_said)
{
	fake_xs.absent = true;
	ck_assert_int_eq(run("vmdqtop -b -i 3 -d 0.1"), VMDQ_S_NO_XEN);
	/* the pool is shown, by its owner's name */
	ck_assert_str_eq(at(1, "VIF"), "vif1.0");
	ck_assert_str_eq(at(1, "NAME"), "-");
	ck_assert_str_eq(at(1, "STATE"), "active");
	ck_assert_uint_eq(n_lines(), 6);
	/* once is enough */
	ck_assert_ptr_nonnull(strstr(printed.said, "vmdqtop: "));
	ck_assert_ptr_eq(strchr(printed.said, '\n'), strrchr(printed.said, '\n'));
	fake_xs.absent = false;
	fake_kernel.module = false;
	ck_assert_int_eq(run("vmdqtop -b -i 1"), VMDQ_S_NO_MODULE);
	ck_assert_str_eq(at(1, "POOL"), "-");
	ck_assert_uint_eq(n_lines(), 3);
	ck_assert_ptr_nonnull(strstr(printed.said, "vmdq is not loaded"));
}

START_TEST(an_empty_host)
{
	fake_xs_reset();
	fake_kernel.n_ports = 0;
	ck_assert_int_eq(run("vmdqtop -b -i 1 -n -r"), 0);
	ck_assert_uint_eq(n_lines(), 1);
	ck_assert_ptr_nonnull(strstr(printed.out, "NAME"));
}

START_TEST(no_screen_without_a_terminal)
{
	/* neither end of a pipe is one */
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	ck_assert_int_eq(run("vmdqtop"), VMDQ_S_USAGE);
	ck_assert_ptr_nonnull(strstr(printed.said, "vmdqtop -b"));
	close(ends[0]);
	close(ends[1]);
}

static const struct {
	const char *line;
	const char *says;
} mistakes[] = {
	{ "vmdqtop -d x", "\"x\"" },
	{ "vmdqtop -d 0", "0.1 to" },
	{ "vmdqtop -d 0.05", "0.1 to" },
	{ "vmdqtop -d 1e3", "\"1e3\"" },
	{ "vmdqtop -d .", "\".\"" },
	{ "vmdqtop -d -1", "\"-1\"" },
	{ "vmdqtop -d 86401", "86400" },
	{ "vmdqtop -d 99999999999999999999", "86400" },
	{ "vmdqtop -i 0", "from 1" },
	{ "vmdqtop -i -3", "\"-3\"" },
	{ "vmdqtop -b -s SSID", "\"SSID\"" },
	{ "vmdqtop -w 0", "1 to" },
	{ "vmdqtop -w 100000", "\"100000\"" },
	{ "vmdqtop -x", "Try 'vmdqtop --help'" },
	{ "vmdqtop -b web", "\"web\"" },
};

START_TEST(command_lines_that_make_no_sense)
{
	ck_assert_int_eq(run(mistakes[_i].line), VMDQ_S_USAGE);
	ck_assert_msg(strstr(printed.said, mistakes[_i].says), "it said: %s", printed.said);
	ck_assert_str_eq(printed.out, "");
}

START_TEST(command_lines_that_do)
{
	struct top_options opt;

	ck_assert_int_eq(top_options_parse(split("vmdqtop"), argv_of_words, &opt), 0);
	ck_assert(!opt.batch && !opt.iterations && !opt.view.width);
	ck_assert_uint_eq(opt.delay_ms, 3000);
	ck_assert_int_eq(top_options_parse(split("vmdqtop -d5 -nrfbi7 -tas rxp/s -w132"),
					   argv_of_words, &opt), 0);
	ck_assert(opt.batch && opt.view.split && opt.view.repeat_header && opt.view.full_name);
	ck_assert(opt.view.totals && opt.view.free_pools && opt.view.exact);
	ck_assert_uint_eq(opt.delay_ms, 5000);
	ck_assert_uint_eq(opt.iterations, 7);
	ck_assert_uint_eq(opt.view.width, 132);
	ck_assert_uint_eq(opt.view.sort, TOP_RXP);
	ck_assert_int_eq(top_options_parse(split("vmdqtop --delay 0.25"), argv_of_words, &opt), 0);
	ck_assert_uint_eq(opt.delay_ms, 250);
	ck_assert_int_eq(top_options_parse(split("vmdqtop -d 1.2345"), argv_of_words, &opt), 0);
	ck_assert_uint_eq(opt.delay_ms, 1234);
	ck_assert_int_eq(run("vmdqtop -h"), 0);
	ck_assert_ptr_nonnull(strstr(printed.out, "--networks"));
	ck_assert_int_eq(run("vmdqtop -V"), 0);
	ck_assert_int_eq(strncmp(printed.out, "vmdqtop ", 8), 0);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("vmdqtop");
	TCase *tc = tcase_create("mistakes");

	unit_case_with(s, "once", setup, teardown, once_there_are_no_rates);
	unit_case_with(s, "twice", setup, teardown, twice_there_are);
	unit_case_with(s, "totals", setup, teardown, totals_and_parts);
	unit_case_with(s, "options", setup, teardown, headers_order_width_and_free_pools);
	unit_case_with(s, "missing", setup, teardown, what_is_missing_is_said);
	unit_case_with(s, "empty host", setup, teardown, an_empty_host);
	unit_case_with(s, "no terminal", setup, teardown, no_screen_without_a_terminal);
	unit_case_with(s, "command line", setup, teardown, command_lines_that_do);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, command_lines_that_make_no_sense, 0,
			    sizeof(mistakes) / sizeof(mistakes[0]));
	suite_add_tcase(s, tc);

	return s;
}
