// SPDX-License-Identifier: GPL-2.0
/* How things are: what xenstore and the kernel say, made into what the planner is given */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "netdev.h"
#include "netlink.h"
#include "parse.h"
#include "policy.h"
#include "vmdqd.h"

#define NO_PORT	SIZE_MAX

static size_t port_index(const struct coordinator *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->in.n_ports; i++)
		if (!strcmp(c->plan_ports[i].name, name))
			return i;
	return NO_PORT;
}

/* Does the vif whose interface is @owner have an assignment to this pool? */
static bool is_claimed_by(const struct coordinator *c, const char *owner, const char *port,
			  unsigned int pool)
{
	size_t i;

	for (i = 0; i < c->n_vifs; i++)
		if (!strcmp(c->vifs[i].netdev, owner) && c->vifs[i].assigned.pool == pool &&
		    !strcmp(c->vifs[i].assigned.port, port))
			return true;
	return false;
}

static struct plan_port *new_port(struct coordinator *c, const char *name, bool up, long long now)
{
	struct known_port *known = know_port(c, name);
	struct plan_port *p;

	if (c->in.n_ports == PLAN_MAX_PORTS || !known)
		return NULL;
	p = &c->plan_ports[c->in.n_ports++];
	memset(p, 0, sizeof(*p));
	strcpy(p->name, known->name);
	p->up = up;
	p->drain = vmdq_store_drained(&c->store, name);
	if (up)
		known->down_since = 0;
	else if (!known->down_since)
		known->down_since = now;
	else
		p->down_ms = (unsigned int)(now - known->down_since);

	return p;
}

/* Ports that the kernel has, and ports that it had: the assignments to those remain */
static void add_ports(struct coordinator *c, long long now)
{
	const struct vmdq_port_info *info;
	const struct vmdq_pool_info *pool;
	const struct vmdq_pool_id *id;
	struct plan_port *p;
	size_t i, j;

	for (i = 0; i < c->ports.n; i++) {
		info = &c->ports.port[i];
		p = new_port(c, info->name, info->up, now);
		if (!p)
			return;
		p->n_pools = info->n_pools < PLAN_MAX_POOLS ? info->n_pools : PLAN_MAX_POOLS;
		for (j = 0; j < info->n_pool_infos; j++) {
			pool = &info->pools[j];
			if (pool->state != VMDQ_POOL_FREE && pool->index < PLAN_MAX_POOLS &&
			    !is_claimed_by(c, pool->owner, info->name, pool->index))
				p->taken |= 1ull << pool->index;
		}
	}
	for (i = 0; i < c->n_vifs; i++) {
		id = &c->vifs[i].assigned;
		if (!id->pool || id->pool >= PLAN_MAX_POOLS)
			continue;
		j = port_index(c, id->port);
		if (j != NO_PORT && j < c->ports.n)
			continue;
		p = j == NO_PORT ? new_port(c, id->port, false, now) : &c->plan_ports[j];
		if (p && p->n_pools <= id->pool)
			p->n_pools = id->pool + 1;
	}
}

static uint64_t port_bit(const struct coordinator *c, const char *name)
{
	const struct vmdq_port_info *info = vmdq_policy_port(&c->ports, name);
	size_t i = port_index(c, info ? info->name : name);

	return i == NO_PORT ? 0 : 1ull << i;
}

/* The ports that the vif's request means */
static uint64_t ports_of(const struct coordinator *c, const struct vmdq_vif *vif)
{
	struct vmdq_ifname *members;
	uint64_t ports = 0;
	size_t i, j, n;

	if (vif->request.pool.port[0])
		return port_bit(c, vif->request.pool.port);
	if (vmdq_bridge_members(vif->bridge, &members, &n))
		return 0;
	for (i = 0; i < n; i++)
		for (j = 0; j < c->ports.n; j++)
			if (!strcmp(c->ports.port[j].netdev, members[i].text))
				ports |= port_bit(c, c->ports.port[j].name);
	free(members);

	return ports;
}

/* Is it the vif's own fault that the backend cannot take its pool?  Without a state no
 * backend of ours serves it, whatever its script is.
 */
