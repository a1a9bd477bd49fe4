// SPDX-License-Identifier: GPL-2.0
/*
 * The table of MAC filters, see igb_filter.h.  Callers serialise.
 */
#include "igb_filter.h"

static bool addr_is_unicast(const u8 *addr)
{
	static const u8 zero[VIGB_MAC_LEN];

	return !(addr[0] & 1) && memcmp(addr, zero, VIGB_MAC_LEN);
}

/**
 * vigb_filter_init() - empties the table
 * @t: the table
 */
void vigb_filter_init(struct vigb_filter_table *t)
{
	memset(t, 0, sizeof(*t));
}

/**
 * vigb_filter_find() - looks for an address
 * @t: the table
 * @addr: the address
 *
 * Return: its slot, or -ENOENT.
 */
int vigb_filter_find(const struct vigb_filter_table *t, const u8 *addr)
{
	unsigned int i;

	for (i = 0; i < VIGB_N_RAR; i++)
		if (t->rar[i].pools && !memcmp(t->rar[i].addr, addr, VIGB_MAC_LEN))
			return i;

	return -ENOENT;
}

/**
 * vigb_filter_set_own() - sets the netdev's own address, replacing the old one
 * @t: the table
 * @addr: the new address
 *
 * The netdev may already have @addr as a secondary address; that slot is then
 * freed, because no address may be in two slots.
 *
 * Return: 0, the freed slot (> 0) that the caller has to clear in hardware,
 * -EINVAL for an address that is not unicast, -EEXIST if a pool has it.
 */
int vigb_filter_set_own(struct vigb_filter_table *t, const u8 *addr)
{
	int old = 0;
	int slot;

	if (!addr_is_unicast(addr))
		return -EINVAL;

	slot = vigb_filter_find(t, addr);
	if (slot > VIGB_FILTER_OWN) {
		if (t->rar[slot].pools != 1)
			return -EEXIST;
		vigb_filter_del(t, slot);
		old = slot;
	}

	memcpy(t->rar[VIGB_FILTER_OWN].addr, addr, VIGB_MAC_LEN);
	t->rar[VIGB_FILTER_OWN].pools = 1;

	return old;
}

/**
 * vigb_filter_add() - finds a slot for an address that shall go to a pool
 * @t: the table
 * @addr: the address
 * @pool: the pool; 0 for a secondary address of the netdev
 *
 * Adding what is there already gives the same slot.
 *
 * Return: the slot, -EINVAL for an address that is not unicast, -EEXIST if
 * another pool or the netdev has it, -ENOSPC if no slot is free for it.
 */
int vigb_filter_add(struct vigb_filter_table *t, const u8 *addr, unsigned int pool)
{
	unsigned int n_free = 0;
	int slot = -ENOSPC;
	unsigned int i;
	int found;

	if (!addr_is_unicast(addr))
		return -EINVAL;

	found = vigb_filter_find(t, addr);
	if (found >= 0)
		return t->rar[found].pools == 1u << pool ? found : -EEXIST;

	for (i = VIGB_N_RAR - 1; i > VIGB_FILTER_OWN; i--)
		if (!t->rar[i].pools) {
			slot = i;
			n_free++;
		}

	if (pool == 0) {
		/* what the pools hold already is part of what is kept for them */
		for (i = VIGB_FILTER_OWN + 1; i < VIGB_N_RAR; i++)
			if (t->rar[i].pools > 1)
				n_free++;
		if (n_free <= VIGB_FILTER_RESERVED)
			return -ENOSPC;
	}
	if (slot < 0)
		return slot;

	memcpy(t->rar[slot].addr, addr, VIGB_MAC_LEN);
	t->rar[slot].pools = 1u << pool;

	return slot;
}

/**
 * vigb_filter_del() - frees a slot
 * @t: the table
 * @slot: the slot
 */
void vigb_filter_del(struct vigb_filter_table *t, unsigned int slot)
{
	memset(&t->rar[slot], 0, sizeof(t->rar[slot]));
}

/**
 * vigb_filter_used() - the slots of one pool
 * @t: the table
 * @pool: the pool
 *
 * Return: bitmap of slots; that of the netdev's own address is not among them.
 */
u32 vigb_filter_used(const struct vigb_filter_table *t, unsigned int pool)
{
	u32 used = 0;
	unsigned int i;

	for (i = VIGB_FILTER_OWN + 1; i < VIGB_N_RAR; i++)
		if (t->rar[i].pools == 1u << pool)
			used |= 1u << i;

	return used;
}
