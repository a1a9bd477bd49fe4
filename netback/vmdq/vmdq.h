/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMDq core: ports, their pools, who owns each pool, and the two narrow
 * interfaces around it.
 *
 *	NIC driver  --- struct vmdq_port_ops ---  core  --- struct vmdq_client ---  user of a pool
 *
 * A port is a NIC whose receive queues can be grouped into pools that the
 * hardware fills by destination MAC (and VLAN).  Pool 0 is the port's own
 * default pool (the netdev) and is never handed out.  A client takes a pool,
 * supplies receive buffers by DMA address, and harvests completed ones in the
 * order in which it posted them.  The core knows nothing of Xen and nothing of
 * registers.
 *
 * Life of a pool, and who may move it (all under vmdq_port.lock, all in
 * process context):
 *
 *	FREE --vmdq_pool_take()--> IDLE --vmdq_pool_set_filter()--> ACTIVE
 *	IDLE, ACTIVE --vmdq_pool_stop()--> STOPPED --vmdq_pool_release()--> FREE
 *
 * In IDLE the queue runs and buffers may be posted, but nothing is steered to
 * it.  In STOPPED the hardware can no longer write to any posted buffer.
 */
#ifndef VMDQ_H
#define VMDQ_H

#include <linux/etherdevice.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/u64_stats_sync.h>
#include <linux/wait.h>

#include "rules.h"		/* VMDQ_NO_VLAN */
#include "vmdq_netlink.h"	/* enum vmdq_pool_state */

struct vmdq_pool;
struct vmdq_port;

#define VMDQ_MAX_POOLS		64	/* 82599/X540: the largest of the families */
#define VMDQ_OWNER_NAME_LEN	IFNAMSIZ
#define VMDQ_PORT_NAME_LEN	32	/* a PCI address, "0000:00:03.0" */

/**
 * struct vmdq_filter - what the hardware steers to a pool
 * @addr: destination MAC, unicast, matched exactly
 * @vlan: VLAN ID 0..4094, or VMDQ_NO_VLAN to match by MAC alone
 */
struct vmdq_filter {
	u8 addr[ETH_ALEN];
	u16 vlan;
};

/**
 * struct vmdq_pool_config - how a client wants its pool set up
 * @buf_size: bytes of each posted buffer; the hardware never writes past them
 * @max_frame: longest frame accepted, in bytes with headers and VLAN tags,
 *	without FCS; longer ones are dropped by the hardware.  A frame longer
 *	than @buf_size arrives in several buffers, the last with VMDQ_RX_EOP.
 */
struct vmdq_pool_config {
	u32 buf_size;
	u32 max_frame;
};

/* vmdq_rx.flags */
#define VMDQ_RX_EOP		BIT(0)	/* last buffer of its frame */
#define VMDQ_RX_CSUM_GOOD	BIT(1)	/* hardware checked the L4 checksum: right */
#define VMDQ_RX_CSUM_BAD	BIT(2)	/* hardware checked the IP or L4 checksum: wrong */
#define VMDQ_RX_ERROR		BIT(3)	/* frame damaged: its buffers hold nothing of use */

/**
 * struct vmdq_rx - one completed receive buffer
 * @len: bytes written, already bounded by the driver to vmdq_pool_config.buf_size
 * @flags: VMDQ_RX_*
 *
 * Completions come in the order of posting, so no cookie is needed: the n-th
 * completion is the n-th buffer posted.  They come in whole frames: the last of
 * those harvested together has VMDQ_RX_EOP.
 */
struct vmdq_rx {
	u16 len;
	u16 flags;
};

/**
 * struct vmdq_pool_stats - counters of one pool since it was last taken
 * @rx_frames: frames harvested (EOP seen), damaged ones not counted
 * @rx_bytes: their bytes
 * @rx_errors: damaged frames
 * @rx_csum_bad: frames harvested whose checksum the hardware found wrong
 * @posted: buffers posted
 * @doorbells: tail register writes
 * @polls: NAPI polls
 * @interrupts: interrupts of the pool's vector; the driver counts them
 *
 * The others are written only from the pool's NAPI context (and by the client
 * after vmdq_pool_stop(), when that context is gone).
 * Invariant: completed buffers <= posted, and
 * rx_frames + rx_errors <= completed buffers.
 */
struct vmdq_pool_stats {
	u64 rx_frames;
	u64 rx_bytes;
	u64 rx_errors;
	u64 rx_csum_bad;
	u64 posted;
	u64 doorbells;
	u64 polls;
	u64 interrupts;
};

