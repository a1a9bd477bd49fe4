// SPDX-License-Identifier: GPL-2.0
#include "load.h"

#include <string.h>

/**
 * load_sample() - the counter was read
 * @load: the vif's
 * @frames: the counter
 * @now: milliseconds of a clock that only goes forward
 *
 * A counter that goes back is another interface's: all begins anew.  A sample shorter
 * than half of PLAN_SAMPLE_MS says too little and is left for the next.
 */
void load_sample(struct load *load, uint64_t frames, long long now)
{
	long long ms = now - load->at;

	if (load->begun && frames >= load->frames) {
		if (ms < PLAN_SAMPLE_MS / 2)
			return;
		load->rate[load->n++ % PLAN_SAMPLES] = (frames - load->frames) * 1000 /
						       (uint64_t)ms;
	} else {
		memset(load, 0, sizeof(*load));
	}
	load->begun = true;
	load->frames = frames;
	load->at = now;
}

/** load_low() - the quietest sample of the window; 0 until there is a whole window */
uint64_t load_low(const struct load *load)
{
	uint64_t low = UINT64_MAX;
	unsigned int i;

	if (load->n < PLAN_SAMPLES)
		return 0;
	for (i = 0; i < PLAN_SAMPLES; i++)
		if (load->rate[i] < low)
			low = load->rate[i];

	return low;
}

/** load_high() - the busiest sample; UINT64_MAX until there is a whole window */
uint64_t load_high(const struct load *load)
{
	uint64_t high = 0;
	unsigned int i;

	if (load->n < PLAN_SAMPLES)
		return UINT64_MAX;
	for (i = 0; i < PLAN_SAMPLES; i++)
		if (load->rate[i] > high)
			high = load->rate[i];

	return high;
}
