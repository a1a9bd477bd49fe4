/* SPDX-License-Identifier: GPL-2.0 */
/* How much a vif receives, over the window in which vmdqd compares vifs.  Pure. */
#ifndef VMDQD_LOAD_H
#define VMDQD_LOAD_H

#include <stdint.h>

#include "plan.h"

/**
 * struct load - the last samples of one vif; all zero to begin with
 * @frames: the counter when it was last read
 * @at: when that was, milliseconds
 * @rate: frames a second of each sample, a ring
 * @n: samples taken, ever
 * @begun: @frames and @at are valid
 */
struct load {
	uint64_t frames;
	long long at;
	uint64_t rate[PLAN_SAMPLES];
	unsigned int n;
	bool begun;
};

void load_sample(struct load *load, uint64_t frames, long long now);
uint64_t load_low(const struct load *load);
uint64_t load_high(const struct load *load);

#endif /* VMDQD_LOAD_H */
