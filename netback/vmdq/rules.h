/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be done with a pool and when, as pure functions.  No kernel
 * interfaces beyond types and error numbers, so that the unit tests compile
 * this file as it is.
 */
#ifndef VMDQ_RULES_H
#define VMDQ_RULES_H

#include <linux/types.h>

#include "vmdq_netlink.h"

#define VMDQ_NO_VLAN		0xffff	/* a filter that takes untagged and tagged frames alike */
#define VMDQ_MIN_FRAME		60	/* shortest Ethernet frame without FCS (IEEE 802.3 4.4.2) */

/** enum vmdq_pool_step - what can happen to a pool; see the table in rules.c */
enum vmdq_pool_step {
	VMDQ_STEP_TAKE,
	VMDQ_STEP_SET_FILTER,
	VMDQ_STEP_CLEAR_FILTER,
	VMDQ_STEP_STOP,
	VMDQ_STEP_RELEASE,
	VMDQ_N_STEPS
};

int vmdq_next_state(enum vmdq_pool_state from, enum vmdq_pool_step step);
int vmdq_check_index(unsigned int index, unsigned int n_pools);
int vmdq_check_config(unsigned int buf_size, unsigned int max_frame, unsigned int port_max_frame);
int vmdq_check_filter(const __u8 addr[6], unsigned int vlan);
int vmdq_filters_overlap(const __u8 addr_a[6], unsigned int vlan_a,
			 const __u8 addr_b[6], unsigned int vlan_b);

#endif /* VMDQ_RULES_H */
