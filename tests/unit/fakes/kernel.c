// SPDX-License-Identifier: GPL-2.0
#include "kernel_fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "netlink.h"

#define N_POOLS	4	/* the port's own included */

struct fake_kernel fake_kernel;

int vmdq_ports_load(struct vmdq_ports *ports, struct vmdq_err *err)
{
	struct vmdq_pool_info *pool;
	struct vmdq_port_info *port;
	unsigned int i;

	memset(ports, 0, sizeof(*ports));
	if (!fake_kernel.module)
		return vmdq_fail(err, VMDQ_S_NO_MODULE, "the kernel module vmdq is not loaded");
	if (!fake_kernel.n_ports)
		return 0;
	port = calloc(1, sizeof(*port));
	pool = calloc(N_POOLS - 1, sizeof(*pool));
	if (!port || !pool)
		abort();
	strcpy(port->name, FAKE_PORT);
	strcpy(port->driver, "vmdq_igb");
	strcpy(port->netdev, "eth0");
	port->n_pools = N_POOLS;
	port->ring_size = 256;
	port->max_frame = 9238;
	port->up = true;
	port->pools = pool;
	port->n_pool_infos = N_POOLS - 1;
	for (i = 1; i < N_POOLS; i++, pool++) {
		pool->index = i;
		pool->vlan = VMDQ_VLAN_NONE;
		if (!(fake_kernel.held & 1u << i)) {
			port->pools_free++;
			continue;
		}
		pool->state = VMDQ_POOL_ACTIVE;
		snprintf(pool->owner, sizeof(pool->owner), "%s",
			 fake_kernel.owner ? fake_kernel.owner : "vif77.0");
		pool->has_mac = fake_kernel.mac;
		if (pool->has_mac)
			memcpy(pool->mac, fake_kernel.mac, sizeof(pool->mac));
		pool->posted = 192;
	}
	ports->port = port;
	ports->n = 1;

	return 0;
}

int vmdq_bridge_members(const char *bridge, struct vmdq_ifname **names, size_t *n)
{
	const char *p = fake_kernel.members ? fake_kernel.members : "";
	size_t len;

	*n = 0;
	*names = NULL;
	errno = ENOENT;
	if (strcmp(bridge, "xenbr0"))
		return -1;
	*names = calloc(8, sizeof(**names));
	if (!*names)
		abort();
	for (; *p; p += len + (p[len] == ' ')) {
		len = strcspn(p, " ");
		memcpy((*names)[(*n)++].text, p, len);
	}

	return 0;
}

static void give_counters(struct vmdq_counters *counters, const struct vmdq_counter *counted,
			  size_t n)
{
	counters->counter = malloc(n * sizeof(*counted));
	if (!counters->counter)
		abort();
	memcpy(counters->counter, counted, n * sizeof(*counted));
	counters->n = n;
}

int vmdq_counters_load(const char *netdev, struct vmdq_counters *counters)
{
	static const struct vmdq_counter of_port[] = {
		{ "pool1_tx_frames", 70 }, { "pool1_tx_bytes", 7000 }, { "pool1_tx_dropped", 2 },
		{ "pool1_hw_rx_dropped", 4 },
	};
	const struct vmdq_counter of_vif[] = {
		{ "rx_pool_frames", 10000 + fake_kernel.come },
		{ "rx_pool_bytes", 1000000 + 100 * fake_kernel.come },
		{ "pool_grant_maps", 10240 }, { "pool_grant_unmaps", 10048 },
		{ "pool_grant_copies", 0 }, { "pool_multicalls", 640 },
		{ "pool_hypercalls", 640 }, { "pool_interrupts", 400 + fake_kernel.come / 25 },
		{ "pool_notifications", 500 }, { "rx_sw_frames", 30 }, { "rx_sw_bytes", 3000 },
		{ "rx_dropped", 1 }, { "rx_errors", 16 }, { "tx_frames", 90 },
		{ "tx_bytes", 9000 }, { "tx_errors", 32 },
	};
	static const struct vmdq_counter of_stock[] = {
		{ "rx_gso_checksum_fixup", 3 }, { "tx_frag_overflow", 0 },
	};

	if (!strcmp(netdev, "eth0")) {
		give_counters(counters, of_port, sizeof(of_port) / sizeof(of_port[0]));
		return 0;
	}
	if (!strcmp(netdev, "vif1.0") && fake_kernel.driver == VMDQ_BACKEND_STOCK) {
		give_counters(counters, of_stock, sizeof(of_stock) / sizeof(of_stock[0]));
		return 0;
	}
	give_counters(counters, of_vif, sizeof(of_vif) / sizeof(of_vif[0]));
	fake_kernel.come += fake_kernel.growth;

	return 0;
}

int vmdq_link_sent(const char *netdev, enum vmdq_sent what, uint64_t *frames)
{
	(void)netdev;
	*frames = what == VMDQ_NOT_SENT ? fake_kernel.dropped : fake_kernel.come;

	return 0;
}

const struct vmdq_counter *vmdq_counter(const struct vmdq_counters *counters, const char *name)
{
	size_t i;

	for (i = 0; i < counters->n; i++)
		if (!strcmp(counters->counter[i].name, name))
			return &counters->counter[i];
	return NULL;
}

int vmdq_link_load(const char *netdev, struct vmdq_link *link)
{
	(void)netdev;
	*link = fake_kernel.link;

	return 0;
}

int vmdq_link_set(const char *netdev, const struct vmdq_link *link)
{
	(void)netdev;
	fake_kernel.link = *link;

	return 0;
}
