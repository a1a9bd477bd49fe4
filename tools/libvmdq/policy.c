// SPDX-License-Identifier: GPL-2.0
#include "policy.h"

#include <stdio.h>
#include <string.h>

/**
 * vmdq_policy_port() - a port by PCI address or by the name of its netdev
 * @ports: all ports
 * @name: either name
 *
 * Return: the port or NULL.
 */
const struct vmdq_port_info *vmdq_policy_port(const struct vmdq_ports *ports, const char *name)
{
	size_t i;

	for (i = 0; i < ports->n; i++)
		if (!strcmp(ports->port[i].name, name) || !strcmp(ports->port[i].netdev, name))
			return &ports->port[i];
	return NULL;
}

/** vmdq_policy_pool() - a pool of a port by its number, or NULL */
const struct vmdq_pool_info *vmdq_policy_pool(const struct vmdq_port_info *port,
					      unsigned int index)
{
	size_t i;

	for (i = 0; i < port->n_pool_infos; i++)
		if (port->pools[i].index == index)
			return &port->pools[i];
	return NULL;
}

/**
 * vmdq_policy_owner() - our vif that holds a pool
 * @vifs: all vifs
 * @n: how many
 * @netdev: the pool's owner, as the core has it; empty: nobody
 *
 * Return: the vif or NULL.
 */
const struct vmdq_vif *vmdq_policy_owner(const struct vmdq_vif *vifs, size_t n,
					 const char *netdev)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (*netdev && vifs[i].ours && !strcmp(vifs[i].netdev, netdev))
			return &vifs[i];
	return NULL;
}

/** vmdq_policy_same() - do both name the same pool, or both none? */
bool vmdq_policy_same(const struct vmdq_pool_id *a, const struct vmdq_pool_id *b)
{
	return a->pool == b->pool && (!a->pool || !strcmp(a->port, b->port));
}

/*
 * Who stands in the way of @vif using a pool: another vif's claim, or whoever
 * the core says holds it (a claim may just have been withdrawn, and the
 * backend still be draining).  NULL: nobody.
 */
static const char *holder(const struct vmdq_port_info *port, unsigned int pool, const char *vif,
			  const struct vmdq_claim *claims, size_t n_claims)
{
	const struct vmdq_pool_info *info = vmdq_policy_pool(port, pool);
	size_t i;

	for (i = 0; i < n_claims; i++)
		if (claims[i].id.pool == pool && !strcmp(claims[i].id.port, port->name) &&
		    strcmp(claims[i].vif, vif))
			return claims[i].vif;
	return info && info->state != VMDQ_POOL_FREE && strcmp(info->owner, vif) ?
	       info->owner : NULL;
}

static void use(struct vmdq_pool_id *id, const struct vmdq_port_info *port, unsigned int pool)
{
	snprintf(id->port, sizeof(id->port), "%s", port->name);
	id->pool = pool;
}

/* The pool of @port that fits @want, or 0 */
static unsigned int choose_on_port(const struct vmdq_port_info *port,
				   const struct vmdq_claim *claims, size_t n_claims,
				   const struct vmdq_want *want)
{
	unsigned int pool;

	if (!strcmp(want->now.port, port->name) && want->now.pool &&
	    want->now.pool < port->n_pools &&
	    !holder(port, want->now.pool, want->vif, claims, n_claims))
		return want->now.pool;
	for (pool = 1; pool < port->n_pools; pool++)
		if (!holder(port, pool, want->vif, claims, n_claims))
			return pool;
	return 0;
}

/*
 * Can the pool number that was asked for be had on @port?  If not, @err says why, for
 * the first port; a port where it is taken goes before one that has no such pool, as
 * there a person can do something.
 */
static bool fixed_is_free(const struct vmdq_port_info *port, const struct vmdq_claim *claims,
			  size_t n_claims, const struct vmdq_want *want, struct vmdq_err *err)
{
	const char *other;

	if (want->pool >= port->n_pools) {
		if (!err->status)
			vmdq_fail(err, VMDQ_S_POOL_RANGE,
				  "%s: wanted pool %u of port %s (%s), which has pools 1 to %u; name one of these, or none to take any free one",
				  want->vif, want->pool, port->name, port->netdev,
				  port->n_pools - 1);
		return false;
	}
	other = holder(port, want->pool, want->vif, claims, n_claims);
	if (other && err->status != VMDQ_S_NO_POOL)
		vmdq_fail(err, VMDQ_S_NO_POOL,
			  "%s: wanted pool %u of port %s (%s), which %s holds; release that first (vmdqctl release %s), or name no pool to take any free one",
			  want->vif, want->pool, port->name, port->netdev, other, other);

	return !other;
}

/**
 * vmdq_policy_choose() - a pool for a vif
 * @ports: all ports, with their pools
 * @claims: all assignments in xenstore, the vif's own included or not
 * @n_claims: how many
 * @want: what is looked for
 * @id: result
 * @err: why there is none
 *
 * Ports that are up go before ports that are down, but a pool of a port that
 * is down can be assigned: the backend takes it when the port comes up.  A number
 * that was asked for may be of any of the ports, as vmdqd has it.
 */
int vmdq_policy_choose(const struct vmdq_ports *ports, const struct vmdq_claim *claims,
		       size_t n_claims, const struct vmdq_want *want, struct vmdq_pool_id *id,
		       struct vmdq_err *err)
{
	const struct vmdq_port_info *port, *last = NULL;
	struct vmdq_err why = { .status = VMDQ_S_OK };
	unsigned int pool;
	size_t i;
	int up;

	for (up = 1; up >= 0; up--) {
		for (i = 0; i < want->n_ports; i++) {
			port = vmdq_policy_port(ports, want->ports[i]);
			if (!port || port->up != up)
				continue;
			last = port;
			if (!want->pool)
				pool = choose_on_port(port, claims, n_claims, want);
			else
				pool = fixed_is_free(port, claims, n_claims, want, &why) ?
				       want->pool : 0;
			if (pool) {
				use(id, port, pool);
				return 0;
			}
		}
	}
	if (!last)
		return vmdq_fail(err, VMDQ_S_NO_PORT,
				 "%s: wanted a pool of port %s, which the module vmdq does not know; 'vmdqctl list' shows the ports that it knows",
				 want->vif, want->n_ports ? want->ports[0] : "(none)");
	if (why.status) {
		*err = why;
		return -1;
	}

	return vmdq_fail(err, VMDQ_S_NO_POOL,
			 "%s: all %u pools of port %s (%s) are taken; release one (vmdqctl release <vif>), see who holds them with 'vmdqctl list'",
			 want->vif, last->n_pools - 1, last->name, last->netdev);
}

/**
 * vmdq_policy_progress() - is a vif served as its assignment and level ask?
 * @vif: what xenstore says
 */
enum vmdq_progress vmdq_policy_progress(const struct vmdq_vif *vif)
{
	bool done;

	if (vif->state == VMDQ_VIF_ERROR || vif->error[0])
		return VMDQ_REFUSED;
	if (!vif->assigned.pool || vif->request.level == VMDQ_LEVEL_SOFTWARE)
		done = vif->state == VMDQ_VIF_SOFTWARE;
	else if (vif->request.level == VMDQ_LEVEL_COPY)
		done = vif->state == VMDQ_VIF_COPY;
	else if (vif->request.level == VMDQ_LEVEL_GRANT)
		done = vif->state == VMDQ_VIF_GRANT;
	else
		done = vif->state == VMDQ_VIF_COPY || vif->state == VMDQ_VIF_GRANT;

	return done ? VMDQ_DONE : VMDQ_PENDING;
}
