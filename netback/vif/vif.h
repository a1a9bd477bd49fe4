/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmdq_netback: the Xen network backend whose vifs can own a VMDq pool.
 *
 * Which file does what:
 *	xenbus.c	the device's state machine and the watches
 *	connect.c	rings, event channels and queues of a connected frontend
 *	ctrl.c		the control ring
 *	hash.c		the guest's hash and its table of queues
 *	steer.c		which queue a frame to the guest takes
 *	netdev.c	the vifD.N network device
 *	ethtool.c	statistics and their names
 *	debugfs.c	what the queues are doing
 *	rx.c		frames to the guest: the software queue
 *	rx_copy.c	batches of grant copies into the guest
 *	rx_stall.c	a guest that takes no frames
 *	mcast.c		which multicast frames the guest wants; mcast.h has the set
 *	tx_parse.c	frames from the guest: what the ring says
 *	tx.c		frames from the guest: copy, map, hand to the stack, give back
 *	tx_credit.c	the rate at which the guest may send; credit.h computes it
 *	level.h		which levels a vif can have
 *	pool.c		a vif's pool: taken, moved between levels, given back
 *	pool_grant.c	level grant: the guest's own pages in the pool's ring
 *	pool_copy.c	level copy: dom0's pages in the pool's ring
 *	ram.c		which machine addresses are memory
 *	vif_trace.h	tracepoints
 *	assign.c	what xenstore says about the vif's pool; life.h what we say there
 *	bridge.c	whether there is a bridge for which a pool can stand in
 *
 * Directions are the guest's: RX goes to the guest, TX comes from it.
 */
#ifndef VIF_H
#define VIF_H

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/interrupt.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/ratelimit_types.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/io/netif.h>
#include <xen/interface/xen.h>
#include <xen/xenbus.h>

#include "compat.h"
#include "credit.h"
#include "hash.h"
#include "level.h"
#include "mcast.h"
#include "ring.h"
#include "vmdq.h"

#define VIF_RX_RING_SIZE	__CONST_RING_SIZE(xen_netif_rx, XEN_PAGE_SIZE)
#define VIF_TX_RING_SIZE	__CONST_RING_SIZE(xen_netif_tx, XEN_PAGE_SIZE)
#define VIF_MAX_QUEUES		8U
#define VIF_MAX_HEADROOM	(XEN_PAGE_SIZE / 2)

/* Frames waiting for the guest to post buffers are bounded in bytes (XSA-392),
 * per queue, and in time: vif_rx_timeouts().
 */
#define VIF_RX_QUEUE_BYTES	(VIF_RX_RING_SIZE / 2 * XEN_PAGE_SIZE)

#define VIF_RX_COPY_BATCH	64
#define VIF_TX_BATCH		64
#define VIF_TX_COPY_OPS		(4 * VIF_TX_BATCH)
#define VIF_POOL_BATCH		32	/* Xen flushes the TLB once per 32 unmaps */

/* The guest's headers are always copied, so that nothing of what dom0 parses
 * can change under it; and at least this much is linear (XSA-423).
 */
#define VIF_TX_HEADER		128
/* A frame up to this long is cheaper to copy than to map and unmap, which costs
 * two operations and a TLB flush beside the copy of its header; it is what an
 * MTU of 1500 allows.
 */
#define VIF_TX_COPYBREAK	VLAN_ETH_FRAME_LEN
/* Two such frames share a page: Xen looks that up once for both. */
#define VIF_TX_BUF		(XEN_PAGE_SIZE / 2)
/* More slots than a frame may have but not absurdly many: the frame is dropped.
 * Beyond VIF_TX_SLOTS_FATAL the guest is not speaking the protocol.
 */
#define VIF_TX_SLOTS_MAX	XEN_NETIF_NR_SLOTS_MIN
#define VIF_TX_SLOTS_FATAL	20

#define VIF_INVALID_HANDLE	((grant_handle_t)~0)

struct seq_file;
struct vif;
struct vif_ctrl;
struct vif_pool_copy;
struct vif_pool_grant;
struct vif_queue;

