// SPDX-License-Identifier: GPL-2.0
/*
 * Pools: taking one, steering frames to it, moving buffers through it, and
 * giving it back.  rules.c says which step may follow which.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/module.h>

#include "core.h"

#define CREATE_TRACE_POINTS
#include "vmdq_trace.h"

/**
 * vmdq_pool_owner_name() - who holds a pool, for people
 * @pool: a pool
 *
 * Context: vmdq_port.lock held.  Return: the name, "nobody" while it is free.
 */
const char *vmdq_pool_owner_name(const struct vmdq_pool *pool)
{
	return pool->owner ? pool->owner->name : "nobody";
}

/* The state that a step would lead to, or why it is refused */
static int check_step(const struct vmdq_pool *pool, enum vmdq_pool_step step)
{
	lockdep_assert_held(&pool->port->lock);

	return vmdq_next_state(pool->state, step);
}

static void enter(struct vmdq_pool *pool, enum vmdq_pool_state state)
{
	/* all_free() reads it without the lock */
	WRITE_ONCE(pool->state, state);
	vmdq_netlink_pool_event(pool);
}

static struct vmdq_pool *take_locked(struct vmdq_port *port, unsigned int index,
				     const struct vmdq_pool_config *config,
				     struct vmdq_client *client)
{
	struct vmdq_pool *pool;
	int err;

	err = vmdq_check_index(index, port->n_pools);
	if (err)
		return ERR_PTR(err);
	if (!port->up)
		return ERR_PTR(-ENETDOWN);
	pool = &port->pools[index];
	err = check_step(pool, VMDQ_STEP_TAKE);
	if (err < 0)
		return ERR_PTR(err);
	err = vmdq_check_config(config->buf_size, config->max_frame, port->max_frame);
	if (err)
		return ERR_PTR(err);

	pool->config = *config;
	pool->frame_bufs = DIV_ROUND_UP(config->max_frame, config->buf_size);
	pool->posted = 0;
	pool->had_filter = false;
	memset(&pool->stats, 0, sizeof(pool->stats));
	pool->owner = client;
	err = port->ops->pool_start(pool);
	trace_vmdq_pool_take(pool, err);
	if (err) {
		pr_err("%s: pool %u does not start for %s: error %d\n", port->name, index,
		       client->name, err);
		pool->owner = NULL;
		return ERR_PTR(err);
	}

	enter(pool, VMDQ_POOL_IDLE);
	WRITE_ONCE(pool->tx_ifindex, client->ifindex);
	rcu_assign_pointer(pool->poller, client);

	return pool;
}

/**
 * vmdq_pool_take() - becomes the owner of a pool
 * @port_name: PCI address of the port
 * @index: number of the pool, from 1
 * @config: how to set it up
 * @client: the new owner.  Its functions may be called from now on, before
 *	this has returned, and until vmdq_pool_release() has.
 *
 * On success the pool is idle: its queue runs, empty, and gets no frames.
 *
 * Context: process, may sleep.  Not from the client's @poll or @revoke.
 * Return: the pool, or an ERR_PTR: -ENODEV (no such port), -ERANGE (no such
 * pool, or the default pool), -ENETDOWN (the port is down), -EBUSY (somebody
 * has it), -EINVAL (@config makes no sense), -EMSGSIZE (its frames are longer
 * than the port's longest), or what the driver says.
 */
struct vmdq_pool *vmdq_pool_take(const char *port_name, unsigned int index,
				 const struct vmdq_pool_config *config,
				 struct vmdq_client *client)
{
	struct vmdq_pool *pool = ERR_PTR(-ENODEV);
	struct vmdq_port *port;

	mutex_lock(&vmdq_ports_lock);
	port = vmdq_port_find(port_name);
	if (port) {
		mutex_lock(&port->lock);
		pool = take_locked(port, index, config, client);
		mutex_unlock(&port->lock);
	}
	mutex_unlock(&vmdq_ports_lock);

	return pool;
}
EXPORT_SYMBOL_GPL(vmdq_pool_take);

/*
 * A frame must have one owner.  Two pools with overlapping filters would get
 * a copy each (82576: the pool bitmaps of matching RARs are OR-ed), and a pool
 * with the port's own address would get dom0's frames.
 */
static int check_filter_unique(const struct vmdq_pool *pool, const struct vmdq_filter *filter)
{
	const struct vmdq_port *port = pool->port;
	const struct vmdq_pool *other;
	unsigned int i;

	if (ether_addr_equal(filter->addr, port->netdev->dev_addr))
		return -EADDRINUSE;

	for (i = 1; i < port->n_pools; i++) {
		other = &port->pools[i];
		if (other == pool || other->state != VMDQ_POOL_ACTIVE)
			continue;
		if (vmdq_filters_overlap(filter->addr, filter->vlan, other->filter.addr,
					 other->filter.vlan))
			return -EADDRINUSE;
	}

	return 0;
}

