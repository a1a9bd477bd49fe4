// SPDX-License-Identifier: GPL-2.0
/* What vmdqd remembers.  All of it may be lost at any time: it only delays what it does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "vmdqd.h"

/** know_vif() - what is remembered of a vif.  Return: NULL without memory. */
struct known_vif *know_vif(struct coordinator *c, unsigned int domid, unsigned int handle)
{
	struct known_vif *k;
	size_t i;

	for (i = 0; i < c->n_known; i++)
		if (c->known[i].domid == domid && c->known[i].handle == handle)
			return &c->known[i];
	k = realloc(c->known, (c->n_known + 1) * sizeof(*k));
	if (!k)
		return NULL;
	c->known = k;
	k += c->n_known++;
	*k = (struct known_vif){ .domid = domid, .handle = handle };

	return k;
}

/** know_port() - what is remembered of a port.  Return: NULL without memory. */
struct known_port *know_port(struct coordinator *c, const char *name)
{
	struct known_port *k;
	size_t i;

	for (i = 0; i < c->n_known_ports; i++)
		if (!strcmp(c->known_ports[i].name, name))
			return &c->known_ports[i];
	k = realloc(c->known_ports, (c->n_known_ports + 1) * sizeof(*k));
	if (!k)
		return NULL;
	c->known_ports = k;
	k += c->n_known_ports++;
	memset(k, 0, sizeof(*k));
	snprintf(k->name, sizeof(k->name), "%s", name);

	return k;
}

/** forget_vifs() - those that were not seen at the last look */
void forget_vifs(struct coordinator *c)
{
	size_t i, kept = 0;

	for (i = 0; i < c->n_known; i++)
		if (c->known[i].seen)
			c->known[kept++] = c->known[i];
	c->n_known = kept;
}

/**
 * sample_loads() - read what our vifs have received
 * @c: the coordinator, after a look
 * @now: milliseconds
 */
void sample_loads(struct coordinator *c, long long now)
{
	struct known_vif *k;
	uint64_t frames;
	size_t i;

	for (i = 0; i < c->n_vifs; i++) {
		if (!c->vifs[i].ours || vmdq_link_sent(c->vifs[i].netdev, VMDQ_SENT, &frames))
			continue;
		k = know_vif(c, c->vifs[i].domid, c->vifs[i].handle);
		if (k)
			load_sample(&k->load, frames, now);
	}
}
