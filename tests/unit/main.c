// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program's suite.  Prints what failed and, at the end, one line that
 * tests/unit/run adds up: "<program>: N passed, N failed".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct TestResult **bad;
	int run, failed, i;
	SRunner *runner;

	(void)argc;
	/* Check's four seconds are few for a busy machine */
	setenv("CK_DEFAULT_TIMEOUT", "120", 0);
	runner = srunner_create(unit_suite());
	srunner_run_all(runner, CK_SILENT);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	bad = srunner_failures(runner);
	for (i = 0; i < failed; i++)
		printf("%s:%d: %s: %s\n", tr_lfile(bad[i]), tr_lno(bad[i]), tr_tcname(bad[i]),
		       tr_msg(bad[i]));
	free(bad);
	srunner_free(runner);
	printf("%s: %d passed, %d failed\n", slash ? slash + 1 : argv[0], run - failed, failed);

	return failed || !run;
}
