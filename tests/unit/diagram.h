/* SPDX-License-Identifier: GPL-2.0 */
/* The diagram of a vif's life in the xenstore schema, to be held against what is seen. */
#ifndef UNIT_DIAGRAM_H
#define UNIT_DIAGRAM_H

#include <stdbool.h>

/* Its states; those from LIFE_SHOWN on are what the node "state" may show */
enum life {
	LIFE_NONE,
	LIFE_REQUESTED,
	LIFE_ASSIGNED,
	LIFE_SHOWN,
	LIFE_SOFTWARE = LIFE_SHOWN,
	LIFE_COPY,
	LIFE_GRANT,
	LIFE_DRAINING,
	LIFE_ERROR,
	LIFE_COUNT,
};

extern const char * const life_names[LIFE_COUNT];

/* Notes that a vif went from one state to another; that it stays is nothing */
void diagram_saw(enum life from, enum life to);

/* Fails the test unless what was seen is what the diagram has that part do, as the schema
 * names it, and no less.  Return: how many ways that are.
 */
unsigned int diagram_compare(const char *who);

#endif /* UNIT_DIAGRAM_H */
