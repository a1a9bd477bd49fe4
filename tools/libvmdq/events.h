/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Be told when ports and pools change, by the multicast group of the kernel module
 * vmdq (vmdq_netlink.h), and when that module is loaded and unloaded.
 */
#ifndef VMDQ_EVENTS_H
#define VMDQ_EVENTS_H

#include <stdbool.h>

struct mnl_socket;

/**
 * struct vmdq_events - a listener
 * @nl: its socket, or NULL
 * @joined: the group, 0: the module is not loaded
 */
struct vmdq_events {
	struct mnl_socket *nl;
	unsigned int joined;
};

int vmdq_events_open(struct vmdq_events *events);
int vmdq_events_fd(const struct vmdq_events *events);
bool vmdq_events_take(struct vmdq_events *events);
void vmdq_events_close(struct vmdq_events *events);

#endif /* VMDQ_EVENTS_H */