static bool has_failed(const struct coordinator *c, const struct vmdq_vif *vif)
{
	size_t port = port_index(c, vif->assigned.port);

	return vif->assigned.pool && vif->connected &&
	       (vif->error[0] || vif->state == VMDQ_VIF_UNKNOWN) &&
	       vif->state != VMDQ_VIF_COPY && vif->state != VMDQ_VIF_GRANT && port != NO_PORT &&
	       c->plan_ports[port].up &&
	       !(vif->assigned.pool < PLAN_MAX_POOLS &&
		 c->plan_ports[port].taken & 1ull << vif->assigned.pool);
}

/* Says that a vif cannot use its pool, and what becomes of that */
static void say_refused(const struct vmdq_vif *vif, const struct known_vif *k, bool fixed)
{
	char then[192];

	if (!fixed)
		snprintf(then, sizeof(then),
			 "another vif that wants it gets it, and this one is tried again %u s later",
			 k->retry_ms / 1000);
	else if (vif->hold.set)
		snprintf(then, sizeof(then),
			 "it keeps that pool, as 'vmdqctl assign' has fixed it; 'vmdqctl release vif%u.%u' takes it back, 'vmdqctl assign vif%u.%u auto' lets another vif have it",
			 vif->domid, vif->handle, vif->domid, vif->handle);
	else
		snprintf(then, sizeof(then),
			 "it keeps that pool, as vmdq.conf has fixed it; without pool = there, when vmdqd has read it again, another vif can have it");
	say(LOG_WARNING, "%s (domain %s) cannot use pool %u of port %s: %s; %s", vif->netdev,
	    vif->domain, vif->assigned.pool, vif->assigned.port,
	    vif->error[0] ? vif->error : "no backend of ours serves it", then);
}

/*
 * A vif that cannot use the pool that it has may keep it only as long as nobody else
 * wants it; and it is not given one again at once, or two would take turns for ever.
 * @fixed: a person has given it that pool, and it keeps it all the same
 * Return: it does not compete.
 */
static bool is_refused(const struct coordinator *c, const struct vmdq_vif *vif,
		       struct known_vif *k, long long now, bool fixed)
{
	if (vif->state == VMDQ_VIF_COPY || vif->state == VMDQ_VIF_GRANT) {
		k->error_since = 0;
		k->retry_at = 0;
		k->retry_ms = 0;
		return false;
	}
	if (!has_failed(c, vif)) {
		k->error_since = 0;
		if (k->retry_at && now >= k->retry_at)
			k->retry_at = 0;
		return k->retry_at;
	}
	if (!k->error_since)
		k->error_since = now;
	if (now - k->error_since < REFUSED_GRACE_MS)
		return k->retry_at;
	if (!k->retry_at) {
		k->retry_ms = k->retry_ms ? 2 * k->retry_ms : REFUSED_RETRY_MS;
		if (k->retry_ms > REFUSED_RETRY_MAX_MS)
			k->retry_ms = REFUSED_RETRY_MAX_MS;
		say_refused(vif, k, fixed);
	}
	k->retry_at = now + k->retry_ms;

	return true;
}

static bool can_filter(const struct vmdq_vif *vif)
{
	uint8_t mac[VMDQ_MAC_LEN];

	return !vmdq_parse_mac(vif->mac, mac) && !vmdq_mac_problem(mac);
}

/* What the vif wants: its class, ports and pool */
static void judge(const struct coordinator *c, const struct vmdq_vif *vif, struct plan_vif *p)
{
	const struct vmdq_settings *r = &vif->request;

	p->class = PLAN_IDLE;
	if (!vif->ours || r->level == VMDQ_LEVEL_SOFTWARE || !can_filter(vif))
		return;
	/* a person's word counts for a vif that has asked for nothing, too */
	if (vif->hold.set) {
		if (vif->hold.id.pool) {
			p->class = PLAN_FIXED;
			p->fixed = vif->hold.id.pool;
			p->ports = port_bit(c, vif->hold.id.port);
		}
		return;
	}
	if (!vif->asked || r->mode == VMDQ_MODE_OFF)
		return;
	p->ports = ports_of(c, vif);
	p->fixed = r->pool.pool;
	if (p->fixed)
		p->class = PLAN_FIXED;
	else
		p->class = r->mode == VMDQ_MODE_REQUIRED ? PLAN_REQUIRED : PLAN_AUTO;
}

