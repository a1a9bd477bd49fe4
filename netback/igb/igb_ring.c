// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptor rings: memory, and starting and stopping a queue (82576 datasheet
 * 4.5.9 and 4.5.10).  What the descriptors point to is the business of igb_rx.c,
 * igb_tx.c and igb_pool.c.
 */
#include <linux/dma-mapping.h>
#include <linux/iopoll.h>

#include "vmdq_igb.h"

/* Prefetch and write-back thresholds.  WTHRESH is 1 so that with MSI-X the 82576
 * keeps no finished descriptor back.
 */
#define RX_THRESH	(8 << DCTL_PTHRESH_SHIFT | 8 << DCTL_HTHRESH_SHIFT | \
			 1 << DCTL_WTHRESH_SHIFT)
#define TX_THRESH	(8 << DCTL_PTHRESH_SHIFT | 1 << DCTL_HTHRESH_SHIFT | \
			 1 << DCTL_WTHRESH_SHIFT)

/* A queue confirms once its outstanding PCIe requests have completed; 50 ms is
 * the longest that the default completion timeout allows.
 */
#define QUEUE_TIMEOUT_US	100000
#define QUEUE_POLL_US		20

/**
 * vigb_ring_alloc() - memory for a ring
 * @ad: the adapter
 * @ring: the ring
 * @count: descriptors
 *
 * Context: process.  Return: 0 or -ENOMEM.
 */
int vigb_ring_alloc(struct vigb_adapter *ad, struct vigb_ring *ring, u16 count)
{
	/* both directions have descriptors of one size; page alignment is
	 * more than the 128 bytes that the base needs
	 */
	BUILD_BUG_ON(sizeof(union vigb_rx_desc) != sizeof(struct vigb_tx_desc));

	ring->desc.any = dma_alloc_coherent(&ad->pdev->dev,
					    count * sizeof(union vigb_rx_desc),
					    &ring->dma, GFP_KERNEL);
	if (!ring->desc.any)
		return -ENOMEM;
	ring->count = count;
	ring->to_use = 0;
	ring->to_clean = 0;

	return 0;
}

/**
 * vigb_ring_free() - gives a ring's memory back
 * @ad: the adapter
 * @ring: the ring; may be one without memory
 */
void vigb_ring_free(struct vigb_adapter *ad, struct vigb_ring *ring)
{
	if (ring->desc.any)
		dma_free_coherent(&ad->pdev->dev, ring->count * sizeof(union vigb_rx_desc),
				  ring->desc.any, ring->dma);
	ring->desc.any = NULL;
}

/**
 * vigb_ring_rewind() - makes a stopped ring empty
 * @ring: the ring
 */
void vigb_ring_rewind(struct vigb_ring *ring)
{
	memset(ring->desc.any, 0, ring->count * sizeof(union vigb_rx_desc));
	ring->to_use = 0;
	ring->to_clean = 0;
}

static int queue_wait(struct vigb_adapter *ad, u32 reg, bool enabled)
{
	u32 val;

	/* all ones: no answer will come.  Whose queue holds pages of others must not take
	 * that for "stopped": see pool_stop().
	 */
	return readl_poll_timeout(ad->regs + reg, val,
				  !!(val & DCTL_ENABLE) == enabled || val == ~0,
				  QUEUE_POLL_US, QUEUE_TIMEOUT_US);
}

/**
 * vigb_rx_queue_start() - sets up a pool's receive queue and enables it, empty
 * @pool: the pool; its ring is rewound
 * @buf_size: bytes per buffer, a multiple of 1 KiB
 *
 * Step 10 of the start-up sequence.  Context: process, sleeps.
 * Return: 0, or -ETIMEDOUT if the queue does not confirm.
 */
