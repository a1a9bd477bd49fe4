/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that there is: ports and pools from the kernel, vifs from xenstore */
#ifndef VMDQ_INVENTORY_H
#define VMDQ_INVENTORY_H

#include "error.h"
#include "model.h"
#include "netdev.h"

/**
 * struct vmdq_inventory - what there is
 * @ports: with their pools
 * @vifs: all of this machine, others' too
 * @n_vifs: how many
 * @xen: xenstore answers
 * @port_err: why ports are missing
 * @store_err: why vifs are missing
 */
struct vmdq_inventory {
	struct vmdq_ports ports;
	struct vmdq_vif *vifs;
	size_t n_vifs;
	bool xen;
	struct vmdq_err port_err;
	struct vmdq_err store_err;
};

void vmdq_inventory_load(struct vmdq_inventory *inv);
const struct vmdq_err *vmdq_inventory_error(const struct vmdq_inventory *inv);
int vmdq_inventory_complain(const struct vmdq_inventory *inv, const char *program);
void vmdq_inventory_free(struct vmdq_inventory *inv);

struct vmdq_counters *vmdq_inventory_counters(const struct vmdq_inventory *inv);
void vmdq_counters_free(struct vmdq_counters *counters, size_t n);

#endif /* VMDQ_INVENTORY_H */
