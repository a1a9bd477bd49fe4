// SPDX-License-Identifier: GPL-2.0
#include "machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "netlink.h"
#include "vmdqd.h"
#include "xenstore_fake.h"

struct machine machine;

static const char * const port_names[MACHINE_PORTS] = { "0000:00:03.0", "0000:00:04.0" };

static const char *node(unsigned int domid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "vmdq/vif/%u/0/%s", domid, name);

	return path;
}

static void set(const char *dir, unsigned int domid, const char *name, const char *value)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/%u/0/%s", dir, domid, name);
	fake_xs_set(path, value);
}

bool machine_exists(unsigned int domid)
{
	char path[64];

	snprintf(path, sizeof(path), "backend/vif/%u/0", domid);

	return fake_xs_get(path);
}

/* Where the vif is assigned to; false: nowhere */
static bool find_assigned(unsigned int domid, unsigned int *port, unsigned int *pool)
{
	const char *text = fake_xs_get(node(domid, "assign"));
	struct vmdq_pool_id id;

	if (!text || vmdq_parse_pool_id(text, &id))
		return false;
	*pool = id.pool;
	for (*port = 0; *port < MACHINE_PORTS; ++*port)
		if (!strcmp(port_names[*port], id.port))
			return id.pool < MACHINE_POOLS;
	return false;
}

static void tell(unsigned int domid, const char *state, const char *error)
{
	const char *now = fake_xs_get(node(domid, "state"));

	if (now && !strcmp(now, state) && !error == !fake_xs_get(node(domid, "error")))
		return;
	fake_xs_set(node(domid, "error"), error);
	fake_xs_set(node(domid, "state"), state);
}

/* Return: it has given something back */
static bool serve(unsigned int domid)
{
	unsigned int port, pool, want_port = 0, want_pool = 0;
	bool wants = machine_exists(domid) && find_assigned(domid, &want_port, &want_pool);
	bool gave = false;

	for (port = 0; port < MACHINE_PORTS; port++) {
		for (pool = 0; pool < MACHINE_POOLS; pool++) {
			if (machine.holder[port][pool] != domid)
				continue;
			if (wants && port == want_port && pool == want_pool &&
			    machine.present[port] && !machine.down[port])
				continue;
			machine.holder[port][pool] = 0;
			gave = true;
		}
	}
	if (!machine_exists(domid))
		return gave;
	if (!wants) {
		tell(domid, "software", NULL);
	} else if (machine.unfit == domid) {
		tell(domid, "software", "the port cannot take frames of the vif's MTU");
	} else if (!machine.present[want_port] || machine.down[want_port]) {
		tell(domid, "software", "the port is down");
	} else if (machine.holder[want_port][want_pool] &&
		   machine.holder[want_port][want_pool] != domid) {
		tell(domid, "software", "another vif holds it");
	} else {
		machine.holder[want_port][want_pool] = domid;
		tell(domid, "grant", NULL);
	}

	return gave;
}

void machine_settle(void)
{
	unsigned int domid;
	bool again;

	do {
		again = false;
		for (domid = 1; domid <= MACHINE_VIFS; domid++)
			if (domid != machine.stuck)
				again |= serve(domid);
	} while (again);
}

static void on_change(const char *path)
{
	(void)path;
	machine_settle();
}

void machine_reset(void)
{
	fake_xs_reset();
	memset(&machine, 0, sizeof(machine));
	machine.present[0] = true;
	machine.bridged[0] = true;
	machine.bridged[1] = true;
	fake_xs.changed = on_change;
}

void machine_add(unsigned int domid, const char *text)
{
	char mac[32], word[32], value[64], request[64];
	int n;

	snprintf(mac, sizeof(mac), "00:16:3e:00:00:%02x", domid);
	set("backend/vif", domid, "mac", mac);
	set("backend/vif", domid, "bridge", "xenbr0");
	set("backend/vif", domid, "script", "vif-vmdq");
	set("backend/vif", domid, "state", "4");
	set("vmdq/vif", domid, "request/bridge", "xenbr0");
	set("vmdq/vif", domid, "request/mode", "auto");
	while (sscanf(text, " %31[a-z]=%63s%n", word, value, &n) == 2) {
		text += n;
		snprintf(request, sizeof(request), "request/%s", word);
		set("vmdq/vif", domid, request, value);
	}
}

void machine_remove(unsigned int domid)
{
	char path[64];

	snprintf(path, sizeof(path), "vmdq/vif/%u", domid);
	fake_xs_set(path, NULL);
	snprintf(path, sizeof(path), "backend/vif/%u", domid);
	fake_xs_set(path, NULL);
}

const char *machine_pool(unsigned int domid)
{
	static char text[32];
	unsigned int port, pool;

	if (!find_assigned(domid, &port, &pool))
		return "-";
	snprintf(text, sizeof(text), "%u/%u", port, pool);

	return text;
}

/* ---- what vmdqd asks ----------------------------------------------------- */

int vmdq_ports_load(struct vmdq_ports *ports, struct vmdq_err *err)
{
	struct vmdq_port_info *port;
	unsigned int i, j;

	memset(ports, 0, sizeof(*ports));
	if (machine.deaf)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot read ports and pools");
	ports->port = calloc(MACHINE_PORTS, sizeof(*port));
	if (!ports->port)
		abort();
	for (i = 0; i < MACHINE_PORTS; i++) {
		if (!machine.present[i])
			continue;
		port = &ports->port[ports->n++];
		strcpy(port->name, port_names[i]);
		snprintf(port->netdev, sizeof(port->netdev), "eth%u", i);
		port->n_pools = MACHINE_POOLS;
		port->up = !machine.down[i];
		port->n_pool_infos = MACHINE_POOLS - 1;
		port->pools = calloc(MACHINE_POOLS - 1, sizeof(*port->pools));
		if (!port->pools)
			abort();
		for (j = 1; j < MACHINE_POOLS; j++) {
			port->pools[j - 1].index = j;
			if (!machine.holder[i][j])
				continue;
			port->pools[j - 1].state = VMDQ_POOL_ACTIVE;
			snprintf(port->pools[j - 1].owner, IFNAMSIZ, "vif%u.0",
				 machine.holder[i][j]);
		}
	}

	return 0;
}

int vmdq_bridge_members(const char *bridge, struct vmdq_ifname **names, size_t *n)
{
	unsigned int i;

	*n = 0;
	*names = NULL;
	errno = ENOENT;
	if (strcmp(bridge, "xenbr0"))
		return -1;
	*names = calloc(MACHINE_PORTS + 1, sizeof(**names));
	if (!*names)
		abort();
	strcpy((*names)[(*n)++].text, "vif1.0");
	for (i = 0; i < MACHINE_PORTS; i++)
		if (machine.present[i] && machine.bridged[i])
			snprintf((*names)[(*n)++].text, IFNAMSIZ, "eth%u", i);

	return 0;
}

int vmdq_link_sent(const char *netdev, enum vmdq_sent what, uint64_t *frames)
{
	unsigned int domid = 0;

	(void)what;
	errno = ENOENT;
	if (sscanf(netdev, "vif%u.0", &domid) != 1 || domid > MACHINE_VIFS)
		return -1;
	if (!machine_exists(domid))
		return -1;
	*frames = machine.received[domid];

	return 0;
}

void say(int priority, const char *fmt, ...)
{
	va_list ap;

	(void)priority;
	machine.n_said++;
	va_start(ap, fmt);
	vsnprintf(machine.said, sizeof(machine.said), fmt, ap);
	va_end(ap);
	if (machine.on_say)
		machine.on_say(machine.said);
}
