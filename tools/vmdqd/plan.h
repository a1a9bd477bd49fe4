/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which vif shall have which pool, and what has to be done for that.  Pure: no
 * I/O, no clock, no memory of its own.  The same input gives the same plan, and
 * after a plan's steps there is none left.
 *
 * Pools go to vifs in this order:
 *
 *	1. fixed: a person or the configuration said which pool
 *	2. mode "required"
 *	3. mode "auto": by priority, the higher number first
 *	4. what keeps a pool until somebody wants it (idle)
 *
 * Among equals, who has a pool keeps it, so that nobody is disturbed for
 * nothing; but in class 3 a busy vif displaces a quiet one of the same priority
 * when, in every sample of the last PLAN_WINDOW_MS, it received more than
 * PLAN_RATIO times what the quiet one did in its best, and PLAN_BUSY more.  The
 * same condition with the two exchanged cannot hold then, and a chain of such
 * exchanges ends, because each gives the pool to more than twice the load.
 *
 * As many vifs as possible are served: a vif that can have a pool of another
 * port makes room for one that cannot.
 */
#ifndef VMDQD_PLAN_H
#define VMDQD_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

#define PLAN_SAMPLE_MS	5000	/* between two looks at a vif's counters */
#define PLAN_SAMPLES	6	/* in the window */
#define PLAN_WINDOW_MS	(PLAN_SAMPLE_MS * PLAN_SAMPLES)
#define PLAN_RATIO	2
#define PLAN_BUSY	100	/* frames a second */

/* So long may a port be down before vifs that can have another's pool take that:
 * a reset takes 2 s, loading its driver again 5 s
 */
#define PLAN_PORT_GRACE_MS	10000

#define PLAN_MAX_PORTS	64	/* bits of plan_vif.ports */
#define PLAN_MAX_POOLS	64	/* bits of plan_port.taken */

#define PLAN_NOBODY	SIZE_MAX

/** enum plan_class - the first of the keys by which vifs are ranked */
enum plan_class {
	PLAN_FIXED,
	PLAN_REQUIRED,
	PLAN_AUTO,
	PLAN_IDLE,
};

/**
 * struct plan_port - a port
 * @name: PCI address
 * @n_pools: pools, the port's own included; at most PLAN_MAX_POOLS
 * @up: its pools can be used
 * @drain: a person wants it empty
 * @down_ms: unless @up: for how long; a port that has gone is down
 * @taken: bitmap of pools that somebody holds without an assignment
 */
struct plan_port {
	char name[VMDQ_PORT_NAME_SIZE];
	unsigned int n_pools;
	bool up;
	bool drain;
	unsigned int down_ms;
	uint64_t taken;
};

/**
 * struct plan_vif - a vif that wants a pool or has one
 * @domid: its guest
 * @handle: its number there
 * @class: see above
 * @priority: higher goes first
 * @ports: bitmap of the ports that it may use, by index; not looked at in class
 *	PLAN_IDLE
 * @fixed: the pool's number; 0: any
 * @has: it is assigned @pool of @port
 * @port: index of a port
 * @pool: see @has
 * @low: frames a second that it received in its quietest sample of the window; 0
 *	if it has not been observed for that long
 * @high: in its busiest; UINT64_MAX if it has not been observed for that long
 */
struct plan_vif {
	unsigned int domid;
	unsigned int handle;
	enum plan_class class;
	unsigned int priority;
	uint64_t ports;
	unsigned int fixed;
	bool has;
	size_t port;
	unsigned int pool;
	uint64_t low;
	uint64_t high;
};

/** struct plan_input - all that a plan is made of */
struct plan_input {
	const struct plan_port *ports;
	size_t n_ports;
	const struct plan_vif *vifs;
	size_t n_vifs;
};

/** enum plan_why - what a step is for */
enum plan_why {
	PLAN_FREE,	/* the pool was free */
	PLAN_RANK,	/* the other one ranks lower */
	PLAN_LOAD,	/* the other one is quiet */
	PLAN_MOVE,	/* it makes room, or leaves a port */
	PLAN_DRAIN,	/* the port is being drained */
	PLAN_UNFIT,	/* what it has is not for it */
};

/**
 * struct plan_step - one change
 * @vif: index of the vif
 * @assign: it gets @pool of @port; else it gives back what it has
 * @port: index of a port
 * @pool: number
 * @from: index of the vif that loses that pool in the same transaction, or
 *	PLAN_NOBODY
 * @swap: that one gets in its place what @vif had
 * @joined: made in the same transaction as the step before it
 * @why: for the log
 */
struct plan_step {
	size_t vif;
	bool assign;
	size_t port;
	unsigned int pool;
	size_t from;
	bool swap;
	bool joined;
	enum plan_why why;
};

/**
 * struct plan - the steps, in the order in which they are to be made
 * @step: release with plan_free()
 * @n: how many; 0 when all is as it should be
 * @waiting: vifs of the classes fixed, required and auto without a pool after that
 */
struct plan {
	struct plan_step *step;
	size_t n;
	size_t waiting;
};

int plan_make(const struct plan_input *in, struct plan *plan);
void plan_free(struct plan *plan);

#endif /* VMDQD_PLAN_H */
