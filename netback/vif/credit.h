/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Credit arithmetic: when a guest whose rate is limited may send its next frame.
 *
 * Pure functions of numbers, so that the unit tests can run them in user space.
 * Times are microseconds of a clock that never goes back.
 */
#ifndef VIF_CREDIT_H
#define VIF_CREDIT_H

#include <linux/math64.h>
#include <linux/types.h>

/* Credit that may gather where a period's is less.  The longest frame is 64 KiB
 * and could never be sent if credit beyond a period's were lost.
 */
#define CREDIT_BURST		131072ULL

/* Longest wait that is worth a number: nothing is sent until the rate changes */
#define CREDIT_NEVER		(~0ULL)

/**
 * struct credit_rate - how much a guest may send
 * @bytes: in each period
 * @usecs: length of a period, more than 0
 */
struct credit_rate {
	u64 bytes;
	u32 usecs;
};

/**
 * struct credit - what of it is left
 * @left: bytes that may be sent at once
 * @since: beginning of the current period
 */
struct credit {
	u64 left;
	u64 since;
};

static inline u64 credit_most(const struct credit_rate *rate)
{
	return rate->bytes > CREDIT_BURST ? rate->bytes : CREDIT_BURST;
}

/**
 * credit_start() - begin with one period's credit
 * @credit: filled in
 * @rate: the rate from now on
 * @now: the time
 */
static inline void credit_start(struct credit *credit, const struct credit_rate *rate, u64 now)
{
	credit->left = rate->bytes;
	credit->since = now;
}

/**
 * credit_change() - the rate has changed
 * @credit: as the old rate left it
 * @rate: the new one
 *
 * What was saved up under the old rate is worth at most one period of the new.
 */
static inline void credit_change(struct credit *credit, const struct credit_rate *rate)
{
	if (credit->left > rate->bytes)
		credit->left = rate->bytes;
}

/* Adds the credit of the periods that have ended. */
static inline void credit_refill(struct credit *credit, const struct credit_rate *rate, u64 now)
{
	u64 most = credit_most(rate);
	u64 periods, room;

	if (now - credit->since < rate->usecs)
		return;
	periods = div64_u64(now - credit->since, rate->usecs);
	credit->since += periods * rate->usecs;

	if (credit->left >= most) {
		credit->left = most;
		return;
	}
	/* Does it all fit?  Asked by division, as the product may overflow. */
	room = most - credit->left;
	if (rate->bytes && periods > div64_u64(room, rate->bytes))
		credit->left = most;
	else
		credit->left += periods * rate->bytes;
}

/**
 * credit_take() - may a frame be sent?
 * @credit: grows by what time has brought, and shrinks by the frame if it may
 * @rate: the rate
 * @now: the time
 * @size: bytes of the frame
 *
 * A frame that is longer than credit can ever grow is sent when that is full.
 *
 * Return: 0 when it may; otherwise the time in microseconds after which it is
 * worth asking again, or CREDIT_NEVER.
 */
static inline u64 credit_take(struct credit *credit, const struct credit_rate *rate, u64 now,
			      u32 size)
{
	u64 most = credit_most(rate);
	u64 need = size < most ? size : most;
	u64 missing, periods;

	credit_refill(credit, rate, now);
	if (need <= credit->left) {
		credit->left -= need;
		return 0;
	}
	if (!rate->bytes)
		return CREDIT_NEVER;
	missing = need - credit->left;
	periods = div64_u64(missing - 1, rate->bytes) + 1;
	return credit->since + periods * rate->usecs - now;
}

#endif /* VIF_CREDIT_H */
