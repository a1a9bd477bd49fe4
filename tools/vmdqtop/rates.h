/* SPDX-License-Identifier: GPL-2.0 */
/* From what was counted to what is shown: one row a pool, and a vif without one.  Pure. */
#ifndef TOP_RATES_H
#define TOP_RATES_H

#include <stdbool.h>

#include "snapshot.h"

/**
 * enum top_col - columns, in the order in which they stand
 * @TOP_NAME: the guest
 * @TOP_VIF: its vif's network interface
 * @TOP_PORT: PCI address of the pool's port
 * @TOP_POOL: the pool's number
 * @TOP_STATE: how the vif is served; of a pool with another owner, the pool's state
 * @TOP_RXP: frames to the guest
 * @TOP_RXB: their bytes
 * @TOP_TXP: frames from the guest
 * @TOP_TXB: their bytes
 * @TOP_DROPS: the sum of the causes that follow
 * @TOP_NOBUF: the pool's ring had no buffer for it
 * @TOP_LATE: it waited too long for the guest, in software
 * @TOP_REFUS: the vif did not take it: its queue was full, no guest is connected, it is
 *	longer than the guest takes, or multicast that the guest did not ask for
 * @TOP_RXERR: damaged, or the guest's buffer could not be written
 * @TOP_TXERR: the guest described it wrongly
 * @TOP_TXDRP: it could not be put into the pool's transmit ring
 * @TOP_RING: how much of the pool's receive ring has a buffer, percent
 * @TOP_FPI: frames for each interrupt of the pool
 * @TOP_MAPPED: pages of the guest into which the NIC may write
 * @TOP_MAC: of the pool's filter; without a filter, of the vif
 * @TOP_VLAN: of the pool's filter
 */
enum top_col {
	TOP_NAME,
	TOP_VIF,
	TOP_PORT,
	TOP_POOL,
	TOP_STATE,
	TOP_RXP,
	TOP_RXB,
	TOP_TXP,
	TOP_TXB,
	TOP_DROPS,
	TOP_NOBUF,
	TOP_LATE,
	TOP_REFUS,
	TOP_RXERR,
	TOP_TXERR,
	TOP_TXDRP,
	TOP_RING,
	TOP_FPI,
	TOP_MAPPED,
	TOP_MAC,
	TOP_VLAN,
	TOP_COL_COUNT,
};

#define TOP_FIRST_CAUSE	TOP_NOBUF
#define TOP_LAST_CAUSE	TOP_TXDRP

/** enum top_part - of a vif: all of it, what its pool does, what software does */
enum top_part {
	TOP_ALL,
	TOP_BY_POOL,
	TOP_BY_SOFTWARE,
	TOP_PART_COUNT,
};

/**
 * struct top_row - a pool, or a vif that has none
 * @has_vif: it is of a vif that xenstore knows; else @name, @domid and @handle say nothing
 * @name: the guest's name
 * @vif: the owner; "-": nobody
 * @domid: the guest
 * @handle: the vif's number
 * @port: empty: no pool
 * @pool: see @port
 * @state: see TOP_STATE
 * @mac: "-": none
 * @vlan: VMDQ_VLAN_NONE: none
 * @number: by part and column, columns that hold text aside; NAN: not known, or of no
 *	meaning there
 */
struct top_row {
	bool has_vif;
	char name[128];
	char vif[IFNAMSIZ];
	unsigned int domid;
	unsigned int handle;
	char port[VMDQ_PORT_NAME_SIZE];
	unsigned int pool;
	char state[16];
	char mac[32];
	int vlan;
	double number[TOP_PART_COUNT][TOP_COL_COUNT];
};

/** struct top_rows - all of them; release with top_rows_free() */
struct top_rows {
	struct top_row *row;
	size_t n;
};

int top_rows_make(const struct top_snapshot *now, const struct top_snapshot *before, bool totals,
		  bool free_pools, struct top_rows *rows);
void top_rows_free(struct top_rows *rows);

#endif /* TOP_RATES_H */
