// SPDX-License-Identifier: GPL-2.0
#include "why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "policy.h"

#define FRAME_OVERHEAD	22u	/* Ethernet header and two VLAN tags, as vif_pool_max_frame() */

static void __attribute__((format(printf, 3, 4)))
put(char *text, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, size, fmt, ap);
	va_end(ap);
}

#define REASON(v, ...)	put((v)->reason, sizeof((v)->reason), __VA_ARGS__)
#define HELP(v, ...)	put((v)->help, sizeof((v)->help), __VA_ARGS__)

/* The vif is not with our backend's driver.  Return: true when that is the answer. */
static bool why_elsewhere(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	const struct vmdq_vif *vif = &f->vif;

	if (f->driver == VMDQ_BACKEND_VMDQ)
		return false;
	v->less = true;
	if (f->driver == VMDQ_BACKEND_NONE) {
		v->code = "no-driver";
		REASON(v, "no driver serves it: its module was unloaded, or it was unbound");
		HELP(v, "modprobe %s, then vmdqctl rebind vif%u.%u",
		     vmdq_backend_name(vif->ours ? VMDQ_BACKEND_VMDQ : VMDQ_BACKEND_STOCK),
		     vif->domid, vif->handle);
	} else if (vif->said == VMDQ_BACKEND_STOCK) {
		v->code = "given-back";
		REASON(v, "it was given back to xen-netback");
		HELP(v, "vmdqctl takeover vif%u.%u", vif->domid, vif->handle);
	} else if (vif->ours) {
		v->code = "loaded-late";
		REASON(v,
		       "xen-netback took it although its script is %s: it was loaded before vmdq_netback",
		       vif->script);
		HELP(v,
		     "vmdqctl rebind vif%u.%u; and have vmdq_netback loaded first (docs/operator.md, Install)",
		     vif->domid, vif->handle);
	} else {
		v->code = "other-backend";
		REASON(v, "xen-netback serves it, as its script is %s", vif->script);
		HELP(v,
		     "vmdqctl takeover vif%u.%u; for good: script=vif-vmdq in the domain's vif= line",
		     vif->domid, vif->handle);
	}

	return true;
}

/* What was asked for is that there be no pool */
static bool why_unwanted(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	const struct vmdq_vif *vif = &f->vif;

	if (vif->request.level == VMDQ_LEVEL_SOFTWARE) {
		v->code = "level-software";
		REASON(v, "level software is asked for");
		HELP(v, "vmdqctl level vif%u.%u auto", vif->domid, vif->handle);
		return true;
	}
	if (vif->request.mode == VMDQ_MODE_OFF && !vif->assigned.pool) {
		v->code = "mode-off";
		REASON(v, "mode off is asked for (vmdq.conf)");
		HELP(v, "mode = auto in vmdq.conf for the next start; now: vmdqctl assign vif%u.%u",
		     vif->domid, vif->handle);
		return true;
	}

	return false;
}

/* The vif is not in service: no pool would be of use */
static bool why_idle(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	const struct vmdq_vif *vif = &f->vif;

	if (!f->device.has_hotplug_status) {
		v->code = "no-hotplug";
		REASON(v,
		       "its hotplug script was not run since its driver took it, so it may be in no bridge");
		HELP(v, "vmdqctl rebind vif%u.%u", vif->domid, vif->handle);
	} else if (f->device.frontend != VMDQ_XENBUS_CONNECTED) {
		v->code = "no-guest";
		REASON(v, "the guest's driver has not connected (state %u)", f->device.frontend);
		HELP(v, "wait for the guest to boot, or load its network driver");
	} else if (strcmp(f->device.hotplug_status, "connected")) {
		v->code = "no-hotplug";
		REASON(v, "its hotplug script has not done its work%s%s",
		       f->device.hotplug_error[0] ? ": " : "", f->device.hotplug_error);
		HELP(v, "see /var/log/xen/xen-hotplug.log");
	} else if (f->has_link && !f->link.up) {
		v->code = "link-down";
		REASON(v, "its interface %s is down", vif->netdev);
		HELP(v, "ip link set %s up", vif->netdev);
	} else {
		return false;
	}
	v->less = true;

	return true;
}

static bool is_too_long(const struct vmdq_facts *f, const struct vmdq_port_info *port)
{
	return f->has_link && f->link.mtu + FRAME_OVERHEAD > port->max_frame;
}