static int set_filter_locked(struct vmdq_pool *pool, const struct vmdq_filter *filter)
{
	const struct vmdq_filter old = pool->filter;
	int next, err;

	next = check_step(pool, VMDQ_STEP_SET_FILTER);
	if (next < 0)
		return next;
	err = vmdq_check_filter(filter->addr, filter->vlan);
	if (err)
		return err;
	err = check_filter_unique(pool, filter);
	if (err)
		return err;

	pool->filter = *filter;
	err = pool->port->ops->filter_set(pool);
	if (err) {
		pool->filter = old;
		return err;
	}
	pool->had_filter = true;
	enter(pool, next);

	return 0;
}

/**
 * vmdq_pool_set_filter() - steers frames to a pool
 * @pool: a taken pool that was not stopped
 * @filter: which frames; replaces an earlier filter
 *
 * Frames may arrive before this returns.  After an error the pool's earlier
 * filter, if any, is still in force.
 *
 * Context: process, may sleep.  Return: 0, -EADDRNOTAVAIL (not a unicast
 * address), -ERANGE (no such VLAN), -EADDRINUSE (the port's own address, or
 * another pool of the port gets these frames), -ENETDOWN (the pool was
 * stopped), -ENOSPC (the hardware's table is full), -EOPNOTSUPP (the hardware
 * has no such filter).
 */
int vmdq_pool_set_filter(struct vmdq_pool *pool, const struct vmdq_filter *filter)
{
	struct vmdq_port *port = pool->port;
	int err;

	mutex_lock(&port->lock);
	err = set_filter_locked(pool, filter);
	trace_vmdq_pool_filter(pool, filter, err);
	if (err)
		pr_debug("%s: pool %u (%s): filter %pM vlan %u refused: error %d\n", port->name,
			 pool->index, vmdq_pool_owner_name(pool), filter->addr, filter->vlan, err);
	mutex_unlock(&port->lock);

	return err;
}
EXPORT_SYMBOL_GPL(vmdq_pool_set_filter);

static void clear_filter_locked(struct vmdq_pool *pool)
{
	if (pool->state != VMDQ_POOL_ACTIVE)
		return;

	pool->port->ops->filter_clear(pool);
	memset(&pool->filter, 0, sizeof(pool->filter));
	trace_vmdq_pool_filter(pool, NULL, 0);
}

/**
 * vmdq_pool_clear_filter() - steers nothing to a pool any more
 * @pool: a taken pool
 *
 * Its frames take the way of all unknown destinations from now on, to the
 * default pool; those already steered still arrive.  No error if there is no
 * filter.
 *
 * Context: process, may sleep.
 */
void vmdq_pool_clear_filter(struct vmdq_pool *pool)
{
	struct vmdq_port *port = pool->port;
	int next;

	mutex_lock(&port->lock);
	next = check_step(pool, VMDQ_STEP_CLEAR_FILTER);
	if (!WARN_ON(next < 0) && next != pool->state) {
		clear_filter_locked(pool);
		enter(pool, next);
	}
	mutex_unlock(&port->lock);
}
EXPORT_SYMBOL_GPL(vmdq_pool_clear_filter);

static int stop_locked(struct vmdq_pool *pool)
{
	struct vmdq_port *port = pool->port;
	int next, err;

	next = check_step(pool, VMDQ_STEP_STOP);
	if (WARN_ON(next < 0))
		return next;
	if (pool->state == next)
		return 0;

	clear_filter_locked(pool);
	/* What has arrived goes ahead of what will come by the other path. */
	if (pool->state == VMDQ_POOL_ACTIVE)
		port->ops->schedule(pool);

	/*
	 * No poll runs once this is through: what is left in the ring is the
	 * caller's to harvest.
	 */
	WRITE_ONCE(pool->tx_ifindex, 0);
	RCU_INIT_POINTER(pool->poller, NULL);
	synchronize_net();

	err = port->ops->pool_stop(pool);
	trace_vmdq_pool_stop(pool, err);
	if (err)
		pr_err("%s: pool %u (%s) did not stop (error %d): the port was reset\n",
		       port->name, pool->index, vmdq_pool_owner_name(pool), err);
	enter(pool, next);

	return err;
}

/**
 * vmdq_pool_stop() - takes the buffers back from the hardware
 * @pool: a taken pool; no error if it is stopped already
 *
 * On return, whatever it is, the client's @poll does not run and is not called
 * again, and the hardware can no longer write to any posted buffer.  What it
 * has written can still be had with vmdq_pool_harvest(); the other posted
 * buffers were not written.
 *
 * Context: process, may sleep; waits for an RCU grace period.  Not from the
 * client's @poll or @revoke.
 * Return: 0, or -EIO when the queue had to be stopped by resetting the port:
 * then there is nothing to harvest, and frames of other pools may be lost too.
 */