/**
 * struct vif_queue_stats - counters of one queue
 * @rx_sw_frames: frames to the guest by the software path
 * @rx_sw_bytes: their bytes
 * @rx_sw_grant_copies: copy operations for them
 * @rx_sw_notifications: events sent to the guest for them
 * @rx_dropped: frames that expired, or were refused, before reaching the ring
 * @rx_errors: buffers of the guest that could not be written, and frames of the
 *	pool that arrived damaged
 * @rx_pool_frames: frames to the guest by its pool
 * @rx_pool_bytes: their bytes
 * @rx_pool_merged: frames of the pool that became part of another, and count as it does
 * @pool_grant_maps: pages of the guest mapped for the hardware
 * @pool_grant_unmaps: of these, given back
 * @pool_grant_copies: copy operations for pool frames; none at level grant
 * @pool_hypercalls: entries into Xen for the pool: a multicall or a single call
 * @pool_multicalls: of these, the ones at level grant: they unmap what was completed and
 *	map what is fresh
 * @pool_notifications: events sent to the guest for pool frames
 * @pool_interrupts: interrupts of the pool's vector that led to a poll
 * @pool_polls: polls of the pool
 * @pool_batches: batches of up to VIF_POOL_BATCH completed and as many fresh
 *	buffers in these polls
 * @pool_doorbells: writes of the pool's tail register, to post fresh buffers
 * @pool_errors: requests of the guest that could not be posted
 * @tx_frames: frames from the guest
 * @tx_bytes: their bytes
 * @tx_errors: frames from the guest that were refused
 * @tx_grant_maps: pages of the guest mapped for the network stack
 * @tx_grant_unmaps: of these, given back
 * @tx_grant_copies: copy operations for headers, and for frames that are copied whole
 * @tx_rate_waits: times that the queue had to wait because of the vif's rate
 *
 * rx_* and pool_* are written under rx_lock, tx_* in the TX NAPI, so each has
 * one writer at a time.  Invariants, per queue:
 *
 *	pool_grant_maps - pool_grant_unmaps == pages that the hardware may write
 *	tx_grant_maps - tx_grant_unmaps == pages that the network stack may read
 *	rx_pool_frames <= pool_grant_unmaps + pool_grant_copies
 *	pool_doorbells <= pool_polls, pool_notifications <= pool_polls, but for
 *		one each when the pool is taken or given back
 */
struct vif_queue_stats {
	u64 rx_sw_frames;
	u64 rx_sw_bytes;
	u64 rx_sw_grant_copies;
	u64 rx_sw_notifications;
	u64 rx_dropped;
	u64 rx_errors;
	u64 rx_pool_frames;
	u64 rx_pool_bytes;
	u64 rx_pool_merged;
	u64 pool_grant_maps;
	u64 pool_grant_unmaps;
	u64 pool_grant_copies;
	u64 pool_hypercalls;
	u64 pool_multicalls;
	u64 pool_notifications;
	u64 pool_interrupts;
	u64 pool_polls;
	u64 pool_batches;
	u64 pool_doorbells;
	u64 pool_errors;
	u64 tx_frames;
	u64 tx_bytes;
	u64 tx_errors;
	u64 tx_grant_maps;
	u64 tx_grant_unmaps;
	u64 tx_grant_copies;
	u64 tx_rate_waits;
};

/* What we keep in skb->cb of a frame that waits for the guest */
struct vif_skb {
	unsigned long expires;	/* jiffies */
	u8 hash_told;		/* 0, or the guest is told skb->hash: 1 + VIF_HASH_* */
};

/**
 * struct vif_steering - the guest's choice of queues, as frames read it
 * @rcu: they may still read it when it is replaced
 * @hash: the choice
 */
struct vif_steering {
	struct rcu_head rcu;
	struct vif_hash hash;
};

#define VIF_SKB(skb)	((struct vif_skb *)(skb)->cb)

/**
 * struct vif_rx_batch - grant copies into the guest that await one hypercall
 * @op: the copies
 * @rsp: ring index of the response each belongs to
 * @n: how many
 * @done: skbs whose data the copies read; freed after the hypercall
 */
