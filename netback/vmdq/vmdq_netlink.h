/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * Generic-netlink family "vmdq": which ports and pools there are, who owns
 * each pool, and what passed through it.  For kernel and user space alike.
 * vmdq.yaml describes the same family in the kernel's netlink spec form;
 * check-spec holds the two against each other.
 *
 * Reading needs no privilege.  Nothing is changed through this family: a pool
 * is given by writing xenstore, to the backend that will use it.
 */
#ifndef VMDQ_NETLINK_H
#define VMDQ_NETLINK_H

#define VMDQ_FAMILY_NAME	"vmdq"
#define VMDQ_FAMILY_VERSION	1

/* Multicast group of the *_NTF messages */
#define VMDQ_MCGRP_EVENTS	"events"

/**
 * enum vmdq_pool_state - life of a pool
 * @VMDQ_POOL_FREE: nobody's
 * @VMDQ_POOL_IDLE: taken, its queue runs, nothing is steered to it
 * @VMDQ_POOL_ACTIVE: taken, frames that match its filter arrive in it
 * @VMDQ_POOL_STOPPED: taken, the hardware can no longer write to its buffers
 */
enum vmdq_pool_state {
	VMDQ_POOL_FREE,
	VMDQ_POOL_IDLE,
	VMDQ_POOL_ACTIVE,
	VMDQ_POOL_STOPPED,
};

/**
 * enum vmdq_cmd - requests and notifications
 * @VMDQ_CMD_PORT_GET: do: the port with VMDQ_A_PORT_NAME, -ENODEV if unknown.
 *	dump: all ports.  The reply carries every VMDQ_A_PORT_* that applies.
 * @VMDQ_CMD_POOL_GET: do: the pool with VMDQ_A_POOL_PORT and
 *	VMDQ_A_POOL_INDEX, -ENODEV or -ERANGE if there is none.  dump: the pools
 *	of all ports, or of VMDQ_A_POOL_PORT if given; pool 0 (the port's own)
 *	is not among them.
 * @VMDQ_CMD_PORT_ADD_NTF: a port was registered; as the reply of PORT_GET
 * @VMDQ_CMD_PORT_DEL_NTF: a port is gone; as the reply of PORT_GET
 * @VMDQ_CMD_PORT_UP_NTF: a port's pools can be taken now
 * @VMDQ_CMD_PORT_DOWN_NTF: a port took all of its pools back
 * @VMDQ_CMD_POOL_CHANGE_NTF: a pool's owner, state or filter changed; as the
 *	reply of POOL_GET
 */
enum vmdq_cmd {
	VMDQ_CMD_PORT_GET = 1,
	VMDQ_CMD_POOL_GET,
	VMDQ_CMD_PORT_ADD_NTF,
	VMDQ_CMD_PORT_DEL_NTF,
	VMDQ_CMD_PORT_UP_NTF,
	VMDQ_CMD_PORT_DOWN_NTF,
	VMDQ_CMD_POOL_CHANGE_NTF,
};

#define VMDQ_CMD_MAX		VMDQ_CMD_POOL_CHANGE_NTF

/**
 * enum vmdq_a_port - a port
 * @VMDQ_A_PORT_NAME: string, its PCI address, "0000:00:03.0"
 * @VMDQ_A_PORT_DRIVER: string
 * @VMDQ_A_PORT_IFINDEX: u32, netdev of the default pool; absent, as its name,
 *	while that is not registered
 * @VMDQ_A_PORT_NETDEV: string, that netdev's name
 * @VMDQ_A_PORT_N_POOLS: u32, pools including the default pool 0; those that
 *	can be taken are 1 to n-pools - 1
 * @VMDQ_A_PORT_POOLS_FREE: u32, pools that are free
 * @VMDQ_A_PORT_RING_SIZE: u32, descriptors of a pool's receive ring
 * @VMDQ_A_PORT_MAX_FRAME: u32, longest frame the hardware takes, without FCS
 * @VMDQ_A_PORT_UP: u8, 1 when pools can be taken, else 0
 */
