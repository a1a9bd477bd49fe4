/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by plan.c, which finds who shall have what, and steps.c */
#ifndef VMDQD_PLAN_PRIV_H
#define VMDQD_PLAN_PRIV_H

#include "plan.h"

#define NO_SLOT		SIZE_MAX

/**
 * struct slot - one pool of one port
 * @port: index
 * @pool: number
 * @owner: who is assigned it now
 * @placed: who shall be
 * @seen: number of the search that has looked at it
 */
struct slot {
	size_t port;
	unsigned int pool;
	size_t owner;
	size_t placed;
	unsigned int seen;
};

/**
 * struct place - a vif's slots
 * @now: the one that it is assigned and owns
 * @then: the one that it shall have
 * @rank: position in the order of vifs
 * @served: @now is a pool that it can use and keep
 * @why: why it shall have it
 */
struct place {
	size_t now;
	size_t then;
	size_t rank;
	bool served;
	enum plan_why why;
};

/**
 * struct match - who has and who shall have which slot
 * @in: the input
 * @slot: all slots, by port and number
 * @n_slots: how many
 * @place: of each vif
 * @order: vifs by rank
 * @search: number of the current search
 */
struct match {
	const struct plan_input *in;
	struct slot *slot;
	size_t n_slots;
	struct place *place;
	size_t *order;
	unsigned int search;
};

int plan_steps(struct match *m, struct plan *plan);

#endif /* VMDQD_PLAN_PRIV_H */
