// SPDX-License-Identifier: GPL-2.0
/*
 * Which steps a pool may take, and which settings make sense.  Compiled into
 * vmdq.ko and, unchanged, into the unit tests.
 */
#include <linux/errno.h>
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif

#include "rules.h"

#define N_STATES	(VMDQ_POOL_STOPPED + 1)

/*
 * The life of a pool: the state that a step leads to, or why it is refused.
 * Clearing a filter that is not there and stopping what is stopped are no
 * errors: two reasons to take a pool away (its vif goes, its port goes) may
 * meet, and each does all of it.
 */
static const int next_state[N_STATES][VMDQ_N_STEPS] = {
	[VMDQ_POOL_FREE] = {
		[VMDQ_STEP_TAKE]	 = VMDQ_POOL_IDLE,
		[VMDQ_STEP_SET_FILTER]	 = -EINVAL,
		[VMDQ_STEP_CLEAR_FILTER] = -EINVAL,
		[VMDQ_STEP_STOP]	 = -EINVAL,
		[VMDQ_STEP_RELEASE]	 = -EINVAL,
	},
	[VMDQ_POOL_IDLE] = {
		[VMDQ_STEP_TAKE]	 = -EBUSY,
		[VMDQ_STEP_SET_FILTER]	 = VMDQ_POOL_ACTIVE,
		[VMDQ_STEP_CLEAR_FILTER] = VMDQ_POOL_IDLE,
		[VMDQ_STEP_STOP]	 = VMDQ_POOL_STOPPED,
		[VMDQ_STEP_RELEASE]	 = -EBUSY,
	},
	[VMDQ_POOL_ACTIVE] = {
		[VMDQ_STEP_TAKE]	 = -EBUSY,
		[VMDQ_STEP_SET_FILTER]	 = VMDQ_POOL_ACTIVE,
		[VMDQ_STEP_CLEAR_FILTER] = VMDQ_POOL_IDLE,
		[VMDQ_STEP_STOP]	 = VMDQ_POOL_STOPPED,
		[VMDQ_STEP_RELEASE]	 = -EBUSY,
	},
	[VMDQ_POOL_STOPPED] = {
		[VMDQ_STEP_TAKE]	 = -EBUSY,
		[VMDQ_STEP_SET_FILTER]	 = -ENETDOWN,
		[VMDQ_STEP_CLEAR_FILTER] = VMDQ_POOL_STOPPED,
		[VMDQ_STEP_STOP]	 = VMDQ_POOL_STOPPED,
		[VMDQ_STEP_RELEASE]	 = VMDQ_POOL_FREE,
	},
};

/**
 * vmdq_next_state() - the state that a step leads to
 * @from: the pool's state
 * @step: what shall happen to it
 *
 * Return: an enum vmdq_pool_state, or -EINVAL (nobody holds the pool), -EBUSY
 * (somebody does, or its queue still runs), -ENETDOWN (it was stopped).
 */
int vmdq_next_state(enum vmdq_pool_state from, enum vmdq_pool_step step)
{
	if ((unsigned int)from >= N_STATES || (unsigned int)step >= VMDQ_N_STEPS)
		return -EINVAL;

	return next_state[from][step];
}

/**
 * vmdq_check_index() - whether a pool can be taken at all
 * @index: the pool's number
 * @n_pools: pools of its port, the default pool included
 *
 * Return: 0, or -ERANGE for the default pool (0) and for numbers past the last.
 */
int vmdq_check_index(unsigned int index, unsigned int n_pools)
{
	return index == 0 || index >= n_pools ? -ERANGE : 0;
}

/**
 * vmdq_check_config() - whether a pool can be set up so
 * @buf_size: see struct vmdq_pool_config
 * @max_frame: see struct vmdq_pool_config
 * @port_max_frame: longest frame of the port
 *
 * Return: 0, -EINVAL (no buffer, or too short a frame), -EMSGSIZE (longer
 * frames than the port can take).
 */
int vmdq_check_config(unsigned int buf_size, unsigned int max_frame, unsigned int port_max_frame)
{
	if (!buf_size || max_frame < VMDQ_MIN_FRAME)
		return -EINVAL;
	if (max_frame > port_max_frame)
		return -EMSGSIZE;

	return 0;
}

/**
 * vmdq_check_filter() - whether a filter names one station
 * @addr: destination MAC
 * @vlan: VLAN ID or VMDQ_NO_VLAN
 *
 * Return: 0, or -EADDRNOTAVAIL (group or zero address), -ERANGE (VLAN 4095 is
 * reserved by IEEE 802.1Q 9.6, and there is none beyond).
 */
int vmdq_check_filter(const __u8 addr[6], unsigned int vlan)
{
	static const __u8 zero[6];

	if ((addr[0] & 1) || !memcmp(addr, zero, sizeof(zero)))
		return -EADDRNOTAVAIL;
	if (vlan != VMDQ_NO_VLAN && vlan > 4094)
		return -ERANGE;

	return 0;
}

/**
 * vmdq_filters_overlap() - whether one frame could match both filters
 * @addr_a: address of the one
 * @vlan_a: VLAN of the one, or VMDQ_NO_VLAN
 * @addr_b: address of the other
 * @vlan_b: VLAN of the other, or VMDQ_NO_VLAN
 *
 * Return: 1 if so, else 0.
 */
int vmdq_filters_overlap(const __u8 addr_a[6], unsigned int vlan_a,
			 const __u8 addr_b[6], unsigned int vlan_b)
{
	if (memcmp(addr_a, addr_b, 6))
		return 0;

	return vlan_a == vlan_b || vlan_a == VMDQ_NO_VLAN || vlan_b == VMDQ_NO_VLAN;
}
