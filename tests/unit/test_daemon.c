// SPDX-License-Identifier: GPL-2.0
/* Shows that there is one coordinator at a time, and another when that has gone. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon.h"
#include "suite.h"

START_TEST(one_at_a_time)
{
	char path[] = "/tmp/vmdq-unit-XXXXXX";
	int first, made = mkstemp(path);

	ck_assert_int_ge(made, 0);
	close(made);
	first = vmdq_daemon_lock(path);
	ck_assert_int_ge(first, 0);
	ck_assert_int_eq(vmdq_daemon_lock(path), -1);
	ck_assert(errno == EAGAIN || errno == EACCES);
	close(first);
	first = vmdq_daemon_lock(path);
	ck_assert_int_ge(first, 0);
	close(first);
	unlink(path);
	errno = 0;
	ck_assert_int_eq(vmdq_daemon_lock("/nowhere/lock"), -1);
	ck_assert_int_eq(errno, ENOENT);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("daemon");

	unit_case(s, "one", one_at_a_time);

	return s;
}
