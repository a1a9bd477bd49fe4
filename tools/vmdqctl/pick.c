// SPDX-License-Identifier: GPL-2.0
/*
 * The coordinator's part that vmdqctl plays: which pool a vif gets.  The
 * choice itself is policy.c; here it is given what it chooses from.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "policy.h"
#include "vmdqctl.h"

/**
 * check_mac() - can the vif have a pool at all?
 * @vif: the vif
 * @err: VMDQ_S_BAD_MAC
 */
int check_mac(const struct vmdq_vif *vif, struct vmdq_err *err)
{
	uint8_t mac[VMDQ_MAC_LEN];
	const char *problem;

	if (vmdq_parse_mac(vif->mac, mac))
		return vmdq_fail(err, VMDQ_S_BAD_MAC,
				 "%s: bad MAC: wanted six hexadecimal pairs separated by colons, found \"%s\"; correct mac= in the domain's configuration",
				 vif->netdev, vif->mac);
	problem = vmdq_mac_problem(mac);
	if (problem)
		return vmdq_fail(err, VMDQ_S_BAD_MAC,
				 "%s: bad MAC: no NIC can filter for %s, which %s; give the vif a unicast address by mac= in the domain's configuration",
				 vif->netdev, vif->mac, problem);

	return 0;
}

/* Appends @word to a list of words that is for reading and may be cut short */
static void append(char *text, size_t size, const char *word)
{
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s", len ? " " : "", word);
}

/* The ports among the members of the vif's bridge */
static int ports_of_bridge(const struct vmdq_ports *ports, const struct vmdq_vif *vif,
			   const char **names, size_t *n, struct vmdq_err *err)
{
	struct vmdq_ifname *members;
	char found[160] = "", known[160] = "";
	size_t n_members, i, j;

	*n = 0;
	if (vmdq_bridge_members(vif->bridge, &members, &n_members))
		return vmdq_fail(err, VMDQ_S_NO_PORT,
				 "%s: wanted the uplink of bridge \"%s\" to find the port, but there is no such bridge (%s); name a port instead (assign %s <port>, or port= in vmdq.conf)",
				 vif->netdev, vif->bridge, strerror(errno), vif->netdev);
	for (i = 0; i < n_members; i++) {
		for (j = 0; j < ports->n; j++)
			if (!strcmp(ports->port[j].netdev, members[i].text))
				names[(*n)++] = ports->port[j].name;
		append(found, sizeof(found), members[i].text);
	}
	free(members);
	if (*n)
		return 0;
	for (j = 0; j < ports->n; j++)
		append(known, sizeof(known), ports->port[j].netdev);

	return vmdq_fail(err, VMDQ_S_NO_PORT,
			 "%s: wanted an uplink with pools in bridge %s, found only: %s; put %s into that bridge, or name a port",
			 vif->netdev, vif->bridge, found[0] ? found : "nothing", known);
}

/* Leaves out the ports that a person wants to be empty */
static int leave_out_drained(struct vmdq_store *store, const struct vmdq_ports *ports,
			     const char *vif, const char **names, size_t *n, struct vmdq_err *err)
{
	const struct vmdq_port_info *port = NULL, *drained = NULL;
	size_t i, kept = 0;

	for (i = 0; i < *n; i++) {
		port = vmdq_policy_port(ports, names[i]);
		if (port && vmdq_store_drained(store, port->name))
			drained = port;
		else
			names[kept++] = names[i];
	}
	*n = kept;
	if (!drained || kept)
		return 0;

	return vmdq_fail(err, VMDQ_S_DRAINED,
			 "%s: port %s (%s) gives no pools, as it is being drained; 'vmdqctl drain %s off' ends that",
			 vif, drained->name, drained->netdev, drained->netdev);
}

/**
 * pick_pool() - the pool for a vif
 * @store: connection, in the transaction that will assign the pool
 * @ports: all ports
 * @vif: the vif, with its request and present assignment
 * @target: what a person asked for, or NULL: what the vif's request says
 * @id: result
 * @err: why there is none
 */
int pick_pool(struct vmdq_store *store, const struct vmdq_ports *ports,
	      const struct vmdq_vif *vif, const struct vmdq_target *target,
	      struct vmdq_pool_id *id, struct vmdq_err *err)
{
	struct vmdq_want want = { .vif = vif->netdev, .now = vif->assigned };
	struct vmdq_claim *claims;
	const char **names;
	size_t n_claims;
	int rc = -1;

	if (!ports->n)
		return vmdq_fail(err, VMDQ_S_NO_PORT,
				 "%s: no network card here that can do this: the module vmdq knows no port; give a VMDq NIC to the driver vmdq_igb (docs/operator.md says how)",
				 vif->netdev);
	if (target && target->has_pool && !target->pool)
		return vmdq_fail(err, VMDQ_S_POOL_RANGE,
				 "%s: wanted pool 0, which is the port's own; the pools for vifs start at 1",
				 vif->netdev);
	names = calloc(ports->n, sizeof(*names));
	if (!names)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	if (target && !target->automatic) {
		names[want.n_ports++] = target->port;
		want.pool = target->pool;
	} else {
		want.pool = vif->request.pool.pool;
		if (vif->request.pool.port[0])
			names[want.n_ports++] = vif->request.pool.port;
		else if (ports_of_bridge(ports, vif, names, &want.n_ports, err))
			goto out;
	}
	if (leave_out_drained(store, ports, vif->netdev, names, &want.n_ports, err))
		goto out;
	want.ports = names;
	if (vmdq_store_list_claims(store, &claims, &n_claims, err))
		goto out;
	rc = vmdq_policy_choose(ports, claims, n_claims, &want, id, err);
	free(claims);
out:
	free(names);

	return rc;
}
