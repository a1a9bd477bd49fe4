/* SPDX-License-Identifier: GPL-2.0 */
/* What the fake xenstore says of the life of a vif */
#ifndef UNIT_LIFE_H
#define UNIT_LIFE_H

#include <string.h>

#include "../diagram.h"
#include "xenstore_fake.h"

/* The state of the vif of domain 1, by its nodes */
static inline enum life life_now(void)
{
	const char *state = fake_xs_get("vmdq/vif/1/0/state");
	unsigned int i;

	for (i = LIFE_SHOWN; state && i < LIFE_COUNT; i++)
		if (!strcmp(state, life_names[i]))
			return (enum life)i;
	if (fake_xs_get("vmdq/vif/1/0/assign"))
		return LIFE_ASSIGNED;
	return fake_xs_get("vmdq/vif/1/0/request") ? LIFE_REQUESTED : LIFE_NONE;
}

#endif /* UNIT_LIFE_H */