struct vif_rx_batch {
	struct gnttab_copy op[VIF_RX_COPY_BATCH];
	RING_IDX rsp[VIF_RX_COPY_BATCH];
	unsigned int n;
	struct sk_buff_head done;
};

/**
 * struct vif_tx_page - a page of ours at which a guest's TX page can be mapped
 * @ubuf: the network stack's view of the frame; used in a frame's first page
 * @queue: owner
 * @page: from gnttab_alloc_pages()
 * @next: next page of the same frame
 * @done: in vif_queue.tx_done once the stack is done with the frame
 * @handle: VIF_INVALID_HANDLE unless mapped
 * @id: of the request, for its response
 * @extras: extra-info slots that belong to the request
 * @status: response to give
 *
 * A page is in exactly one place: the free list, a frame in flight, or
 * tx_done.  It is mapped in the last two.
 */
struct vif_tx_page {
	struct ubuf_info ubuf;
	struct vif_queue *queue;
	struct page *page;
	struct vif_tx_page *next;
	struct llist_node done;
	grant_handle_t handle;
	u16 id;
	u8 extras;
	s8 status;
};

/**
 * struct vif_tx_slot - one data slot of a frame from the guest, copied once
 * @gref: the guest's page
 * @id: of the request
 * @offset: first byte in the page
 * @size: bytes of this slot alone
 * @copied: of these, how many go to the linear part
 * @page: where the rest is mapped, or NULL
 */
struct vif_tx_slot {
	grant_ref_t gref;
	u16 id;
	u16 offset;
	u16 size;
	u16 copied;
	struct vif_tx_page *page;
};

/**
 * struct vif_tx_frame - a frame from the guest as the ring describes it
 * @slot: its data slots; offset + size <= XEN_PAGE_SIZE holds for each
 * @n_slots: 1..VIF_TX_SLOTS_MAX
 * @len: sum of the sizes, at least ETH_HLEN
 * @flags: XEN_NETTXF_* of the first slot
 * @n_extras: extra-info slots after the first
 * @mcast: XEN_NETIF_EXTRA_TYPE_MCAST_* for a request that names an address and
 *	carries no frame; 0 otherwise.  Of no interest outside of tx_parse.c
 * @mcast_addr: the address
 * @gso_type: XEN_NETIF_GSO_TYPE_*
 * @gso_size: segment size, non-zero with a gso_type
 * @skb: being built
 * @n_copies: copy operations that fill the linear part
 */
struct vif_tx_frame {
	struct vif_tx_slot slot[VIF_TX_SLOTS_MAX];
	unsigned int n_slots;
	unsigned int len;
	u16 flags;
	u8 n_extras;
	u8 mcast;
	u8 mcast_addr[ETH_ALEN];
	u8 gso_type;
	u16 gso_size;
	struct sk_buff *skb;
	unsigned int n_copies;
};

/**
 * struct vif_rate - the rate at which each queue of a guest may send
 * @rate: how much
 * @generation: differs from that of each rate before, and from 0
 * @rcu: for freeing it
 */
struct vif_rate {
	struct credit_rate rate;
	unsigned int generation;
	struct rcu_head rcu;
};

/**
 * struct vif_tx_credit - what a queue may still send; the TX NAPI's alone
 * @credit: what is left
 * @generation: of the rate that it was counted by; 0 before the first frame
 * @waiting: a frame waits in the ring for @timer
 * @timer: polls the queue when there is credit enough
 */
struct vif_tx_credit {
	struct credit credit;
	unsigned int generation;
	bool waiting;
	struct timer_list timer;
};