int vmdq_pool_stop(struct vmdq_pool *pool)
{
	int err;

	mutex_lock(&pool->port->lock);
	err = stop_locked(pool);
	mutex_unlock(&pool->port->lock);

	return err;
}
EXPORT_SYMBOL_GPL(vmdq_pool_stop);

/**
 * vmdq_pool_release() - gives a pool back
 * @pool: a stopped pool; not to be used any more
 *
 * On return the client's functions are not called again.  @revoke may have
 * been, so that the work it schedules must be cancelled before the client is
 * freed.  Who waits for a pool of a port that is up is told (VMDQ_POOL_FREED).
 *
 * Context: process, may sleep.  Not from the client's @poll or @revoke.
 */
void vmdq_pool_release(struct vmdq_pool *pool)
{
	struct vmdq_port *port = pool->port;
	struct vmdq_pool_freed freed;
	bool tell = false;

	/* held to the end, after which the port may be gone: see core.h */
	mutex_lock(&vmdq_ports_lock);
	mutex_lock(&port->lock);
	if (WARN_ON(pool->state == VMDQ_POOL_FREE))
		goto unlock;
	if (WARN_ON(pool->state != VMDQ_POOL_STOPPED))
		stop_locked(pool);

	tell = port->up;
	strscpy(freed.port, port->name, sizeof(freed.port));
	freed.index = pool->index;
	freed.had_filter = pool->had_filter;
	freed.owner = pool->owner;

	port->ops->pool_release(pool);
	trace_vmdq_pool_release(pool, 0);
	pool->posted = 0;
	pool->owner = NULL;
	enter(pool, VMDQ_POOL_FREE);
	wake_up_all(&port->released);
unlock:
	mutex_unlock(&port->lock);
	mutex_unlock(&vmdq_ports_lock);

	if (tell)
		vmdq_notify(VMDQ_POOL_FREED, &freed);
}
EXPORT_SYMBOL_GPL(vmdq_pool_release);

/* Counts the frame that ends with @rx and has @bytes.  Return: bytes of the next. */
static unsigned int count_completion(struct vmdq_pool_stats *stats, const struct vmdq_rx *rx,
				     unsigned int bytes)
{
	if (!(rx->flags & VMDQ_RX_EOP))
		return bytes;

	if (rx->flags & VMDQ_RX_ERROR) {
		stats->rx_errors++;
	} else {
		stats->rx_frames++;
		stats->rx_bytes += bytes;
		if (rx->flags & VMDQ_RX_CSUM_BAD)
			stats->rx_csum_bad++;
	}
	return 0;
}

/**
 * vmdq_pool_harvest() - what the hardware has written
 * @pool: a taken pool
 * @rx: filled in the order in which the buffers were posted
 * @max: room in @rx, at least vmdq_pool.frame_bufs
 *
 * The completions are those of whole frames; a frame that the hardware is still
 * writing waits, and one that it had to leave unfinished when the pool was
 * stopped counts as not written.
 *
 * Context: the client's @poll, or its owner's process context between
 * vmdq_pool_stop() and vmdq_pool_release().  Return: how many.
 */
unsigned int vmdq_pool_harvest(struct vmdq_pool *pool, struct vmdq_rx *rx, unsigned int max)
{
	unsigned int bytes = 0;
	unsigned int i, n;

	n = pool->port->ops->harvest(pool, rx, max);
	if (!n)
		return 0;

	u64_stats_update_begin(&pool->syncp);
	for (i = 0; i < n; i++)
		bytes = count_completion(&pool->stats, &rx[i], bytes + rx[i].len);
	u64_stats_update_end(&pool->syncp);
	pool->posted -= n;

	return n;
}
EXPORT_SYMBOL_GPL(vmdq_pool_harvest);

/**
 * vmdq_pool_post() - gives buffers to the hardware, from the next doorbell on
 * @pool: a taken pool
 * @addr: their bus addresses, each of vmdq_pool_config.buf_size writable bytes
 *	and within vmdq_port.dma_mask
 * @n: how many, at most vmdq_pool_room()
 *
 * Context: as vmdq_pool_harvest(), but not once the pool was stopped.
 */
void vmdq_pool_post(struct vmdq_pool *pool, const dma_addr_t *addr, unsigned int n)
{
	if (WARN_ON_ONCE(n > vmdq_pool_room(pool)) || !n)
		return;

	pool->port->ops->post(pool, addr, n);
	pool->posted += n;
	u64_stats_update_begin(&pool->syncp);
	pool->stats.posted += n;
	u64_stats_update_end(&pool->syncp);
}
EXPORT_SYMBOL_GPL(vmdq_pool_post);
