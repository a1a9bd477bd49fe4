// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the listener hears the kernel's events however often the module vmdq goes and
 * comes, and whatever number its group has each time.  The kernel is a fake that does with
 * groups as net/netlink/genetlink.c does: the lowest number that is free, and whoever has
 * joined a group is in it no longer when that goes.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>

#include "events.h"
#include "genl.h"
#include "suite.h"
#include "vmdq_netlink.h"

#define GROUPS	64	/* numbers are below that */

/**
 * struct kernel - what it knows
 * @group: number of the group of events; 0: the module is not loaded
 * @member: the groups that the listener is in, by number
 * @waiting: messages about families that nobody has taken yet
 * @lost: some were dropped, as too many waited
 */
static struct kernel {
	unsigned int group;
	bool member[GROUPS];
	unsigned int waiting;
	bool lost;
} kernel;

static struct vmdq_events events;

/* ---- libmnl's sockets ----------------------------------------------------- */

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	(void)bus;
	(void)flags;
	return (struct mnl_socket *)&kernel;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	(void)nl;
	return 0;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	(void)nl;
	return 0;
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	unsigned int group;

	(void)nl;
	ck_assert_uint_eq(len, sizeof(group));
	memcpy(&group, buf, len);
	ck_assert_uint_lt(group, GROUPS);
	kernel.member[group] = type == NETLINK_ADD_MEMBERSHIP;

	return 0;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	(void)nl;
	(void)size;
	if (kernel.lost) {
		kernel.lost = false;
		errno = ENOBUFS;
		return -1;
	}
	errno = EAGAIN;
	if (!kernel.waiting)
		return -1;
	kernel.waiting--;
	nlh->nlmsg_type = GENL_ID_CTRL;

	return nlh->nlmsg_len;
}

/* ---- questions ------------------------------------------------------------ */

int vmdq_genl_open(struct vmdq_genl *g)
{
	g->nl = NULL;
	return 0;
}

void vmdq_genl_close(struct vmdq_genl *g)
{
	(void)g;
}

int vmdq_genl_family(struct vmdq_genl *g, mnl_cb_t cb, void *data)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(g->buf);
	struct nlattr *list, *one;

	if (!kernel.group) {
		errno = ENOENT;
		return -1;
	}
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	list = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	one = mnl_attr_nest_start(nlh, 1);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, kernel.group);
	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, VMDQ_MCGRP_EVENTS);
	mnl_attr_nest_end(nlh, one);
	mnl_attr_nest_end(nlh, list);

	return cb(nlh, data);
}

/* ---- what happens --------------------------------------------------------- */

static void load(unsigned int group)
{
	kernel.group = group;
	kernel.waiting++;
}

static void unload(void)
{
	kernel.member[kernel.group] = false;
	kernel.group = 0;
	kernel.waiting++;
}

static void setup(void)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.group = 5;
	ck_assert_int_eq(vmdq_events_open(&events), 0);
	ck_assert(kernel.member[GENL_ID_CTRL]);
	ck_assert(kernel.member[5]);
}

static void teardown(void)
{
	vmdq_events_close(&events);
}

START_TEST(loaded_again_before_anybody_looks)
{
	unload();
	load(5);
	ck_assert(vmdq_events_take(&events));
	ck_assert(kernel.member[5]);
	ck_assert(kernel.member[GENL_ID_CTRL]);
	ck_assert(!vmdq_events_take(&events));
}

START_TEST(by_another_number)
{
	unload();
	load(7);
	ck_assert(vmdq_events_take(&events));
	ck_assert(kernel.member[7]);
	ck_assert(!kernel.member[5]);
}

START_TEST(loaded_again_later)
{
	unload();
	ck_assert(vmdq_events_take(&events));
	ck_assert(!kernel.member[5]);
	load(5);
	ck_assert(vmdq_events_take(&events));
	ck_assert(kernel.member[5]);
}

/* Some other family came or went: nothing changes */
START_TEST(not_our_family)
{
	kernel.waiting++;
	ck_assert(vmdq_events_take(&events));
	ck_assert(kernel.member[5]);
}

START_TEST(that_was_not_heard)
{
	unload();
	load(5);
	kernel.waiting = 0;
	kernel.lost = true;
	ck_assert(vmdq_events_take(&events));
	ck_assert(kernel.member[5]);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("events");

	unit_case_with(s, "at once", setup, teardown, loaded_again_before_anybody_looks);
	unit_case_with(s, "another number", setup, teardown, by_another_number);
	unit_case_with(s, "later", setup, teardown, loaded_again_later);
	unit_case_with(s, "another family", setup, teardown, not_our_family);
	unit_case_with(s, "lost", setup, teardown, that_was_not_heard);

	return s;
}
