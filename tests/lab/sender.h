/* SPDX-License-Identifier: GPL-2.0 */
/* A paced stream of test frames, and the words that describe one. */
#ifndef LAB_SENDER_H
#define LAB_SENDER_H

#include "frame.h"

#define SENDER_BURST 32 /* frames at most in one go, when late */
#define SENDER_BURST_MAX 256
#define SENDER_SIZES_MAX 16

/* What a sender does wrong on purpose, to prove that the far end sees it. */
enum sender_fault {
	SENDER_FAULTLESS,
	SENDER_LOSES,
	SENDER_DUPLICATES,
	SENDER_REORDERS,
	SENDER_CORRUPTS,
};

#define SENDER_FAULT_EVERY 10 /* frames from one fault to the next */

/**
 * struct sender - one stream being sent
 * @info: addresses, VLAN, stream; seq is the next frame's number
 * @count: frames to send; 0: until stopped
 * @sizes: lengths of the frames, bytes without FCS, one after the other and from the start again
 * @n_sizes: how many; 0: by @min and @max
 * @min: shortest frame
 * @max: longest; lengths are spread over the range by the frame's number
 * @rate: frames a second; 0: as fast as they are taken
 * @burst: frames that are sent together, at least 1; the rate stays the same
 * @fault: done wrong to every SENDER_FAULT_EVERY-th frame
 * @started: CLOCK_MONOTONIC, ns
 * @catch_up: when late, send all that is due at once and keep the schedule
 */
struct sender {
	struct frame_info info;
	uint32_t count;
	uint32_t sizes[SENDER_SIZES_MAX];
	unsigned int n_sizes;
	uint32_t min, max;
	double rate;
	unsigned int burst;
	enum sender_fault fault;
	uint64_t started;
	bool catch_up;
};

/** sender_now() - CLOCK_MONOTONIC in ns */
uint64_t sender_now(void);

/** word() - value of "key=" among words separated by blanks, copied to buf; or NULL */
const char *word(const char *words, const char *key, char *buf, size_t size);

/** word_number() - the same as a number; fallback where it is not there */
double word_number(const char *words, const char *key, double fallback);

/**
 * sender_parse() - read stream= dst= src= vlan= count= min= max= sizes=N,N... rate= burst=
 * and fault=lose|duplicate|reorder|corrupt.
 * Returns NULL, or what is wrong.
 */
const char *sender_parse(struct sender *s, const char *words);

/**
 * sender_due() - frames to send now, in whole bursts; SENDER_BURST at most, unless it
 * catches up
 */
unsigned int sender_due(struct sender *s, uint64_t now);

/** sender_wait() - ns until the next frame is due */
uint64_t sender_wait(const struct sender *s, uint64_t now);

/** sender_next() - build the next frame in buf; returns its length, 0 if it is to be lost */
size_t sender_next(struct sender *s, void *buf);

/** sender_done() - all frames have been built */
bool sender_done(const struct sender *s);

#endif
