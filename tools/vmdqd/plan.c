// SPDX-License-Identifier: GPL-2.0
/*
 * Who shall have which pool: vifs and pools are matched, the best vif first.
 * A vif that is placed is never dropped for one that ranks lower, but may be
 * shifted to another pool to make room (augmenting paths); that way the vifs
 * that are served are the best that can be served together.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan_priv.h"

static const struct plan_port *port_of(const struct match *m, const struct slot *slot)
{
	return &m->in->ports[slot->port];
}

/* Down for so long that it does not count as there */
static bool is_dead(const struct plan_port *port)
{
	return !port->up && port->down_ms >= PLAN_PORT_GRACE_MS;
}

/* May this vif ever use this slot? */
static bool suits(const struct plan_vif *vif, const struct slot *slot)
{
	return vif->ports & 1ull << slot->port && (!vif->fixed || vif->fixed == slot->pool);
}

/* Can the vif have the slot, or keep it? */
static bool can_have(const struct match *m, size_t v, const struct slot *slot)
{
	const struct plan_port *port = port_of(m, slot);
	const struct plan_vif *vif = &m->in->vifs[v];

	if (port->drain)
		return false;
	if (m->place[v].now != NO_SLOT && slot == &m->slot[m->place[v].now])
		return !is_dead(port) && (vif->class == PLAN_IDLE || suits(vif, slot));
	if (vif->class == PLAN_IDLE || !port->up || !suits(vif, slot))
		return false;
	/* first it has to be given back by whoever holds it without an assignment */
	return !(port->taken & 1ull << slot->pool);
}

static int compare(const struct match *m, size_t a, size_t b)
{
	const struct plan_vif *x = &m->in->vifs[a], *y = &m->in->vifs[b];
	bool x_served = m->place[a].served, y_served = m->place[b].served;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	/* a domain that was started on the condition of having a pool keeps it */
	if (x->class == PLAN_REQUIRED && x_served != y_served)
		return x_served ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x_served != y_served)
		return x_served ? -1 : 1;
	if (x->low != y->low)
		return x->low > y->low ? -1 : 1;
	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	return x->handle < y->handle ? -1 : x->handle > y->handle;
}

/* By insertion: few vifs, mostly in order, and no comparison with a context in libc */
static void rank(struct match *m)
{
	size_t i, j;

	for (i = 0; i < m->in->n_vifs; i++) {
		for (j = i; j && compare(m, i, m->order[j - 1]) < 0; j--)
			m->order[j] = m->order[j - 1];
		m->order[j] = i;
	}
	for (i = 0; i < m->in->n_vifs; i++)
		m->place[m->order[i]].rank = i;
}

/* The slot of a pool; NO_SLOT if there is no such pool */
static size_t find_slot(const struct match *m, size_t port, unsigned int pool)
{
	size_t i;

	for (i = 0; i < m->n_slots; i++)
		if (m->slot[i].port == port && m->slot[i].pool == pool)
			return i;
	return NO_SLOT;
}

/* Who has what now.  Of two that are assigned one pool, it is the better one's. */
static void find_owners(struct match *m)
{
	const struct plan_vif *vif;
	size_t i, v, s;

	for (i = 0; i < m->in->n_vifs; i++) {
		v = m->order[i];
		vif = &m->in->vifs[v];
		m->place[v].now = NO_SLOT;
		m->place[v].then = NO_SLOT;
		s = vif->has ? find_slot(m, vif->port, vif->pool) : NO_SLOT;
		if (s == NO_SLOT || m->slot[s].owner != PLAN_NOBODY)
			continue;
		m->slot[s].owner = v;
		m->place[v].now = s;
		m->place[v].served = can_have(m, v, &m->slot[s]);
	}
}

static void put(struct match *m, size_t v, size_t s)
{
	m->slot[s].placed = v;
	m->place[v].then = s;
}

/*
 * Of the slots that nobody has been placed at: one that is free now, of the
 * first port that has one; else the one of the vif that ranks lowest.
 */
static size_t find_open(const struct match *m, size_t v)
{
	size_t s, best = NO_SLOT;

	for (s = 0; s < m->n_slots; s++) {
		const struct slot *slot = &m->slot[s];

		if (slot->placed != PLAN_NOBODY || !can_have(m, v, slot))
			continue;
		if (slot->owner == PLAN_NOBODY || slot->owner == v)
			return s;
		if (best == NO_SLOT ||
		    m->place[slot->owner].rank > m->place[m->slot[best].owner].rank)
			best = s;
	}

	return best;
}

/* Places a vif, shifting others if need be.  Return: whether there was a way. */
static bool augment(struct match *m, size_t v)
{
	size_t s = find_open(m, v);

	if (s != NO_SLOT) {
		put(m, v, s);
		return true;
	}
	for (s = 0; s < m->n_slots; s++) {
		struct slot *slot = &m->slot[s];

		if (slot->seen == m->search || slot->placed == PLAN_NOBODY ||
		    !can_have(m, v, slot))
			continue;
		slot->seen = m->search;
		if (augment(m, slot->placed)) {
			put(m, v, s);
			return true;
		}
	}

	return false;
}

