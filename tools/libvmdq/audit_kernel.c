// SPDX-License-Identifier: GPL-2.0
/* Does the kernel say of pools what xenstore says of vifs? */
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "policy.h"
#include "vmdq_xenstore.h"

static bool is_served(const struct vmdq_vif *vif)
{
	return vif->state == VMDQ_VIF_COPY || vif->state == VMDQ_VIF_GRANT;
}

static bool is_held(const struct vmdq_pool_info *pool)
{
	return pool->state != VMDQ_POOL_FREE;
}

static void path_of(char *path, size_t size, const struct vmdq_vif *vif, const char *node)
{
	snprintf(path, size, VMDQ_XS_VIF "/%s", vif->domid, vif->handle, node);
}

/* The pool that a vif is assigned, as the kernel has it */
static const struct vmdq_pool_info *judge_assignment(struct vmdq_audit *audit,
						     const struct vmdq_ports *ports,
						     const struct vmdq_vif *vif)
{
	const struct vmdq_pool_id *id = &vif->assigned;
	const struct vmdq_port_info *port = vmdq_policy_port(ports, id->port);
	char path[80];

	path_of(path, sizeof(path), vif, VMDQ_XS_ASSIGN);
	if (!port) {
		vmdq_deviates(audit, VMDQ_FAULT_KERNEL, path, "the kernel knows no port %s",
			      id->port);
		return NULL;
	}
	if (id->pool >= port->n_pools) {
		vmdq_deviates(audit, VMDQ_FAULT_RANGE, path, "port %s has pools 1 to %u, not %u",
			      port->name, port->n_pools - 1, id->pool);
		return NULL;
	}
	return vmdq_policy_pool(port, id->pool);
}

/* A vif that has its pool, by xenstore */
static void judge_served(struct vmdq_audit *audit, const struct vmdq_vif *vif,
			 const struct vmdq_pool_info *pool)
{
	char path[80], text[VMDQ_MAC_TEXT_SIZE];
	uint8_t mac[VMDQ_MAC_LEN];

	path_of(path, sizeof(path), vif, VMDQ_XS_STATE);
	if (!pool || !is_held(pool) || strcmp(pool->owner, vif->netdev)) {
		vmdq_deviates(audit, VMDQ_FAULT_KERNEL, path,
			      "it says %s, but by the kernel pool %s/%u %s%s",
			      vmdq_vif_state_name(vif->state), vif->assigned.port,
			      vif->assigned.pool, !pool ? "does not exist" :
			      is_held(pool) ? "is held by " : "is free",
			      pool && is_held(pool) ? pool->owner : "");
		return;
	}
	if (!pool->has_mac || vmdq_parse_mac(vif->mac, mac) ||
	    !memcmp(mac, pool->mac, sizeof(mac)))
		return;
	vmdq_format_mac(pool->mac, text);
	snprintf(path, sizeof(path), VMDQ_XS_BE "/" VMDQ_XS_BE_MAC, vif->domid, vif->handle);
	vmdq_deviates(audit, VMDQ_FAULT_KERNEL, path,
		      "it says %s, but by the kernel pool %s/%u takes %s", vif->mac,
		      vif->assigned.port, vif->assigned.pool, text);
}

/* A pool that somebody holds, by the kernel */
static void judge_pool(struct vmdq_audit *audit, const struct vmdq_port_info *port,
		       const struct vmdq_pool_info *pool)
{
	const struct vmdq_vif *vif = vmdq_policy_owner(audit->vifs, audit->n_vifs, pool->owner);
	char path[80];

	if (!vif) {
		vmdq_deviates(audit, VMDQ_FAULT_KERNEL, VMDQ_XS_VIF_DIR,
			      "by the kernel %s holds pool %s/%u, but there is no such vif of ours",
			      pool->owner, port->name, pool->index);
		return;
	}
	if (vif->state == VMDQ_VIF_DRAINING)
		return;
	path_of(path, sizeof(path), vif, VMDQ_XS_STATE);
	if (!is_served(vif))
		vmdq_deviates(audit, VMDQ_FAULT_KERNEL, path,
			      "it says %s, but by the kernel %s holds pool %s/%u",
			      vmdq_vif_state_name(vif->state), vif->netdev, port->name,
			      pool->index);
	else if (vif->assigned.pool != pool->index || strcmp(vif->assigned.port, port->name))
		vmdq_deviates(audit, VMDQ_FAULT_KERNEL, path,
			      "by the kernel %s holds pool %s/%u, which is not the one that it is assigned",
			      vif->netdev, port->name, pool->index);
}

/**
 * vmdq_audit_kernel() - hold what xenstore says against what the kernel says
 * @audit: filled by vmdq_audit_store() just before
 * @ports: all ports, with their pools
 */
void vmdq_audit_kernel(struct vmdq_audit *audit, const struct vmdq_ports *ports)
{
	const struct vmdq_pool_info *pool;
	size_t i, j;

	for (i = 0; i < audit->n_vifs; i++) {
		const struct vmdq_vif *vif = &audit->vifs[i];

		if (!vif->ours)
			continue;
		pool = vif->assigned.pool ? judge_assignment(audit, ports, vif) : NULL;
		if (vif->assigned.pool && is_served(vif))
			judge_served(audit, vif, pool);
	}
	for (i = 0; i < ports->n; i++)
		for (j = 0; j < ports->port[i].n_pool_infos; j++)
			if (is_held(&ports->port[i].pools[j]))
				judge_pool(audit, &ports->port[i], &ports->port[i].pools[j]);
}
