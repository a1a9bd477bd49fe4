// SPDX-License-Identifier: GPL-2.0
#include "model.h"

#include <stdlib.h>
#include <string.h>

/** vmdq_ports_free() - release what vmdq_ports_load() allocated; may be repeated */
void vmdq_ports_free(struct vmdq_ports *ports)
{
	size_t i;

	for (i = 0; i < ports->n; i++)
		free(ports->port[i].pools);
	free(ports->port);
	memset(ports, 0, sizeof(*ports));
}