static void why_mtu(const struct vmdq_facts *f, const struct vmdq_port_info *port,
		    struct vmdq_verdict *v)
{
	v->code = "mtu";
	REASON(v, "its MTU of %u needs frames longer than the port takes", f->link.mtu);
	HELP(v, "ip link set %s mtu %u, or less", f->vif.netdev, port->max_frame - FRAME_OVERHEAD);
}

/* Another pool of the port that takes frames for the vif's MAC */
static const struct vmdq_pool_info *same_mac(const struct vmdq_facts *f,
					     const struct vmdq_port_info *port)
{
	uint8_t mac[VMDQ_MAC_LEN];
	size_t i;

	if (vmdq_parse_mac(f->vif.mac, mac))
		return NULL;
	for (i = 0; i < port->n_pool_infos; i++)
		if (port->pools[i].has_mac && !memcmp(port->pools[i].mac, mac, sizeof(mac)) &&
		    strcmp(port->pools[i].owner, f->vif.netdev))
			return &port->pools[i];
	return NULL;
}

/* The vif could use none of the pools that it may have: vmdqd has taken the one that it had
 * back for that, and to assign it another would not help.  Return: true when that is so.
 */
static bool why_unfit(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	const struct vmdq_port_info *port = vmdq_policy_port(&f->ports, f->would.port);
	const struct vmdq_pool_info *other;
	size_t i;

	if (f->pick.status == VMDQ_S_NO_POOL) {
		for (i = 0; i < f->ports.n && is_too_long(f, &f->ports.port[i]); i++)
			;
		if (!f->ports.n || i < f->ports.n)
			return false;
		why_mtu(f, &f->ports.port[0], v);
		return true;
	}
	if (f->pick.status || !f->would.pool || !port)
		return false;
	if (is_too_long(f, port)) {
		why_mtu(f, port, v);
		return true;
	}
	other = same_mac(f, port);
	if (other) {
		v->code = "mac-taken";
		REASON(v, "pool %s/%u, which %s holds, takes the frames for its MAC %s", port->name,
		       other->index, other->owner, f->vif.mac);
		HELP(v, "give one of the two another MAC, by mac= in its domain's configuration");
	}

	return other;
}

/* A pool is free, and nothing that is known here keeps the vif from it */
static void why_not_assigned(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	v->code = "not-assigned";
	if (f->coordinated && f->vif.asked)
		REASON(v,
		       "no pool is assigned to it, though one is free: it could not use the one that it had, and vmdqd will try again, or has not come to it yet; the log of vmdqd says which");
	else
		REASON(v,
		       "no pool is assigned to it, though one is free: it was released, or none was free when it came");
	HELP(v, "vmdqctl assign vif%u.%u", f->vif.domid, f->vif.handle);
}

/* There is no assignment */
static void why_unassigned(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	static const struct {
		enum vmdq_status status;
		const char *code;
		const char *help;
	} known[] = {
		{ VMDQ_S_BAD_MAC, "bad-mac", "" },
		{ VMDQ_S_NO_MODULE, "no-module",
		  "modprobe vmdq_igb, and give it a NIC (docs/operator.md, Install)" },
		{ VMDQ_S_NO_PORT, "no-port", "" },
		{ VMDQ_S_NO_POOL, "no-pool",
		  "vmdqctl list shows who has the pools; vmdqctl release one" },
		{ VMDQ_S_DRAINED, "drained", "" },
		{ VMDQ_S_POOL_RANGE, "pool-range",
		  "correct pool= in vmdq.conf, or vmdqctl assign" },
	};
	size_t i;

	v->less = true;
	if (f->vif.hold.set && !f->vif.hold.id.pool) {
		v->code = "released";
		REASON(v, "a person took its pool back (vmdqctl release), and it stays so");
		HELP(v, "vmdqctl assign vif%u.%u auto", f->vif.domid, f->vif.handle);
		return;
	}
	if (why_unfit(f, v))
		return;
	if (!f->pick.status) {
		why_not_assigned(f, v);
		return;
	}
	v->code = "no-pool";
	REASON(v, "%s", f->pick.text);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].status == f->pick.status) {
			v->code = known[i].code;
			HELP(v, "%s", known[i].help);
		}
}

