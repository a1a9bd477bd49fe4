// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what the kernel module vmdq tells by netlink: a line "ready", then one
 * for each event, until a port is gone.  Runs in dom0, linked statically; uses
 * the family as a stranger would, by its header alone.
 *
 *	port-up name=0000:00:03.0 free=7 up=1
 *	pool-change index=1 state=1 owner=vif1.0 mac=0 frames=0
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../netback/vmdq/vmdq_netlink.h"

#define MAX_ATTR	32
#define RECEIVE_BUFFER	(8 << 20)

struct attr {
	const void *data;
	size_t len;
};

static void die(const char *what)
{
	fprintf(stderr, "events: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The attributes of a message or nest, by their number */
static void parse(const void *data, size_t len, struct attr attrs[MAX_ATTR])
{
	const char *at = data;

	memset(attrs, 0, MAX_ATTR * sizeof(*attrs));
	while (len >= NLA_HDRLEN) {
		struct nlattr a;
		size_t step;

		memcpy(&a, at, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > len)
			break;
		if ((a.nla_type & NLA_TYPE_MASK) < MAX_ATTR)
			attrs[a.nla_type & NLA_TYPE_MASK] = (struct attr){
				at + NLA_HDRLEN, a.nla_len - NLA_HDRLEN };
		step = NLA_ALIGN(a.nla_len);
		if (step > len)
			break;
		at += step;
		len -= step;
	}
}

static uint64_t number(const struct attr *a)
{
	uint64_t value = 0;

	memcpy(&value, a->data ? a->data : &value, a->len < 8 ? a->len : 8);
	return value;
}

static const char *text(const struct attr *a)
{
	return a->data ? a->data : "";
}

static size_t receive(int sock, char *buf, size_t size)
{
	ssize_t n = recv(sock, buf, size, 0);

	if (n < 0)
		die(errno == ENOBUFS ? "events were lost" : "recv");
	return n;
}

/* Asks the family "nlctrl" for the number of our multicast group */
static int group_of_family(int sock)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
		struct nlattr attr;
		char name[NLA_ALIGN(sizeof(VMDQ_FAMILY_NAME))];
	} ask = {
		.nl = { .nlmsg_len = sizeof(ask), .nlmsg_type = GENL_ID_CTRL,
			.nlmsg_flags = NLM_F_REQUEST },
		.genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 },
		.attr = { .nla_len = NLA_HDRLEN + sizeof(VMDQ_FAMILY_NAME),
			  .nla_type = CTRL_ATTR_FAMILY_NAME },
		.name = VMDQ_FAMILY_NAME,
	};
	struct attr attrs[MAX_ATTR], groups[MAX_ATTR], group[MAX_ATTR];
	char buf[4096];
	size_t n;

	if (send(sock, &ask, sizeof(ask), 0) < 0)
		die("send");
	n = receive(sock, buf, sizeof(buf));
	parse(buf + NLMSG_HDRLEN + GENL_HDRLEN, n - NLMSG_HDRLEN - GENL_HDRLEN, attrs);
	parse(attrs[CTRL_ATTR_MCAST_GROUPS].data, attrs[CTRL_ATTR_MCAST_GROUPS].len, groups);
	for (int i = 0; i < MAX_ATTR; i++) {
		if (!groups[i].data)
			continue;
		parse(groups[i].data, groups[i].len, group);
		if (!strcmp(text(&group[CTRL_ATTR_MCAST_GRP_NAME]), VMDQ_MCGRP_EVENTS))
			return number(&group[CTRL_ATTR_MCAST_GRP_ID]);
	}
	errno = ENOENT;
	die("no family vmdq with events");
	return -1;
}

static void print_port(const char *event, const struct attr *a)
{
	printf("%s name=%s free=%lu up=%lu\n", event, text(&a[VMDQ_A_PORT_NAME]),
	       number(&a[VMDQ_A_PORT_POOLS_FREE]), number(&a[VMDQ_A_PORT_UP]));
}

static void print_pool(const struct attr *a)
{
	struct attr stats[MAX_ATTR];

	parse(a[VMDQ_A_POOL_STATS].data, a[VMDQ_A_POOL_STATS].len, stats);
	printf("pool-change index=%lu state=%lu owner=%s mac=%d frames=%lu\n",
	       number(&a[VMDQ_A_POOL_INDEX]), number(&a[VMDQ_A_POOL_STATE]),
	       text(&a[VMDQ_A_POOL_OWNER]), !!a[VMDQ_A_POOL_MAC].data,
	       number(&stats[VMDQ_A_POOL_STATS_RX_FRAMES]));
}

/* Returns whether a port is gone */
static int print_event(const char *buf, size_t len)
{
	static const char *const names[VMDQ_CMD_MAX + 1] = {
		[VMDQ_CMD_PORT_ADD_NTF]	 = "port-add",
		[VMDQ_CMD_PORT_DEL_NTF]	 = "port-del",
		[VMDQ_CMD_PORT_UP_NTF]	 = "port-up",
		[VMDQ_CMD_PORT_DOWN_NTF] = "port-down",
	};
	struct attr attrs[MAX_ATTR];
	struct genlmsghdr genl;

	if (len < NLMSG_HDRLEN + GENL_HDRLEN)
		return 0;
	memcpy(&genl, buf + NLMSG_HDRLEN, sizeof(genl));
	parse(buf + NLMSG_HDRLEN + GENL_HDRLEN, len - NLMSG_HDRLEN - GENL_HDRLEN, attrs);
	if (genl.cmd == VMDQ_CMD_POOL_CHANGE_NTF)
		print_pool(attrs);
	else if (genl.cmd <= VMDQ_CMD_MAX && names[genl.cmd])
		print_port(names[genl.cmd], attrs);
	else
		printf("unknown event %u\n", genl.cmd);

	return genl.cmd == VMDQ_CMD_PORT_DEL_NTF;
}

int main(void)
{
	const int size = RECEIVE_BUFFER;
	int sock = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	char buf[8192];
	int group;

	if (sock < 0)
		die("socket");
	group = group_of_family(sock);
	if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(sock, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		die("setsockopt");
	puts("ready");
	fflush(stdout);
	while (!print_event(buf, receive(sock, buf, sizeof(buf))))
		fflush(stdout);
	return 0;
}
