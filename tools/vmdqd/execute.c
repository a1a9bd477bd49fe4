// SPDX-License-Identifier: GPL-2.0
/*
 * Do what was planned, each step in a transaction that first sees whether everything
 * is still as it was when the plan was made.  So a step is done or not done, whoever
 * is killed when, and a script or a person that was quicker is in the right.
 */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "parse.h"
#include "policy.h"
#include "vmdqd.h"

/**
 * struct work - what is done in one transaction
 * @c: the coordinator
 * @step: the first step
 * @n: how many
 * @assigned: of each of @c's vifs, as the transaction goes on
 * @outdated: something is not as it was when the plan was made
 */
struct work {
	struct coordinator *c;
	const struct plan_step *step;
	size_t n;
	struct vmdq_pool_id *assigned;
	bool outdated;
};

/* Is the vif as it was seen, and as this transaction has left it? */
static bool is_as_seen(struct vmdq_store *store, const struct vmdq_vif *seen,
		       const struct vmdq_pool_id *assigned)
{
	struct vmdq_vif now;

	vmdq_store_read_vif(store, seen->domid, seen->handle, &now);
	return now.backend && now.ours == seen->ours && now.asked == seen->asked &&
	       now.request.mode == seen->request.mode && now.request.level == seen->request.level &&
	       now.request.priority == seen->request.priority &&
	       vmdq_policy_same(&now.request.pool, &seen->request.pool) &&
	       now.hold.set == seen->hold.set && vmdq_policy_same(&now.hold.id, &seen->hold.id) &&
	       vmdq_policy_same(&now.assigned, assigned);
}

static int outdated(struct work *w, struct vmdq_err *err, const struct vmdq_vif *vif)
{
	w->outdated = true;
	return vmdq_fail(err, VMDQ_S_SYSTEM, "%s: something changed meanwhile", vif->netdev);
}

/* Whoever else has come by the pool */
static int check_claims(struct vmdq_store *store, struct work *w, const struct vmdq_pool_id *id,
			const struct vmdq_vif *vif, const struct vmdq_vif *from,
			struct vmdq_err *err)
{
	struct vmdq_claim *claims;
	int rc = 0;
	size_t i, n;

	if (vmdq_store_list_claims(store, &claims, &n, err))
		return -1;
	for (i = 0; i < n && !rc; i++)
		if (vmdq_policy_same(&claims[i].id, id) && strcmp(claims[i].vif, vif->netdev) &&
		    (!from || strcmp(claims[i].vif, from->netdev)))
			rc = outdated(w, err, vif);
	free(claims);

	return rc;
}

static struct vmdq_pool_id target_of(const struct coordinator *c, const struct plan_step *s)
{
	struct vmdq_pool_id id = { .pool = 0 };

	if (s->assign) {
		strcpy(id.port, c->plan_ports[s->port].name);
		id.pool = s->pool;
	}

	return id;
}

static int do_step(struct vmdq_store *store, struct work *w, const struct plan_step *s,
		   struct vmdq_err *err)
{
	size_t v = w->c->index[s->vif], f = 0;
	const struct vmdq_vif *vif = &w->c->vifs[v], *from = NULL;
	const struct vmdq_pool_id id = target_of(w->c, s), had = w->assigned[v];
	const struct vmdq_pool_id none = { .pool = 0 };

	if (!is_as_seen(store, vif, &w->assigned[v]))
		return outdated(w, err, vif);
	if (s->from != PLAN_NOBODY) {
		f = w->c->index[s->from];
		from = &w->c->vifs[f];
		if (!is_as_seen(store, from, &w->assigned[f]))
			return outdated(w, err, from);
	}
	if (s->assign) {
		if (vmdq_store_drained(store, id.port))
			return outdated(w, err, vif);
		if (check_claims(store, w, &id, vif, from, err))
			return -1;
	}
	if (from) {
		w->assigned[f] = s->swap ? had : none;
		if (vmdq_store_assign(store, from, &w->assigned[f], err))
			return -1;
	}
	w->assigned[v] = id;

	return vmdq_store_assign(store, vif, &id, err);
}

/* The transaction, each time from the start */
static int do_work(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct work *w = ctx;
	size_t i;

	w->outdated = false;
	for (i = 0; i < w->c->n_vifs; i++)
		w->assigned[i] = w->c->vifs[i].assigned;
	for (i = 0; i < w->n; i++)
		if (do_step(store, w, &w->step[i], err))
			return -1;
	return 0;
}

