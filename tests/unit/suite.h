/* SPDX-License-Identifier: GPL-2.0 */
/* Each test program links main.c and defines its suite. */
#ifndef UNIT_SUITE_H
#define UNIT_SUITE_H

#include <check.h>

struct Suite *unit_suite(void);

/* A test case of one START_TEST() function, which needs no END_TEST, run between
 * @setup and @teardown, each of which may be NULL; @name is what it is about
 */
#define unit_case_with(suite, name, setup, teardown, test) do {	\
	TCase *tc_ = tcase_create(name);			\
								\
	tcase_add_checked_fixture(tc_, setup, teardown);	\
	tcase_add_test(tc_, test);				\
	suite_add_tcase(suite, tc_);				\
} while (0)

#define unit_case(suite, name, test)	unit_case_with(suite, name, NULL, NULL, test)

/* The same for each element of a table, whose index the test finds in _i */
#define unit_table(suite, name, table, test) do {				\
	TCase *tc_ = tcase_create(name);					\
										\
	tcase_add_loop_test(tc_, test, 0, sizeof(table) / sizeof((table)[0]));	\
	suite_add_tcase(suite, tc_);						\
} while (0)

#endif /* UNIT_SUITE_H */
