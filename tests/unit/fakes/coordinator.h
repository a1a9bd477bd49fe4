/* SPDX-License-Identifier: GPL-2.0 */
/* vmdqd as it is when it has just started, and its end */
#ifndef UNIT_COORDINATOR_H
#define UNIT_COORDINATOR_H

#include <check.h>
#include <string.h>

#include "vmdqd.h"

static inline void coordinator_start(struct coordinator *c)
{
	struct vmdq_err err;

	memset(c, 0, sizeof(*c));
	ck_assert_int_eq(vmdq_store_open(&c->store, &err), 0);
	ck_assert_int_eq(vmdq_store_follow(&c->store, &err), 0);
}

static inline void coordinator_stop(struct coordinator *c)
{
	vmdq_store_close(&c->store);
	coordinator_free(c);
}

#endif /* UNIT_COORDINATOR_H */
