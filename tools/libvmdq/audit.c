// SPDX-License-Identifier: GPL-2.0
/*
 * Holds a live xenstore against its schema.  All of our own tree is walked, so
 * that what nobody should have written is found; of the two directories that a
 * vif has elsewhere, the nodes that we read or write are looked at, as others
 * may put there what they like.
 */
#include "audit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_priv.h"
#include "vmdq_xenstore.h"

#define MAX_QUEUES	64	/* to look at; the backend refuses more than 8 */

/**
 * vmdq_deviates() - note that something is wrong
 * @audit: where
 * @fault: which kind
 * @path: of the node
 * @fmt: what was found and what should be
 */
void vmdq_deviates(struct vmdq_audit *audit, enum vmdq_fault fault, const char *path,
		   const char *fmt, ...)
{
	struct vmdq_deviation *found, *d;
	va_list ap;

	found = realloc(audit->found, (audit->n + 1) * sizeof(*found));
	if (!found) {
		audit->no_memory = true;
		return;
	}
	audit->found = found;
	d = &found[audit->n++];
	d->fault = fault;
	snprintf(d->path, sizeof(d->path), "%s", path);
	va_start(ap, fmt);
	vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
}

/* As schema paths are: absolute, or relative to the backend domain */
static void full_path(const struct vmdq_store *store, const char *path,
		      char full[VMDQ_STORE_PATH_SIZE])
{
	if (*path == '/')
		snprintf(full, VMDQ_STORE_PATH_SIZE, "%s", path);
	else
		vmdq_store_path(store, full, "%s", path);
}

static bool exists(struct vmdq_store *store, const char *path)
{
	char full[VMDQ_STORE_PATH_SIZE], value[4];

	full_path(store, path, full);
	return !vmdq_store_get(store, value, sizeof(value), full);
}

static bool domain_exists(struct vmdq_store *store, unsigned int domid)
{
	char path[VMDQ_STORE_PATH_SIZE];

	snprintf(path, sizeof(path), VMDQ_XS_DOMAIN, domid);
	return exists(store, path);
}

static void judge_access(struct vmdq_store *store, struct vmdq_audit *audit,
			 const struct vmdq_rule *rule, const char *path, unsigned int guest)
{
	char full[VMDQ_STORE_PATH_SIZE], why[160];
	struct xs_permissions *perms;
	enum vmdq_fault fault;
	unsigned int n;

	full_path(store, path, full);
	perms = xs_get_permissions(store->xs, store->t, full, &n);
	if (!perms || !n) {
		free(perms);
		return;		/* it went meanwhile */
	}
	fault = vmdq_rule_judge_access(rule, perms, n, store->domid, guest, why, sizeof(why));
	if (fault)
		vmdq_deviates(audit, fault, path, "%s", why);
	free(perms);
}

/* Looks at one node.  Return: whether it is there. */
static bool judge_node(struct vmdq_store *store, struct vmdq_audit *audit,
		       const struct vmdq_rule *rule, const char *path, unsigned int guest)
{
	char full[VMDQ_STORE_PATH_SIZE], why[256];
	enum vmdq_fault fault;
	unsigned int len;
	char *value;

	full_path(store, path, full);
	value = xs_read(store->xs, store->t, full, &len);
	if (!value)
		return false;
	audit->n_nodes++;
	fault = vmdq_rule_judge(rule, value, len, why, sizeof(why));
	if (fault)
		vmdq_deviates(audit, fault, path, "%s; written by %s", why, rule->writer);
	free(value);
	judge_access(store, audit, rule, path, guest);

	return true;
}

/* Is what a path of our tree is about still there? */
static bool is_alive(struct vmdq_store *store, struct vmdq_audit *audit,
		     const struct vmdq_rule *rule, const struct vmdq_place *place,
		     const char *path)
{
	char vif[VMDQ_STORE_PATH_SIZE];

	if (!vmdq_rule_has(rule, "<domid>"))
		return true;
	if (!domain_exists(store, place->domid)) {
		vmdq_deviates(audit, VMDQ_FAULT_GONE, path,
			      "domain %u is gone; vmdqd removes what it left, else 'xenstore-rm %s'",
			      place->domid, path);
		return false;
	}
	if (!vmdq_rule_has(rule, "<handle>"))
		return true;
	snprintf(vif, sizeof(vif), VMDQ_XS_BE, place->domid, place->handle);
	if (exists(store, vif))
		return true;
	vmdq_deviates(audit, VMDQ_FAULT_GONE, path,
		      "domain %u has no vif %u; vmdqd removes what it left, else 'xenstore-rm %s'",
		      place->domid, place->handle, path);

	return false;
}

static void walk(struct vmdq_store *store, struct vmdq_audit *audit, const char *path);

