// SPDX-License-Identifier: GPL-2.0
#include "rates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "policy.h"
#include "ratios.h"

#define NS_PER_S	1e9
#define COUNTER_SIZE	33	/* as struct vmdq_counter has it */

/**
 * struct top_counted - counters of one thing, at two moments
 * @now: at the later one
 * @before: at the earlier one; NULL: not known, or it began anew since
 * @seconds: between them; 0: what is wanted is how many there are, not a rate
 */
struct top_counted {
	const struct vmdq_counters *now;
	const struct vmdq_counters *before;
	double seconds;
};

/* The counters of the port's interface that tell of one pool */
static const char * const pool_counters[] = {
	"hw_rx_dropped", "tx_frames", "tx_bytes", "tx_dropped",
};

#define N_POOL_COUNTERS	(sizeof(pool_counters) / sizeof(pool_counters[0]))

static const struct vmdq_counter *of_pool(const struct vmdq_counters *counters, unsigned int pool,
					  const char *name)
{
	char full[COUNTER_SIZE];

	snprintf(full, sizeof(full), "pool%u_%s", pool, name);

	return vmdq_counter(counters, full);
}

/* How much a counter has grown a second, or how much it is; NAN: not known */
static double grown(const struct vmdq_counter *now, const struct vmdq_counter *before,
		    double seconds)
{
	if (!now)
		return NAN;
	if (!(seconds > 0))
		return (double)now->value;
	if (!before)
		return NAN;
	return (double)(now->value - before->value) / seconds;
}

static double value(const struct top_counted *c, const char *name)
{
	return grown(vmdq_counter(c->now, name),
		     c->before ? vmdq_counter(c->before, name) : NULL, c->seconds);
}

static double pool_value(const struct top_counted *c, unsigned int pool, const char *name)
{
	return grown(of_pool(c->now, pool, name),
		     c->before ? of_pool(c->before, pool, name) : NULL, c->seconds);
}

/* Whether one of the counters is less than it was: then they all began anew */
static bool restarted(const struct vmdq_counters *now, const struct vmdq_counters *before)
{
	const struct vmdq_counter *c;
	size_t i;

	for (i = 0; i < now->n; i++) {
		c = vmdq_counter(before, now->counter[i].name);
		if (c && c->value > now->counter[i].value)
			return true;
	}

	return false;
}

static bool pool_restarted(const struct vmdq_counters *now, const struct vmdq_counters *before,
			   unsigned int pool)
{
	const struct vmdq_counter *a, *b;
	size_t i;

	for (i = 0; i < N_POOL_COUNTERS; i++) {
		a = of_pool(now, pool, pool_counters[i]);
		b = of_pool(before, pool, pool_counters[i]);
		if (a && b && b->value > a->value)
			return true;
	}

	return false;
}

/* @place: that of its port, unless NULL */
static const struct vmdq_pool_info *find_pool(const struct top_snapshot *s, const char *name,
					      unsigned int pool, size_t *place)
{
	const struct vmdq_port_info *port = vmdq_policy_port(&s->inv.ports, name);

	if (port && place)
		*place = (size_t)(port - s->inv.ports.port);
	return port ? vmdq_policy_pool(port, pool) : NULL;
}

static double seconds_between(const struct top_snapshot *now, const struct top_snapshot *before)
{
	return before && now->ns > before->ns ? (double)(now->ns - before->ns) / NS_PER_S : 0;
}

/* The counters of vif @i, and those of the same vif before */
static struct top_counted vif_counted(const struct top_snapshot *now,
				      const struct top_snapshot *before, bool totals, size_t i)
{
	const struct vmdq_vif *v = &now->inv.vifs[i], *w;
	struct top_counted c = { .now = &now->vif[i] };
	size_t j;

	if (totals)
		return c;
	/* with nothing to compare with, rates are not known, whatever the time */
	c.seconds = 1;
	if (!(seconds_between(now, before) > 0))
		return c;
	c.seconds = seconds_between(now, before);
	for (j = 0; j < before->inv.n_vifs; j++) {
		w = &before->inv.vifs[j];
		if (w->domid == v->domid && w->handle == v->handle &&
		    !strcmp(w->netdev, v->netdev) && before->vif[j].n &&
		    !restarted(c.now, &before->vif[j]))
			c.before = &before->vif[j];
	}

	return c;
}

/* The same of the interface of port @i, as far as it tells of a pool; its owner must be
 * the same
 */
static struct top_counted pool_counted(const struct top_snapshot *now,
				       const struct top_snapshot *before, bool totals, size_t i,
				       const struct vmdq_pool_info *pool)
{
	struct top_counted c = { .now = &now->port[i] };
	const struct vmdq_pool_info *was;
	size_t j = 0;

	if (totals)
		return c;
	c.seconds = 1;
	if (!(seconds_between(now, before) > 0))
		return c;
	c.seconds = seconds_between(now, before);
	was = find_pool(before, now->inv.ports.port[i].name, pool->index, &j);
	if (was && !strcmp(was->owner, pool->owner) &&
	    !pool_restarted(c.now, &before->port[j], pool->index))
		c.before = &before->port[j];

	return c;
}

