// SPDX-License-Identifier: GPL-2.0
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"

/* A dump is interrupted when ports come or go meanwhile: start again, seldom twice */
#define DUMP_TRIES	5

/* Attributes of one nest or message, by type; what is newer than we is left out */
struct attrs {
	const struct nlattr **tb;
	uint16_t max;
};

static int collect(const struct nlattr *attr, void *data)
{
	struct attrs *a = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= a->max)
		a->tb[type] = attr;
	return MNL_CB_OK;
}

static uint32_t get_u32(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0 ? mnl_attr_get_u32(attr) : 0;
}

static uint64_t get_u64(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U64) >= 0 ? mnl_attr_get_u64(attr) : 0;
}

static void get_string(const struct nlattr *attr, char *text, size_t size)
{
	size_t len = 0;

	if (attr) {
		len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));
		if (len >= size)
			len = size - 1;
		memcpy(text, mnl_attr_get_payload(attr), len);
	}
	text[len] = '\0';
}

static int family_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1] = { NULL };
	struct attrs a = { tb, CTRL_ATTR_MAX };
	uint16_t *family = data;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	if (tb[CTRL_ATTR_FAMILY_ID] &&
	    mnl_attr_validate(tb[CTRL_ATTR_FAMILY_ID], MNL_TYPE_U16) >= 0)
		*family = mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]);

	return MNL_CB_OK;
}

static int find_family(struct vmdq_genl *g, uint16_t *family)
{
	if (vmdq_genl_family(g, family_cb, family) < 0)
		return -1;
	if (!*family) {
		errno = ENOENT;
		return -1;
	}

	return 0;
}

static int port_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[VMDQ_A_PORT_MAX + 1] = { NULL };
	struct attrs a = { tb, VMDQ_A_PORT_MAX };
	struct vmdq_ports *ports = data;
	struct vmdq_port_info *p;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	p = realloc(ports->port, (ports->n + 1) * sizeof(*p));
	if (!p)
		return MNL_CB_ERROR;
	ports->port = p;
	p += ports->n++;
	memset(p, 0, sizeof(*p));
	get_string(tb[VMDQ_A_PORT_NAME], p->name, sizeof(p->name));
	get_string(tb[VMDQ_A_PORT_DRIVER], p->driver, sizeof(p->driver));
	get_string(tb[VMDQ_A_PORT_NETDEV], p->netdev, sizeof(p->netdev));
	p->n_pools = get_u32(tb[VMDQ_A_PORT_N_POOLS]);
	p->pools_free = get_u32(tb[VMDQ_A_PORT_POOLS_FREE]);
	p->ring_size = get_u32(tb[VMDQ_A_PORT_RING_SIZE]);
	p->max_frame = get_u32(tb[VMDQ_A_PORT_MAX_FRAME]);
	p->up = tb[VMDQ_A_PORT_UP] &&
		mnl_attr_validate(tb[VMDQ_A_PORT_UP], MNL_TYPE_U8) >= 0 &&
		mnl_attr_get_u8(tb[VMDQ_A_PORT_UP]);

	return MNL_CB_OK;
}

static void get_counters(const struct nlattr *nest, struct vmdq_pool_counters *count)
{
	const struct nlattr *tb[VMDQ_A_POOL_STATS_MAX + 1] = { NULL };
	struct attrs a = { tb, VMDQ_A_POOL_STATS_MAX };

	if (!nest || mnl_attr_validate(nest, MNL_TYPE_NESTED) < 0)
		return;
	mnl_attr_parse_nested(nest, collect, &a);
	count->rx_frames = get_u64(tb[VMDQ_A_POOL_STATS_RX_FRAMES]);
	count->rx_bytes = get_u64(tb[VMDQ_A_POOL_STATS_RX_BYTES]);
	count->rx_errors = get_u64(tb[VMDQ_A_POOL_STATS_RX_ERRORS]);
	count->rx_csum_bad = get_u64(tb[VMDQ_A_POOL_STATS_RX_CSUM_BAD]);
	count->posted = get_u64(tb[VMDQ_A_POOL_STATS_POSTED]);
	count->doorbells = get_u64(tb[VMDQ_A_POOL_STATS_DOORBELLS]);
	count->polls = get_u64(tb[VMDQ_A_POOL_STATS_POLLS]);
	count->interrupts = get_u64(tb[VMDQ_A_POOL_STATS_INTERRUPTS]);
}

