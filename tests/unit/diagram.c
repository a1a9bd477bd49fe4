// SPDX-License-Identifier: GPL-2.0
#include "diagram.h"

#include <string.h>

#include <check.h>
#include <json-c/json.h>

#ifndef SCHEMA
#define SCHEMA	"xenstore-schema/schema.json"
#endif

const char * const life_names[LIFE_COUNT] = {
	[LIFE_NONE] = "none",
	[LIFE_REQUESTED] = "requested",
	[LIFE_ASSIGNED] = "assigned",
	[LIFE_SOFTWARE] = "software",
	[LIFE_COPY] = "copy",
	[LIFE_GRANT] = "grant",
	[LIFE_DRAINING] = "draining",
	[LIFE_ERROR] = "error",
};

static bool seen[LIFE_COUNT][LIFE_COUNT], drawn[LIFE_COUNT][LIFE_COUNT];

void diagram_saw(enum life from, enum life to)
{
	if (from != to)
		seen[from][to] = true;
}

static unsigned int state_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < LIFE_COUNT; i++)
		if (!strcmp(life_names[i], name))
			return i;
	ck_abort_msg("the diagram has a state %s", name);
}

static void draw(const char *from, const char *to)
{
	unsigned int i;

	for (i = 0; i < LIFE_COUNT; i++)
		if (!strcmp(from, "*") ? i != LIFE_NONE :
		    !strcmp(from, "shown") ? i >= LIFE_SHOWN : i == state_of(from))
			drawn[i][state_of(to)] = true;
}

static bool is_of(struct json_object *move, const char *part)
{
	struct json_object *who = json_object_object_get(move, "who");
	size_t i;

	for (i = 0; i < json_object_array_length(who); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(who, i)), part))
			return true;
	return false;
}

/* The ways that the diagram has a part take a vif */
static void read_diagram(const char *who)
{
	struct json_object *schema = json_object_from_file(SCHEMA), *moves, *move, *ends;
	size_t i, j;

	ck_assert_msg(schema, "cannot read %s", SCHEMA);
	moves = json_object_object_get(json_object_object_get(schema, "life"), "moves");
	for (i = 0; i < json_object_array_length(moves); i++) {
		move = json_object_array_get_idx(moves, i);
		if (!is_of(move, who))
			continue;
		ends = json_object_object_get(move, "to");
		for (j = 0; j < json_object_array_length(ends); j++)
			draw(json_object_get_string(json_object_object_get(move, "from")),
			     json_object_get_string(json_object_array_get_idx(ends, j)));
	}
	json_object_put(schema);
}

unsigned int diagram_compare(const char *who)
{
	unsigned int i, j, ways = 0;

	read_diagram(who);
	for (i = 0; i < LIFE_COUNT; i++)
		for (j = 0; j < LIFE_COUNT; j++) {
			ck_assert_msg(!seen[i][j] || drawn[i][j],
				      "%s goes from %s to %s, which is not in the diagram", who,
				      life_names[i], life_names[j]);
			ck_assert_msg(!drawn[i][j] || seen[i][j],
				      "the diagram has %s go from %s to %s, which it does not", who,
				      life_names[i], life_names[j]);
			ways += seen[i][j];
		}

	return ways;
}
