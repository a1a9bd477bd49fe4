// SPDX-License-Identifier: GPL-2.0
#include "events.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <stdint.h>
#include <string.h>

#include "genl.h"
#include "vmdq_netlink.h"

/* The multicast group by which the kernel tells of families: its number is its
 * family's (net/netlink/genetlink.c), so that nobody has to ask for it
 */
#define FAMILIES_GROUP	GENL_ID_CTRL

/** struct question - for the number of a family's group */
struct question {
	const char *name;
	unsigned int group;
};

static int one_group(const struct nlattr *attr, void *data)
{
	struct question *q = data;
	const struct nlattr *inner;
	const char *name = NULL;
	unsigned int group = 0;

	mnl_attr_for_each_nested(inner, attr) {
		if (mnl_attr_get_type(inner) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(inner, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(inner);
		if (mnl_attr_get_type(inner) == CTRL_ATTR_MCAST_GRP_ID &&
		    mnl_attr_validate(inner, MNL_TYPE_U32) >= 0)
			group = mnl_attr_get_u32(inner);
	}
	if (name && !strcmp(name, q->name))
		q->group = group;

	return MNL_CB_OK;
}

static int family_cb(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_parse_nested(attr, one_group, data);

	return MNL_CB_OK;
}

/* The number of the group of vmdq's events; 0 when there is none.  On a socket of its
 * own: on the listener's the answer would come between events.
 */
static unsigned int find_group(void)
{
	struct question q = { .name = VMDQ_MCGRP_EVENTS };
	struct vmdq_genl g;

	if (!vmdq_genl_open(&g))
		vmdq_genl_family(&g, family_cb, &q);
	vmdq_genl_close(&g);

	return q.group;
}

static int set_group(const struct vmdq_events *events, int option, int group)
{
	return mnl_socket_setsockopt(events->nl, option, &group, sizeof(group));
}

/* The module may have come or gone.  Its group is joined anew even if its number is the one
 * that was joined: the kernel gives the lowest that is free, mostly the same again, and has
 * taken everybody out of the group when the module went.
 */
static void follow_module(struct vmdq_events *events)
{
	unsigned int group = find_group();

	if (events->joined && events->joined != group)
		set_group(events, NETLINK_DROP_MEMBERSHIP, (int)events->joined);
	events->joined = 0;
	if (group && !set_group(events, NETLINK_ADD_MEMBERSHIP, (int)group))
		events->joined = group;
}

/**
 * vmdq_events_open() - begin to listen
 * @events: result; close with vmdq_events_close(), also after a failure
 *
 * Return: 0, or -1 with errno set.
 */
int vmdq_events_open(struct vmdq_events *events)
{
	memset(events, 0, sizeof(*events));
	events->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!events->nl)
		return -1;
	if (mnl_socket_bind(events->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    set_group(events, NETLINK_ADD_MEMBERSHIP, FAMILIES_GROUP)) {
		vmdq_events_close(events);
		return -1;
	}
	follow_module(events);

	return 0;
}

/** vmdq_events_fd() - becomes readable when something happens; -1: never */
int vmdq_events_fd(const struct vmdq_events *events)
{
	return events->nl ? mnl_socket_get_fd(events->nl) : -1;
}

/**
 * vmdq_events_take() - take what has happened, to be told again of what comes
 * @events: the listener
 *
 * What it was is not looked at, because some of it may have been lost (ENOBUFS): who
 * is told reads ports and pools anew.
 *
 * Return: whether anything has.
 */
bool vmdq_events_take(struct vmdq_events *events)
{
	bool news = false, families = false;
	const struct nlmsghdr *nlh;
	char buf[8192];
	ssize_t n;

	if (!events->nl)
		return false;
	for (;;) {
		n = mnl_socket_recvfrom(events->nl, buf, sizeof(buf));
		if (!n || (n < 0 && errno != ENOBUFS && errno != EINTR))
			break;
		news = true;
		nlh = (const struct nlmsghdr *)buf;
		families |= n < (ssize_t)sizeof(*nlh) || nlh->nlmsg_type == GENL_ID_CTRL;
	}
	if (families)
		follow_module(events);

	return news;
}

/** vmdq_events_close() - listen no more */
void vmdq_events_close(struct vmdq_events *events)
{
	if (events->nl)
		mnl_socket_close(events->nl);
	memset(events, 0, sizeof(*events));
}
