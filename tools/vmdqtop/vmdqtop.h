/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vmdqtop share: options, and the ways of showing. */
#ifndef VMDQTOP_H
#define VMDQTOP_H

#include "layout.h"

#define TOP_PROGRAM	"vmdqtop"

#ifndef VMDQ_VERSION
#define VMDQ_VERSION	"0"
#endif

/**
 * struct top_options - the command line's options
 * @batch: lines on standard output; else a screen
 * @iterations: how many times to show; 0: until told to stop
 * @delay_ms: between two of them
 * @view: see there; its width is 0 unless it was given
 */
struct top_options {
	bool batch;
	unsigned int iterations;
	unsigned int delay_ms;
	struct top_view view;
};

/* options.c */
int top_main(int argc, char **argv);
int top_options_parse(int argc, char **argv, struct top_options *opt);
int top_delay_parse(const char *text, unsigned int *ms);

/* batch.c */
int top_batch(const struct top_options *opt);

/* screen.c */
int top_screen(const struct top_options *opt);

#endif /* VMDQTOP_H */
