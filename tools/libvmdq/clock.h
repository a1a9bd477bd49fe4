/* SPDX-License-Identifier: GPL-2.0 */
/* A clock that only goes forward, whatever somebody does to the date */
#ifndef VMDQ_CLOCK_H
#define VMDQ_CLOCK_H

#include <stdint.h>
#include <time.h>

/** vmdq_clock_ns() - nanoseconds since some moment before this program began */
static inline uint64_t vmdq_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/** vmdq_clock_ms() - the same in milliseconds; signed, as differences are */
static inline long long vmdq_clock_ms(void)
{
	return (long long)(vmdq_clock_ns() / 1000000u);
}

#endif /* VMDQ_CLOCK_H */
