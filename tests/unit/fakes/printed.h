/* SPDX-License-Identifier: GPL-2.0 */
/* What a test's code prints, kept to be looked at. */
#ifndef UNIT_PRINTED_H
#define UNIT_PRINTED_H

/**
 * struct printed - what was printed since printed_begin()
 * @out: to standard output
 * @said: to standard error
 *
 * Both are texts, valid after printed_look() until more is printed.
 */
struct printed {
	char *out;
	char *said;
};

extern struct printed printed;

void printed_begin(void);

/* Forgets what was printed so far */
void printed_again(void);

void printed_look(void);
void printed_end(void);

#endif /* UNIT_PRINTED_H */
