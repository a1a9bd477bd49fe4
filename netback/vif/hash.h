/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's own choice of queue: a hash of a frame's addresses, and a table
 * from hash to queue; xen/interface/io/netif.h, "Hash types" and "Control
 * messages".
 *
 * Pure functions of what they are given, so that the unit tests can run them in
 * user space.  Everything set here comes from the guest: each function bounds
 * what it takes (XSA-270).
 */
#ifndef VIF_HASH_H
#define VIF_HASH_H

#include <linux/types.h>

#define VIF_HASH_KEY_SIZE	40	/* of RSS: enough for two IPv6 addresses and ports */
#define VIF_HASH_MAPPING_SIZE	128U

/* Addresses and ports of IPv6, the longest that is hashed */
#define VIF_HASH_DATA_SIZE	36

/* XEN_NETIF_CTRL_HASH_TYPE_*, from the numbers that a frame's extra info has */
#define VIF_HASH_IPV4		0
#define VIF_HASH_IPV4_TCP	1
#define VIF_HASH_IPV6		2
#define VIF_HASH_IPV6_TCP	3
#define VIF_HASH_TYPES		0xfU

/**
 * struct vif_hash - how a guest wants its frames spread over its queues
 * @toeplitz: the algorithm is chosen; otherwise nothing below counts
 * @flags: of VIF_HASH_TYPES, what to hash
 * @key: of the hash; zero beyond what the guest gave
 * @size: entries of @mapping in use, or 0 for hash modulo queues
 * @mapping: queue numbers, each below the number of queues
 *
 * One is never changed while frames are sent: the control ring makes a new one
 * of the old and puts it in its place.
 */
struct vif_hash {
	bool toeplitz;
	u32 flags;
	u8 key[VIF_HASH_KEY_SIZE];
	u32 size;
	u8 mapping[VIF_HASH_MAPPING_SIZE];
};

/**
 * struct vif_hash_input - what of a frame can be hashed
 * @ipv6: its addresses are IPv6, otherwise IPv4
 * @tcp: it has a TCP header, that is to say ports
 * @data: source address, destination address, source port, destination port, as
 *	in the frame and without gaps
 */
struct vif_hash_input {
	bool ipv6;
	bool tcp;
	u8 data[VIF_HASH_DATA_SIZE];
};

u32 vif_toeplitz(const u8 *key, unsigned int key_len, const u8 *data, unsigned int len);
int vif_hash_frame(const struct vif_hash *hash, const struct vif_hash_input *input, u32 *value);
u16 vif_hash_queue(const struct vif_hash *hash, u32 value, unsigned int queues);

u32 vif_hash_set_algorithm(struct vif_hash *hash, u32 algorithm);
u32 vif_hash_get_flags(const struct vif_hash *hash, u32 *flags);
u32 vif_hash_set_flags(struct vif_hash *hash, u32 flags);
u32 vif_hash_set_key(struct vif_hash *hash, const u8 *key, u32 len);
u32 vif_hash_set_size(struct vif_hash *hash, u32 size);
u32 vif_hash_check_mapping(const struct vif_hash *hash, u32 len, u32 offset);
u32 vif_hash_set_mapping(struct vif_hash *hash, const u32 *queue, u32 len, u32 offset,
			 unsigned int queues);

#endif /* VIF_HASH_H */
