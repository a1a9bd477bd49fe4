// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's hash and its table of queues.
 */
#include "hash.h"
#include "vif.h"

/**
 * vif_toeplitz() - the Toeplitz hash
 * @key: key; taken to go on with zeros
 * @key_len: its bytes
 * @data: what is hashed
 * @len: its bytes
 *
 * For each bit of @data that is set, the 32 bits of the key that begin at the
 * bit's place are added without carry.
 */
u32 vif_toeplitz(const u8 *key, unsigned int key_len, const u8 *data, unsigned int len)
{
	u32 window = 0;
	u32 value = 0;
	unsigned int i;
	int bit;

	for (i = 0; i < sizeof(window); i++)
		window = window << 8 | (i < key_len ? key[i] : 0);

	for (i = 0; i < len; i++) {
		unsigned int next = i + sizeof(window);
		u8 in = next < key_len ? key[next] : 0;

		for (bit = 7; bit >= 0; bit--) {
			if (data[i] >> bit & 1)
				value ^= window;
			window = window << 1 | (in >> bit & 1);
		}
	}
	return value;
}

/**
 * vif_hash_frame() - hash a frame as the guest wants it
 * @hash: what it wants
 * @input: the frame
 * @value: set to the hash
 *
 * With TCP ports where they exist and are wanted, otherwise addresses alone.
 *
 * Return: VIF_HASH_IPV4 to VIF_HASH_IPV6_TCP, or -1 for a frame that it does
 * not want hashed.
 */
int vif_hash_frame(const struct vif_hash *hash, const struct vif_hash_input *input, u32 *value)
{
	unsigned int addresses = input->ipv6 ? 32 : 8;
	int plain = input->ipv6 ? VIF_HASH_IPV6 : VIF_HASH_IPV4;
	int with_ports = input->ipv6 ? VIF_HASH_IPV6_TCP : VIF_HASH_IPV4_TCP;

	if (input->tcp && hash->flags & BIT(with_ports)) {
		*value = vif_toeplitz(hash->key, sizeof(hash->key), input->data, addresses + 4);
		return with_ports;
	}
	if (hash->flags & BIT(plain)) {
		*value = vif_toeplitz(hash->key, sizeof(hash->key), input->data, addresses);
		return plain;
	}
	return -1;
}

/**
 * vif_hash_queue() - the queue for a frame
 * @hash: what the guest wants
 * @value: the frame's hash, or 0 for one that is not hashed
 * @queues: that there are, more than 0
 */
u16 vif_hash_queue(const struct vif_hash *hash, u32 value, unsigned int queues)
{
	if (!hash->size)
		return value % queues;
	return hash->mapping[value % hash->size];
}

/**
 * vif_hash_set_algorithm() - choose the algorithm
 * @hash: to change
 * @algorithm: XEN_NETIF_CTRL_HASH_ALGORITHM_*
 *
 * Return: XEN_NETIF_CTRL_STATUS_*.  The other functions return the same.
 */
u32 vif_hash_set_algorithm(struct vif_hash *hash, u32 algorithm)
{
	switch (algorithm) {
	case XEN_NETIF_CTRL_HASH_ALGORITHM_NONE:
	case XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ:
		hash->toeplitz = algorithm == XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	default:
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	}
}

/**
 * vif_hash_get_flags() - what can be hashed
 * @hash: what is chosen
 * @flags: set to XEN_NETIF_CTRL_HASH_TYPE_*
 */
u32 vif_hash_get_flags(const struct vif_hash *hash, u32 *flags)
{
	if (!hash->toeplitz)
		return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	*flags = VIF_HASH_TYPES;
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * vif_hash_set_flags() - choose what is hashed
 * @hash: to change
 * @flags: XEN_NETIF_CTRL_HASH_TYPE_*
 */
u32 vif_hash_set_flags(struct vif_hash *hash, u32 flags)
{
	if (flags & ~VIF_HASH_TYPES || !hash->toeplitz)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	hash->flags = flags;
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * vif_hash_set_key() - choose the key
 * @hash: to change
 * @key: its bytes
 * @len: how many
 */
u32 vif_hash_set_key(struct vif_hash *hash, const u8 *key, u32 len)
{
	if (len > sizeof(hash->key))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	memset(hash->key, 0, sizeof(hash->key));
	memcpy(hash->key, key, len);
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * vif_hash_set_size() - choose the size of the table
 * @hash: to change; its table becomes all zeros
 * @size: entries, 0 for no table
 */
u32 vif_hash_set_size(struct vif_hash *hash, u32 size)
{
	if (size > VIF_HASH_MAPPING_SIZE)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	hash->size = size;
	memset(hash->mapping, 0, sizeof(hash->mapping));
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * vif_hash_check_mapping() - does a piece of the table lie in the table?
 * @hash: the table
 * @len: entries of the piece
 * @offset: its first entry
 */
u32 vif_hash_check_mapping(const struct vif_hash *hash, u32 len, u32 offset)
{
	if (offset > hash->size || len > hash->size - offset)
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}

/**
 * vif_hash_set_mapping() - set a piece of the table
 * @hash: to change, if all of the piece is right
 * @queue: queue numbers, a copy of what the guest wrote
 * @len: how many
 * @offset: the first entry to set
 * @queues: that there are
 */
u32 vif_hash_set_mapping(struct vif_hash *hash, const u32 *queue, u32 len, u32 offset,
			 unsigned int queues)
{
	u32 status = vif_hash_check_mapping(hash, len, offset);
	u32 i;

	if (status != XEN_NETIF_CTRL_STATUS_SUCCESS)
		return status;
	for (i = 0; i < len; i++)
		if (queue[i] >= queues)
			return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	for (i = 0; i < len; i++)
		hash->mapping[offset + i] = queue[i];
	return XEN_NETIF_CTRL_STATUS_SUCCESS;
}
