/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which pool for which vif, and whether a vif has arrived where it was sent.
 * Pure: judges what netlink.c and store.c read.
 */
#ifndef VMDQ_POLICY_H
#define VMDQ_POLICY_H

#include "error.h"
#include "model.h"

/**
 * struct vmdq_claim - a pool that a vif has been assigned in xenstore
 * @id: the pool
 * @vif: the vif's network interface
 *
 * A claim holds whether or not the backend has taken the pool yet: a guest
 * that has not booted has a claim only.
 */
struct vmdq_claim {
	struct vmdq_pool_id id;
	char vif[IFNAMSIZ];
};

/**
 * struct vmdq_want - what vmdq_policy_choose() looks for
 * @vif: the vif's network interface
 * @ports: names of ports it may use, best first
 * @n_ports: how many
 * @pool: the number that it must be; 0 for any
 * @now: what it has been assigned so far, kept when it fits; empty: nothing
 */
struct vmdq_want {
	const char *vif;
	const char * const *ports;
	size_t n_ports;
	unsigned int pool;
	struct vmdq_pool_id now;
};

/** enum vmdq_progress - what vmdq_policy_progress() found */
enum vmdq_progress {
	VMDQ_PENDING,		/* the backend is still at it */
	VMDQ_DONE,		/* served as asked */
	VMDQ_REFUSED,		/* it cannot be, and the vif's error says why */
};

const struct vmdq_port_info *vmdq_policy_port(const struct vmdq_ports *ports, const char *name);
const struct vmdq_pool_info *vmdq_policy_pool(const struct vmdq_port_info *port,
					      unsigned int index);
const struct vmdq_vif *vmdq_policy_owner(const struct vmdq_vif *vifs, size_t n,
					 const char *netdev);
bool vmdq_policy_same(const struct vmdq_pool_id *a, const struct vmdq_pool_id *b);
int vmdq_policy_choose(const struct vmdq_ports *ports, const struct vmdq_claim *claims,
		       size_t n_claims, const struct vmdq_want *want, struct vmdq_pool_id *id,
		       struct vmdq_err *err);
enum vmdq_progress vmdq_policy_progress(const struct vmdq_vif *vif);

#endif /* VMDQ_POLICY_H */
