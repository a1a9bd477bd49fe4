/* SPDX-License-Identifier: GPL-2.0 */
/* What the work of a vif's pool is shared by: frames by interrupts, and so on.  Pure. */
#ifndef VMDQ_RATIOS_H
#define VMDQ_RATIOS_H

#include "netdev.h"

/** enum vmdq_ratio_id - places in vmdq_ratios */
enum vmdq_ratio_id {
	VMDQ_RATIO_MAPS,
	VMDQ_RATIO_COPIES,
	VMDQ_RATIO_INTERRUPTS,
	VMDQ_RATIO_NOTIFICATIONS,
	VMDQ_RATIO_COUNT,
};

/**
 * struct vmdq_ratio - one counter by another
 * @name: for programs
 * @text: for people
 * @of: the counter
 * @by: the other one
 * @but: counter to be taken away from @by, or NULL
 */
struct vmdq_ratio {
	const char *name;
	const char *text;
	const char *of;
	const char *by;
	const char *but;
};

extern const struct vmdq_ratio vmdq_ratios[VMDQ_RATIO_COUNT];

int vmdq_ratio_of(const struct vmdq_counters *now, const struct vmdq_counters *before,
		  const struct vmdq_ratio *r, double *value);

#endif /* VMDQ_RATIOS_H */
