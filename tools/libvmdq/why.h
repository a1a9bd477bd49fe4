/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why a vif is served as it is: the first question that anybody asks about a
 * guest with no pool.  Pure: judges what others have read.
 */
#ifndef VMDQ_WHY_H
#define VMDQ_WHY_H

#include "error.h"
#include "model.h"

/**
 * struct vmdq_facts - all that the answer depends on
 * @vif: what xenstore says of it
 * @device: its two ends
 * @driver: the backend whose driver has it
 * @link: its interface; valid with @has_link
 * @has_link: it has one
 * @ports: ports and pools; empty without the module vmdq
 * @dom0_pv: grants can be mapped for a device alone
 * @pick: for a vif without an assignment: whether it could have a pool now, and if
 *	not, why; VMDQ_S_OK: it could
 * @would: where it could: that pool
 * @coordinated: vmdqd runs
 */
struct vmdq_facts {
	struct vmdq_vif vif;
	struct vmdq_device device;
	enum vmdq_backend driver;
	struct vmdq_link link;
	bool has_link;
	struct vmdq_ports ports;
	bool dom0_pv;
	struct vmdq_err pick;
	struct vmdq_pool_id would;
	bool coordinated;
};

/**
 * struct vmdq_verdict - the answer
 * @code: one word, the same for ever: for programs
 * @less: the vif has less than it might have
 * @reason: for people
 * @help: what a person can do about it; empty: nothing
 */
struct vmdq_verdict {
	const char *code;
	bool less;
	char reason[512];
	char help[256];
};

void vmdq_why(const struct vmdq_facts *facts, struct vmdq_verdict *verdict);

#endif /* VMDQ_WHY_H */