static int add_vif(struct coordinator *c, size_t i, long long now)
{
	const struct vmdq_vif *vif = &c->vifs[i];
	struct known_vif *k = know_vif(c, vif->domid, vif->handle);
	struct plan_vif p = { .domid = vif->domid, .handle = vif->handle,
			      .priority = vif->request.priority };
	bool keeps;
	size_t port;

	if (!k)
		return -1;
	k->seen = true;
	k->stale_since = 0;
	judge(c, vif, &p);
	p.low = load_low(&k->load);
	p.high = load_high(&k->load);
	/* what can be no pool of any port is none, and is overwritten */
	port = vif->assigned.pool ? port_index(c, vif->assigned.port) : NO_PORT;
	if (port != NO_PORT) {
		p.has = true;
		p.port = port;
		p.pool = vif->assigned.pool;
		/* a bridge that has lost its uplink for now, or a port that is away: whether
		 * it is the right one cannot be said, nor is a number of that port one of this
		 */
		if (!p.ports && p.fixed)
			p.fixed = p.pool;
		if (!p.ports || (port >= c->ports.n && !vif->request.pool.port[0]))
			p.ports |= 1ull << port;
	}
	keeps = p.class == PLAN_FIXED && p.has && p.fixed == p.pool && p.ports & 1ull << p.port;
	/* what a person has fixed stays, of use or not */
	if (is_refused(c, vif, k, now, keeps) && p.class != PLAN_FIXED)
		p.class = PLAN_IDLE;
	if (p.class == PLAN_IDLE && !p.has)
		return 0;
	c->plan_vifs[c->in.n_vifs] = p;
	c->index[c->in.n_vifs++] = i;

	return 0;
}

static int add_stale(struct coordinator *c, long long now)
{
	struct known_vif *k;
	size_t i;

	for (i = 0; i < c->n_stale; i++) {
		k = know_vif(c, c->stale[i].domid, c->stale[i].handle);
		if (!k)
			return -1;
		k->seen = true;
		if (!k->stale_since)
			*k = (struct known_vif){ .domid = k->domid, .handle = k->handle,
						 .seen = true, .stale_since = now };
	}

	return 0;
}

static void drop(struct coordinator *c)
{
	free(c->vifs);
	free(c->stale);
	free(c->plan_vifs);
	free(c->index);
	vmdq_ports_free(&c->ports);
	c->vifs = NULL;
	c->stale = NULL;
	c->plan_vifs = NULL;
	c->index = NULL;
	c->n_vifs = 0;
	c->n_stale = 0;
	memset(&c->in, 0, sizeof(c->in));
}

/**
 * observe() - look at everything
 * @c: the coordinator; what it had seen before is forgotten
 * @now: milliseconds, not 0
 * @err: why that is not possible
 *
 * Without the module vmdq there is no port, and nothing wrong with that.
 */
int observe(struct coordinator *c, long long now, struct vmdq_err *err)
{
	struct vmdq_err no_ports = { .status = VMDQ_S_OK };
	size_t i;

	drop(c);
	if (vmdq_ports_load(&c->ports, &no_ports) && no_ports.status != VMDQ_S_NO_MODULE) {
		*err = no_ports;
		return -1;
	}
	if (vmdq_store_list_vifs(&c->store, &c->vifs, &c->n_vifs, err) ||
	    vmdq_store_list_stale(&c->store, &c->stale, &c->n_stale, err))
		return -1;
	c->plan_vifs = calloc(c->n_vifs + 1, sizeof(*c->plan_vifs));
	c->index = calloc(c->n_vifs + 1, sizeof(*c->index));
	if (!c->plan_vifs || !c->index)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	c->in.ports = c->plan_ports;
	c->in.vifs = c->plan_vifs;
	for (i = 0; i < c->n_known; i++)
		c->known[i].seen = false;
	add_ports(c, now);
	for (i = 0; i < c->n_vifs; i++)
		if (add_vif(c, i, now))
			return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	if (add_stale(c, now))
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	forget_vifs(c);
	report_odd(c, now);
	report_strays(c, now);

	return 0;
}

/** coordinator_free() - release all that was seen and is remembered */
void coordinator_free(struct coordinator *c)
{
	drop(c);
	free(c->known);
	free(c->known_ports);
	c->known = NULL;
	c->known_ports = NULL;
	c->n_known = 0;
	c->n_known_ports = 0;
}
