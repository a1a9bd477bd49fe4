/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmdq_igb: the Intel 82576 with its receive queues grouped into VMDq pools.
 *
 * Pool 0, the default pool, is an ordinary network device.  Pools 1 to 7 are
 * handed out by the vmdq core; this driver runs their queues but never looks
 * at what they receive.  Every pool has a transmit ring, and all eight belong
 * to the network device.
 *
 * File		Concern
 * igb_main.c	PCI: probe, remove, shutdown; the module
 * igb_hw.c	registers in bulk: reset, start, stop, NVM
 * igb_phy.c	MDIO and link
 * igb_layout.c	which queues and which vector belong to which pool
 * igb_irq.c	vectors, NAPI, moderation
 * igb_ring.c	descriptor rings, for both directions
 * igb_rx.c	receiving on the default pool
 * igb_tx.c	sending, on every ring
 * igb_filter.c	which MAC lies in which slot (no registers)
 * igb_steer.c	MAC filters and receive modes of all pools (registers)
 * igb_pool.c	struct vmdq_port_ops
 * igb_netdev.c	net_device_ops; up, down, reset
 * igb_ethtool.c	ethtool_ops
 *
 * Locks, outermost first: rtnl, vmdq_port.lock, vigb_adapter.steer_lock.
 * phy_lock nests in rtnl; nothing nests in it.
 */
#ifndef VMDQ_IGB_H
#define VMDQ_IGB_H

#include <linux/device.h>
#include <linux/dim.h>
#include <linux/if_vlan.h>
#include <linux/io.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/u64_stats_sync.h>
#include <linux/workqueue.h>

#include "vmdq.h"
#include "igb_filter.h"
#include "igb_regs.h"

#define VIGB_NAME		"vmdq_igb"
#define VIGB_N_POOLS		8
#define VIGB_N_VECTORS		(VIGB_N_POOLS + 1)	/* one more for the link */

#define VIGB_RX_RING		512	/* default pool: what no pool takes, in bursts */
#define VIGB_TX_RING		256
#define VIGB_RING_MIN		64
#define VIGB_RING_MAX		4096
#define VIGB_RING_STEP		8	/* RDLEN and TDLEN count 128 bytes */
#define VIGB_POOL_RING		256

#define VIGB_MTU_MAX		9216
#define VIGB_TAGS		(2 * VLAN_HLEN)	/* a tag on a tag still fits */
#define VIGB_FRAME_MAX		(VIGB_MTU_MAX + ETH_HLEN + VIGB_TAGS)	/* no FCS */

#define VIGB_USECS_DEFAULT	50	/* while moderation is not adaptive */

#define VIGB_WATCHDOG_PERIOD	(2 * HZ)

struct page_pool;
struct vigb_adapter;

/**
 * struct vigb_ring - a descriptor ring, of either direction
 * @desc: the descriptors
 * @dma: their bus address
 * @count: how many, a multiple of VIGB_RING_STEP
 * @to_use: next descriptor to hand to the hardware
 * @to_clean: oldest descriptor that the hardware may still own; the ring is
 *	empty iff @to_clean == @to_use, and one descriptor always stays unused
 * @tail: tail register
 */
struct vigb_ring {
	union {
		union vigb_rx_desc *rx;
		struct vigb_tx_desc *tx;
		void *any;
	} desc;
	dma_addr_t dma;
	u16 count;
	u16 to_use;
	u16 to_clean;
	void __iomem *tail;
};

/** enum vigb_tx_how - how the DMA API has mapped what a transmit descriptor refers to */
enum vigb_tx_how {
	TX_NOT_MAPPED,	/* not at all, or by another descriptor */
	TX_SINGLE,	/* linear data */
	TX_PAGE,
};

/**
 * struct vigb_tx_buf - what a transmit descriptor refers to
 * @skb: the frame; at its first descriptor only
 * @dma: address to unmap
 * @len: bytes to unmap
 * @how: they were mapped
 * @eop: index of the frame's last descriptor; at its first descriptor only
 * @segs: frames on the wire; at its first descriptor only
 * @bytes: bytes on the wire; at its first descriptor only
 */
struct vigb_tx_buf {
	struct sk_buff *skb;
	dma_addr_t dma;
	u32 len;
	enum vigb_tx_how how;
	u16 eop;
	u16 segs;
	u32 bytes;
};