/**
 * struct vif_queue - one pair of rings that a frontend shares with us
 * @vif: owner
 * @id: number
 * @name: "vifD.N-qM"
 * @tx_irq: event channel for guest TX
 * @rx_irq: event channel for guest RX; equals @tx_irq when not split
 * @eoi: VIF_EOI_* bits of events whose EOI is still owed (XSA-332), and of
 *	work that was found; see vif_queue_worked()
 * @tx_irq_name: for /proc/interrupts
 * @rx_irq_name: likewise
 *
 * @rx: guest RX ring.  Everything below up to @rx_timer is under @rx_lock,
 *	@rx_skbs (with its own lock) aside.
 * @rx_lock: one at a time fills the guest's ring: the RX NAPI, the pool's
 *	NAPI, or the process that moves the vif between levels
 * @rx_napi: software frames
 * @rx_skbs: frames waiting for the guest
 * @rx_bytes: their bytes; under @rx_skbs.lock
 * @rx_batch: copies under construction
 * @pool: the pool that fills this ring, or NULL; read without the lock by the
 *	interrupt handler, hence valid for an RCU grace period after it is cleared
 * @pool_interrupts: what @pool has counted of them when it was last polled
 * @grant: used while the vif is at level grant
 * @copy: used while the vif is at level copy
 * @rx_timer: drops what the guest never takes
 * @rx_blocked: since when, in jiffies, no buffer was consumed at @rx_blocked_cons
 * @rx_blocked_cons: consumer index when a frame last found too few buffers
 * @rx_stalled: the guest has taken no frame for too long; none waits
 * @rx_needed: buffers that end it
 *
 * @tx: guest TX ring; everything below is the TX NAPI's alone
 * @tx_napi: guest TX, and giving back what the stack is done with
 * @tx_credit: what it may still send, where the vif's rate is limited
 * @tx_page: all pages
 * @tx_pages: the same as the grant table driver gave them
 * @tx_free: free ones
 * @n_tx_free: their number
 * @tx_done: frames that the stack is done with
 * @tx_idle: woken for each, while disconnecting
 * @tx_frame: batch under construction
 * @tx_copy: its copies
 * @tx_map: its mappings
 * @tx_mapped: the pages they go to; also those being given back
 * @tx_map_page: likewise, for the grant table driver
 * @tx_unmap: pages being given back
 * @tx_unmap_page: likewise
 * @stats: see there
 */
struct vif_queue {
	struct vif *vif;
	unsigned int id;
	char name[IFNAMSIZ + 16];
	unsigned int tx_irq;
	unsigned int rx_irq;
	atomic_t eoi;
	char tx_irq_name[IFNAMSIZ + 20];
	char rx_irq_name[IFNAMSIZ + 20];

	struct xen_netif_rx_back_ring rx;
	spinlock_t rx_lock;
	struct napi_struct rx_napi;
	struct sk_buff_head rx_skbs;
	unsigned int rx_bytes;
	struct vif_rx_batch rx_batch;
	struct vmdq_pool *pool;
	u64 pool_interrupts;
	struct vif_pool_grant *grant;
	struct vif_pool_copy *copy;
	struct timer_list rx_timer;
	unsigned long rx_blocked;
	RING_IDX rx_blocked_cons;
	bool rx_stalled;
	unsigned int rx_needed;

	struct xen_netif_tx_back_ring tx;
	struct napi_struct tx_napi;
	struct vif_tx_credit tx_credit;
	struct vif_tx_page tx_page[VIF_TX_RING_SIZE];
	struct page *tx_pages[VIF_TX_RING_SIZE];
	struct vif_tx_page *tx_free;
	unsigned int n_tx_free;
	struct llist_head tx_done;
	wait_queue_head_t tx_idle;
	struct vif_tx_frame tx_frame[VIF_TX_BATCH];
	struct gnttab_copy tx_copy[VIF_TX_COPY_OPS];
	struct gnttab_map_grant_ref tx_map[VIF_TX_RING_SIZE];
	struct vif_tx_page *tx_mapped[VIF_TX_RING_SIZE];
	struct page *tx_map_page[VIF_TX_RING_SIZE];
	struct gnttab_unmap_grant_ref tx_unmap[VIF_TX_RING_SIZE];
	struct page *tx_unmap_page[VIF_TX_RING_SIZE];

	struct vif_queue_stats stats;
};

#define VIF_EOI_TX	BIT(0)
#define VIF_EOI_RX	BIT(1)
#define VIF_EOI_WORK_SHIFT	2	/* each has a bit for work found since its last EOI */

