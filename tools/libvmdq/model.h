/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tools know of ports, pools and vifs: plain data, filled by
 * netlink.c and store.c, judged by policy.c, shown by vmdqctl.
 */
#ifndef VMDQ_MODEL_H
#define VMDQ_MODEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmdq_netlink.h"

#define VMDQ_PORT_NAME_SIZE	32	/* as VMDQ_PORT_NAME_LEN of the core */
#define VMDQ_POOL_TEXT_SIZE	44	/* "0000:00:03.0/2" */
#define VMDQ_MAC_LEN		6
#define VMDQ_MAC_TEXT_SIZE	18	/* "00:16:3e:00:00:01" */
#define VMDQ_VLAN_NONE		(-1)

/** enum vmdq_level - the level that is asked for; see docs/xenstore.md */
enum vmdq_level {
	VMDQ_LEVEL_AUTO,
	VMDQ_LEVEL_SOFTWARE,
	VMDQ_LEVEL_COPY,
	VMDQ_LEVEL_GRANT,
	VMDQ_LEVEL_COUNT,
};

/** enum vmdq_mode - how much a pool matters to a vif; see docs/xenstore.md */
enum vmdq_mode {
	VMDQ_MODE_OFF,
	VMDQ_MODE_AUTO,
	VMDQ_MODE_REQUIRED,
	VMDQ_MODE_COUNT,
};

/**
 * enum vmdq_backend - the kernel module that serves a vif
 * @VMDQ_BACKEND_NONE: nobody does, or nobody was named
 * @VMDQ_BACKEND_VMDQ: vmdq_netback
 * @VMDQ_BACKEND_STOCK: xen-netback
 */
enum vmdq_backend {
	VMDQ_BACKEND_NONE,
	VMDQ_BACKEND_VMDQ,
	VMDQ_BACKEND_STOCK,
	VMDQ_BACKEND_COUNT,
};

/**
 * enum vmdq_vif_state - how the backend serves a vif
 * @VMDQ_VIF_UNKNOWN: the node is absent: no backend has looked at the vif
 */
enum vmdq_vif_state {
	VMDQ_VIF_UNKNOWN,
	VMDQ_VIF_SOFTWARE,
	VMDQ_VIF_COPY,
	VMDQ_VIF_GRANT,
	VMDQ_VIF_DRAINING,
	VMDQ_VIF_ERROR,
	VMDQ_VIF_STATE_COUNT,
};

/**
 * struct vmdq_pool_id - which pool of which port
 * @port: the port's name (PCI address); empty: none
 * @pool: the pool's number; 0, the port's own pool, stands for none
 */
struct vmdq_pool_id {
	char port[VMDQ_PORT_NAME_SIZE];
	unsigned int pool;
};

/** struct vmdq_pool_counters - VMDQ_A_POOL_STATS_*, since the pool was taken */
struct vmdq_pool_counters {
	uint64_t rx_frames;
	uint64_t rx_bytes;
	uint64_t rx_errors;
	uint64_t rx_csum_bad;
	uint64_t posted;
	uint64_t doorbells;
	uint64_t polls;
	uint64_t interrupts;
};

/**
 * struct vmdq_pool_info - one pool as the core tells it
 * @index: its number, from 1
 * @state: enum vmdq_pool_state
 * @owner: netdev of the vif that holds it; empty when free
 * @has_mac: the filter is set and @mac holds its address
 * @mac: see @has_mac
 * @vlan: the filter's VLAN or VMDQ_VLAN_NONE
 * @buf_size: bytes of a posted buffer
 * @max_frame: longest frame accepted, in bytes without FCS; longer than @buf_size
 *	if frames may fill several buffers
 * @posted: buffers that the hardware holds now
 * @count: counters
 */
struct vmdq_pool_info {
	unsigned int index;
	unsigned int state;
	char owner[IFNAMSIZ];
	bool has_mac;
	uint8_t mac[VMDQ_MAC_LEN];
	int vlan;
	unsigned int buf_size;
	unsigned int max_frame;
	unsigned int posted;
	struct vmdq_pool_counters count;
};

/**
 * struct vmdq_port_info - one port as the core tells it
 * @name: PCI address
 * @driver: its driver
 * @netdev: interface of its default pool
 * @n_pools: pools, the default pool included; 1 to @n_pools - 1 can be taken
 * @pools_free: of these, how many are free
 * @ring_size: descriptors of a pool's receive ring
 * @max_frame: longest frame, in bytes without FCS
 * @up: pools can be taken now
 * @drained: a person wants it to be empty (vmdqctl drain); known from xenstore, by
 *	vmdq_store_mark_drained()
 * @pools: @n_pool_infos of them, in the order of their numbers
 * @n_pool_infos: see @pools
 */
struct vmdq_port_info {
	char name[VMDQ_PORT_NAME_SIZE];
	char driver[32];
	char netdev[IFNAMSIZ];
	unsigned int n_pools;
	unsigned int pools_free;
	unsigned int ring_size;
	unsigned int max_frame;
	bool up;
	bool drained;
	struct vmdq_pool_info *pools;
	size_t n_pool_infos;
};