/**
 * struct vmdq_client - the user of a pool; one per taken pool, owned by the user.
 *	Its functions may be called before vmdq_pool_take() has returned the pool,
 *	and until vmdq_pool_release() has returned
 * @name: shown to people, the vif's netdev name
 * @ifindex: netdev whose frames leave by this pool's transmit ring; 0 for none
 * @poll: the pool has work.  Softirq, the pool's NAPI; never concurrent with
 *	itself.  Harvests about @budget buffers with vmdq_pool_harvest(), posts
 *	fresh ones, and returns how many it harvested, @budget if they were more;
 *	returning @budget asks to be polled again at once.
 * @revoke: the port needs the pool back (it goes down or away).  Process
 *	context, vmdq_port.lock held: only schedules the work that will call
 *	vmdq_pool_stop() and vmdq_pool_release(); the port waits for that.
 *	That work must not take rtnl, which the waiting port may hold.
 */
struct vmdq_client {
	char name[VMDQ_OWNER_NAME_LEN];
	int ifindex;
	int (*poll)(struct vmdq_client *client, int budget);
	void (*revoke)(struct vmdq_client *client);
};

/**
 * struct vmdq_pool - one pool of a port
 * @port: its port
 * @index: number on the port, 1..n_pools-1
 * @state: enum vmdq_pool_state; under @port->lock
 * @owner: who holds it (NULL iff FREE); under @port->lock
 * @poller: as @owner while the pool may be polled (IDLE, ACTIVE), else NULL;
 *	written under @port->lock, read under RCU by the pool's NAPI
 * @tx_ifindex: @owner->ifindex or 0; read without a lock when a frame is sent
 * @config: as given to vmdq_pool_take(); valid while taken
 * @frame_bufs: buffers that the longest frame takes; valid while taken
 * @filter: valid while ACTIVE
 * @had_filter: it was ACTIVE since it was taken; under @port->lock
 * @posted: buffers the hardware holds; only the context that polls writes it
 * @stats: see struct vmdq_pool_stats
 * @syncp: guards @stats for 32-bit readers
 */
struct vmdq_pool {
	struct vmdq_port *port;
	unsigned int index;
	enum vmdq_pool_state state;
	struct vmdq_client *owner;
	struct vmdq_client __rcu *poller;
	int tx_ifindex;
	struct vmdq_pool_config config;
	unsigned int frame_bufs;
	struct vmdq_filter filter;
	bool had_filter;
	unsigned int posted;
	struct vmdq_pool_stats stats;
	struct u64_stats_sync syncp;
};

/**
 * struct vmdq_port_ops - what a NIC driver does for its pools
 *
 * Process-context operations run under vmdq_port.lock and may sleep, but not
 * take rtnl.
 *
 * @pool_start: sets up and enables the pool's receive queue, empty, with no
 *	filter; process context.
 * @filter_set: steers @pool->filter to the pool, replacing an earlier one;
 *	process context.  -ENOSPC when the hardware's table is full,
 *	-EOPNOTSUPP for a filter it cannot express; the earlier one then stays.
 * @filter_clear: removes the pool's filter; process context.
 * @pool_stop: filter already cleared.  Disables the queue and does not return
 *	before the hardware can no longer write to any posted buffer.  A queue
 *	that does not confirm is stopped by resetting the port; then -EIO, and
 *	what was not written back is lost.  Process context.
 * @pool_release: forgets the buffers; the pool may be started again.
 * @harvest: moves up to @max completions into @rx; returns how many.  Only whole
 *	frames: the completions of one whose end is not there yet stay, and if it
 *	never comes, because the queue was stopped, count as not written.  The
 *	pool's NAPI context, or any after @pool_stop.
 * @post: puts @n buffers in the ring without telling the hardware; the caller
 *	keeps n <= vmdq_port.ring_size - 1 - posted.  As @harvest.
 * @doorbell: tells the hardware of all that was posted, one register write.
 * @schedule: has the pool's NAPI run soon; any context.
 */
struct vmdq_port_ops {
	int (*pool_start)(struct vmdq_pool *pool);
	int (*filter_set)(struct vmdq_pool *pool);
	void (*filter_clear)(struct vmdq_pool *pool);
	int (*pool_stop)(struct vmdq_pool *pool);
	void (*pool_release)(struct vmdq_pool *pool);
	unsigned int (*harvest)(struct vmdq_pool *pool, struct vmdq_rx *rx, unsigned int max);
	void (*post)(struct vmdq_pool *pool, const dma_addr_t *addr, unsigned int n);
	void (*doorbell)(struct vmdq_pool *pool);
	void (*schedule)(struct vmdq_pool *pool);
};

/**
 * struct vmdq_port - a NIC with pools; embedded in its driver's private data
 * @name: PCI address
 * @driver: the driver's name, for people
 * @netdev: the default pool
 * @dev: device that does the DMA
 * @dma_mask: highest bus address it can write
 * @ops: see there
 * @n_pools: pools including the default pool
 * @ring_size: descriptors of a pool's receive ring
 * @max_frame: longest frame the hardware can take, without FCS
 * @lock: serialises every change of a pool's state.  Taken after any client's
 *	own lock, possibly under rtnl; never held when a client is waited for.
 * @up: pools may be taken; under @lock
 * @released: woken when a pool becomes FREE
 * @pools: @n_pools of them; [0] is unused
 * @list: all ports; under the core's list lock
 *
 * The driver fills @name to @max_frame before vmdq_port_register().
 */
