// SPDX-License-Identifier: GPL-2.0
/* Everything that there is: ports and pools from the kernel, vifs from xenstore */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"
#include "vmdqctl.h"

/**
 * inventory_load() - find what there is
 * @inv: result; release it with inventory_free(), whatever could be found
 *
 * Ports are found without Xen, and vifs without the module vmdq: what is missing
 * stands in @inv.
 */
void inventory_load(struct inventory *inv)
{
	struct vmdq_store store;

	memset(inv, 0, sizeof(*inv));
	vmdq_ports_load(&inv->ports, &inv->port_err);
	if (vmdq_store_open(&store, &inv->store_err))
		return;
	inv->xen = true;
	vmdq_store_list_vifs(&store, &inv->vifs, &inv->n_vifs, &inv->store_err);
	vmdq_store_close(&store);
}

/** inventory_error() - the first thing that is missing; its status is VMDQ_S_OK for none */
const struct vmdq_err *inventory_error(const struct inventory *inv)
{
	return inv->store_err.status ? &inv->store_err : &inv->port_err;
}

/** inventory_complain() - say on standard error what is missing.  Return: exit status */
int inventory_complain(const struct inventory *inv)
{
	fflush(stdout);
	if (inv->store_err.status)
		fprintf(stderr, "vmdqctl: %s\n", inv->store_err.text);
	if (inv->port_err.status)
		fprintf(stderr, "vmdqctl: %s\n", inv->port_err.text);

	return (int)inventory_error(inv)->status;
}

/** inventory_free() - release what was found */
void inventory_free(struct inventory *inv)
{
	free(inv->vifs);
	vmdq_ports_free(&inv->ports);
}