#define VIF_WAITS_POOL		BIT(0)	/* another vif has the pool */
#define VIF_WAITS_FILTER	BIT(1)	/* another pool has the vif's MAC, or the last filter */

/* Messages of one kind that the log gets of a vif, in that time */
#define VIF_TELL_INTERVAL	(10 * HZ)
#define VIF_TELL_LEVELS		50
#define VIF_TELL_FAULTS		50
#define VIF_TELL_REFUSALS	10

/* Kinds of refusals that are told apart: more than vif_refuse() has callers */
#define VIF_REFUSALS		24

/**
 * struct vif_refusal - how often the log gets one kind of vif_refuse()'s messages
 * @kind: the message's format, which is its caller's own; NULL: not used yet
 * @limit: its own limit, so that no kind silences another
 */
struct vif_refusal {
	const char *kind;
	struct ratelimit_state limit;
};

/**
 * struct vif - a backend network interface; private data of its netdev
 * @dev: vifD.N
 * @xdev: xenbus device
 * @domid: the guest
 * @handle: the guest's number for the interface
 * @mac: the guest's address, from the toolstack
 * @script: hotplug script, for uevents
 *
 * @state: where the xenbus state machine wants to be
 * @hotplug_watch: waits for the hotplug script to have done its work
 * @have_hotplug_watch: it is registered, and the visible state waits for it
 * @refusals: the kinds that there were, from the first on; xenbus thread
 *
 * @queues: array of @n_queues; set while connected, only changed with the
 *	netdev's transmit queues stopped and an RCU grace period
 * @n_queues: 0 unless connected
 * @xdp_headroom: bytes that the frontend wants free before each frame; at most
 *	VIF_MAX_HEADROOM
 * @can_sg: the frontend takes frames of several slots
 * @gso_v4: it takes TCPv4 segmentation offload
 * @gso_v6: it takes TCPv6 segmentation offload
 * @csum_v4: it takes blank IPv4 checksums
 * @csum_v6: it takes blank IPv6 checksums
 * @disabled: the guest broke the protocol; nothing more is done for it
 * @rx_notifies: the frontend sends events for the buffers that it posts
 * @rx_drain: how long a frame waits for buffers, in jiffies
 * @rx_stall: how long a guest may leave frames waiting, in jiffies; 0: for ever
 * @stall_lock: @stalled_queues, and the carrier while connected; inside rx_lock
 * @stalled_queues: those with rx_stalled; the carrier is off unless it is 0
 * @mcast_control: the frontend wants only the multicast that it has named
 * @mcast: what it has named; under @mcast_lock
 * @mcast_lock: innermost
 * @mcast_watch: tells of changes of @mcast_control while connected
 * @rate: the rate at which each queue may send, or NULL where there is no limit
 * @rate_generation: of the latest rate
 * @rate_watch: tells of changes of the rate
 * @ctrl: the control ring, or NULL
 * @steering: what the guest said there, or NULL; written by the thread of @ctrl,
 *	and when that has ended
 *
 * @assign_lock: @gone, and that the vif is taken to one place after the other.  Process
 *	context; held while xenstored is waited for, so nothing that a port waits for takes it.
 * @pool_lock: everything below up to @list.  Process context; taken in @assign_lock and
 *	before a port's lock, never held when rtnl is taken or xenstored waited for.
 * @gone: the vif is being removed, or is not ready yet; xenstore is not written
 * @connected: queues may be given a pool
 * @pool: the pool held, or NULL
 * @client: our side of it
 * @level: never VIF_LEVEL_AUTO
 * @pool_revoked: the port wants @pool back
 * @maptrack_full: level grant failed for want of maptrack entries; set by the pool's poll,
 *	forgotten when the vif has no pool any more
 * @waits: what must be given back before a pool can be had, VIF_WAITS_* bits;
 *	read without the lock
 * @levels: messages about the level
 * @assign_watch: tells of changes below vmdq/vif/D/N
 * @assign_work: acts upon them
 * @revoke_work: gives @pool back where it is revoked
 * @list: all vifs
 * @pool_excluded: number of the queue that software frames must avoid, or -1;
 *	read without a lock when a frame is sent
 * @debugfs: its directory while connected
 * @faults: messages about a guest that broke the protocol
 * @stats_lock: the next two; innermost
 * @past: what the queues of earlier connections counted
 * @n_counting: the first so many of @queues count, and are not in @past
 */
