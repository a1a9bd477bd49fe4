// SPDX-License-Identifier: GPL-2.0
#include "ratios.h"

const struct vmdq_ratio vmdq_ratios[VMDQ_RATIO_COUNT] = {
	[VMDQ_RATIO_MAPS] = { "maps_per_multicall", "maps per multicall", "pool_grant_maps",
			      "pool_multicalls", NULL },
	[VMDQ_RATIO_COPIES] = { "copies_per_hypercall", "copies per hypercall",
				"pool_grant_copies", "pool_hypercalls", "pool_multicalls" },
	[VMDQ_RATIO_INTERRUPTS] = { "frames_per_interrupt", "frames per interrupt",
				    "rx_pool_frames", "pool_interrupts", NULL },
	[VMDQ_RATIO_NOTIFICATIONS] = { "notifications_per_frame", "notifications per frame",
				       "pool_notifications", "rx_pool_frames", NULL },
};

static uint64_t count(const struct vmdq_counters *counters, const char *name)
{
	const struct vmdq_counter *c = counters && name ? vmdq_counter(counters, name) : NULL;

	return c ? c->value : 0;
}

/**
 * vmdq_ratio_of() - a ratio, since the vif was made or since an earlier moment
 * @now: the vif's counters
 * @before: the same at that moment, none of them greater; NULL: since it was made
 * @r: the ratio
 * @value: result
 *
 * Return: 0, or -1 where nothing was counted.
 */
int vmdq_ratio_of(const struct vmdq_counters *now, const struct vmdq_counters *before,
		  const struct vmdq_ratio *r, double *value)
{
	uint64_t by = count(now, r->by) - count(before, r->by);
	uint64_t but = count(now, r->but) - count(before, r->but);

	if (by <= but)
		return -1;
	*value = (double)(count(now, r->of) - count(before, r->of)) / (double)(by - but);

	return 0;
}
