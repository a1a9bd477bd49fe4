// SPDX-License-Identifier: GPL-2.0
/* vmdqctl: the command line */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "vmdqctl.h"

#ifndef VMDQ_VERSION
#define VMDQ_VERSION	"0"
#endif

#define DEFAULT_TIMEOUT_S	10
#define MAX_TIMEOUT_S		86400
#define SHORT_OPTIONS		"jawnt:c:hV"

static const struct command {
	const char *name;
	command_fn run;
	const char *args;
	const char *help;
} commands[] = {
	{ "list", cmd_list, "", "ports, pools and vifs, and what passed through them" },
	{ "assign", cmd_assign, "<vif> [<port>[/<n>]|auto]",
	  "give a vif a pool: that one, a free one of that port, or of its bridge's uplink" },
	{ "release", cmd_release, "<vif>", "take its pool back; software carries on" },
	{ "level", cmd_level, "<vif> software|copy|grant|auto", "serve the vif at that level" },
	{ "drain", cmd_drain, "<port> [on|off]",
	  "take all pools of a port back and give none of it, or end that" },
	{ "why", cmd_why, "<vif>", "has it a pool, and if not, why, and what would help" },
	{ "takeover", cmd_takeover, "<vif>|<domain>|--all",
	  "serve it by vmdq_netback from now on, its guest not noticing" },
	{ "giveback", cmd_giveback, "<vif>|<domain>|--all", "serve it by xen-netback instead" },
	{ "rebind", cmd_rebind, "<vif>|<domain>|--all",
	  "serve it by whom its script= says, after a module was loaded again" },
	{ "check", cmd_check, "", "hold xenstore against its schema and against the kernel" },
	{ "config", cmd_config, "check", "find the mistakes in the configuration" },
	{ "metrics", cmd_metrics, "[<file>]",
	  "all counters as OpenMetrics text, or in JSON, for monitoring" },
	{ "hotplug", cmd_hotplug, "online|offline", "for the script vif-vmdq" },
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void show_help(void)
{
	size_t i;

	printf("Usage: vmdqctl [options] <command> [arguments]\n\n");
	for (i = 0; i < N_COMMANDS; i++)
		printf("  %-9s%-31s %s\n", commands[i].name, commands[i].args, commands[i].help);
	printf("\n"
	       "A <vif> is vif3.0, 3/0, or <domain> 0 (the number only if the domain has several).\n"
	       "A <port> is a PCI address (0000:03:00.0) or its interface (eth0).\n\n"
	       "  -j, --json             answer in JSON\n"
	       "  -a, --all              every vif of this machine\n"
	       "  -w, --wait             wait until the backend has done it (the default)\n"
	       "  -n, --no-wait          do not\n"
	       "  -t, --timeout SECONDS  wait no longer than this (%d)\n"
	       "  -c, --config FILE      what vifs ask for (%s)\n"
	       "  -h, --help             this\n"
	       "  -V, --version          version\n\n"
	       "Exit status: 0 done, 1 system error, 2 usage, 3 no Xen or no access, 4 module not\n"
	       "loaded, 5 no such port, 6 no free pool, 7 pool out of range, 8 no such vif,\n"
	       "9 bad MAC, 10 refused by the backend, 11 time-out, 12 hotplug: a pool is required,\n"
	       "13 why: it has less than it might, 14 config check: the file has mistakes,\n"
	       "15 check: xenstore deviates, 16 the port is being drained.\n",
	       DEFAULT_TIMEOUT_S, VMDQ_CONF_PATH);
}

static int obey(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ "wait", no_argument, NULL, 'w' },
		{ "no-wait", no_argument, NULL, 'n' },
		{ "timeout", required_argument, NULL, 't' },
		{ "config", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct options opt = {
		.wait = true,
		.timeout_ms = DEFAULT_TIMEOUT_S * 1000,
		.conf = VMDQ_CONF_PATH,
	};
	unsigned int seconds;
	size_t i;
	int c;

	/* A complaint about the options before it is an answer, too. */
	opterr = 0;
	while ((c = getopt_long(argc, argv, SHORT_OPTIONS, long_options, NULL)) != -1)
		if (c == 'j')
			answer_in_json();
	optind = 0;
	opterr = 1;

	while ((c = getopt_long(argc, argv, SHORT_OPTIONS, long_options, NULL)) != -1) {
		switch (c) {
		case 'j':
			opt.json = true;
			break;
		case 'a':
			opt.all = true;
			break;
		case 'w':
			opt.wait = true;
			break;
		case 'n':
			opt.wait = false;
			break;
		case 't':
			if (vmdq_parse_uint(optarg, &seconds) || seconds > MAX_TIMEOUT_S)
				return usage_error("--timeout wants 0 to %d seconds, not \"%s\"",
						   MAX_TIMEOUT_S, optarg);
			opt.timeout_ms = seconds * 1000;
			break;
		case 'c':
			opt.conf = optarg;
			break;
		case 'h':
			show_help();
			return VMDQ_S_OK;
		case 'V':
			printf("vmdqctl %s\n", VMDQ_VERSION);
			return VMDQ_S_OK;
		default:
			return usage_error("option not understood");
		}
	}
	if (optind == argc)
		return usage_error("no command given");
	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(argv[optind], commands[i].name))
			return commands[i].run(argc - optind - 1, argv + optind + 1, &opt);

	return usage_error("there is no command \"%s\"", argv[optind]);
}

int main(int argc, char **argv)
{
	int status = obey(argc, argv);

	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "vmdqctl: cannot write the answer: %s\n", strerror(errno));

	return status ? status : VMDQ_S_SYSTEM;
}
