// SPDX-License-Identifier: GPL-2.0
#include "inventory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"
#include "store.h"

/**
 * vmdq_inventory_load() - find what there is
 * @inv: result; release it with vmdq_inventory_free(), whatever could be found
 *
 * Ports are found without Xen, and vifs without the module vmdq: what is missing
 * stands in @inv.
 */
void vmdq_inventory_load(struct vmdq_inventory *inv)
{
	struct vmdq_store store;

	memset(inv, 0, sizeof(*inv));
	vmdq_ports_load(&inv->ports, &inv->port_err);
	if (vmdq_store_open(&store, &inv->store_err))
		return;
	inv->xen = true;
	vmdq_store_mark_drained(&store, &inv->ports);
	vmdq_store_list_vifs(&store, &inv->vifs, &inv->n_vifs, &inv->store_err);
	vmdq_store_close(&store);
}

/** vmdq_inventory_error() - the first thing that is missing; VMDQ_S_OK for none */
const struct vmdq_err *vmdq_inventory_error(const struct vmdq_inventory *inv)
{
	return inv->store_err.status ? &inv->store_err : &inv->port_err;
}

/**
 * vmdq_inventory_complain() - say on standard error what is missing
 * @inv: what was found
 * @program: who says so
 *
 * Return: exit status.
 */
int vmdq_inventory_complain(const struct vmdq_inventory *inv, const char *program)
{
	fflush(stdout);
	if (inv->store_err.status)
		fprintf(stderr, "%s: %s\n", program, inv->store_err.text);
	if (inv->port_err.status)
		fprintf(stderr, "%s: %s\n", program, inv->port_err.text);

	return (int)vmdq_inventory_error(inv)->status;
}

/** vmdq_inventory_free() - release what was found */
void vmdq_inventory_free(struct vmdq_inventory *inv)
{
	free(inv->vifs);
	vmdq_ports_free(&inv->ports);
}

/**
 * vmdq_inventory_counters() - the counters of our vifs
 * @inv: the vifs
 *
 * Return: one for each of @inv->vifs and in their order, empty for another backend's
 * vif and for one that has none; release with vmdq_counters_free().  NULL: out of memory.
 */
struct vmdq_counters *vmdq_inventory_counters(const struct vmdq_inventory *inv)
{
	struct vmdq_counters *counters = calloc(inv->n_vifs + 1, sizeof(*counters));
	size_t i;

	for (i = 0; counters && i < inv->n_vifs; i++)
		if (inv->vifs[i].ours)
			vmdq_counters_load(inv->vifs[i].netdev, &counters[i]);

	return counters;
}

/**
 * vmdq_counters_free() - release the counters of several interfaces
 * @counters: an array that was allocated, or NULL
 * @n: how many
 */
void vmdq_counters_free(struct vmdq_counters *counters, size_t n)
{
	size_t i;

	for (i = 0; counters && i < n; i++)
		free(counters[i].counter);
	free(counters);
}