/**
 * struct vigb_tx - a transmit ring
 * @ring: descriptors; to_use is published with release semantics once a frame
 *	is complete, to_clean by the cleaner alone
 * @buf: one per descriptor
 * @kicked: value last written to the tail register
 * @stopped: how often the queue was stopped for lack of descriptors; as the
 *	next one written under the queue's xmit lock
 * @dropped: frames that could not be sent
 * @frames: frames sent; as the next one written in NAPI, under @syncp
 * @bytes: their bytes
 * @syncp: guards @frames and @bytes for 32-bit readers
 */
struct vigb_tx {
	struct vigb_ring ring;
	struct vigb_tx_buf *buf;
	u16 kicked;
	unsigned long stopped;
	unsigned long dropped;
	u64 frames;
	u64 bytes;
	struct u64_stats_sync syncp;
};

/**
 * struct vigb_rx - the default pool's receive side
 * @page: one page per descriptor, owned by the hardware while posted
 * @pages: where they come from
 * @skb: frame whose last descriptor has not arrived yet
 * @skip: the rest of the current frame is dropped
 * @frames: frames given to the stack; as the following under @syncp
 * @bytes: their bytes
 * @errors: damaged frames
 * @dropped: frames dropped for lack of memory
 * @csum_bad: frames whose checksum the hardware found wrong
 * @alloc_failed: refills that found no memory
 * @syncp: guards the counters, written in NAPI only
 */
struct vigb_rx {
	struct page **page;
	struct page_pool *pages;
	struct sk_buff *skb;
	bool skip;
	u64 frames;
	u64 bytes;
	u64 errors;
	u64 dropped;
	u64 csum_bad;
	u64 alloc_failed;
	struct u64_stats_sync syncp;
};

/**
 * struct vigb_pool - one pool: its queues, its vector, its NAPI
 * @ad: the adapter
 * @index: pool number
 * @rx_queue: hardware receive queue; set by vigb_layout() like the next two
 * @tx_queue: hardware transmit queue
 * @vector: MSI-X vector
 * @napi: cleans the transmit ring, then receives
 * @rx: receive descriptors; filled by igb_rx.c in pool 0, by the owner through
 *	igb_pool.c in the others
 * @tx: transmit ring
 * @irq_name: "eth0-pool-3"
 * @irqs: interrupts of the vector; written by its handler
 * @dim: adaptive moderation; touched by NAPI, and by its own work in between
 * @usecs: shortest time between two interrupts, as the vector has it now; under
 *	@usecs_lock
 * @usecs_lock: the vector's EITR; innermost
 */
struct vigb_pool {
	struct vigb_adapter *ad;
	unsigned int index;
	unsigned int rx_queue;
	unsigned int tx_queue;
	unsigned int vector;
	struct napi_struct napi;
	struct vigb_ring rx;
	struct vigb_tx tx;
	char irq_name[IFNAMSIZ + 16];
	u16 irqs;
	struct dim dim;
	unsigned int usecs;
	spinlock_t usecs_lock;
} ____cacheline_aligned_in_smp;

/* Flags of vigb_adapter.flags */
enum vigb_flag {
	VIGB_PORT_REGISTERED,	/* the core knows the port and has made its pools */
	VIGB_UP,		/* hardware runs; changes under rtnl */
	VIGB_DEAD,		/* hardware was reset under the running driver */
	VIGB_REMOVING,		/* no more work */
};

/**
 * struct vigb_pool_hw_stats - what the hardware counts for each pool
 * @rx_frames: frames delivered to its queue
 * @rx_bytes: their bytes, FCS included
 * @tx_frames: frames sent
 * @tx_bytes: their bytes, FCS included
 * @rx_dropped: frames for which its queue had no buffer
 * @last: register values at the last look; these wrap, and reading does not
 *	clear them
 */
struct vigb_pool_hw_stats {
	u64 rx_frames;
	u64 rx_bytes;
	u64 tx_frames;
	u64 tx_bytes;
	u64 rx_dropped;
	u32 last[4];
};

/*
 * Counters of the hardware, summed up from registers that reading clears; under
 * vigb_adapter.stats_lock.
 */
