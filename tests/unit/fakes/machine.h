/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine for vmdqd, behind netlink.h and netdev.h: ports in a bridge, vifs, and a
 * backend that does what xenstore says, as netback/vif/assign.c does.
 */
#ifndef UNIT_MACHINE_H
#define UNIT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_PORTS	2
#define MACHINE_POOLS	8	/* of each port, its own included */
#define MACHINE_VIFS	16

/**
 * struct machine - what a test may set
 * @present: the ports that there are; "0000:00:03.0" is eth0, "0000:00:04.0" is eth1
 * @down: of these, those that are down
 * @bridged: those that are in the bridge xenbr0
 * @deaf: the kernel cannot be asked
 * @holder: domain that holds a pool; 0: nobody
 * @stuck: domain whose backend does nothing
 * @unfit: domain whose vif no pool is good for
 * @received: frames, by domain
 * @said: what vmdqd said last
 * @n_said: how often it has said something
 * @on_say: told of it
 */
struct machine {
	bool present[MACHINE_PORTS];
	bool down[MACHINE_PORTS];
	bool bridged[MACHINE_PORTS];
	bool deaf;
	unsigned int holder[MACHINE_PORTS][MACHINE_POOLS];
	unsigned int stuck;
	unsigned int unfit;
	uint64_t received[MACHINE_VIFS + 1];
	char said[1024];
	unsigned int n_said;
	void (*on_say)(const char *text);
};

extern struct machine machine;

/* One port, in the bridge, nobody there, xenstore empty */
void machine_reset(void);

/* A domain with one vif, whose script has asked for a pool; @text: more of its request,
 * as "priority=3 mode=required"
 */
void machine_add(unsigned int domid, const char *text);
bool machine_exists(unsigned int domid);
void machine_remove(unsigned int domid);

/* The backend looks at everything */
void machine_settle(void);

/* The pool that the vif is assigned, "0/3" for pool 3 of the first port; "-" for none */
const char *machine_pool(unsigned int domid);

#endif /* UNIT_MACHINE_H */
