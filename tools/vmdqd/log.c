// SPDX-License-Identifier: GPL-2.0
/* To the system's log, or to standard error, where systemd takes it from */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include "vmdqd.h"

static bool use_syslog;
static bool prefix;

/** log_open() - @to_syslog: to the system's log; else to standard error */
void log_open(bool to_syslog)
{
	use_syslog = to_syslog;
	if (to_syslog)
		openlog("vmdqd", LOG_PID, LOG_DAEMON);
	/* sd-daemon(3): the journal reads the priority from the line's beginning */
	prefix = getenv("JOURNAL_STREAM") && !isatty(STDERR_FILENO);
}

/** say() - @priority: as of syslog(3) */
void say(int priority, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (use_syslog)
		syslog(priority, "%s", text);
	else if (prefix)
		fprintf(stderr, "<%d>%s\n", priority, text);
	else
		fprintf(stderr, "vmdqd: %s\n", text);
}
