// SPDX-License-Identifier: GPL-2.0
/* Lines on standard output, for programs and for logs */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "vmdqtop.h"

/* Writes what there is.  Return: VMDQ_S_OK or VMDQ_S_SYSTEM, and said why. */
static int print(const struct top_snapshot *now, const struct top_snapshot *before,
		 const struct top_view *view)
{
	struct top_text text;
	struct top_rows rows;
	size_t i;
	int rc;

	if (top_rows_make(now, before, view->totals, view->free_pools, &rows)) {
		fprintf(stderr, TOP_PROGRAM ": out of memory\n");
		return VMDQ_S_SYSTEM;
	}
	top_rows_sort(&rows, view->sort);
	rc = top_text_make(&rows, view, &text);
	top_rows_free(&rows);
	if (rc) {
		fprintf(stderr, TOP_PROGRAM ": out of memory\n");
		return VMDQ_S_SYSTEM;
	}
	for (i = 0; i < text.n; i++)
		puts(text.line[i].text);
	top_text_free(&text);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, TOP_PROGRAM ": cannot write: %s\n", strerror(errno));
		return VMDQ_S_SYSTEM;
	}

	return VMDQ_S_OK;
}

/* Who was stopped for a while (^Z) does not make up for it. */
static void skip_past(struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (t->tv_sec < now.tv_sec || (t->tv_sec == now.tv_sec && t->tv_nsec < now.tv_nsec))
		*t = now;
}

static void add_ms(struct timespec *t, unsigned int ms)
{
	t->tv_sec += ms / 1000;
	t->tv_nsec += (long)(ms % 1000) * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
}

/**
 * top_batch() - show by lines on standard output
 * @opt: options
 *
 * The rates of the first time are not known: nothing was before.
 *
 * Return: exit status: of the last time.  What is missing is said on standard error, when
 * it begins to be.
 */
int top_batch(const struct top_options *opt)
{
	struct top_snapshot now, before = { .ns = 0 };
	int status, missing = VMDQ_S_OK;
	struct timespec next;
	unsigned int i;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (i = 0;;) {
		if (top_snapshot_load(&now)) {
			fprintf(stderr, TOP_PROGRAM ": out of memory\n");
			status = VMDQ_S_SYSTEM;
			break;
		}
		status = (int)vmdq_inventory_error(&now.inv)->status;
		if (status != missing)
			vmdq_inventory_complain(&now.inv, TOP_PROGRAM);
		missing = status;
		if (print(&now, before.ns ? &before : NULL, &opt->view)) {
			status = VMDQ_S_SYSTEM;
			break;
		}
		top_snapshot_free(&before);
		before = now;
		memset(&now, 0, sizeof(now));
		if (opt->iterations && ++i == opt->iterations)
			break;
		add_ms(&next, opt->delay_ms);
		skip_past(&next);
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
	}
	top_snapshot_free(&now);
	top_snapshot_free(&before);

	return status;
}
