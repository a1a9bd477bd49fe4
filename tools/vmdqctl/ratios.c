// SPDX-License-Identifier: GPL-2.0
/* What the work of a vif's pool is shared by: frames by interrupts, and so on */
#include <stdio.h>

#include "vmdqctl.h"

/**
 * struct ratio - one counter by another
 * @name: for programs
 * @text: for people
 * @of: the counter
 * @by: the other one
 * @but: counter to be taken away from @by, or NULL
 */
struct ratio {
	const char *name;
	const char *text;
	const char *of;
	const char *by;
	const char *but;
};

static const struct ratio ratios[] = {
	{ "maps_per_multicall", "maps per multicall", "pool_grant_maps", "pool_multicalls", NULL },
	{ "copies_per_hypercall", "copies per hypercall", "pool_grant_copies", "pool_hypercalls",
	  "pool_multicalls" },
	{ "frames_per_interrupt", "frames per interrupt", "rx_pool_frames", "pool_interrupts",
	  NULL },
	{ "notifications_per_frame", "notifications per frame", "pool_notifications",
	  "rx_pool_frames", NULL },
};

static uint64_t count(const struct vmdq_counters *counters, const char *name)
{
	const struct vmdq_counter *c = name ? vmdq_counter(counters, name) : NULL;

	return c ? c->value : 0;
}

/* Return: 0 and @value, or -1 where nothing was counted. */
static int ratio_of(const struct vmdq_counters *counters, const struct ratio *r, double *value)
{
	uint64_t by = count(counters, r->by), but = count(counters, r->but);

	if (by <= but)
		return -1;
	*value = (double)count(counters, r->of) / (double)(by - but);
	return 0;
}

/** ratios_to_json() - what a vif's pool has done at a time; null where it did nothing */
struct json_object *ratios_to_json(const struct vmdq_counters *counters)
{
	struct json_object *o = json_object_new_object();
	double value;
	size_t i;

	for (i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		json_object_object_add(o, ratios[i].name,
				       ratio_of(counters, &ratios[i], &value) ?
				       NULL : json_object_new_double(value));
	return o;
}

/** ratios_print() - the same as a line below the vif's, where there is anything to say */
void ratios_print(const struct vmdq_counters *counters)
{
	const char *before = "         ";
	double value;
	size_t i;

	for (i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++) {
		if (ratio_of(counters, &ratios[i], &value) || !count(counters, ratios[i].of))
			continue;
		printf("%s%s: %.2f", before, ratios[i].text, value);
		before = ", ";
	}
	if (before[0] == ',')
		putchar('\n');
}
