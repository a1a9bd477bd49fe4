// SPDX-License-Identifier: GPL-2.0
/*
 * What the hotplug script vif-vmdq has done for it, in one process as a script
 * forks for every word it says: the vif's request and its assignment when it
 * comes, and their removal when it goes.
 *
 * At "online" the backend is in InitWait and the guest has not connected, so
 * nothing is waited for: the backend acts on the assignment when it has.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "conf.h"
#include "daemon.h"
#include "netlink.h"
#include "settings.h"
#include "vmdqctl.h"

/* The coordinator needs some 10 ms to make room; Xen's tools give a script 40 s */
#define COORDINATOR_MS	5000

/**
 * struct hotplug - the vif that comes
 * @ports: what pools there are
 * @vif: the vif, with what it asks for
 * @wants_pool: it asks for a pool, and nothing that is known forbids one
 * @no_pool: why it gets none
 */
struct hotplug {
	struct vmdq_ports ports;
	struct vmdq_vif vif;
	bool wants_pool;
	struct vmdq_err no_pool;
};

/* To the system's log and to stderr, which the script appends to Xen's hotplug log */
static void __attribute__((format(printf, 2, 3)))
say(int priority, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	syslog(priority, "%s", text);
	fprintf(stderr, "vif-vmdq: %s\n", text);
}

static void conf_mistake(void *ctx, unsigned int line, unsigned int column, const char *text)
{
	say(LOG_WARNING, "%s:%u:%u: %s; this line is ignored", (const char *)ctx, line, column,
	    text);
}

static void read_settings(struct vmdq_vif *vif, const char *path)
{
	struct vmdq_conf conf;

	if (vmdq_conf_load(path, &conf, conf_mistake, (void *)path) < 0)
		say(LOG_WARNING, "cannot read %s: %s; using the defaults", path, strerror(errno));
	if (vmdq_settings_of(&conf, vif, &vif->request))
		say(LOG_WARNING, "%s (domain %s): vmdq=\"%s\" is ignored: off, auto or required",
		    vif->netdev, vif->domain, vif->key);
	vmdq_conf_free(&conf);
}

/* The request always, the assignment if there is a pool for it: in one transaction,
 * so that two vifs that come at the same time do not get the same pool.
 */
static int come_online(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct hotplug *h = ctx;
	struct vmdq_pool_id id;

	/* what an earlier vif of this number left */
	if (vmdq_store_remove_vif(store, h->vif.domid, h->vif.handle, err) ||
	    vmdq_store_write_request(store, &h->vif, err))
		return -1;
	memset(&h->vif.assigned, 0, sizeof(h->vif.assigned));
	if (!h->wants_pool)
		return 0;
	/* of an attempt that came to nothing */
	memset(&h->no_pool, 0, sizeof(h->no_pool));
	if (pick_pool(store, &h->ports, &h->vif, NULL, &id, &h->no_pool))
		return 0;
	h->vif.assigned = id;

	return vmdq_store_write_assign(store, &h->vif, &id, err);
}

static int go_offline(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	const struct hotplug *h = ctx;

	return vmdq_store_remove_vif(store, h->vif.domid, h->vif.handle, err);
}

/* A vif that may not run without a pool: xl shows the error, and nothing is left behind */
static void refuse(struct vmdq_store *store, struct hotplug *h, struct vmdq_err *failed)
{
	struct vmdq_err err, ignored;

	vmdq_fail(failed, VMDQ_S_REQUIRED, "a VMDq pool is required (mode = required): %.440s",
		  h->no_pool.text);
	say(LOG_ERR, "%s (domain %s) refused: %s", h->vif.netdev, h->vif.domain, failed->text);
	vmdq_store_transaction(store, go_offline, h, &ignored);
	if (vmdq_store_hotplug_error(store, &h->vif, failed->text, &err))
		say(LOG_ERR, "%s", err.text);
}

/* Writes what the configuration asks for, and the pool that it gets of that */
static void ask(struct vmdq_store *store, struct hotplug *h, const struct options *opt)
{
	const struct vmdq_settings *r = &h->vif.request;
	struct vmdq_err err;

	/* the request that is there may be an earlier vif's, and is about to be cleared */
	strcpy(h->vif.bridge, h->vif.own_bridge);
	read_settings(&h->vif, opt->conf);
	h->wants_pool = r->mode != VMDQ_MODE_OFF && r->level != VMDQ_LEVEL_SOFTWARE;
	/* which of the two was meant is not ours to guess */
	if (r->mode == VMDQ_MODE_REQUIRED && r->level == VMDQ_LEVEL_SOFTWARE)
		vmdq_fail(&h->no_pool, VMDQ_S_REQUIRED,
			  "level = software forbids one, and contradicts that; change the mode or the level of this vif in %.200s%s",
			  opt->conf, h->vif.key[0] ?
			  ", or vmdq= in the domain's configuration" : "");
	if (h->wants_pool &&
	    (check_mac(&h->vif, &h->no_pool) || vmdq_ports_load(&h->ports, &h->no_pool)))
		h->wants_pool = false;
	if (vmdq_store_transaction(store, come_online, h, &err)) {
		memset(&h->vif.assigned, 0, sizeof(h->vif.assigned));
		h->no_pool = err;
	}
}