static void walk_below(struct vmdq_store *store, struct vmdq_audit *audit, const char *path)
{
	char full[VMDQ_STORE_PATH_SIZE], child[VMDQ_STORE_PATH_SIZE];
	unsigned int i, n = 0;
	char **names;

	full_path(store, path, full);
	names = xs_directory(store->xs, store->t, full, &n);
	for (i = 0; names && i < n; i++)
		if (snprintf(child, sizeof(child), "%s/%s", path, names[i]) < (int)sizeof(child))
			walk(store, audit, child);
		else
			vmdq_deviates(audit, VMDQ_FAULT_UNKNOWN, path,
				      "a node in it has a longer name than any should");
	free(names);
}

/* One node of our tree, and all below it; no deeper than the rules go */
static void walk(struct vmdq_store *store, struct vmdq_audit *audit, const char *path)
{
	struct vmdq_place place = { .domid = store->domid };
	const struct vmdq_rule *rule = vmdq_rule_find(path, &place);

	if (!rule || rule->planned) {
		audit->n_nodes++;
		vmdq_deviates(audit, VMDQ_FAULT_UNKNOWN, path, "%s",
			      rule ? "nothing writes it yet: the name is reserved" :
				     "nobody should have written it: no node is called so");
		return;
	}
	if (!is_alive(store, audit, rule, &place, path)) {
		audit->n_nodes++;
		return;
	}
	/* Where our own tree is about a guest, that must not see it */
	if (judge_node(store, audit, rule, path, place.domid) &&
	    rule->type == VMDQ_XS_TYPE_DIRECTORY)
		walk_below(store, audit, path);
}

/**
 * struct looking - a vif that is looked at
 * @vif: the vif
 * @device: what xl and the guest have written
 * @frontend: the guest's directory is there
 */
struct looking {
	const struct vmdq_vif *vif;
	struct vmdq_device device;
	bool frontend;
};

static bool must_be_there(const struct looking *at, const struct vmdq_rule *rule)
{
	bool set_up = !strcmp(at->device.hotplug_status, "connected");

	if (rule->planned || (rule->section == VMDQ_XS_SECTION_FRONTEND && !at->frontend))
		return false;
	switch (rule->presence) {
	case VMDQ_XS_PRESENCE_ALWAYS:
		return true;
	case VMDQ_XS_PRESENCE_OURS:
		return set_up;
	case VMDQ_XS_PRESENCE_SERVED:
		return set_up && at->vif->connected;
	default:
		return false;
	}
}

/* What the guest writes is looked at outside of the transaction, or a guest that
 * keeps writing would keep us from ever ending one
 */
static bool judge_guests_node(struct vmdq_store *store, struct vmdq_audit *audit,
			      const struct vmdq_rule *rule, const char *path, unsigned int guest)
{
	const xs_transaction_t t = store->t;
	bool there;

	store->t = XBT_NULL;
	there = judge_node(store, audit, rule, path, guest);
	store->t = t;

	return there;
}

static void read_ends(struct vmdq_store *store, struct looking *at)
{
	const xs_transaction_t t = store->t;
	char path[VMDQ_STORE_PATH_SIZE];

	snprintf(path, sizeof(path), VMDQ_XS_FE, at->vif->domid, at->vif->handle);
	store->t = XBT_NULL;
	vmdq_store_read_device(store, at->vif, &at->device);
	at->frontend = exists(store, path);
	store->t = t;
}

/* One node of a vif.  What is in our own tree the walk has judged. */
static void look_at_node(struct vmdq_store *store, struct vmdq_audit *audit,
			 const struct looking *at, const struct vmdq_rule *rule,
			 const struct vmdq_place *place)
{
	char path[VMDQ_STORE_PATH_SIZE];
	bool there;

	if (vmdq_rule_path(rule, place, path, sizeof(path)))
		return;
	if (rule->section == VMDQ_XS_SECTION_VMDQ)
		there = exists(store, path);
	else if (rule->section == VMDQ_XS_SECTION_FRONTEND)
		there = judge_guests_node(store, audit, rule, path, place->domid);
	else
		there = judge_node(store, audit, rule, path, place->domid);
	if (!there && must_be_there(at, rule))
		vmdq_deviates(audit, VMDQ_FAULT_MISSING, path, "it is missing; written by %s",
			      rule->writer);
}