/** struct vmdq_ports - all ports of the machine */
struct vmdq_ports {
	struct vmdq_port_info *port;
	size_t n;
};

void vmdq_ports_free(struct vmdq_ports *ports);

/**
 * struct vmdq_settings - what is asked for a vif
 * @mode: whether a pool is wanted
 * @level: at which level to be served
 * @pool: port (empty: the bridge's uplink) and pool (0: any free one)
 * @priority: higher goes first when pools are short
 */
struct vmdq_settings {
	enum vmdq_mode mode;
	enum vmdq_level level;
	struct vmdq_pool_id pool;
	unsigned int priority;
};

/**
 * struct vmdq_hold - what a person has decided, and the coordinator leaves so
 * @set: something was decided
 * @id: the vif shall have this pool; empty: none
 */
struct vmdq_hold {
	bool set;
	struct vmdq_pool_id id;
};

/** enum vmdq_odd - nodes of a vif that can hold what nobody understands */
enum vmdq_odd {
	VMDQ_ODD_MODE,
	VMDQ_ODD_LEVEL,
	VMDQ_ODD_PORT,
	VMDQ_ODD_POOL,
	VMDQ_ODD_PRIORITY,
	VMDQ_ODD_HOLD,
	VMDQ_ODD_BACKEND,
	VMDQ_ODD_ASSIGN,
	VMDQ_ODD_BRIDGE,
	VMDQ_ODD_STATE,
	VMDQ_ODD_ERROR,
	VMDQ_ODD_COUNT,
};

/**
 * struct vmdq_vif - one vif as xenstore tells it
 * @domid: its guest
 * @handle: its number there
 * @domain: the guest's name, "?" when it has none (any more)
 * @netdev: its network interface in the backend domain
 * @mac: as xl wrote it, not yet judged
 * @bridge: of the request, else @own_bridge
 * @own_bridge: of the backend's directory, as xl wrote it
 * @gateway: xl's gatewaydev, which scripts know as netdev; mostly empty
 * @script: the hotplug script's file name
 * @key: "vmdq=" of the domain's configuration, where libxl knows it (docs/vmdq-key.md):
 *	a mode; mostly empty
 * @said: the backend that request/backend names; VMDQ_BACKEND_NONE: none
 * @ours: it is for our backend: by @said, else because the script is ours
 * @backend: xenstore still has its backend directory
 * @connected: the guest has connected to it
 * @asked: its hotplug script has written a request
 * @request: what is asked for
 * @hold: what a person has decided since
 * @assigned: the pool it shall use; empty: none
 * @state: how it is served
 * @error: why it is not served as asked; empty: it is
 * @odd: bitmap of enum vmdq_odd: what cannot be understood, and counts as absent
 * @odd_value: of each of these, how its value begins
 */
struct vmdq_vif {
	unsigned int domid;
	unsigned int handle;
	char domain[128];
	char netdev[IFNAMSIZ];
	char mac[32];
	char bridge[IFNAMSIZ];
	char own_bridge[IFNAMSIZ];
	char gateway[IFNAMSIZ];
	char script[64];
	char key[16];
	enum vmdq_backend said;
	bool ours;
	bool backend;
	bool connected;
	bool asked;
	struct vmdq_settings request;
	struct vmdq_hold hold;
	struct vmdq_pool_id assigned;
	enum vmdq_vif_state state;
	char error[256];
	unsigned int odd;
	char odd_value[VMDQ_ODD_COUNT][24];
};

/* enum xenbus_state of xen/io/xenbus.h, as far as it is named here */
#define VMDQ_XENBUS_UNKNOWN	0
#define VMDQ_XENBUS_CONNECTED	4
#define VMDQ_XENBUS_RECONFIGURED 8	/* after a guest's XDP program changed */

/**
 * struct vmdq_device - the two ends of a vif as xenstore has them
 * @script: the hotplug script, in full
 * @vifname: the name that the interface gets from the script; mostly empty
 * @hotplug_status: "connected" once the script has done its work, "" before;
 *	without @has_hotplug_status the script has not been run for this driver
 * @has_hotplug_status: see there
 * @hotplug_error: what the script complained of; mostly empty
 * @online: the toolstack wants it
 * @backend: state of our end, VMDQ_XENBUS_*
 * @frontend: state of the guest's end
 * @n_queues: of the guest
 * @headroom: bytes that the guest wants free before each frame, for XDP
 */
struct vmdq_device {
	char script[256];
	char vifname[IFNAMSIZ];
	char hotplug_status[16];
	bool has_hotplug_status;
	char hotplug_error[256];
	bool online;
	unsigned int backend;
	unsigned int frontend;
	unsigned int n_queues;
	unsigned int headroom;
};

/** struct vmdq_link - what the kernel has of an interface, as far as scripts set it */
struct vmdq_link {
	unsigned int mtu;
	bool up;
	char bridge[IFNAMSIZ];	/* empty: in none */
};

#endif /* VMDQ_MODEL_H */
