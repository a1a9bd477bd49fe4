/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What holds for each path in xenstore, by xenstore-schema/schema.json, and
 * whether a node that was found keeps it.  The table is generated.
 */
#ifndef VMDQ_RULE_H
#define VMDQ_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include <xenstore.h>

#include "vmdq_rules.h"

/**
 * struct vmdq_rule - one path and what holds there
 * @path: relative to the backend domain's directory, unless it begins with a
 *	slash; "<domid>", "<handle>", "<queue>", "<port>" and "<pool>" stand for
 *	what differs
 * @section: where it belongs
 * @type: of its value
 * @permission: who may do what
 * @presence: when it must be there
 * @writer: who writes it, for people
 * @words: the values that there are, then NULL; NULL: see @type
 * @min: smallest number; @min and @max are 0 where there is no range
 * @max: largest number
 * @planned: nothing writes it yet
 */
struct vmdq_rule {
	const char *path;
	enum vmdq_xs_section section;
	enum vmdq_xs_type type;
	enum vmdq_xs_permission permission;
	enum vmdq_xs_presence presence;
	const char *writer;
	const char * const *words;
	unsigned int min;
	unsigned int max;
	bool planned;
};

/** enum vmdq_fault - what is wrong with a node, or with how nodes fit together */
enum vmdq_fault {
	VMDQ_FAULT_NONE,
	VMDQ_FAULT_TYPE,	/* the value is not of its type */
	VMDQ_FAULT_RANGE,	/* it is, but there is no such pool, port, number */
	VMDQ_FAULT_OWNER,	/* the node belongs to somebody else */
	VMDQ_FAULT_PERMISSION,	/* others may do more, or less, than they should */
	VMDQ_FAULT_UNKNOWN,	/* nobody should have written it */
	VMDQ_FAULT_MISSING,	/* somebody should have */
	VMDQ_FAULT_GONE,	/* its domain, or its vif, is gone */
	VMDQ_FAULT_KERNEL,	/* the kernel says otherwise */
	VMDQ_FAULT_CONTRADICTION, /* another node says otherwise */
	VMDQ_FAULT_COUNT,
};

/**
 * struct vmdq_place - what stands for the parts of a path that differ
 * @domid: "<domid>"
 * @handle: "<handle>"
 * @queue: "<queue>"
 */
struct vmdq_place {
	unsigned int domid;
	unsigned int handle;
	unsigned int queue;
};

const struct vmdq_rule *vmdq_rule_at(size_t i);
const struct vmdq_rule *vmdq_rule_find(const char *path, struct vmdq_place *place);
bool vmdq_rule_has(const struct vmdq_rule *rule, const char *part);
int vmdq_rule_path(const struct vmdq_rule *rule, const struct vmdq_place *place, char *path,
		   size_t size);

enum vmdq_fault vmdq_rule_judge(const struct vmdq_rule *rule, const char *value, size_t len,
				char *why, size_t size);
enum vmdq_fault vmdq_rule_judge_access(const struct vmdq_rule *rule,
				       const struct xs_permissions *perms, unsigned int n,
				       unsigned int backend, unsigned int guest, char *why,
				       size_t size);

const char *vmdq_fault_name(enum vmdq_fault fault);
void vmdq_quote(const char *value, char *text, size_t size);

#endif /* VMDQ_RULE_H */
