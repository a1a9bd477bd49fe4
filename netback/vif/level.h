/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The levels of service, and which of them a vif can have.
 *
 * A pure function of what is known of the guest and of dom0, so that the unit
 * tests can ask it about a dom0 that the lab cannot boot.
 */
#ifndef VIF_LEVEL_H
#define VIF_LEVEL_H

#include <linux/types.h>

#include "ring.h"

/* What a frontend takes of one frame; Linux's takes a few more */
#define VIF_RX_SLOTS_MAX	18

/** enum vif_level - how frames of the vif's own MAC reach the guest */
enum vif_level {
	VIF_LEVEL_SOFTWARE,	/* default pool, bridge, grant copy */
	VIF_LEVEL_COPY,		/* pool into dom0's pages, grant copy */
	VIF_LEVEL_GRANT,	/* pool into the guest's own pages */
	VIF_LEVEL_AUTO,		/* as a request only: the best that is possible */
};

/**
 * struct vif_abilities - what decides about a vif's level
 * @n_queues: pairs of rings that the frontend has
 * @headroom: bytes that it wants free before each frame, for XDP; less than @page
 * @max_frame: longest frame that it must be able to get, in bytes
 * @page: bytes of one of its buffers
 * @dom0_pv: device-only grant mappings work; Xen refuses them to any other dom0
 * @maptrack_full: dom0 could not map enough of its pages, having used up what Xen allows it
 */
struct vif_abilities {
	u32 n_queues;
	u32 headroom;
	u32 max_frame;
	u32 page;
	bool dom0_pv;
	bool maptrack_full;
};

/**
 * vif_level_choose() - the level at which a pool can serve a vif
 * @can: what is known
 * @wanted: as asked for
 * @why: set to what stands in the way when the result is less than asked for;
 *	left alone otherwise
 */
static inline enum vif_level vif_level_choose(const struct vif_abilities *can,
					      enum vif_level wanted, const char **why)
{
	const char *obstacle;

	if (wanted == VIF_LEVEL_SOFTWARE)
		return VIF_LEVEL_SOFTWARE;
	if (ring_rx_slots(can->max_frame, can->headroom, 0, can->page) > VIF_RX_SLOTS_MAX) {
		*why = "a frame of the vif's MTU fills more buffers than a frontend takes";
		return VIF_LEVEL_SOFTWARE;
	}
	if (wanted == VIF_LEVEL_COPY)
		return VIF_LEVEL_COPY;

	if (can->n_queues < 2)
		obstacle = "level grant needs a guest with two queues (2 vCPUs or more)";
	else if (!can->dom0_pv)
		obstacle = "level grant needs a PV dom0";
	else if (can->headroom)
		obstacle = "level grant leaves no headroom for the guest's XDP program";
	else if (can->maptrack_full)
		obstacle = "dom0 may map no more grants (gnttab_max_maptrack_frames)";
	else
		return VIF_LEVEL_GRANT;

	/* Who asks for the best that is possible has got it; but this could be mended. */
	if (wanted == VIF_LEVEL_GRANT || can->maptrack_full)
		*why = obstacle;
	return VIF_LEVEL_COPY;
}

#endif /* VIF_LEVEL_H */