/* All pools are taken, and one is required: the coordinator takes one from a vif that
 * does not require it.  It is still required if xenstore cannot be read any more.
 */
static void wait_for_room(struct vmdq_store *store, struct hotplug *h)
{
	struct vmdq_vif now = h->vif;
	struct vmdq_err err;

	if (h->vif.request.mode != VMDQ_MODE_REQUIRED || h->no_pool.status != VMDQ_S_NO_POOL ||
	    !vmdq_daemon_running())
		return;
	if (vmdq_store_wait_assigned(store, &now, COORDINATOR_MS, &err))
		say(LOG_WARNING, "%s", err.text);
	if (now.backend && now.asked)
		h->vif = now;
}

/**
 * request_pool() - what the hotplug script has done for a vif, for a vif without it
 * @store: connection
 * @vif: the vif; the request and assignment are filled in
 * @opt: options, with the configuration
 * @no_pool: why it gets none; VMDQ_S_OK: it gets one, or wants none
 */
void request_pool(struct vmdq_store *store, struct vmdq_vif *vif, const struct options *opt,
		  struct vmdq_err *no_pool)
{
	struct hotplug h = { .vif = *vif };

	ask(store, &h, opt);
	vmdq_ports_free(&h.ports);
	*vif = h.vif;
	*no_pool = h.no_pool;
}

/* @failed: why the domain must not start; left alone: it may */
static void online(struct vmdq_store *store, struct hotplug *h, const struct options *opt,
		   struct vmdq_err *failed)
{
	const struct vmdq_settings *r = &h->vif.request;

	if (!h->vif.backend) {
		vmdq_fail(failed, VMDQ_S_NO_VIF, "there is no %s in xenstore", h->vif.netdev);
		say(LOG_ERR, "%s", failed->text);
		return;
	}
	if (h->vif.said == VMDQ_BACKEND_STOCK) {
		say(LOG_INFO, "%s (domain %s) was given back to xen-netback: no pool",
		    h->vif.netdev, h->vif.domain);
		return;
	}
	ask(store, h, opt);
	wait_for_room(store, h);
	if (h->vif.assigned.pool) {
		memset(&h->no_pool, 0, sizeof(h->no_pool));
		say(LOG_INFO, "%s (domain %s): assigned pool %u of port %s", h->vif.netdev,
		    h->vif.domain, h->vif.assigned.pool, h->vif.assigned.port);
	} else if (h->no_pool.status && r->mode == VMDQ_MODE_REQUIRED) {
		refuse(store, h, failed);
	} else if (h->no_pool.status) {
		say(LOG_WARNING, "%s (domain %s) works without a pool, by software: %s",
		    h->vif.netdev, h->vif.domain, h->no_pool.text);
	}
}

static void answer(const struct hotplug *h, const struct vmdq_err *failed)
{
	struct json_object *o = new_answer((int)failed->status, failed->text);

	json_object_object_add(o, "vif", h->vif.backend ? vif_to_json(&h->vif) : NULL);
	json_object_object_add(o, "no_pool", h->no_pool.status ?
			       json_object_new_string(h->no_pool.text) : NULL);
	print_json(o);
}

/** cmd_hotplug() - hotplug online|offline, for the script vif-vmdq */
int cmd_hotplug(int argc, char **argv, const struct options *opt)
{
	struct vmdq_err failed = { .status = VMDQ_S_OK };
	const char *path = getenv("XENBUS_PATH");
	struct hotplug h = { .wants_pool = false };
	unsigned int domid, handle;
	struct vmdq_store store;

	if (argc != 1 || (strcmp(argv[0], "online") && strcmp(argv[0], "offline")))
		return usage_error("hotplug takes online or offline");
	if (!path || vmdq_parse_xenbus_path(path, &domid, &handle))
		return usage_error("wanted XENBUS_PATH=backend/vif/<domid>/<handle>, found \"%s\"",
				   path ? path : "");
	openlog("vif-vmdq", LOG_PID, LOG_DAEMON);
	if (vmdq_store_open(&store, &failed)) {
		say(LOG_ERR, "%s", failed.text);
		goto out;
	}
	vmdq_store_read_vif(&store, domid, handle, &h.vif);
	if (!strcmp(argv[0], "online"))
		online(&store, &h, opt, &failed);
	else if (vmdq_store_transaction(&store, go_offline, &h, &failed))
		say(LOG_WARNING, "%s: %s", h.vif.netdev, failed.text);
	vmdq_ports_free(&h.ports);
	vmdq_store_close(&store);
out:
	if (opt->json)
		answer(&h, &failed);

	return (int)failed.status;
}