static void report(const struct coordinator *c, const struct plan_step *s)
{
	static const char * const reasons[] = {
		[PLAN_FREE] = "it was free",
		[PLAN_RANK] = "it ranks higher",
		[PLAN_LOAD] = "it is busier",
		[PLAN_MOVE] = "to make room, or as the other port is not there",
		[PLAN_DRAIN] = "the port is being drained",
		[PLAN_UNFIT] = "it was not for it",
	};
	const struct vmdq_vif *vif = &c->vifs[c->index[s->vif]], *from;

	if (!s->assign) {
		say(LOG_INFO, "%s (domain %s): pool %u of port %s taken back: %s", vif->netdev,
		    vif->domain, vif->assigned.pool, vif->assigned.port, reasons[s->why]);
		return;
	}
	from = s->from == PLAN_NOBODY ? NULL : &c->vifs[c->index[s->from]];
	say(LOG_INFO, "%s (domain %s): assigned pool %u of port %s%s%s: %s", vif->netdev,
	    vif->domain, s->pool, c->plan_ports[s->port].name, from ? ", which had been of " : "",
	    from ? from->netdev : "", reasons[s->why]);
}

/* The steps that go into one transaction.  Return: 0 done, 1 outdated, -1 failed. */
static int do_together(struct coordinator *c, const struct plan_step *step, size_t n,
		       struct vmdq_err *err)
{
	struct work w = { .c = c, .step = step, .n = n };
	size_t i;
	int rc;

	w.assigned = calloc(c->n_vifs + 1, sizeof(*w.assigned));
	if (!w.assigned)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	rc = vmdq_store_transaction(&c->store, do_work, &w, err);
	if (!rc) {
		for (i = 0; i < n; i++)
			report(c, &step[i]);
		for (i = 0; i < c->n_vifs; i++)
			c->vifs[i].assigned = w.assigned[i];
		c->done += n;
	}
	free(w.assigned);

	return rc && w.outdated ? 1 : rc;
}

/**
 * execute() - do what was planned
 * @c: the coordinator, as it was when the plan was made
 * @plan: the plan
 * @err: the last failure; its status is VMDQ_S_OK if there was none.  That
 *	something has changed meanwhile is no failure.
 *
 * A step that cannot be done does not keep the others from being done.
 *
 * Return: how many transactions were made, or found to be outdated: the next look
 * will show something else.
 */
size_t execute(struct coordinator *c, const struct plan *plan, struct vmdq_err *err)
{
	size_t i, n, progress = 0;
	struct vmdq_err failure;
	int rc;

	memset(err, 0, sizeof(*err));
	for (i = 0; i < plan->n; i += n) {
		for (n = 1; i + n < plan->n && plan->step[i + n].joined; n++)
			;
		rc = do_together(c, &plan->step[i], n, &failure);
		if (rc < 0)
			*err = failure;
		else
			progress++;
	}

	return progress;
}

struct remains {
	const struct vmdq_vif *vif;
	bool removed;
};

/* Nobody has come back under that number meanwhile */
static int remove_stale(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct remains *of = ctx;

	of->removed = vmdq_store_is_gone(store, of->vif->domid, of->vif->handle);
	if (!of->removed)
		return 0;
	return vmdq_store_remove_vif(store, of->vif->domid, of->vif->handle, err);
}

/**
 * forget_stale() - remove what vifs have left that are gone
 * @c: the coordinator, after a look
 * @now: milliseconds
 * @err: why that is not possible
 */
int forget_stale(struct coordinator *c, long long now, struct vmdq_err *err)
{
	const struct known_vif *k;
	struct remains of;
	size_t i;

	for (i = 0; i < c->n_stale; i++) {
		of.vif = &c->stale[i];
		k = know_vif(c, of.vif->domid, of.vif->handle);
		if (!k || !k->stale_since || now - k->stale_since < STALE_GRACE_MS)
			continue;
		if (vmdq_store_transaction(&c->store, remove_stale, &of, err))
			return -1;
		if (of.removed && k->handle == VMDQ_NO_HANDLE)
			say(LOG_INFO, "domain %u is gone: removed what was left of it in xenstore",
			    k->domid);
		else if (of.removed)
			say(LOG_INFO, "vif%u.%u is gone: removed what was left of it in xenstore",
			    k->domid, k->handle);
	}

	return 0;
}
