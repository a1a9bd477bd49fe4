/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP segments that follow one another become one frame, as GRO has it on the
 * software path: the guest's stack, and dom0's grant copies, are then paid for
 * once and not for each segment.
 *
 * Only headers are looked at and changed.  The frames are dom0's own memory by
 * now, which neither the hardware nor the guest writes any more.
 */
#ifndef VIF_MERGE_H
#define VIF_MERGE_H

#include <linux/bits.h>
#include <linux/types.h>

#define MERGE_FLOWS	8	/* merged frames that a batch may have */

#define MERGE_V4	BIT(0)
#define MERGE_V6	BIT(1)

/**
 * struct merge_flow - a frame that others may be merged into, or were
 * @data: its headers
 * @frame: its number
 * @frames: how many it stands for
 * @len: bytes, with what was merged
 * @size: payload of each, but that of the last may be shorter
 * @seq: that the next one must have
 * @l4: where its TCP header begins
 * @payload: where its payload begins
 * @open: nothing was seen of the flow that must not be overtaken
 */
struct merge_flow {
	u8 *data;
	unsigned int frame;
	unsigned int frames;
	unsigned int len;
	u16 size;
	u32 seq;
	u8 l4;
	u8 payload;
	bool open;
};

/**
 * struct merge_batch - the flows of some frames in a row
 * @families: MERGE_* of what may be merged
 * @n: flows
 * @flow: of these at most one of a flow is open
 */
struct merge_batch {
	unsigned int families;
	unsigned int n;
	struct merge_flow flow[MERGE_FLOWS];
};

int merge_next(struct merge_batch *batch, unsigned int frame, u8 *data, unsigned int len);
void merge_finish(const struct merge_flow *flow);

/** merge_is_v6() - is it IPv6, and not IPv4? */
static inline bool merge_is_v6(const struct merge_flow *flow)
{
	return flow->data[12] == 0x86;
}

#endif /* VIF_MERGE_H */
