// SPDX-License-Identifier: GPL-2.0
/* How vmdqctl shows what a vif's pool does at a time */
#include <stdio.h>

#include "ratios.h"
#include "vmdqctl.h"

/** ratios_to_json() - what a vif's pool has done at a time; null where it did nothing */
struct json_object *ratios_to_json(const struct vmdq_counters *counters)
{
	struct json_object *o = json_object_new_object();
	double value;
	size_t i;

	for (i = 0; i < VMDQ_RATIO_COUNT; i++)
		json_object_object_add(o, vmdq_ratios[i].name,
				       vmdq_ratio_of(counters, NULL, &vmdq_ratios[i], &value) ?
				       NULL : json_object_new_double(value));
	return o;
}

/** ratios_print() - the same as a line below the vif's, where there is anything to say */
void ratios_print(const struct vmdq_counters *counters)
{
	const char *before = "         ";
	double value;
	size_t i;

	for (i = 0; i < VMDQ_RATIO_COUNT; i++) {
		if (vmdq_ratio_of(counters, NULL, &vmdq_ratios[i], &value) || value == 0)
			continue;
		printf("%s%s: %.2f", before, vmdq_ratios[i].text, value);
		before = ", ";
	}
	if (before[0] == ',')
		putchar('\n');
}
