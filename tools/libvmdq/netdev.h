/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel says of network interfaces: the members of a bridge and the
 * counters that a driver shows by ethtool.
 */
#ifndef VMDQ_NETDEV_H
#define VMDQ_NETDEV_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

/** struct vmdq_counter - one of an interface's ethtool statistics */
struct vmdq_counter {
	char name[33];
	uint64_t value;
};

/** struct vmdq_counters - all of them; release with free(counter) */
struct vmdq_counters {
	struct vmdq_counter *counter;
	size_t n;
};

/** struct vmdq_ifname - an interface's name */
struct vmdq_ifname {
	char text[IFNAMSIZ];
};

/**
 * enum vmdq_sent - of the frames that an interface was to send
 * @VMDQ_SENT: those that it has sent
 * @VMDQ_NOT_SENT: those that were dropped, as "ip -s link" has it
 */
enum vmdq_sent {
	VMDQ_SENT,
	VMDQ_NOT_SENT,
};

int vmdq_link_load(const char *netdev, struct vmdq_link *link);
int vmdq_link_set(const char *netdev, const struct vmdq_link *link);
int vmdq_bridge_members(const char *bridge, struct vmdq_ifname **names, size_t *n);
int vmdq_link_sent(const char *netdev, enum vmdq_sent what, uint64_t *frames);
int vmdq_counters_load(const char *netdev, struct vmdq_counters *counters);
const struct vmdq_counter *vmdq_counter(const struct vmdq_counters *counters, const char *name);

#endif /* VMDQ_NETDEV_H */
