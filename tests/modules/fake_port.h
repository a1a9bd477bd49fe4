/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A port without hardware: its pools' rings are arrays, and frames come from
 * whoever calls fake_receive().
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include "vmdq.h"

#define FAKE_NAME	"ffff:00:00.0"
#define FAKE_POOLS	8
#define FAKE_RING	64

/**
 * struct fake_ring - one pool's receive ring
 * @started: pool_start() was called, pool_stop() was not yet
 * @filtered: a filter is set
 * @rx: completions; an entry is written by fake_receive()
 * @head: buffers posted so far
 * @written: buffers written so far
 * @tail: buffers harvested so far; tail <= written <= head
 */
struct fake_ring {
	bool started;
	bool filtered;
	struct vmdq_rx rx[FAKE_RING];
	unsigned int head;
	unsigned int written;
	unsigned int tail;
};

/**
 * struct fake_port - the port and what its driver was asked to do
 * @port: what the core knows
 * @rings: one for each pool
 * @fail: what pool_start(), filter_set() and pool_stop() return
 * @starts: calls of pool_start() that succeeded
 * @stops: calls of pool_stop()
 * @releases: calls of pool_release()
 * @violations: calls that the core's contract rules out
 */
struct fake_port {
	struct vmdq_port port;
	struct fake_ring rings[FAKE_POOLS];
	int fail;
	atomic_t starts;
	atomic_t stops;
	atomic_t releases;
	atomic_t violations;
};

int fake_port_create(struct fake_port *fake, const char *device);
void fake_port_destroy(struct fake_port *fake);
void fake_receive(struct vmdq_pool *pool, u16 len, u16 flags);

#endif /* FAKE_PORT_H */
