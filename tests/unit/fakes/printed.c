// SPDX-License-Identifier: GPL-2.0
#include "printed.h"

#include <stdio.h>
#include <stdlib.h>

struct printed printed;

static FILE *real_out, *real_err;
static size_t out_size, said_size;

void printed_begin(void)
{
	real_out = stdout;
	real_err = stderr;
	stdout = open_memstream(&printed.out, &out_size);
	stderr = open_memstream(&printed.said, &said_size);
}

void printed_again(void)
{
	rewind(stdout);
	rewind(stderr);
}

void printed_look(void)
{
	fflush(stdout);
	fflush(stderr);
}

void printed_end(void)
{
	fclose(stdout);
	fclose(stderr);
	stdout = real_out;
	stderr = real_err;
	free(printed.out);
	free(printed.said);
}
