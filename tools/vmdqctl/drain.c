// SPDX-License-Identifier: GPL-2.0
/* drain: empty a port for maintenance, keep it so, and end that */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "daemon.h"
#include "events.h"
#include "netlink.h"
#include "policy.h"
#include "vmdqctl.h"

/**
 * struct drain - the command's work
 * @port: PCI address
 * @netdev: its interface; empty where it was not looked up
 * @on: empty it, rather than use it again
 * @coordinated: vmdqd runs, and takes the pools back or gives others
 */
struct drain {
	char port[VMDQ_PORT_NAME_SIZE];
	char netdev[IFNAMSIZ];
	bool on;
	bool coordinated;
};

/* In one piece: nobody is given a pool of a port that is being drained */
static int write_drain(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	const struct vmdq_pool_id none = { .pool = 0 };
	const struct drain *d = ctx;
	struct vmdq_vif *vifs;
	size_t i, n;
	int rc = 0;

	if (vmdq_store_write_drain(store, d->port, d->on, err))
		return -1;
	if (!d->on || d->coordinated)
		return 0;
	if (vmdq_store_list_vifs(store, &vifs, &n, err))
		return -1;
	for (i = 0; i < n && !rc; i++)
		if (vifs[i].assigned.pool && !strcmp(vifs[i].assigned.port, d->port))
			rc = vmdq_store_assign(store, &vifs[i], &none, err);
	free(vifs);

	return rc;
}

/* Pools of the port that somebody holds; the name of one that does */
static int held(const struct drain *d, unsigned int *n, char owner[IFNAMSIZ],
		struct vmdq_err *err)
{
	const struct vmdq_port_info *port;
	struct vmdq_ports ports;
	size_t i;

	if (vmdq_ports_load(&ports, err))
		return -1;
	*n = 0;
	port = vmdq_policy_port(&ports, d->port);
	for (i = 0; port && i < port->n_pool_infos; i++) {
		if (port->pools[i].state == VMDQ_POOL_FREE)
			continue;
		snprintf(owner, IFNAMSIZ, "%s", port->pools[i].owner);
		++*n;
	}
	vmdq_ports_free(&ports);

	return 0;
}

static int wait_empty(const struct drain *d, struct vmdq_events *events, unsigned int timeout_ms,
		      struct vmdq_err *err)
{
	long long deadline = vmdq_clock_ms() + timeout_ms, left;
	struct pollfd fd = { .fd = vmdq_events_fd(events), .events = POLLIN };
	char owner[IFNAMSIZ] = "";
	unsigned int n;

	for (;;) {
		if (held(d, &n, owner, err))
			return -1;
		if (!n)
			return 0;
		left = deadline - vmdq_clock_ms();
		if (left <= 0)
			break;
		if (poll(&fd, 1, (int)left) < 0 && errno != EINTR)
			break;
		vmdq_events_take(events);
	}

	return vmdq_fail(err, VMDQ_S_TIMEOUT,
			 "port %s (%s): %u of its pools are still held, one by %s; they are given to nobody else, and 'vmdqctl drain %s off' ends that",
			 d->port, d->netdev, n, owner, d->netdev);
}

static int do_drain(struct drain *d, const struct options *opt, struct vmdq_err *err)
{
	struct vmdq_events events;
	struct vmdq_store store;
	int rc;

	if (vmdq_store_open(&store, err))
		return -1;
	/* before the change, so that nothing of it is missed */
	vmdq_events_open(&events);
	d->coordinated = vmdq_daemon_running();
	rc = vmdq_store_transaction(&store, write_drain, d, err);
	vmdq_store_close(&store);
	if (!rc && d->on && opt->wait)
		rc = wait_empty(d, &events, opt->timeout_ms, err);
	vmdq_events_close(&events);

	return rc;
}

static void answer(const struct drain *d, const struct options *opt)
{
	struct json_object *object;

	if (opt->json) {
		object = new_answer(VMDQ_S_OK, NULL);
		json_object_object_add(object, "port", json_object_new_string(d->port));
		json_object_object_add(object, "drain", json_object_new_boolean(d->on));
		json_object_object_add(object, "coordinated",
				       json_object_new_boolean(d->coordinated));
		print_json(object);
	} else if (d->on) {
		printf("port %s (%s): %s\n", d->port, d->netdev, opt->wait ?
		       "no pool of it is held, and none is given" : "asked for");
	} else {
		printf("port %s: gives pools again%s\n", d->port, d->coordinated ? "" :
		       "; vmdqd does not run, so to running guests only by vmdqctl assign");
	}
}

/* Which port is meant.  To be used again, it need not be there now. */
static int find_port(struct drain *d, const char *name, struct vmdq_err *err)
{
	bool by_address = !vmdq_parse_bdf(name, d->port);
	const struct vmdq_port_info *port;
	struct vmdq_ports ports;
	int rc = 0;

	if (!d->on && by_address)
		return 0;
	if (vmdq_ports_load(&ports, err))
		return -1;
	port = vmdq_policy_port(&ports, by_address ? d->port : name);
	if (port) {
		snprintf(d->port, sizeof(d->port), "%s", port->name);
		snprintf(d->netdev, sizeof(d->netdev), "%s", port->netdev);
	} else {
		rc = vmdq_fail(err, VMDQ_S_NO_PORT,
			       "there is no port %s; 'vmdqctl list' shows the ports that there are",
			       name);
	}
	vmdq_ports_free(&ports);

	return rc;
}

/** cmd_drain() - drain <port> [on|off] */
int cmd_drain(int argc, char **argv, const struct options *opt)
{
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct drain d = { .on = true };

	if (argc < 1 || argc > 2 || (argc == 2 && strcmp(argv[1], "on") && strcmp(argv[1], "off")))
		return usage_error("drain takes a port and, perhaps, on or off");
	d.on = argc == 1 || !strcmp(argv[1], "on");
	if (find_port(&d, argv[0], &err) || do_drain(&d, opt, &err))
		return report_failure(opt, &err);
	answer(&d, opt);

	return VMDQ_S_OK;
}