static bool place(struct match *m, size_t v)
{
	size_t s = m->place[v].now;

	if (s != NO_SLOT && m->slot[s].placed == PLAN_NOBODY && can_have(m, v, &m->slot[s])) {
		put(m, v, s);
		return true;
	}
	m->search++;

	return augment(m, v);
}

/* Is @busy so much busier than @quiet, and were both observed long enough to say so? */
static bool outweighs(const struct plan_vif *busy, const struct plan_vif *quiet)
{
	return quiet->high <= (UINT64_MAX - PLAN_BUSY) / PLAN_RATIO &&
	       busy->low > quiet->high * PLAN_RATIO + PLAN_BUSY;
}

/* Among the vifs that the busy one outweighs, the quietest that is louder than @after */
static size_t next_victim(const struct match *m, size_t busy, size_t after)
{
	const struct plan_vif *vifs = m->in->vifs, *x;
	size_t v, best = PLAN_NOBODY;

	for (v = 0; v < m->in->n_vifs; v++) {
		x = &vifs[v];
		if (x->class != PLAN_AUTO || x->priority != vifs[busy].priority ||
		    m->place[v].then == NO_SLOT || m->place[v].then != m->place[v].now ||
		    !outweighs(&vifs[busy], x))
			continue;
		if (after != PLAN_NOBODY &&
		    (x->high < vifs[after].high || (x->high == vifs[after].high && v <= after)))
			continue;
		if (best == PLAN_NOBODY || x->high < vifs[best].high)
			best = v;
	}

	return best;
}

/* The vif gets the pool of the quietest that it can have, in one step with that one's loss */
static bool displace(struct match *m, size_t busy)
{
	size_t v, s;

	for (v = next_victim(m, busy, PLAN_NOBODY); v != PLAN_NOBODY;
	     v = next_victim(m, busy, v)) {
		s = m->place[v].then;
		if (!can_have(m, busy, &m->slot[s]))
			continue;
		m->place[v].then = NO_SLOT;
		put(m, busy, s);
		m->place[busy].why = PLAN_LOAD;
		return true;
	}

	return false;
}

/* One at a time: the next plan is made when this one has been carried out */
static void weigh_loads(struct match *m)
{
	const struct plan_vif *vifs = m->in->vifs;
	size_t i, v;

	for (i = 0; i < m->in->n_vifs; i++) {
		v = m->order[i];
		if (vifs[v].class == PLAN_AUTO && m->place[v].then == NO_SLOT && displace(m, v))
			return;
	}
}

/* A pool of a port that is down or away serves nobody, but the backend takes it by
 * itself when the port is back: who has found nothing better stays there.
 */
static void stay_with_dead_ports(struct match *m)
{
	size_t i, v, s;

	for (i = 0; i < m->in->n_vifs; i++) {
		v = m->order[i];
		s = m->place[v].now;
		if (m->place[v].then != NO_SLOT || s == NO_SLOT ||
		    m->slot[s].placed != PLAN_NOBODY || port_of(m, &m->slot[s])->drain)
			continue;
		if (m->in->vifs[v].class == PLAN_IDLE || suits(&m->in->vifs[v], &m->slot[s]))
			put(m, v, s);
	}
}

static int match_init(struct match *m, const struct plan_input *in)
{
	unsigned int pool;
	size_t p, n = 0;

	memset(m, 0, sizeof(*m));
	m->in = in;
	for (p = 0; p < in->n_ports; p++)
		n += in->ports[p].n_pools;
	m->slot = calloc(n + 1, sizeof(*m->slot));
	m->place = calloc(in->n_vifs + 1, sizeof(*m->place));
	m->order = calloc(in->n_vifs + 1, sizeof(*m->order));
	if (!m->slot || !m->place || !m->order)
		return -1;
	for (p = 0; p < in->n_ports; p++)
		for (pool = 1; pool < in->ports[p].n_pools; pool++)
			m->slot[m->n_slots++] = (struct slot){
				.port = p,
				.pool = pool,
				.owner = PLAN_NOBODY,
				.placed = PLAN_NOBODY,
			};

	return 0;
}

static void match_free(struct match *m)
{
	free(m->slot);
	free(m->place);
	free(m->order);
}

/**
 * plan_make() - what has to be done
 * @in: how things are
 * @plan: result; release with plan_free()
 *
 * Return: 0, or -1 without memory.
 */
int plan_make(const struct plan_input *in, struct plan *plan)
{
	struct match m;
	size_t i, v;
	int rc = -1;

	memset(plan, 0, sizeof(*plan));
	if (!match_init(&m, in)) {
		rank(&m);
		find_owners(&m);
		rank(&m);
		for (i = 0; i < in->n_vifs; i++)
			place(&m, m.order[i]);
		weigh_loads(&m);
		for (v = 0; v < in->n_vifs; v++)
			plan->waiting += in->vifs[v].class != PLAN_IDLE &&
					 m.place[v].then == NO_SLOT;
		stay_with_dead_ports(&m);
		rc = plan_steps(&m, plan);
	}
	match_free(&m);

	return rc;
}

/** plan_free() - release a plan */
void plan_free(struct plan *plan)
{
	free(plan->step);
	memset(plan, 0, sizeof(*plan));
}