static void look_at_vif(struct vmdq_store *store, struct vmdq_audit *audit,
			const struct vmdq_vif *vif)
{
	struct vmdq_place place = { vif->domid, vif->handle, 0 };
	char path[VMDQ_STORE_PATH_SIZE];
	struct looking at = { .vif = vif };
	const struct vmdq_rule *rule;
	unsigned int queues;
	size_t i;

	if (!domain_exists(store, vif->domid)) {
		snprintf(path, sizeof(path), VMDQ_XS_BE, vif->domid, vif->handle);
		vmdq_deviates(audit, VMDQ_FAULT_GONE, path,
			      "domain %u is gone, but xl has not removed its vif", vif->domid);
		return;
	}
	read_ends(store, &at);
	queues = at.device.n_queues < MAX_QUEUES ? at.device.n_queues : MAX_QUEUES;
	for (i = 0; (rule = vmdq_rule_at(i)); i++) {
		if (!vmdq_rule_has(rule, "<handle>"))
			continue;
		place.queue = 0;
		do {
			look_at_node(store, audit, &at, rule, &place);
		} while (vmdq_rule_has(rule, "<queue>") && ++place.queue < queues);
	}
}

/* What the nodes of one vif, or of two, or of a port, say of the same thing */
static void compare(struct vmdq_store *store, struct vmdq_audit *audit, size_t i)
{
	const struct vmdq_vif *vif = &audit->vifs[i];
	char path[VMDQ_STORE_PATH_SIZE];
	size_t j;

	snprintf(path, sizeof(path), VMDQ_XS_VIF "/" VMDQ_XS_STATE, vif->domid, vif->handle);
	if (!vif->assigned.pool && (vif->state == VMDQ_VIF_COPY || vif->state == VMDQ_VIF_GRANT))
		vmdq_deviates(audit, VMDQ_FAULT_CONTRADICTION, path,
			      "it says %s, but no pool is assigned",
			      vmdq_vif_state_name(vif->state));
	if (vif->state == VMDQ_VIF_ERROR && !vif->error[0])
		vmdq_deviates(audit, VMDQ_FAULT_CONTRADICTION, path,
			      "it says %s, but %s does not say why", VMDQ_XS_STATE_ERROR,
			      VMDQ_XS_ERROR);
	snprintf(path, sizeof(path), VMDQ_XS_VIF "/" VMDQ_XS_ASSIGN, vif->domid, vif->handle);
	if (vif->assigned.pool && vmdq_store_drained(store, vif->assigned.port))
		vmdq_deviates(audit, VMDQ_FAULT_CONTRADICTION, path,
			      "pool %s/%u is assigned, but that port is being drained",
			      vif->assigned.port, vif->assigned.pool);
	for (j = 0; j < i; j++)
		if (vif->assigned.pool && audit->vifs[j].ours &&
		    vmdq_policy_same(&audit->vifs[j].assigned, &vif->assigned))
			vmdq_deviates(audit, VMDQ_FAULT_CONTRADICTION, path,
				      "pool %s/%u is assigned to %s, too", vif->assigned.port,
				      vif->assigned.pool, audit->vifs[j].netdev);
}

static int look(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct vmdq_audit *audit = ctx;
	size_t i;

	vmdq_audit_free(audit);
	if (vmdq_store_list_vifs(store, &audit->vifs, &audit->n_vifs, err))
		return -1;
	if (exists(store, VMDQ_XS_ROOT))
		walk(store, audit, VMDQ_XS_ROOT);
	for (i = 0; i < audit->n_vifs; i++) {
		if (!audit->vifs[i].ours)
			continue;
		look_at_vif(store, audit, &audit->vifs[i]);
		compare(store, audit, i);
	}
	return audit->no_memory ? vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory") : 0;
}

/**
 * vmdq_audit_store() - hold xenstore against its schema
 * @store: connection
 * @audit: result; release it with vmdq_audit_free()
 * @err: why not
 *
 * In one transaction, so that what is seen was so at one moment.  Where others
 * write faster than we can read, it is seen as well as it can be without one.
 */
int vmdq_audit_store(struct vmdq_store *store, struct vmdq_audit *audit, struct vmdq_err *err)
{
	memset(audit, 0, sizeof(*audit));
	if (!vmdq_store_transaction(store, look, audit, err))
		return 0;
	memset(err, 0, sizeof(*err));

	return look(store, audit, err);
}

/**
 * vmdq_audit_may_pass() - might what was found be right in a moment?
 * @audit: what was found
 *
 * Things that happen one after the other look wrong in between: the kernel has
 * the pool and has not said so yet, a domain has gone and its vif not yet.
 */
bool vmdq_audit_may_pass(const struct vmdq_audit *audit)
{
	size_t i;

	for (i = 0; i < audit->n; i++)
		switch (audit->found[i].fault) {
		case VMDQ_FAULT_MISSING:
		case VMDQ_FAULT_GONE:
		case VMDQ_FAULT_KERNEL:
		case VMDQ_FAULT_CONTRADICTION:
			return true;
		default:
			break;
		}
	return false;
}

/** vmdq_audit_free() - forget what was found */
void vmdq_audit_free(struct vmdq_audit *audit)
{
	free(audit->found);
	free(audit->vifs);
	memset(audit, 0, sizeof(*audit));
}