/* A row that tells nothing yet */
static void row_init(struct top_row *row)
{
	unsigned int part, col;

	memset(row, 0, sizeof(*row));
	strcpy(row->name, "-");
	strcpy(row->vif, "-");
	strcpy(row->state, "-");
	strcpy(row->mac, "-");
	row->vlan = VMDQ_VLAN_NONE;
	for (part = 0; part < TOP_PART_COUNT; part++)
		for (col = 0; col < TOP_COL_COUNT; col++)
			row->number[part][col] = NAN;
}

/* What comes from xenstore goes to a terminal: nothing but plain characters. */
static void put_text(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i] > ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
	if (!i)
		strcpy(to, "-");
}

/* The sum of those causes that are known */
static void sum_causes(double number[TOP_COL_COUNT])
{
	unsigned int col;

	number[TOP_DROPS] = NAN;
	for (col = TOP_FIRST_CAUSE; col <= TOP_LAST_CAUSE; col++) {
		if (isnan(number[col]))
			continue;
		if (isnan(number[TOP_DROPS]))
			number[TOP_DROPS] = 0;
		number[TOP_DROPS] += number[col];
	}
}

static void put_vif(struct top_row *row, const struct vmdq_vif *v, const struct top_counted *c)
{
	double *all = row->number[TOP_ALL], *pool = row->number[TOP_BY_POOL];
	double *software = row->number[TOP_BY_SOFTWARE];
	const struct vmdq_counter *maps, *unmaps;

	put_text(row->name, sizeof(row->name), v->domain);
	put_text(row->vif, sizeof(row->vif), v->netdev);
	put_text(row->mac, sizeof(row->mac), v->mac);
	put_text(row->state, sizeof(row->state), vmdq_vif_state_name(v->state));
	row->has_vif = true;
	row->domid = v->domid;
	row->handle = v->handle;

	pool[TOP_RXP] = value(c, "rx_pool_frames");
	pool[TOP_RXB] = value(c, "rx_pool_bytes");
	software[TOP_RXP] = value(c, "rx_sw_frames");
	software[TOP_RXB] = value(c, "rx_sw_bytes");
	all[TOP_RXP] = pool[TOP_RXP] + software[TOP_RXP];
	all[TOP_RXB] = pool[TOP_RXB] + software[TOP_RXB];
	all[TOP_TXP] = value(c, "tx_frames");
	all[TOP_TXB] = value(c, "tx_bytes");
	all[TOP_RXERR] = value(c, "rx_errors");
	all[TOP_TXERR] = value(c, "tx_errors");
	software[TOP_LATE] = value(c, "rx_dropped");
	/* the interface has both in one; a frame may have been late in between */
	software[TOP_REFUS] = value(c, TOP_LINK_DROPPED) - software[TOP_LATE];
	if (software[TOP_REFUS] < 0)
		software[TOP_REFUS] = 0;
	all[TOP_LATE] = software[TOP_LATE];
	all[TOP_REFUS] = software[TOP_REFUS];

	maps = vmdq_counter(c->now, "pool_grant_maps");
	unmaps = vmdq_counter(c->now, "pool_grant_unmaps");
	if (maps && unmaps)
		pool[TOP_MAPPED] = (double)(maps->value - unmaps->value);
	if (!(c->seconds > 0) || c->before)
		vmdq_ratio_of(c->now, c->seconds > 0 ? c->before : NULL,
			      &vmdq_ratios[VMDQ_RATIO_INTERRUPTS], &pool[TOP_FPI]);
	all[TOP_MAPPED] = pool[TOP_MAPPED];
	all[TOP_FPI] = pool[TOP_FPI];
}

static void put_pool(struct top_row *row, const struct vmdq_port_info *port,
		     const struct vmdq_pool_info *p, const struct top_counted *c)
{
	double *all = row->number[TOP_ALL], *pool = row->number[TOP_BY_POOL];

	put_text(row->port, sizeof(row->port), port->name);
	row->pool = p->index;
	row->vlan = p->vlan;
	if (p->has_mac)
		vmdq_format_mac(p->mac, row->mac);
	if (p->state == VMDQ_POOL_FREE)
		return;
	pool[TOP_TXP] = pool_value(c, p->index, "tx_frames");
	pool[TOP_TXB] = pool_value(c, p->index, "tx_bytes");
	pool[TOP_NOBUF] = pool_value(c, p->index, "hw_rx_dropped");
	pool[TOP_TXDRP] = pool_value(c, p->index, "tx_dropped");
	if (port->ring_size)
		pool[TOP_RING] = 100.0 * p->posted / port->ring_size;
	all[TOP_NOBUF] = pool[TOP_NOBUF];
	all[TOP_TXDRP] = pool[TOP_TXDRP];
	all[TOP_RING] = pool[TOP_RING];
}

