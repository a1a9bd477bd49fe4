// SPDX-License-Identifier: GPL-2.0
/*
 * The machine's memory map, read from Xen once.  Memory that is added to a
 * running machine is not known, and pages in it are refused to level grant.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <asm/xen/hypercall.h>
#include <linux/slab.h>
#include <xen/interface/memory.h>
#include <xen/xen.h>

#include "vif.h"
#include "ram.h"

static struct vif_ram_range *ram;
static unsigned int n_ram;

/**
 * vif_ram_init() - ask Xen what is memory
 *
 * Only a PV dom0 needs to know, and only the hardware domain is told.  Without
 * an answer there is no level grant, and nothing else is amiss.
 *
 * Context: process, at module load.
 */
void vif_ram_init(void)
{
	struct xen_memory_map map = { .nr_entries = VIF_RAM_ENTRIES };
	struct vif_ram_entry *entry;
	int err = -ENOMEM;

	if (!xen_pv_domain())
		return;
	entry = kvcalloc(VIF_RAM_ENTRIES, sizeof(*entry), GFP_KERNEL);
	ram = kvcalloc(VIF_RAM_ENTRIES, sizeof(*ram), GFP_KERNEL);
	if (entry && ram) {
		set_xen_guest_handle(map.buffer, entry);
		err = HYPERVISOR_memory_op(XENMEM_machine_memory_map, &map);
		if (!err)
			n_ram = vif_ram_build(ram, entry, map.nr_entries, XEN_PAGE_SIZE);
	}
	if (!n_ram)
		pr_warn("cannot tell memory from devices (%d): vifs will not be served at level grant\n",
			err);
	kvfree(entry);
}

/**
 * vif_ram_exit() - at module unload
 */
void vif_ram_exit(void)
{
	kvfree(ram);
	ram = NULL;
	n_ram = 0;
}

/**
 * vif_ram_known() - whether vif_ram_is_page() can tell
 */
bool vif_ram_known(void)
{
	return n_ram;
}

/**
 * vif_ram_is_page() - whether a page is memory
 * @addr: its machine address
 * @hint: the caller's, 0 at first; makes the next call quick
 *
 * Context: any.
 */
bool vif_ram_is_page(u64 addr, unsigned int *hint)
{
	return vif_ram_contains(ram, n_ram, addr, XEN_PAGE_SIZE, hint);
}