enum vmdq_a_port {
	VMDQ_A_PORT_NAME = 1,
	VMDQ_A_PORT_DRIVER,
	VMDQ_A_PORT_IFINDEX,
	VMDQ_A_PORT_NETDEV,
	VMDQ_A_PORT_N_POOLS,
	VMDQ_A_PORT_POOLS_FREE,
	VMDQ_A_PORT_RING_SIZE,
	VMDQ_A_PORT_MAX_FRAME,
	VMDQ_A_PORT_UP,
};

#define VMDQ_A_PORT_MAX		VMDQ_A_PORT_UP

/**
 * enum vmdq_a_pool - a pool of a port
 * @VMDQ_A_POOL_PORT: string, as VMDQ_A_PORT_NAME
 * @VMDQ_A_POOL_INDEX: u32, number on the port, from 1
 * @VMDQ_A_POOL_STATE: u32, enum vmdq_pool_state
 * @VMDQ_A_POOL_OWNER: string, who took it; absent while free, as are all that
 *	follow but @VMDQ_A_POOL_STATS
 * @VMDQ_A_POOL_OWNER_IFINDEX: u32, the owner's netdev; absent when it has none
 * @VMDQ_A_POOL_MAC: 6 bytes, the filter's address; absent unless active
 * @VMDQ_A_POOL_VLAN: u16, the filter's VLAN; absent when it matches by MAC alone
 * @VMDQ_A_POOL_BUF_SIZE: u32, bytes of a posted buffer
 * @VMDQ_A_POOL_MAX_FRAME: u32, longest frame accepted, without FCS
 * @VMDQ_A_POOL_POSTED: u32, buffers that the hardware holds now
 * @VMDQ_A_POOL_STATS: nest of VMDQ_A_POOL_STATS_*, since the pool was last taken
 */
enum vmdq_a_pool {
	VMDQ_A_POOL_PORT = 1,
	VMDQ_A_POOL_INDEX,
	VMDQ_A_POOL_STATE,
	VMDQ_A_POOL_OWNER,
	VMDQ_A_POOL_OWNER_IFINDEX,
	VMDQ_A_POOL_MAC,
	VMDQ_A_POOL_VLAN,
	VMDQ_A_POOL_BUF_SIZE,
	VMDQ_A_POOL_MAX_FRAME,
	VMDQ_A_POOL_POSTED,
	VMDQ_A_POOL_STATS,
};

#define VMDQ_A_POOL_MAX		VMDQ_A_POOL_STATS

/**
 * enum vmdq_a_pool_stats - counters of a pool, all u64
 * @VMDQ_A_POOL_STATS_PAD: aligns the u64 that follows, no value
 * @VMDQ_A_POOL_STATS_RX_FRAMES: frames received, damaged ones not counted
 * @VMDQ_A_POOL_STATS_RX_BYTES: their bytes
 * @VMDQ_A_POOL_STATS_RX_ERRORS: damaged frames
 * @VMDQ_A_POOL_STATS_RX_CSUM_BAD: of rx-frames, those whose IP or L4 checksum
 *	the hardware found wrong
 * @VMDQ_A_POOL_STATS_POSTED: buffers posted
 * @VMDQ_A_POOL_STATS_DOORBELLS: tail register writes
 * @VMDQ_A_POOL_STATS_POLLS: NAPI polls
 * @VMDQ_A_POOL_STATS_INTERRUPTS: interrupts of the pool's vector
 */
enum vmdq_a_pool_stats {
	VMDQ_A_POOL_STATS_PAD = 1,
	VMDQ_A_POOL_STATS_RX_FRAMES,
	VMDQ_A_POOL_STATS_RX_BYTES,
	VMDQ_A_POOL_STATS_RX_ERRORS,
	VMDQ_A_POOL_STATS_RX_CSUM_BAD,
	VMDQ_A_POOL_STATS_POSTED,
	VMDQ_A_POOL_STATS_DOORBELLS,
	VMDQ_A_POOL_STATS_POLLS,
	VMDQ_A_POOL_STATS_INTERRUPTS,
};

#define VMDQ_A_POOL_STATS_MAX	VMDQ_A_POOL_STATS_INTERRUPTS

#endif /* VMDQ_NETLINK_H */