/* The pool of somebody whom xenstore does not know: what the pool itself has counted */
static void put_stranger(struct top_row *row, const struct vmdq_port_info *port,
			 const struct vmdq_pool_info *p, const struct top_snapshot *before,
			 const struct top_counted *c)
{
	double *all = row->number[TOP_ALL], *pool = row->number[TOP_BY_POOL];
	const struct vmdq_pool_info *was = NULL;

	put_text(row->vif, sizeof(row->vif), p->owner);
	put_text(row->state, sizeof(row->state), vmdq_pool_state_name(p->state));
	if (c->seconds > 0) {
		if (before)
			was = find_pool(before, port->name, p->index, NULL);
		if (!was || strcmp(was->owner, p->owner) ||
		    was->count.rx_frames > p->count.rx_frames ||
		    was->count.rx_bytes > p->count.rx_bytes)
			return;
		pool[TOP_RXP] = (double)(p->count.rx_frames - was->count.rx_frames) / c->seconds;
		pool[TOP_RXB] = (double)(p->count.rx_bytes - was->count.rx_bytes) / c->seconds;
	} else {
		pool[TOP_RXP] = (double)p->count.rx_frames;
		pool[TOP_RXB] = (double)p->count.rx_bytes;
	}
	all[TOP_RXP] = pool[TOP_RXP];
	all[TOP_RXB] = pool[TOP_RXB];
}

/**
 * struct making - rows that are being made
 * @now: see top_rows_make()
 * @before: see there
 * @totals: see there
 * @rows: result
 * @has_pool: of each vif of @now: its row is there already
 */
struct making {
	const struct top_snapshot *now;
	const struct top_snapshot *before;
	bool totals;
	struct top_rows *rows;
	bool *has_pool;
};

static struct top_row *begin(struct making *m)
{
	struct top_row *row = &m->rows->row[m->rows->n++];

	row_init(row);

	return row;
}

static void finish(struct top_row *row)
{
	unsigned int part;

	for (part = 0; part < TOP_PART_COUNT; part++)
		sum_causes(row->number[part]);
}

static void add_vif(struct making *m, struct top_row *row, size_t vif)
{
	struct top_counted c = vif_counted(m->now, m->before, m->totals, vif);

	put_vif(row, &m->now->inv.vifs[vif], &c);
	m->has_pool[vif] = true;
}

static void add_pool(struct making *m, size_t port, const struct vmdq_pool_info *pool)
{
	struct top_counted c = pool_counted(m->now, m->before, m->totals, port, pool);
	const struct vmdq_port_info *of = &m->now->inv.ports.port[port];
	const struct vmdq_vif *vif = vmdq_policy_owner(m->now->inv.vifs, m->now->inv.n_vifs,
						       pool->owner);
	struct top_row *row = begin(m);

	if (pool->state == VMDQ_POOL_FREE)
		strcpy(row->state, "free");
	else if (vif)
		add_vif(m, row, (size_t)(vif - m->now->inv.vifs));
	else
		put_stranger(row, of, pool, m->before, &c);
	put_pool(row, of, pool, &c);
	finish(row);
}

/**
 * top_rows_make() - what is to be shown
 * @now: the moment
 * @before: an earlier one, or NULL: then rates are not known
 * @totals: show how much was counted since the vif was made, and not rates.  What the
 *	port's interface counts is since its driver was loaded.
 * @free_pools: pools that nobody has, too
 * @rows: result, pools in their order and then vifs without one
 *
 * The rates of a vif or pool that came since @before, or that counts anew (a driver
 * that took it again, another owner), are not known.
 *
 * Return: 0; -1: out of memory.
 */
int top_rows_make(const struct top_snapshot *now, const struct top_snapshot *before, bool totals,
		  bool free_pools, struct top_rows *rows)
{
	struct making m = { now, before, totals, rows, NULL };
	const struct vmdq_ports *ports = &now->inv.ports;
	size_t i, j, max = now->inv.n_vifs;
	struct top_row *row;

	for (i = 0; i < ports->n; i++)
		max += ports->port[i].n_pool_infos;
	rows->n = 0;
	rows->row = calloc(max + 1, sizeof(*rows->row));
	m.has_pool = calloc(now->inv.n_vifs + 1, sizeof(*m.has_pool));
	if (!rows->row || !m.has_pool) {
		free(m.has_pool);
		top_rows_free(rows);
		return -1;
	}
	for (i = 0; i < ports->n; i++)
		for (j = 0; j < ports->port[i].n_pool_infos; j++)
			if (free_pools || ports->port[i].pools[j].state != VMDQ_POOL_FREE)
				add_pool(&m, i, &ports->port[i].pools[j]);
	for (i = 0; i < now->inv.n_vifs; i++) {
		if (!now->inv.vifs[i].ours || m.has_pool[i])
			continue;
		row = begin(&m);
		add_vif(&m, row, i);
		finish(row);
	}
	free(m.has_pool);

	return 0;
}

/** top_rows_free() - release what top_rows_make() made */
void top_rows_free(struct top_rows *rows)
{
	free(rows->row);
	rows->row = NULL;
	rows->n = 0;
}
