/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as lets its pure logic compile in user space.  Each
 * header beside this one stands in for the kernel's of its name, and is this one.
 * Structures that the logic only carries about are empty shells; the ring
 * protocol is Xen's own, from libxen-dev.
 */
#ifndef UNIT_KSHIM_H
#define UNIT_KSHIM_H

#include <asm/types.h>
#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef uint64_t dma_addr_t;
typedef uint16_t __le16;
typedef uint32_t __le32;
typedef uint64_t __le64;
typedef uint32_t __wsum;
typedef uint16_t __sum16;

#define BIT(n)			(1UL << (n))
#define GENMASK(high, low)	((~0UL >> (63 - (high))) & (~0UL << (low)))
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	((void)(*(volatile typeof(x) *)&(x) = (v)))
#define likely(x)		(x)
#define unlikely(x)		(x)
#define __rcu
#define __packed		__attribute__((packed))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#define IFNAMSIZ		16
#define ETH_ALEN		6
#define ETH_HLEN		14
#define XEN_PAGE_SIZE		4096
#define U16_MAX			0xffff
#define HZ			250

#define cpu_to_le16(x)		htole16(x)
#define cpu_to_le32(x)		htole32(x)
#define cpu_to_le64(x)		htole64(x)
#define le16_to_cpu(x)		le16toh(x)
#define le32_to_cpu(x)		le32toh(x)

/* One thread here: a compiler barrier is all that order needs */
#define dma_rmb()		virt_rmb()
#define virt_rmb()		__atomic_signal_fence(__ATOMIC_SEQ_CST)
#define xen_mb()		virt_rmb()
#define xen_rmb()		virt_rmb()
#define xen_wmb()		virt_rmb()

/* Xen's public headers know netfront's structures without the kernel's prefix */
#define xen_netif_tx_request	netif_tx_request
#define xen_netif_tx_response	netif_tx_response
#define xen_netif_tx_sring	netif_tx_sring
#define xen_netif_tx_back_ring	netif_tx_back_ring
#define xen_netif_rx_request	netif_rx_request
#define xen_netif_rx_response	netif_rx_response
#define xen_netif_rx_sring	netif_rx_sring
#define xen_netif_rx_back_ring	netif_rx_back_ring
#define xen_netif_extra_info	netif_extra_info
#define XEN_NETTXF_csum_blank	NETTXF_csum_blank
#define XEN_NETTXF_more_data	NETTXF_more_data
#define XEN_NETTXF_extra_info	NETTXF_extra_info
#define XEN_NETIF_RSP_ERROR	NETIF_RSP_ERROR
#define XEN_NETIF_RSP_OKAY	NETIF_RSP_OKAY
#define XEN_NETIF_RSP_NULL	NETIF_RSP_NULL
#include <xen/io/netif.h>
/* Newer than libxen-dev's header, as old as the kernel's */
#ifndef XEN_NETIF_EXTRA_TYPE_XDP
#define XEN_NETIF_EXTRA_TYPE_XDP	5
#undef XEN_NETIF_EXTRA_TYPE_MAX
#define XEN_NETIF_EXTRA_TYPE_MAX	6
#endif

#define atomic_t		int
#define spinlock_t		int
#define wait_queue_head_t	int
struct list_head { struct list_head *next, *prev; };
struct rcu_head { struct rcu_head *next; };
struct llist_node { struct llist_node *next; };
struct llist_head { struct llist_node *first; };
struct mutex { int locked; };
struct ratelimit_state { int left; };
struct u64_stats_sync { int seq; };
struct work_struct { int pending; };
struct timer_list { int pending; };
struct napi_struct { int state; };
struct sk_buff_head { int qlen; };
struct ubuf_info { int refs; };
struct net_device { char name[IFNAMSIZ]; };
struct va_format {
	const char *fmt;
	va_list *va;
};

struct notifier_block { int priority; };
struct xenbus_watch { const char *node; };
enum xenbus_state { XenbusStateUnknown, XenbusStateClosing = 5 };

struct device;
struct ethtool_ops;
struct xenbus_device;
struct page;
struct sk_buff;

/* vmdq.h's inline functions */
static inline void rcu_read_lock(void) { }
static inline void rcu_read_unlock(void) { }
#define rcu_dereference(p)	(p)
#define rcu_access_pointer(p)	(p)
#define div64_u64(a, b)		((a) / (b))
#define u64_stats_update_begin(syncp)	((void)(syncp))
#define u64_stats_update_end(syncp)	((void)(syncp))

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *byte = p;

	return byte[0] << 8 | byte[1];
}

static inline u32 get_unaligned_be32(const void *p)
{
	return (u32)get_unaligned_be16(p) << 16 | get_unaligned_be16((const u8 *)p + 2);
}

static inline void put_unaligned_be16(u16 value, void *p)
{
	((u8 *)p)[0] = value >> 8;
	((u8 *)p)[1] = value;
}

/* Of an even number of bytes, which is all that is asked of it */
static inline __wsum csum_partial(const void *data, int len, __wsum sum)
{
	u16 word;

	for (int i = 0; i < len; i += sizeof(word)) {
		memcpy(&word, (const u8 *)data + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static inline __sum16 csum_fold(__wsum sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* A test that links their callers has to write these */
void xenbus_dev_fatal(struct xenbus_device *xdev, int err, const char *fmt, ...);
int xenbus_switch_state(struct xenbus_device *xdev, enum xenbus_state state);

/* No time goes by here */
#define ratelimit_state_init(limit, interval, n)	((limit)->left = (n))
#define ___ratelimit(limit, who)	((limit)->left-- > 0)

#endif /* UNIT_KSHIM_H */
