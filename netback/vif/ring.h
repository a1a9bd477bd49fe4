/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring arithmetic: what an index pair written by a guest may mean.
 *
 * Pure functions of numbers, so that the unit tests can run them in user space.
 * Indices run freely through 32 bits and are compared by subtraction.
 */
#ifndef VIF_RING_H
#define VIF_RING_H

#include <linux/types.h>

/**
 * ring_unconsumed() - requests that may be consumed
 * @req_prod: the guest's producer index, read once
 * @req_cons: our consumer index
 * @rsp_prod: our private response producer; req_cons - rsp_prod are outstanding
 * @size: slots of the ring
 *
 * Return: 0..@size, or -1 when the guest claims more requests than the ring has
 * slots for (XSA-39): such a producer index can never be trusted again.
 */
static inline int ring_unconsumed(u32 req_prod, u32 req_cons, u32 rsp_prod, u32 size)
{
	if (req_prod - rsp_prod > size || req_prod - rsp_prod < req_cons - rsp_prod)
		return -1;
	return req_prod - req_cons;
}

/**
 * ring_rx_slots() - guest RX slots that a frame of @len bytes fills
 * @len: bytes of the frame, more than 0
 * @headroom: bytes left free at the start of each slot (XDP), below @page
 * @extras: extra-info segments, each of which takes a slot
 * @page: bytes of a slot
 */
static inline u32 ring_rx_slots(u32 len, u32 headroom, u32 extras, u32 page)
{
	u32 room = page - headroom;

	return (len + room - 1) / room + extras;
}

/**
 * ring_refill_count() - how many fresh requests to hand to the hardware now
 * @requests: requests that the guest has ready
 * @room: descriptors free in the pool's ring
 * @posted: buffers that the hardware holds
 * @batch: size of a full batch
 *
 * A grant operation costs half in a full batch of what it costs alone, so a
 * pool that still has buffers waits until a batch is there.  A pool that runs
 * low takes what it can get: an empty ring drops frames.
 *
 * Return: 0..@batch.
 */
static inline u32 ring_refill_count(u32 requests, u32 room, u32 posted, u32 batch)
{
	u32 n = requests < room ? requests : room;

	if (n >= batch)
		return batch;
	return posted >= 2 * batch ? 0 : n;
}

/**
 * ring_harvest_count() - how many completed buffers to take from the hardware at most
 * @budget: what the poll has left, more than 0
 * @frame: buffers of the longest frame
 * @batch: size of a full batch, at least @frame
 *
 * Return: @frame..@batch: more than the budget rather than less than a frame,
 * which would wait for ever.
 */
static inline u32 ring_harvest_count(u32 budget, u32 frame, u32 batch)
{
	if (budget < frame)
		return frame;
	return budget < batch ? budget : batch;
}

#endif /* VIF_RING_H */
