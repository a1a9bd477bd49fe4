/* SPDX-License-Identifier: GPL-2.0 */
/* What is wrong in a live xenstore, by the rules of rule.h and by what the kernel says. */
#ifndef VMDQ_AUDIT_H
#define VMDQ_AUDIT_H

#include "model.h"
#include "rule.h"
#include "store.h"

/**
 * struct vmdq_deviation - one thing that is wrong
 * @fault: which kind
 * @path: the node; relative to the backend domain's directory, or absolute
 * @text: what was found and what should be
 */
struct vmdq_deviation {
	enum vmdq_fault fault;
	char path[160];
	char text[320];
};

/**
 * struct vmdq_audit - what was found
 * @found: the deviations, @n of them
 * @n: see there
 * @n_nodes: how many nodes were looked at
 * @vifs: all of the backend domain, @n_vifs of them, whosever they are
 * @n_vifs: see there
 * @no_memory: some deviations are missing
 */
struct vmdq_audit {
	struct vmdq_deviation *found;
	size_t n;
	size_t n_nodes;
	struct vmdq_vif *vifs;
	size_t n_vifs;
	bool no_memory;
};

int vmdq_audit_store(struct vmdq_store *store, struct vmdq_audit *audit, struct vmdq_err *err);
void vmdq_audit_kernel(struct vmdq_audit *audit, const struct vmdq_ports *ports);
bool vmdq_audit_may_pass(const struct vmdq_audit *audit);
void vmdq_audit_free(struct vmdq_audit *audit);

void vmdq_deviates(struct vmdq_audit *audit, enum vmdq_fault fault, const char *path,
		   const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif /* VMDQ_AUDIT_H */