struct vmdq_port {
	char name[VMDQ_PORT_NAME_LEN];
	const char *driver;
	struct net_device *netdev;
	struct device *dev;
	u64 dma_mask;
	const struct vmdq_port_ops *ops;
	unsigned int n_pools;
	unsigned int ring_size;
	unsigned int max_frame;

	struct mutex lock;
	bool up;
	wait_queue_head_t released;
	struct vmdq_pool *pools;
	struct list_head list;
};

/* What the notifier chain tells, and its data */
enum vmdq_event {
	VMDQ_PORT_UP,		/* pools can be taken now; const char *: the port's name */
	VMDQ_PORT_DOWN,		/* all pools were taken back; likewise */
	VMDQ_POOL_FREED,	/* one was given back; struct vmdq_pool_freed * */
};

/**
 * struct vmdq_pool_freed - a pool that somebody who waits may now have
 * @port: name of its port
 * @index: its number
 * @had_filter: an address that was taken is free again, too
 * @owner: who gave it back; to be compared with, no more
 */
struct vmdq_pool_freed {
	char port[VMDQ_PORT_NAME_LEN];
	unsigned int index;
	bool had_filter;
	const struct vmdq_client *owner;
};

/* ---- for NIC drivers --------------------------------------------------- */
int vmdq_port_register(struct vmdq_port *port);
void vmdq_port_unregister(struct vmdq_port *port);
void vmdq_port_set_up(struct vmdq_port *port);
void vmdq_port_set_down(struct vmdq_port *port);

/**
 * vmdq_pool_poll() - let a pool's owner work; from the driver's NAPI poll
 * @pool: the pool whose vector fired
 * @budget: most buffers to harvest
 *
 * Context: softirq.  Return: buffers harvested; @budget asks for another poll.
 */
static inline int vmdq_pool_poll(struct vmdq_pool *pool, int budget)
{
	struct vmdq_client *client;
	int done = 0;

	rcu_read_lock();
	client = rcu_dereference(pool->poller);
	if (client) {
		u64_stats_update_begin(&pool->syncp);
		pool->stats.polls++;
		u64_stats_update_end(&pool->syncp);
		done = client->poll(client, budget);
	}
	rcu_read_unlock();

	return done;
}

/**
 * vmdq_port_tx_pool() - the pool by whose ring a forwarded frame shall leave
 * @port: the port that transmits
 * @iif: interface the frame came in by (skb->skb_iif)
 *
 * Context: any.  Return: pool number, 0 (the default pool) when no pool's owner
 * is that interface.
 */
static inline unsigned int vmdq_port_tx_pool(const struct vmdq_port *port, int iif)
{
	unsigned int i;

	if (iif)
		for (i = 1; i < port->n_pools; i++)
			if (READ_ONCE(port->pools[i].tx_ifindex) == iif)
				return i;
	return 0;
}

/* ---- for users of pools ------------------------------------------------ */
struct vmdq_pool *vmdq_pool_take(const char *port_name, unsigned int index,
				 const struct vmdq_pool_config *config,
				 struct vmdq_client *client);
int vmdq_pool_set_filter(struct vmdq_pool *pool, const struct vmdq_filter *filter);
void vmdq_pool_clear_filter(struct vmdq_pool *pool);
int vmdq_pool_stop(struct vmdq_pool *pool);
void vmdq_pool_release(struct vmdq_pool *pool);

int vmdq_register_notifier(struct notifier_block *nb);
void vmdq_unregister_notifier(struct notifier_block *nb);

/**
 * vmdq_pool_room() - buffers that can be posted now
 * @pool: a taken pool
 *
 * One descriptor always stays unused, so that a full ring differs from an
 * empty one.  Context: the pool's NAPI.
 */
static inline unsigned int vmdq_pool_room(const struct vmdq_pool *pool)
{
	return pool->port->ring_size - 1 - pool->posted;
}

unsigned int vmdq_pool_harvest(struct vmdq_pool *pool, struct vmdq_rx *rx, unsigned int max);
void vmdq_pool_post(struct vmdq_pool *pool, const dma_addr_t *addr, unsigned int n);

static inline void vmdq_pool_doorbell(struct vmdq_pool *pool)
{
	u64_stats_update_begin(&pool->syncp);
	pool->stats.doorbells++;
	u64_stats_update_end(&pool->syncp);
	pool->port->ops->doorbell(pool);
}

static inline void vmdq_pool_schedule(struct vmdq_pool *pool)
{
	pool->port->ops->schedule(pool);
}

#endif /* VMDQ_H */
