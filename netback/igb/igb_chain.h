/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completed receive descriptors of a pool, and which of them make whole frames.
 *
 * Memory and numbers alone, so that the unit tests can play the hardware.
 */
#ifndef VIGB_CHAIN_H
#define VIGB_CHAIN_H

#include <linux/types.h>

#include "vmdq.h"
#include "igb_regs.h"

/**
 * struct vigb_chain - the receive descriptors that a pool's harvest looks at
 * @desc: the ring
 * @count: its size
 * @first: oldest descriptor that was not harvested
 * @end: the one behind the newest that was posted; nothing is posted iff @first == @end
 * @buf_size: bytes of each buffer
 */
struct vigb_chain {
	const union vigb_rx_desc *desc;
	u16 count;
	u16 first;
	u16 end;
	u32 buf_size;
};

static inline u16 vigb_chain_flags(u32 status)
{
	u16 flags = 0;

	/* checksums and damage are told with the last buffer of a frame */
	if (!(status & RXD_EOP))
		return 0;

	flags |= VMDQ_RX_EOP;
	if (status & RXD_RXE)
		flags |= VMDQ_RX_ERROR;
	if (status & (RXD_L4E | RXD_IPE))
		flags |= VMDQ_RX_CSUM_BAD;
	else if (status & RXD_L4CS)
		flags |= VMDQ_RX_CSUM_GOOD;

	return flags;
}

/**
 * vigb_chain_harvest() - completions of whole frames, the oldest first
 * @chain: @first moves behind what is returned
 * @rx: filled
 * @max: room in @rx, more than 0
 *
 * The hardware writes the descriptors of a long frame back one by one (82576
 * datasheet 7.1.4.1).  One whose end is not there yet is left for the next time.
 * One that does not fit in @max buffers, which a pool's RLPML rules out, would
 * be left for ever: it comes in parts, each marked as damaged.
 *
 * Return: how many.
 */
static inline unsigned int vigb_chain_harvest(struct vigb_chain *chain, struct vmdq_rx *rx,
					      unsigned int max)
{
	unsigned int whole = 0;
	u16 next = chain->first;
	unsigned int n = 0;

	while (n < max && next != chain->end) {
		const union vigb_rx_desc *desc = &chain->desc[next];
		u32 status = le32_to_cpu(READ_ONCE(desc->wb.status_error));
		u32 len;

		if (!(status & RXD_DD))
			break;
		/* the length is valid once DD is seen */
		dma_rmb();

		len = le16_to_cpu(desc->wb.length);
		rx[n].len = len < chain->buf_size ? len : chain->buf_size;
		rx[n].flags = vigb_chain_flags(status);
		n++;
		next = next + 1 == chain->count ? 0 : next + 1;
		if (status & RXD_EOP) {
			whole = n;
			chain->first = next;
		}
	}
	if (unlikely(!whole && n == max)) {
		rx[n - 1].flags = VMDQ_RX_EOP | VMDQ_RX_ERROR;
		whole = n;
		chain->first = next;
	}

	return whole;
}

#endif /* VIGB_CHAIN_H */
