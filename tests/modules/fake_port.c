// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of a port without hardware.  It holds the core to its side of
 * struct vmdq_port_ops and counts every call that should not have come.
 */
#include <linux/device.h>
#include <linux/etherdevice.h>

#include "fake_port.h"

static struct fake_port *fake_of(const struct vmdq_pool *pool)
{
	return container_of(pool->port, struct fake_port, port);
}

static struct fake_ring *ring_of(const struct vmdq_pool *pool)
{
	return &fake_of(pool)->rings[pool->index];
}

static void expect(const struct vmdq_pool *pool, bool right)
{
	if (!right)
		atomic_inc(&fake_of(pool)->violations);
}

static int fake_pool_start(struct vmdq_pool *pool)
{
	struct fake_ring *ring = ring_of(pool);

	expect(pool, !ring->started && pool->owner && mutex_is_locked(&pool->port->lock));
	if (fake_of(pool)->fail)
		return fake_of(pool)->fail;
	memset(ring, 0, sizeof(*ring));
	ring->started = true;
	atomic_inc(&fake_of(pool)->starts);

	return 0;
}

static int fake_filter_set(struct vmdq_pool *pool)
{
	expect(pool, ring_of(pool)->started);
	if (fake_of(pool)->fail)
		return fake_of(pool)->fail;
	ring_of(pool)->filtered = true;

	return 0;
}

static void fake_filter_clear(struct vmdq_pool *pool)
{
	expect(pool, ring_of(pool)->filtered);
	ring_of(pool)->filtered = false;
}

static int fake_pool_stop(struct vmdq_pool *pool)
{
	struct fake_ring *ring = ring_of(pool);

	expect(pool, ring->started && !ring->filtered && !rcu_access_pointer(pool->poller));
	ring->started = false;
	atomic_inc(&fake_of(pool)->stops);

	return fake_of(pool)->fail;
}

static void fake_pool_release(struct vmdq_pool *pool)
{
	expect(pool, !ring_of(pool)->started);
	atomic_inc(&fake_of(pool)->releases);
}

static unsigned int fake_harvest(struct vmdq_pool *pool, struct vmdq_rx *rx, unsigned int max)
{
	struct fake_ring *ring = ring_of(pool);
	unsigned int whole = 0;
	unsigned int n;

	for (n = 0; n < max && ring->tail + n != ring->written; n++) {
		rx[n] = ring->rx[(ring->tail + n) % FAKE_RING];
		if (rx[n].flags & VMDQ_RX_EOP)
			whole = n + 1;
	}
	ring->tail += whole;

	return whole;
}

static void fake_post(struct vmdq_pool *pool, const dma_addr_t *addr, unsigned int n)
{
	struct fake_ring *ring = ring_of(pool);

	ring->head += n;
	expect(pool, ring->started && ring->head - ring->tail < FAKE_RING);
}

static void fake_doorbell(struct vmdq_pool *pool)
{
	expect(pool, ring_of(pool)->started);
}

static void fake_schedule(struct vmdq_pool *pool)
{
}

static const struct vmdq_port_ops fake_ops = {
	.pool_start	= fake_pool_start,
	.filter_set	= fake_filter_set,
	.filter_clear	= fake_filter_clear,
	.pool_stop	= fake_pool_stop,
	.pool_release	= fake_pool_release,
	.harvest	= fake_harvest,
	.post		= fake_post,
	.doorbell	= fake_doorbell,
	.schedule	= fake_schedule,
};

/**
 * fake_receive() - the hardware writes the next posted buffer
 * @pool: a pool with a posted buffer
 * @len: bytes
 * @flags: VMDQ_RX_*
 */
void fake_receive(struct vmdq_pool *pool, u16 len, u16 flags)
{
	struct fake_ring *ring = ring_of(pool);
	struct vmdq_rx *rx = &ring->rx[ring->written % FAKE_RING];

	expect(pool, ring->written != ring->head);
	rx->len = len;
	rx->flags = flags;
	ring->written++;
}

/**
 * fake_port_create() - registers the port, down
 * @fake: zeroed
 * @device: name of its device
 *
 * Return: 0 or an error.
 */
int fake_port_create(struct fake_port *fake, const char *device)
{
	struct vmdq_port *port = &fake->port;
	int err;

	port->netdev = alloc_etherdev(0);
	if (!port->netdev)
		return -ENOMEM;
	eth_hw_addr_random(port->netdev);
	port->dev = root_device_register(device);
	if (IS_ERR(port->dev)) {
		err = PTR_ERR(port->dev);
		goto free;
	}

	strscpy(port->name, FAKE_NAME, sizeof(port->name));
	port->driver = "vmdq_selftest";
	port->dma_mask = DMA_BIT_MASK(64);
	port->ops = &fake_ops;
	port->n_pools = FAKE_POOLS;
	port->ring_size = FAKE_RING;
	port->max_frame = 9728;
	err = vmdq_port_register(port);
	if (!err)
		return 0;

	root_device_unregister(port->dev);
free:
	free_netdev(port->netdev);
	return err;
}

/**
 * fake_port_destroy() - unregisters the port
 * @fake: as created; all zero on return
 */
void fake_port_destroy(struct fake_port *fake)
{
	vmdq_port_unregister(&fake->port);
	root_device_unregister(fake->port.dev);
	free_netdev(fake->port.netdev);
	memset(fake, 0, sizeof(*fake));
}
