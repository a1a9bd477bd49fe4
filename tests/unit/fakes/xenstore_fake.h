/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A xenstored in memory behind libxenstore's own interface: transactions with
 * conflicts, watches, permissions.  Hooks stand in for the others who use it.
 */
#ifndef UNIT_XENSTORE_FAKE_H
#define UNIT_XENSTORE_FAKE_H

#include <stdbool.h>

/**
 * struct fake_xs - what a test may set
 * @absent: xs_open() fails
 * @domid: the domain that the client runs in
 * @lost: the connection is: whatever the client does fails
 * @die_after: the write, removal or commit, counted from 1, that is not done, as it is
 *	@lost then; 0: none
 * @write_errno: every write fails with this
 * @start_errno: no transaction is started, with this
 * @end_errno: no transaction takes effect, with this
 * @before_commit: runs before each transaction is judged, in nobody's
 *	transaction: what it writes is a conflict
 * @changed: runs after each change that the client made takes effect, with the
 *	changed path: the place for a backend.  What it writes calls it not again.
 * @commits: transactions that took effect
 * @conflicts: transactions that did not
 */
struct fake_xs {
	bool absent;
	bool lost;
	unsigned int die_after;
	unsigned int domid;
	int write_errno;
	int start_errno;
	int end_errno;
	void (*before_commit)(void);
	void (*changed)(const char *path);
	unsigned int commits;
	unsigned int conflicts;
};

extern struct fake_xs fake_xs;

/* Empties the store and forgets the hooks */
void fake_xs_reset(void);

/* Writes as somebody else; NULL removes, with all below */
void fake_xs_set(const char *path, const char *value);

/* NULL: absent.  Valid until the next change. */
const char *fake_xs_get(const char *path);

/* Fails the test unless the path has that value; NULL: unless it is absent */
void fake_xs_expect(const char *path, const char *value);

/* Sets permissions as xenstore-ls -p has them: "n0,r1".  What is below and has none set
 * has the same; where nobody set any, they are "n0".
 */
void fake_xs_set_perms(const char *path, const char *perms);

/* As xenstore-ls -p has it ("n0"); NULL unless set explicitly */
const char *fake_xs_perms(const char *path);

#endif /* UNIT_XENSTORE_FAKE_H */