int vigb_rx_queue_start(struct vigb_pool *pool, u32 buf_size)
{
	struct vigb_adapter *ad = pool->ad;
	unsigned int q = pool->rx_queue;

	vigb_ring_rewind(&pool->rx);

	vigb_wr(ad, VIGB_RXDCTL(q), 0);
	vigb_wr(ad, VIGB_RDBAL(q), lower_32_bits(pool->rx.dma));
	vigb_wr(ad, VIGB_RDBAH(q), upper_32_bits(pool->rx.dma));
	vigb_wr(ad, VIGB_RDLEN(q), pool->rx.count * sizeof(union vigb_rx_desc));
	vigb_wr(ad, VIGB_RDH(q), 0);
	vigb_wr(ad, VIGB_RDT(q), 0);
	vigb_wr(ad, VIGB_SRRCTL(q), buf_size / SRRCTL_BSIZEPKT_KB |
		SRRCTL_ONE_BUFFER | SRRCTL_DROP_EN);
	vigb_wr(ad, VIGB_RXDCTL(q), RX_THRESH | DCTL_ENABLE);

	return queue_wait(ad, VIGB_RXDCTL(q), true);
}

/**
 * vigb_rx_queue_stop() - disables a pool's receive queue
 * @pool: the pool
 *
 * Steps 2 and 3 of stopping a queue: when it returns 0 the hardware has written
 * its last byte, unless its registers read all ones.  Context: process, sleeps.
 * Return: 0, or -ETIMEDOUT if the queue does not confirm: only a reset of the
 * device can stop it then.
 */
int vigb_rx_queue_stop(struct vigb_pool *pool)
{
	struct vigb_adapter *ad = pool->ad;
	u32 reg = VIGB_RXDCTL(pool->rx_queue);
	int err;

	/* 2. disable, and wait for the queue to confirm */
	vigb_wr(ad, reg, vigb_rd(ad, reg) & ~DCTL_ENABLE);
	err = queue_wait(ad, reg, false);
	if (err)
		return err;

	/* 3. the last write-back may still be on its way through the root port */
	usleep_range(100, 200);

	return 0;
}

/**
 * vigb_tx_queue_start() - sets up a pool's transmit queue and enables it
 * @pool: the pool; its ring is rewound
 *
 * Step 7 of the start-up sequence.  Context: process, sleeps.
 * Return: 0, or -ETIMEDOUT.
 */
int vigb_tx_queue_start(struct vigb_pool *pool)
{
	struct vigb_adapter *ad = pool->ad;
	struct vigb_ring *ring = &pool->tx.ring;
	unsigned int q = pool->tx_queue;

	vigb_ring_rewind(ring);
	pool->tx.kicked = 0;

	vigb_wr(ad, VIGB_TXDCTL(q), 0);
	vigb_wr(ad, VIGB_TDBAL(q), lower_32_bits(ring->dma));
	vigb_wr(ad, VIGB_TDBAH(q), upper_32_bits(ring->dma));
	vigb_wr(ad, VIGB_TDLEN(q), ring->count * sizeof(struct vigb_tx_desc));
	vigb_wr(ad, VIGB_TDWBAL(q), 0);
	vigb_wr(ad, VIGB_TDWBAH(q), 0);
	vigb_wr(ad, VIGB_TDH(q), 0);
	vigb_wr(ad, VIGB_TDT(q), 0);
	vigb_wr(ad, VIGB_TXDCTL(q), TX_THRESH | DCTL_ENABLE);

	return queue_wait(ad, VIGB_TXDCTL(q), true);
}

/**
 * vigb_tx_queue_stop() - disables a pool's transmit queue
 * @pool: the pool
 *
 * Context: process, sleeps.  Return: 0, or -ETIMEDOUT: buffers may still be
 * read, and only a reset of the device ends that.
 */
int vigb_tx_queue_stop(struct vigb_pool *pool)
{
	struct vigb_adapter *ad = pool->ad;
	u32 reg = VIGB_TXDCTL(pool->tx_queue);

	vigb_wr(ad, reg, vigb_rd(ad, reg) & ~DCTL_ENABLE);

	return queue_wait(ad, reg, false);
}
