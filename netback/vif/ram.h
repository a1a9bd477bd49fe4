/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which machine addresses are memory.
 *
 * Level grant has the NIC write where a guest says.  Xen maps a guest's own
 * pages alone, but those of a device that the guest may use (xl's iomem=) count
 * as its own, and a frame must not become a write to a device's registers.
 *
 * Memory and numbers alone, so that the unit tests can run it in user space.
 */
#ifndef VIF_RAM_H
#define VIF_RAM_H

#include <linux/types.h>

/* The firmware's map as Xen hands it on (XENMEM_machine_memory_map in Xen's
 * public/memory.h): entries of the BIOS call INT 15h, EAX=E820h
 */
struct vif_ram_entry {
	u64 addr;
	u64 size;
	u32 type;
} __packed;

#define VIF_RAM_ENTRY_RAM	1
/* As many as Xen itself takes from the firmware (E820MAX) */
#define VIF_RAM_ENTRIES		1024

/* Addresses start..end-1, whole pages */
struct vif_ram_range {
	u64 start;
	u64 end;
};

/* Puts a range where it belongs among @n sorted ones, joined with those that it
 * touches.  Return: how many there are then.
 */
static inline unsigned int vif_ram_insert(struct vif_ram_range *map, unsigned int n,
					  struct vif_ram_range new)
{
	unsigned int from = 0, to, i;

	while (from < n && map[from].end < new.start)
		from++;
	for (to = from; to < n && map[to].start <= new.end; to++) {
		if (map[to].start < new.start)
			new.start = map[to].start;
		if (map[to].end > new.end)
			new.end = map[to].end;
	}
	if (from == to) {
		for (i = n; i > from; i--)
			map[i] = map[i - 1];
		map[from] = new;
		return n + 1;
	}
	map[from] = new;
	for (i = to; i < n; i++)
		map[from + 1 + i - to] = map[i];
	return n - (to - from) + 1;
}

/**
 * vif_ram_build() - the ranges of memory in the firmware's map
 * @map: filled: sorted, none touching the next; room for @n
 * @entry: the firmware's map, in any order
 * @n: its entries
 * @page: bytes of a page, a power of 2
 *
 * A page that is memory only in part is none.  Return: how many ranges.
 */
static inline unsigned int vif_ram_build(struct vif_ram_range *map,
					 const struct vif_ram_entry *entry, unsigned int n,
					 u64 page)
{
	unsigned int ranges = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		u64 addr = entry[i].addr, end = addr + entry[i].size;
		struct vif_ram_range new = {
			.start = (addr + page - 1) & ~(page - 1),
			.end = end & ~(page - 1),
		};

		if (entry[i].type != VIF_RAM_ENTRY_RAM || end < addr || new.start < addr ||
		    new.start >= new.end)
			continue;
		ranges = vif_ram_insert(map, ranges, new);
	}
	return ranges;
}

/**
 * vif_ram_contains() - whether bytes are memory
 * @map: from vif_ram_build()
 * @n: its ranges
 * @addr: first byte
 * @size: how many, more than 0
 * @hint: range of the last hit, tried first: a guest's pages lie close together.
 *	Any value below @n, or 0.
 */
static inline bool vif_ram_contains(const struct vif_ram_range *map, unsigned int n,
				    u64 addr, u64 size, unsigned int *hint)
{
	unsigned int low = 0, high = n;

	if (*hint < n && addr >= map[*hint].start && addr < map[*hint].end)
		return size <= map[*hint].end - addr;
	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (addr >= map[mid].end) {
			low = mid + 1;
		} else if (addr < map[mid].start) {
			high = mid;
		} else {
			*hint = mid;
			return size <= map[mid].end - addr;
		}
	}
	return false;
}

#endif /* VIF_RAM_H */
