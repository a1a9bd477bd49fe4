/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel would say, behind netlink.h and netdev.h: one port, one
 * bridge.
 */
#ifndef UNIT_KERNEL_FAKE_H
#define UNIT_KERNEL_FAKE_H

#include <stdbool.h>

#include "model.h"

#define FAKE_PORT	"0000:00:03.0"

/**
 * struct fake_kernel - what a test may set
 * @module: the module vmdq is loaded
 * @n_ports: 0 or 1: FAKE_PORT, netdev eth0, three pools for vifs
 * @held: bitmap of its pools that @owner holds
 * @owner: NULL: "vif77.0"
 * @mac: what the filters of these pools take; NULL: they have none
 * @growth: frames that a vif's pool receives between two readings of the vif's counters
 * @come: of these, how many there were
 * @dropped: frames for a vif that were dropped, as "ip -s link" has it
 * @members: members of the bridge xenbr0, separated by blanks
 * @driver: whose driver has vif 1/0
 * @second: whose driver has vif 2/0; VMDQ_BACKEND_NONE: the bus has no such vif
 * @absent: the backend whose module is not loaded
 * @max_queues: that xen-netback serves; 0: it does not say
 * @fails: while this backend has the vif its hotplug script fails
 * @refuses: this backend's driver does not take the vif
 * @link: the vif's interface
 * @pvh: dom0 is no PV domain
 * @coordinated: vmdqd runs
 * @done: what was done to the vif, one letter each: u(nbind), b(ind), s(cript)
 */
struct fake_kernel {
	bool module;
	unsigned int n_ports;
	unsigned int held;
	const char *owner;
	const uint8_t *mac;
	uint64_t growth;
	uint64_t come;
	uint64_t dropped;
	const char *members;
	enum vmdq_backend driver;
	enum vmdq_backend second;
	enum vmdq_backend absent;
	unsigned int max_queues;
	enum vmdq_backend fails;
	enum vmdq_backend refuses;
	struct vmdq_link link;
	bool pvh;
	bool coordinated;
	char done[16];
};

extern struct fake_kernel fake_kernel;

#endif /* UNIT_KERNEL_FAKE_H */
