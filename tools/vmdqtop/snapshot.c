// SPDX-License-Identifier: GPL-2.0
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* Return: 0; -1: out of memory */
static int add_counter(struct vmdq_counters *counters, const char *name, uint64_t value)
{
	struct vmdq_counter *more;

	more = realloc(counters->counter, (counters->n + 1) * sizeof(*more));
	if (!more)
		return -1;
	counters->counter = more;
	more += counters->n++;
	memset(more, 0, sizeof(*more));
	strncpy(more->name, name, sizeof(more->name) - 1);
	more->value = value;

	return 0;
}

/* After the vif's own counters, so that what these have as dropped is not more. */
static int load_dropped(struct top_snapshot *s)
{
	uint64_t frames;
	size_t i;

	for (i = 0; i < s->inv.n_vifs; i++) {
		if (!s->vif[i].n ||
		    vmdq_link_sent(s->inv.vifs[i].netdev, VMDQ_NOT_SENT, &frames))
			continue;
		if (add_counter(&s->vif[i], TOP_LINK_DROPPED, frames))
			return -1;
	}

	return 0;
}

/**
 * top_snapshot_load() - look at everything
 * @s: result; release it with top_snapshot_free(), whatever this returns
 *
 * What cannot be found is missing in it; @inv of it says why.
 *
 * Return: 0; -1: out of memory.
 */
int top_snapshot_load(struct top_snapshot *s)
{
	uint64_t began;
	size_t i;

	memset(s, 0, sizeof(*s));
	vmdq_inventory_load(&s->inv);
	began = vmdq_clock_ns();
	s->vif = vmdq_inventory_counters(&s->inv);
	s->port = calloc(s->inv.ports.n + 1, sizeof(*s->port));
	if (!s->vif || !s->port)
		return -1;
	for (i = 0; i < s->inv.ports.n; i++)
		vmdq_counters_load(s->inv.ports.port[i].netdev, &s->port[i]);
	if (load_dropped(s))
		return -1;
	s->ns = began + (vmdq_clock_ns() - began) / 2;

	return 0;
}

/** top_snapshot_free() - release what was found; an empty one may be released too */
void top_snapshot_free(struct top_snapshot *s)
{
	vmdq_counters_free(s->vif, s->inv.n_vifs);
	vmdq_counters_free(s->port, s->inv.ports.n);
	vmdq_inventory_free(&s->inv);
	memset(s, 0, sizeof(*s));
}