struct vigb_hw_stats {
	u64 crc_errors;
	u64 align_errors;
	u64 rx_errors;
	u64 missed;
	u64 length_errors;
	u64 no_buffer;
	u64 undersize;
	u64 oversize;
	u64 good_rx;
	u64 good_tx;
	u64 broadcast_rx;
	u64 multicast_rx;
	struct vigb_pool_hw_stats pool[VIGB_N_POOLS];
};

/**
 * struct vigb_adapter - the port
 * @netdev: the default pool
 * @pdev: the device
 * @regs: BAR 0
 * @port: what the core knows of it
 * @flags: enum vigb_flag
 * @pool: all pools
 * @rx: the default pool's receive side
 * @other_vector: vector of link changes; set by vigb_layout()
 * @pool_vectors: bitmap of the pools' vectors; set by vigb_layout()
 * @other_name: name of that vector
 * @adaptive: each pool's vector finds its own moderation
 * @usecs: moderation of all pools' vectors otherwise
 * @rx_count: descriptors of the default pool's receive ring
 * @tx_count: descriptors of each transmit ring
 * @steer_lock: guards @filters and the registers that steer frames
 * @filters: MAC filters of all pools
 * @phy_lock: serialises MDIO, and the semaphore shared with the firmware
 * @sem_cleared: a semaphore left behind by an earlier driver was dealt with
 * @advertising: modes offered in autonegotiation, MII ANAR bits
 * @advertising_1000: likewise, MII CTRL1000 bits
 * @link_up: last seen; written by the watchdog only
 * @speed: of the link, SPEED_*
 * @duplex: of the link, DUPLEX_*
 * @msg_enable: NETIF_MSG_*
 * @watchdog: watches the link, sums counters, wakes a starved receive ring
 * @reset_work: resets a port that no longer works
 * @stats_lock: guards @hw_stats
 * @hw_stats: see there
 * @tx_timeouts: transmit timeouts seen
 * @resets: resets done because of a fault
 * @other_irqs: interrupts of the link vector
 */
struct vigb_adapter {
	struct net_device *netdev;
	struct pci_dev *pdev;
	u8 __iomem *regs;
	struct vmdq_port port;
	unsigned long flags;
	struct vigb_pool pool[VIGB_N_POOLS];
	struct vigb_rx rx;
	unsigned int other_vector;
	u32 pool_vectors;
	char other_name[IFNAMSIZ + 16];
	bool adaptive;
	unsigned int usecs;
	u16 rx_count;
	u16 tx_count;

	spinlock_t steer_lock;
	struct vigb_filter_table filters;

	struct mutex phy_lock;
	bool sem_cleared;
	u16 advertising;
	u16 advertising_1000;
	bool link_up;
	u32 speed;
	u8 duplex;
	u32 msg_enable;

	struct delayed_work watchdog;
	struct work_struct reset_work;
	spinlock_t stats_lock;
	struct vigb_hw_stats hw_stats;
	u64 tx_timeouts;
	u64 resets;
	u64 other_irqs;
};

static inline u32 vigb_rd(struct vigb_adapter *ad, u32 reg)
{
	return readl(ad->regs + reg);
}

static inline void vigb_wr(struct vigb_adapter *ad, u32 reg, u32 val)
{
	writel(val, ad->regs + reg);
}

/* Posted writes have reached the device when a read returns */
static inline void vigb_flush(struct vigb_adapter *ad)
{
	vigb_rd(ad, VIGB_STATUS);
}

static inline struct vigb_adapter *vigb_from_port(struct vmdq_port *port)
{
	return container_of(port, struct vigb_adapter, port);
}

static inline unsigned int vigb_ring_held(const struct vigb_ring *ring)
{
	int n = READ_ONCE(ring->to_use) - READ_ONCE(ring->to_clean);

	return n < 0 ? n + ring->count : n;
}

static inline unsigned int vigb_ring_room(const struct vigb_ring *ring)
{
	return ring->count - 1 - vigb_ring_held(ring);
}

static inline u16 vigb_ring_next(const struct vigb_ring *ring, u16 i)
{
	return ++i == ring->count ? 0 : i;
}

