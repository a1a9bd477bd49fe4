/* SPDX-License-Identifier: GPL-2.0 */
/* What there is and what it has counted, at one moment. */
#ifndef TOP_SNAPSHOT_H
#define TOP_SNAPSHOT_H

#include <stdint.h>

#include "inventory.h"

/* Beside the vif's own counters: what "ip -s link" shows as dropped */
#define TOP_LINK_DROPPED	"link_tx_dropped"

/**
 * struct top_snapshot - one moment
 * @ns: when, by a clock that only goes forward, nanoseconds
 * @inv: ports, pools and vifs
 * @vif: counters of each of @inv.vifs, with TOP_LINK_DROPPED; empty for one that is
 *	not ours or could not be read
 * @port: counters of the interface of each of @inv.ports, as "ethtool -S" has them
 */
struct top_snapshot {
	uint64_t ns;
	struct vmdq_inventory inv;
	struct vmdq_counters *vif;
	struct vmdq_counters *port;
};

int top_snapshot_load(struct top_snapshot *s);
void top_snapshot_free(struct top_snapshot *s);

#endif /* TOP_SNAPSHOT_H */
