/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ports and pools as the kernel module vmdq tells them, by its generic-netlink
 * family (vmdq_netlink.h).  Reading needs no privilege.
 */
#ifndef VMDQ_NETLINK_CLIENT_H
#define VMDQ_NETLINK_CLIENT_H

#include "error.h"
#include "model.h"

int vmdq_ports_load(struct vmdq_ports *ports, struct vmdq_err *err);

#endif /* VMDQ_NETLINK_CLIENT_H */