/* A pool is assigned, but the backend does not have it */
static void why_not_taken(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	const struct vmdq_pool_id *id = &f->vif.assigned;
	const struct vmdq_port_info *port = vmdq_policy_port(&f->ports, id->port);
	const struct vmdq_pool_info *pool = port ? vmdq_policy_pool(port, id->pool) : NULL;

	v->less = true;
	if (!port) {
		v->code = "port-gone";
		REASON(v, "pool %s/%u is assigned, but there is no such port now", id->port,
		       id->pool);
		HELP(v,
		     "give the NIC to vmdq_igb again: the pool is then taken by itself; or vmdqctl assign vif%u.%u",
		     f->vif.domid, f->vif.handle);
	} else if (port->drained) {
		v->code = "drained";
		REASON(v, "pool %s/%u is assigned, but the port is being drained", id->port,
		       id->pool);
		HELP(v, "vmdqctl drain %s off", port->netdev);
	} else if (!port->up) {
		v->code = "port-down";
		REASON(v, "pool %s/%u is assigned, but the port is down", id->port, id->pool);
		HELP(v, "ip link set %s up", port->netdev);
	} else if (is_too_long(f, port)) {
		why_mtu(f, port, v);
	} else if (pool && pool->owner[0] && strcmp(pool->owner, f->vif.netdev)) {
		v->code = "pool-taken";
		REASON(v, "pool %s/%u is assigned, but %s holds it", id->port, id->pool,
		       pool->owner);
		HELP(v, "vmdqctl assign vif%u.%u", f->vif.domid, f->vif.handle);
	} else {
		v->code = "refused";
		REASON(v, "pool %s/%u is assigned, but the backend could not take it: %s", id->port,
		       id->pool, f->vif.error[0] ? f->vif.error : "it does not say why");
		HELP(v, "the kernel log (dmesg) may say more");
	}
}

/* It has a pool, at level copy */
static void why_copy(const struct vmdq_facts *f, struct vmdq_verdict *v)
{
	if (f->vif.request.level == VMDQ_LEVEL_COPY) {
		v->code = "level-copy";
		REASON(v, "level copy is asked for");
		return;
	}
	v->less = f->vif.request.level == VMDQ_LEVEL_GRANT;
	if (f->device.n_queues < 2) {
		v->code = "one-queue";
		REASON(v, "level grant needs a guest with two queues, this one has one");
		HELP(v,
		     "vcpus = 2 or more in the domain's configuration, or xen_netfront.max_queues=2 on the guest's kernel command line");
	} else if (!f->dom0_pv) {
		v->code = "dom0-not-pv";
		REASON(v, "level grant needs a PV dom0, this one is not");
		HELP(v, "boot Xen without dom0=pvh");
	} else if (f->device.headroom) {
		v->code = "xdp";
		REASON(v,
		       "the guest runs an XDP program, which wants %u bytes free before each frame; level grant leaves none",
		       f->device.headroom);
	} else {
		v->code = "copy";
		REASON(v, "%s", f->vif.error[0] ? f->vif.error : "the backend does not say why");
	}
}

/**
 * vmdq_why() - why a vif is served as it is
 * @facts: what is known
 * @verdict: the answer
 */
void vmdq_why(const struct vmdq_facts *facts, struct vmdq_verdict *verdict)
{
	memset(verdict, 0, sizeof(*verdict));
	if (why_elsewhere(facts, verdict))
		return;
	switch (facts->vif.state) {
	case VMDQ_VIF_GRANT:
		verdict->code = "grant";
		put(verdict->reason, sizeof(verdict->reason),
		    "its pool writes into the guest's own pages: there is no better level");
		return;
	case VMDQ_VIF_COPY:
		why_copy(facts, verdict);
		return;
	case VMDQ_VIF_DRAINING:
		verdict->code = "draining";
		verdict->less = true;
		REASON(verdict, "its pool is being stopped");
		HELP(verdict, "ask again in a moment");
		return;
	case VMDQ_VIF_ERROR:
		verdict->code = "disabled";
		verdict->less = true;
		REASON(verdict, "%s, and nothing is done for it until it connects again",
		       facts->vif.error[0] ? facts->vif.error : "the guest broke the protocol");
		HELP(verdict,
		     "the kernel log (dmesg) says how; load the guest's driver again, or reboot it");
		return;
	default:
		break;
	}
	if (why_unwanted(facts, verdict) || why_idle(facts, verdict))
		return;
	if (facts->vif.assigned.pool)
		why_not_taken(facts, verdict);
	else
		why_unassigned(facts, verdict);
}
