// SPDX-License-Identifier: GPL-2.0
/* Pacing and parsing of sender.h. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sender.h"

#define NS 1000000000ull

uint64_t sender_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS + t.tv_nsec;
}

const char *word(const char *words, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key);
	const char *p = words;

	while (p && *p) {
		p += strspn(p, " \n");
		if (!strncmp(p, key, len) && p[len] == '=') {
			size_t n = strcspn(p + len + 1, " \n");

			if (n >= size)
				return NULL;
			memcpy(buf, p + len + 1, n);
			buf[n] = '\0';
			return buf;
		}
		p += strcspn(p, " \n");
	}
	return NULL;
}

double word_number(const char *words, const char *key, double fallback)
{
	char buf[64];

	return word(words, key, buf, sizeof(buf)) ? strtod(buf, NULL) : fallback;
}

static bool parse_fault(const char *words, enum sender_fault *fault)
{
	static const char *const names[] = { "none", "lose", "duplicate", "reorder", "corrupt" };
	char buf[16];

	*fault = SENDER_FAULTLESS;
	if (!word(words, "fault", buf, sizeof(buf)))
		return true;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(buf, names[i]))
			continue;
		*fault = i;
		return true;
	}
	return false;
}

/* "60,590,1514": what is wrong with it, or NULL */
static const char *parse_sizes(const char *words, struct sender *s)
{
	char buf[128];
	char *at = buf;

	if (!word(words, "sizes", buf, sizeof(buf)))
		return NULL;
	for (;;) {
		unsigned long size = strtoul(at, &at, 10);

		if (size < FRAME_MIN || size > FRAME_MAX)
			return "sizes= are not 60..9728";
		if (s->n_sizes == SENDER_SIZES_MAX)
			return "too many sizes=";
		s->sizes[s->n_sizes++] = size;
		if (!*at)
			return NULL;
		if (*at++ != ',')
			return "sizes= are not numbers with commas between them";
	}
}

const char *sender_parse(struct sender *s, const char *words)
{
	char buf[64];

	memset(s, 0, sizeof(*s));
	if (!word(words, "dst", buf, sizeof(buf)) || !frame_parse_mac(buf, s->info.dst))
		return "dst= is no MAC address";
	if (!word(words, "src", buf, sizeof(buf)) || !frame_parse_mac(buf, s->info.src))
		return "src= is no MAC address";
	s->info.vlan = word_number(words, "vlan", FRAME_NO_VLAN);
	s->info.stream = word_number(words, "stream", 0);
	s->count = word_number(words, "count", 0);
	s->info.count = s->count;
	s->min = word_number(words, "min", FRAME_MIN);
	s->max = word_number(words, "max", s->min);
	s->rate = word_number(words, "rate", 0);
	s->burst = word_number(words, "burst", 1);
	s->started = sender_now();
	if (!parse_fault(words, &s->fault))
		return "fault= is not lose, duplicate, reorder or corrupt";
	if (s->info.vlan < FRAME_NO_VLAN || s->info.vlan > 4095)
		return "vlan= is not 0..4095";
	if (s->min < FRAME_MIN || s->max < s->min || s->max > FRAME_MAX)
		return "min= and max= are not 60..9728";
	if (!s->burst || s->burst > SENDER_BURST_MAX)
		return "burst= is not 1..256";
	return parse_sizes(words, s);
}

bool sender_done(const struct sender *s)
{
	return s->count && s->info.seq >= s->count;
}

unsigned int sender_due(struct sender *s, uint64_t now)
{
	uint64_t most = (SENDER_BURST + s->burst - 1) / s->burst * s->burst;
	uint64_t due = most;

	if (s->rate > 0) {
		uint64_t bursts = (now - s->started) * s->rate / s->burst / NS + 1;
		uint64_t by_now = bursts * s->burst;

		due = by_now > s->info.seq ? by_now - s->info.seq : 0;
		if (due > most && !s->catch_up) {
			/* late by a lot: shift the schedule, never flood to catch up */
			due = most;
			s->started = now - (uint64_t)((s->info.seq + due) * NS / s->rate);
		}
	}
	if (s->count && due > s->count - s->info.seq)
		due = s->count - s->info.seq;
	return due;
}

uint64_t sender_wait(const struct sender *s, uint64_t now)
{
	/* the rest of a burst is due with its first frame */
	uint64_t first = s->info.seq - s->info.seq % s->burst;
	uint64_t at;

	if (s->rate <= 0)
		return 0;
	at = s->started + (uint64_t)(first * NS / s->rate);
	return at > now ? at - now : 0;
}

size_t sender_next(struct sender *s, void *buf)
{
	/* a stride that is prime to most ranges: every length turns up, no order */
	uint32_t range = s->max - s->min + 1;
	size_t len = s->n_sizes ? s->sizes[s->info.seq % s->n_sizes] :
				  s->min + (s->info.seq * 7919) % range;
	unsigned int turn = s->info.seq % SENDER_FAULT_EVERY;
	struct frame_info info = s->info;

	s->info.seq++;
	if (s->fault == SENDER_LOSES && turn == 5)
		return 0;
	if (s->fault == SENDER_DUPLICATES && turn == 5)
		info.seq--;
	if (s->fault == SENDER_REORDERS && (turn == 5 || turn == 6))
		info.seq += turn == 5 ? 1 : -1;
	frame_build(buf, len, &info);
	if (s->fault == SENDER_CORRUPTS && turn == 5)
		((uint8_t *)buf)[len - 1 - s->info.seq % 8] ^= 1 << (s->info.seq % 8);
	return len;
}
