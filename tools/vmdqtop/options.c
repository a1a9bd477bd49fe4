// SPDX-License-Identifier: GPL-2.0
/* The command line: xentop's options, as far as they mean something here, and our own */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "vmdqtop.h"

#define DEFAULT_DELAY_MS	3000
#define MIN_DELAY_MS		100
#define MAX_DELAY_S		86400
#define MAX_WIDTH		4096

/* top_options_parse() did what was asked */
#define DONE	(-1)

static int __attribute__((format(printf, 1, 2))) usage_error(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, TOP_PROGRAM ": ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nTry '" TOP_PROGRAM " --help'.\n");

	return VMDQ_S_USAGE;
}

static void show_help(void)
{
	unsigned int i;

	printf("Usage: " TOP_PROGRAM " [options]\n\n"
	       "Shows what passes through the pools of VMDq NICs, one row a pool.\n\n"
	       "  -d, --delay SECONDS    between two updates (3)\n"
	       "  -n, --networks         below each vif what its pool and what software did\n"
	       "  -r, --repeat-header    the header before each row\n"
	       "  -f, --full-name        do not cut names of guests short\n"
	       "  -b, --batch            lines on standard output, every column\n"
	       "  -i, --iterations N     end after so many updates\n"
	       "  -t, --totals           how much there was, and not how much a second\n"
	       "  -a, --all-pools        pools that nobody has, too\n"
	       "  -s, --sort COLUMN      by this column (POOL)\n"
	       "  -w, --width N          so many columns of text\n"
	       "  -h, --help             this\n"
	       "  -V, --version          version\n\n"
	       "Columns:");
	for (i = 0; i < TOP_COL_COUNT; i++)
		printf(" %s", top_col_name((enum top_col)i, false));
	printf("\n\nKeys: D delay, N networks, R repeat header, S sort order, T totals,\n"
	       "A all pools, F full names, arrows scroll, Q quit.\n\n"
	       "Exit status: 0 done, 1 system error, 2 usage, 3 no Xen or no access, 4 module vmdq\n"
	       "not loaded.\n");
}

/**
 * top_delay_parse() - a time that a person wrote
 * @text: seconds, such as "3" or "0.5"
 * @ms: result, from MIN_DELAY_MS
 *
 * Return: 0; -1: it is none, or too short or too long, and @ms is as it was.
 */
int top_delay_parse(const char *text, unsigned int *ms)
{
	unsigned int seconds = 0, part = 0, unit = 100, digits = 0;

	for (; *text >= '0' && *text <= '9'; text++, digits++) {
		seconds = 10 * seconds + (unsigned int)(*text - '0');
		if (seconds > MAX_DELAY_S)
			return -1;
	}
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++, digits++) {
			part += unit * (unsigned int)(*text - '0');
			unit /= 10;
		}
	}
	if (*text || !digits || 1000 * seconds + part < MIN_DELAY_MS)
		return -1;
	*ms = 1000 * seconds + part;

	return 0;
}

/* Options that do no more than to set something.  Return: whether @c is one. */
static bool set_option(int c, struct top_options *opt)
{
	switch (c) {
	case 'n':
		opt->view.split = true;
		return true;
	case 'r':
		opt->view.repeat_header = true;
		return true;
	case 'f':
		opt->view.full_name = true;
		return true;
	case 'b':
		opt->batch = true;
		opt->view.exact = true;
		return true;
	case 't':
		opt->view.totals = true;
		return true;
	case 'a':
		opt->view.free_pools = true;
		return true;
	default:
		return false;
	}
}

/* An option with a value.  Return: VMDQ_S_OK, or why not. */
static int parse_value(int c, const char *text, struct top_options *opt)
{
	switch (c) {
	case 'd':
		if (top_delay_parse(text, &opt->delay_ms))
			return usage_error("--delay wants 0.1 to %d seconds, not \"%s\"",
					   MAX_DELAY_S, text);
		return VMDQ_S_OK;
	case 'i':
		if (vmdq_parse_uint(text, &opt->iterations) || !opt->iterations)
			return usage_error("--iterations wants a number from 1, not \"%s\"", text);
		return VMDQ_S_OK;
	case 's':
		if (top_col_parse(text, &opt->view.sort))
			return usage_error("there is no column \"%s\" to sort by", text);
		return VMDQ_S_OK;
	case 'w':
		if (vmdq_parse_uint(text, &opt->view.width) || !opt->view.width ||
		    opt->view.width > MAX_WIDTH)
			return usage_error("--width wants 1 to %d, not \"%s\"", MAX_WIDTH, text);
		return VMDQ_S_OK;
	default:
		return usage_error("option not understood");
	}
}

/**
 * top_options_parse() - the command line
 * @argc: as main() has it
 * @argv: the same
 * @opt: result
 *
 * Return: VMDQ_S_OK; VMDQ_S_USAGE, and said why; -1: all that was asked has been done.
 */
int top_options_parse(int argc, char **argv, struct top_options *opt)
{
	static const struct option long_options[] = {
		{ "delay", required_argument, NULL, 'd' },
		{ "networks", no_argument, NULL, 'n' },
		{ "repeat-header", no_argument, NULL, 'r' },
		{ "full-name", no_argument, NULL, 'f' },
		{ "batch", no_argument, NULL, 'b' },
		{ "iterations", required_argument, NULL, 'i' },
		{ "totals", no_argument, NULL, 't' },
		{ "all-pools", no_argument, NULL, 'a' },
		{ "sort", required_argument, NULL, 's' },
		{ "width", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c, status;

	*opt = (struct top_options){
		.delay_ms = DEFAULT_DELAY_MS,
		.view = { .sort = TOP_POOL },
	};
	while ((c = getopt_long(argc, argv, "d:nrfbi:tas:w:hV", long_options, NULL)) != -1) {
		if (c == 'h') {
			show_help();
			return DONE;
		}
		if (c == 'V') {
			printf(TOP_PROGRAM " %s\n", VMDQ_VERSION);
			return DONE;
		}
		if (set_option(c, opt))
			continue;
		status = parse_value(c, optarg, opt);
		if (status)
			return status;
	}
	if (optind < argc)
		return usage_error("\"%s\" is no option", argv[optind]);

	return VMDQ_S_OK;
}

/** top_main() - all of it.  Return: exit status */
int top_main(int argc, char **argv)
{
	struct top_options opt;
	int status = top_options_parse(argc, argv, &opt);

	if (status)
		return status == DONE ? VMDQ_S_OK : status;
	return opt.batch ? top_batch(&opt) : top_screen(&opt);
}