struct vif {
	struct net_device *dev;
	struct xenbus_device *xdev;
	domid_t domid;
	unsigned int handle;
	u8 mac[ETH_ALEN];
	char *script;

	enum xenbus_state state;
	struct xenbus_watch hotplug_watch;
	bool have_hotplug_watch;
	struct vif_refusal refusals[VIF_REFUSALS];

	struct vif_queue *queues;
	unsigned int n_queues;
	u16 xdp_headroom;
	bool can_sg;
	bool gso_v4;
	bool gso_v6;
	bool csum_v4;
	bool csum_v6;
	bool disabled;
	bool rx_notifies;
	unsigned long rx_drain;
	unsigned long rx_stall;
	spinlock_t stall_lock;
	unsigned int stalled_queues;
	bool mcast_control;
	struct mcast_set mcast;
	spinlock_t mcast_lock;
	struct xenbus_watch mcast_watch;
	struct vif_rate __rcu *rate;
	unsigned int rate_generation;
	struct xenbus_watch rate_watch;
	struct vif_ctrl *ctrl;
	struct vif_steering __rcu *steering;

	struct mutex assign_lock;
	struct mutex pool_lock;
	bool gone;
	bool connected;
	struct vmdq_pool *pool;
	struct vmdq_client client;
	enum vif_level level;
	bool pool_revoked;
	bool maptrack_full;
	unsigned int waits;
	struct ratelimit_state levels;
	struct xenbus_watch assign_watch;
	struct work_struct assign_work;
	struct work_struct revoke_work;
	struct list_head list;
	int pool_excluded;

	struct dentry *debugfs;
	struct ratelimit_state faults;
	spinlock_t stats_lock;
	struct vif_queue_stats past;
	unsigned int n_counting;
};

extern unsigned int vif_max_queues;
extern unsigned int vif_spread_queues;
extern struct workqueue_struct *vif_wq;

/* xenbus.c */
int vif_xenbus_init(void);
void vif_xenbus_exit(void);

/* connect.c */
int vif_connect(struct vif *vif);
void vif_disconnect(struct vif *vif);
int vif_read_headroom(struct vif *vif);
void vif_queue_worked(struct vif_queue *queue, int bit);
void vif_queue_eoi(struct vif_queue *queue, int bit);
void vif_fatal(struct vif *vif, const char *why);

/* refuse.c */
void vif_refuse(struct vif *vif, int err, const char *fmt, ...) __printf(3, 4);

/* ctrl.c */
int vif_ctrl_connect(struct vif *vif, unsigned int n_queues);
void vif_ctrl_disconnect(struct vif *vif);
void vif_ctrl_show(struct vif *vif, struct seq_file *m);

/* steer.c */
u16 vif_select_queue(struct net_device *dev, struct sk_buff *skb, struct net_device *sb_dev);
void vif_steer_note(const struct vif *vif, struct sk_buff *skb);

/* netdev.c */
struct vif *vif_create(struct xenbus_device *xdev, domid_t domid, unsigned int handle);
void vif_destroy(struct vif *vif);
bool vif_is_vif(const struct net_device *dev);

/* ethtool.c */
extern const struct ethtool_ops vif_ethtool_ops;
void vif_stats_add(struct vif_queue_stats *sum, const struct vif_queue_stats *more);
void vif_stats_sum(struct vif *vif, struct vif_queue_stats *sum);

/* debugfs.c */
void vif_debugfs_add(struct vif *vif);
void vif_debugfs_remove(struct vif *vif);
void vif_debugfs_register(void);
void vif_debugfs_unregister(void);

/* rx.c */
bool vif_rx_enqueue(struct vif_queue *queue, struct sk_buff *skb);
int vif_rx_poll(struct napi_struct *napi, int budget);
void vif_rx_expire(struct timer_list *timer);
void vif_rx_purge(struct vif_queue *queue);
void vif_rx_splice(struct vif_queue *from, struct vif_queue *to);
int vif_rx_requests(struct vif_queue *queue);
bool vif_rx_push(struct vif_queue *queue);
void vif_rx_put_gso(struct vif_queue *queue, u8 type, u16 size, unsigned int left);
bool vif_rx_want(struct vif_queue *queue, unsigned int needed);

