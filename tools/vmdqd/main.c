// SPDX-License-Identifier: GPL-2.0
/* vmdqd: the command line */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon.h"
#include "vmdqd.h"

#ifndef VMDQ_VERSION
#define VMDQ_VERSION	"0"
#endif

static void show_help(void)
{
	printf("Usage: vmdqd [options]\n\n"
	       "Decides which vif gets which pool.  Stays in the foreground.\n\n"
	       "  -s, --syslog   messages go to the system's log, not to standard error\n"
	       "  -h, --help     this\n"
	       "  -V, --version  version\n\n"
	       "Exit status: 0 stopped by a signal, 1 system error or there is one already, 2 usage.\n");
}

int main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "syslog", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	struct coordinator c = { .n_vifs = 0 };
	bool to_syslog = false;
	int opt, lock, rc;

	while ((opt = getopt_long(argc, argv, "shV", long_options, NULL)) != -1) {
		switch (opt) {
		case 's':
			to_syslog = true;
			break;
		case 'h':
			show_help();
			return VMDQ_S_OK;
		case 'V':
			printf("vmdqd %s\n", VMDQ_VERSION);
			return VMDQ_S_OK;
		default:
			fprintf(stderr, "Try 'vmdqd --help'.\n");
			return VMDQ_S_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vmdqd: \"%s\" is no option\nTry 'vmdqd --help'.\n", argv[optind]);
		return VMDQ_S_USAGE;
	}
	log_open(to_syslog);
	lock = vmdq_daemon_lock(VMDQ_DAEMON_LOCK);
	if (lock < 0) {
		if (errno == EAGAIN || errno == EACCES)
			say(LOG_ERR, "there is one already: it holds %s", VMDQ_DAEMON_LOCK);
		else
			say(LOG_ERR, "cannot lock %s: %s", VMDQ_DAEMON_LOCK, strerror(errno));
		return VMDQ_S_SYSTEM;
	}
	if (drop_privileges()) {
		say(LOG_ERR, "cannot drop privileges: %s", strerror(errno));
		return VMDQ_S_SYSTEM;
	}
	rc = loop(&c);
	coordinator_free(&c);
	close(lock);

	return rc;
}
