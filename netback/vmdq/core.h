/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vmdq.ko share with one another and with nobody else. */
#ifndef VMDQ_CORE_H
#define VMDQ_CORE_H

#include "rules.h"
#include "vmdq.h"

/* port.c */

/*
 * Taken before any vmdq_port.lock.  Guards the list of ports, and is held by
 * vmdq_pool_release() to its end, so that who has seen a pool become free and
 * then held this lock may free the pool's port.
 */
extern struct mutex vmdq_ports_lock;
extern struct list_head vmdq_ports;
extern unsigned int vmdq_ports_seq;	/* changes whenever the list does */

struct vmdq_port *vmdq_port_find(const char *name);
void vmdq_notify(enum vmdq_event event, void *data);

/* pool.c */
const char *vmdq_pool_owner_name(const struct vmdq_pool *pool);

/* netlink.c */
int vmdq_netlink_init(void);
void vmdq_netlink_exit(void);
void vmdq_netlink_port_event(struct vmdq_port *port, enum vmdq_cmd cmd);
void vmdq_netlink_pool_event(struct vmdq_pool *pool);

#endif /* VMDQ_CORE_H */