/* igb_hw.c */
int vigb_hw_reset(struct vigb_adapter *ad);
int vigb_hw_read_mac(struct vigb_adapter *ad, u8 *addr);
void vigb_hw_start(struct vigb_adapter *ad);
void vigb_hw_enable_rx(struct vigb_adapter *ad);
void vigb_hw_kill(struct vigb_adapter *ad);
void vigb_hw_forget_stats(struct vigb_adapter *ad);
void vigb_hw_read_stats(struct vigb_adapter *ad);
void vigb_hw_drv_load(struct vigb_adapter *ad, bool loaded);

/* igb_phy.c */
int vigb_sem_take(struct vigb_adapter *ad, u32 mask);
void vigb_sem_give(struct vigb_adapter *ad, u32 mask);
int vigb_phy_read(struct vigb_adapter *ad, unsigned int reg, u16 *val);
int vigb_phy_write(struct vigb_adapter *ad, unsigned int reg, u16 val);
int vigb_phy_start(struct vigb_adapter *ad);
bool vigb_link_is_copper(struct vigb_adapter *ad);
void vigb_link_check(struct vigb_adapter *ad);

/* igb_layout.c */
void vigb_layout(struct vigb_adapter *ad);

/* igb_irq.c */
int vigb_irq_init(struct vigb_adapter *ad);
void vigb_irq_fini(struct vigb_adapter *ad);
int vigb_irq_request(struct vigb_adapter *ad);
void vigb_irq_free(struct vigb_adapter *ad);
void vigb_irq_setup(struct vigb_adapter *ad);
void vigb_irq_set_usecs(struct vigb_adapter *ad);
void vigb_irq_enable(struct vigb_adapter *ad);
void vigb_irq_disable(struct vigb_adapter *ad);
void vigb_irq_cancel_dim(struct vigb_adapter *ad);

/* igb_ring.c */
int vigb_ring_alloc(struct vigb_adapter *ad, struct vigb_ring *ring, u16 count);
void vigb_ring_free(struct vigb_adapter *ad, struct vigb_ring *ring);
void vigb_ring_rewind(struct vigb_ring *ring);
int vigb_rx_queue_start(struct vigb_pool *pool, u32 buf_size);
int vigb_rx_queue_stop(struct vigb_pool *pool);
int vigb_tx_queue_start(struct vigb_pool *pool);
int vigb_tx_queue_stop(struct vigb_pool *pool);

/* igb_rx.c */
#define VIGB_RX_BUF_SIZE	3072	/* of each page; see igb_rx.c */
int vigb_rx_alloc(struct vigb_adapter *ad);
void vigb_rx_free(struct vigb_adapter *ad);
void vigb_rx_fill(struct vigb_adapter *ad);
int vigb_rx_poll(struct vigb_pool *pool, int budget);

/* igb_tx.c */
int vigb_tx_alloc(struct vigb_pool *pool);
void vigb_tx_free(struct vigb_pool *pool);
void vigb_tx_drop_all(struct vigb_pool *pool);
bool vigb_tx_clean(struct vigb_pool *pool, int budget);
netdev_tx_t vigb_tx_xmit(struct sk_buff *skb, struct net_device *netdev);

/* igb_steer.c */
void vigb_steer_start(struct vigb_adapter *ad);
void vigb_steer_rx_mode(struct vigb_adapter *ad);
void vigb_steer_vlan_strip(struct vigb_adapter *ad);
void vigb_steer_max_frame(struct vigb_adapter *ad);
int vigb_steer_own_mac(struct vigb_adapter *ad, const u8 *addr);
int vigb_steer_pool_filter(struct vigb_adapter *ad, unsigned int pool, const u8 *addr);
void vigb_steer_pool_open(struct vigb_adapter *ad, unsigned int pool, u32 max_frame);
void vigb_steer_pool_close(struct vigb_adapter *ad, unsigned int pool);
void vigb_steer_pool_clear(struct vigb_adapter *ad, unsigned int pool);

/* igb_pool.c */
extern const struct vmdq_port_ops vigb_port_ops;

/* igb_netdev.c */
void vigb_netdev_init(struct net_device *netdev);
int vigb_restart(struct vigb_adapter *ad, u16 rx_count, u16 tx_count);
void vigb_request_reset(struct vigb_adapter *ad);
void vigb_reset_work(struct work_struct *work);
void vigb_watchdog(struct work_struct *work);

/* igb_ethtool.c */
extern const struct ethtool_ops vigb_ethtool_ops;

#endif /* VMDQ_IGB_H */
