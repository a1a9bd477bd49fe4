/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel would say, behind netlink.h and netdev.h: one port, one
 * bridge.
 */
#ifndef UNIT_KERNEL_FAKE_H
#define UNIT_KERNEL_FAKE_H

#include <stdbool.h>

#define FAKE_PORT	"0000:00:03.0"

/**
 * struct fake_kernel - what a test may set
 * @module: the module vmdq is loaded
 * @n_ports: 0 or 1: FAKE_PORT, netdev eth0, three pools for vifs
 * @held: bitmap of its pools that "vif77.0" holds
 * @members: members of the bridge xenbr0, separated by blanks
 */
struct fake_kernel {
	bool module;
	unsigned int n_ports;
	unsigned int held;
	const char *members;
};

extern struct fake_kernel fake_kernel;

#endif /* UNIT_KERNEL_FAKE_H */