static int pool_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[VMDQ_A_POOL_MAX + 1] = { NULL };
	struct attrs a = { tb, VMDQ_A_POOL_MAX };
	struct vmdq_ports *ports = data;
	struct vmdq_port_info *port = NULL;
	char name[VMDQ_PORT_NAME_SIZE];
	struct vmdq_pool_info *p;
	size_t i;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), collect, &a);
	get_string(tb[VMDQ_A_POOL_PORT], name, sizeof(name));
	for (i = 0; i < ports->n; i++)
		if (!strcmp(ports->port[i].name, name))
			port = &ports->port[i];
	if (!port)
		return MNL_CB_OK;	/* a port that came after the ports were read */
	p = realloc(port->pools, (port->n_pool_infos + 1) * sizeof(*p));
	if (!p)
		return MNL_CB_ERROR;
	port->pools = p;
	p += port->n_pool_infos++;
	memset(p, 0, sizeof(*p));
	p->index = get_u32(tb[VMDQ_A_POOL_INDEX]);
	p->state = get_u32(tb[VMDQ_A_POOL_STATE]);
	get_string(tb[VMDQ_A_POOL_OWNER], p->owner, sizeof(p->owner));
	if (tb[VMDQ_A_POOL_MAC] && mnl_attr_get_payload_len(tb[VMDQ_A_POOL_MAC]) == VMDQ_MAC_LEN) {
		memcpy(p->mac, mnl_attr_get_payload(tb[VMDQ_A_POOL_MAC]), VMDQ_MAC_LEN);
		p->has_mac = true;
	}
	p->vlan = VMDQ_VLAN_NONE;
	if (tb[VMDQ_A_POOL_VLAN] && mnl_attr_validate(tb[VMDQ_A_POOL_VLAN], MNL_TYPE_U16) >= 0)
		p->vlan = mnl_attr_get_u16(tb[VMDQ_A_POOL_VLAN]);
	p->buf_size = get_u32(tb[VMDQ_A_POOL_BUF_SIZE]);
	p->max_frame = get_u32(tb[VMDQ_A_POOL_MAX_FRAME]);
	p->posted = get_u32(tb[VMDQ_A_POOL_POSTED]);
	get_counters(tb[VMDQ_A_POOL_STATS], &p->count);

	return MNL_CB_OK;
}

static int dump(struct vmdq_genl *g, uint16_t family, struct vmdq_ports *ports)
{
	struct nlmsghdr *nlh;

	nlh = vmdq_genl_request(g, family, NLM_F_DUMP, VMDQ_CMD_PORT_GET, VMDQ_FAMILY_VERSION);
	if (vmdq_genl_talk(g, nlh, port_cb, ports) < 0)
		return -1;
	nlh = vmdq_genl_request(g, family, NLM_F_DUMP, VMDQ_CMD_POOL_GET, VMDQ_FAMILY_VERSION);

	return vmdq_genl_talk(g, nlh, pool_cb, ports);
}

/**
 * vmdq_ports_load() - read all ports and their pools
 * @ports: result; release with vmdq_ports_free()
 * @err: VMDQ_S_NO_MODULE when the kernel has no family "vmdq"
 */
int vmdq_ports_load(struct vmdq_ports *ports, struct vmdq_err *err)
{
	int rc = -1, tries = DUMP_TRIES;
	struct vmdq_genl g;
	uint16_t family = 0;

	memset(ports, 0, sizeof(*ports));
	if (vmdq_genl_open(&g)) {
		vmdq_fail(err, VMDQ_S_SYSTEM, "cannot open a netlink socket: %s", strerror(errno));
		goto out;
	}
	if (find_family(&g, &family)) {
		if (errno == ENOENT)
			vmdq_fail(err, VMDQ_S_NO_MODULE,
				  "the kernel module vmdq is not loaded, so there is no pool to give; load it and the driver of the NIC (modprobe vmdq_igb)");
		else
			vmdq_fail(err, VMDQ_S_SYSTEM,
				  "cannot ask the kernel for the netlink family %s: %s",
				  VMDQ_FAMILY_NAME, strerror(errno));
		goto out;
	}
	do {
		vmdq_ports_free(ports);
		rc = dump(&g, family, ports);
	} while (rc < 0 && errno == EINTR && --tries);
	if (rc < 0)
		vmdq_fail(err, VMDQ_S_SYSTEM, "cannot read ports and pools from the kernel: %s",
			  strerror(errno));
out:
	vmdq_genl_close(&g);
	if (rc < 0)
		vmdq_ports_free(ports);

	return rc < 0 ? -1 : 0;
}
