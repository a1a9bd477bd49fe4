// SPDX-License-Identifier: GPL-2.0
#include "printed.h"

#include <stdio.h>
#include <stdlib.h>

struct printed printed;

static FILE *real_out, *real_err;
static size_t out_size, said_size;

static void begin(void)
{
	stdout = open_memstream(&printed.out, &out_size);
	stderr = open_memstream(&printed.said, &said_size);
}

static void end(void)
{
	fclose(stdout);
	fclose(stderr);
	free(printed.out);
	free(printed.said);
}

void printed_begin(void)
{
	real_out = stdout;
	real_err = stderr;
	begin();
}

/* To rewind would leave what was longer than what comes */
void printed_again(void)
{
	end();
	begin();
}

void printed_look(void)
{
	fflush(stdout);
	fflush(stderr);
}

void printed_end(void)
{
	end();
	stdout = real_out;
	stderr = real_err;
}
