// SPDX-License-Identifier: GPL-2.0
/*
 * The one place that decides which queues and which vector a pool has.
 *
 * With MRQC in VMDq mode (without RSS) the 82576 delivers a frame for pool n
 * into receive queue n; queues 8 to 15, the second ones of each pool, get
 * nothing (datasheet 7.10.3).  Transmit queues n and n + 8 belong to pool n; one
 * per pool is used.  A pool's two queues share one vector, so that one NAPI on
 * one CPU does everything for it; the tenth vector of the chip stays unused.
 */
#include "vmdq_igb.h"

/**
 * vigb_layout() - gives every pool its queues and its vector
 * @ad: the adapter; nothing of it runs yet
 */
void vigb_layout(struct vigb_adapter *ad)
{
	unsigned int n;

	ad->pool_vectors = 0;
	for (n = 0; n < VIGB_N_POOLS; n++) {
		struct vigb_pool *pool = &ad->pool[n];

		pool->ad = ad;
		pool->index = n;
		pool->rx_queue = n;
		pool->tx_queue = n;
		pool->vector = n;
		pool->rx.tail = ad->regs + VIGB_RDT(pool->rx_queue);
		pool->tx.ring.tail = ad->regs + VIGB_TDT(pool->tx_queue);
		ad->pool_vectors |= BIT(pool->vector);
	}
	ad->other_vector = VIGB_N_POOLS;
}