/* rx_stall.c */
void vif_rx_timeouts(struct vif *vif, bool notifies);
void vif_rx_blocked(struct vif_queue *queue, unsigned int needed);
bool vif_rx_is_stalled(struct vif_queue *queue);
void vif_rx_stall_end(struct vif_queue *queue);
void vif_rx_stall_reset(struct vif *vif);

/* rx_copy.c */
struct gnttab_copy *vif_rx_copy_dest(struct vif_queue *queue, unsigned int len, grant_ref_t gref,
				     unsigned int guest_offset, RING_IDX rsp);
void vif_rx_copy_add(struct vif_queue *queue, struct page *page, unsigned int page_offset,
		     unsigned int len, grant_ref_t gref, unsigned int guest_offset, RING_IDX rsp);
unsigned int vif_rx_copy_flush(struct vif_queue *queue);

/* mcast.c */
bool vif_mcast_wants(struct vif *vif, const u8 *addr);
int vif_mcast_change(struct vif *vif, u8 type, const u8 *addr);
int vif_mcast_connect(struct vif *vif);
void vif_mcast_disconnect(struct vif *vif);

/* tx_parse.c */
bool vif_tx_next(struct vif_queue *queue, struct vif_tx_frame *frame);
void vif_tx_respond(struct vif_queue *queue, u16 id, s8 status, unsigned int extras);

/* tx_credit.c */
void vif_tx_credit_init(struct vif_queue *queue);
bool vif_tx_credit_take(struct vif_queue *queue, unsigned int size);
int vif_rate_init(struct vif *vif);
void vif_rate_exit(struct vif *vif);

/* tx.c */
int vif_tx_init(struct vif_queue *queue);
void vif_tx_drain(struct vif_queue *queue);
void vif_tx_exit(struct vif_queue *queue);
int vif_tx_poll(struct napi_struct *napi, int budget);

/* pool.c */
int vif_pool_attach(struct vif *vif, const char *port, unsigned int index, enum vif_level level);
void vif_pool_detach(struct vif *vif);
enum vif_level vif_pool_level(const struct vif *vif, enum vif_level wanted, const char **why);
unsigned int vif_pool_max_frame(const struct vif *vif);
struct vif_queue *vif_pool_queue(const struct vif *vif);

/* pool_grant.c */
int vif_pool_grant_start(struct vif_queue *queue, struct vmdq_pool *pool);
int vif_pool_grant_poll(struct vif_queue *queue, int budget);
void vif_pool_grant_stop(struct vif_queue *queue);
void vif_pool_grant_free(struct vif_queue *queue);

/* pool_copy.c */
unsigned int vif_pool_copy_buf_size(unsigned int max_frame);
int vif_pool_copy_start(struct vif_queue *queue, struct vmdq_pool *pool);
int vif_pool_copy_poll(struct vif_queue *queue, int budget);
void vif_pool_copy_stop(struct vif_queue *queue);
void vif_pool_copy_free(struct vif_queue *queue, struct device *dev);

/* ram.c */
void vif_ram_init(void);
void vif_ram_exit(void);
bool vif_ram_known(void);
bool vif_ram_is_page(u64 addr, unsigned int *hint);

/* assign.c */
void vif_assign_prepare(struct vif *vif);
int vif_assign_init(struct vif *vif);
void vif_assign_exit(struct vif *vif);
void vif_assign_schedule(struct vif *vif);
void vif_assign_cancel(struct vif *vif);
void vif_assign_set_headroom(struct vif *vif, unsigned int headroom);
int vif_assign_register(void);
void vif_assign_unregister(void);

/* bridge.c */
bool vif_bridge_missing(const struct vif *vif, char *why, size_t size);
int vif_bridge_register(void);
void vif_bridge_unregister(void);

#endif /* VIF_H */
