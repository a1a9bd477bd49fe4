// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what passes an interface, as the kernel sees it there: which frames are
 * to be segmented later, and whose checksums are blank or known to be right.
 *
 *   skbwatch dev=eth0
 *
 * Prints {"event":"ready"}, then obeys lines on standard input:
 *   report    {"in":{"tcp4":{...},...},"out":{...}}, by direction and protocol
 *   reset     count from 0
 *   quit      the last report, and the end
 * Of each kind: frames, max (the longest, with its headers), gso (frames of more
 * than one segment), blank (the checksum is still to be filled in), valid (somebody
 * else has checked it), fragments (of IP), tagged (802.1Q). "in" is what the
 * interface received.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sender.h"

#define HEAD 256 /* bytes of a frame that are looked at */

enum kind { TCP4, TCP6, UDP4, UDP6, OTHER, KINDS };

static const char *const kind_names[] = { "tcp4", "tcp6", "udp4", "udp6", "other" };

struct count {
	uint64_t frames, max, gso, blank, valid, fragments, tagged;
};

static struct count counts[2][KINDS]; /* in, out */

static void die(const char *what)
{
	fprintf(stderr, "skbwatch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_socket(const char *dev)
{
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), one = 1, room = 16 << 20;

	if (fd < 0)
		die("socket");
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("setting up the socket");
	if (!a.sll_ifindex || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die(dev);
	return fd;
}

static enum kind kind_of(uint16_t ethertype, const uint8_t *ip, size_t len, bool *fragment)
{
	*fragment = false;
	if (ethertype == ETHERTYPE_IP && len >= sizeof(struct iphdr)) {
		const struct iphdr *h = (const void *)ip;

		*fragment = h->frag_off & htons(IP_OFFMASK | IP_MF);
		if (h->protocol == IPPROTO_TCP)
			return TCP4;
		return h->protocol == IPPROTO_UDP ? UDP4 : OTHER;
	}
	if (ethertype == ETHERTYPE_IPV6 && len >= sizeof(struct ip6_hdr)) {
		const struct ip6_hdr *h = (const void *)ip;
		uint8_t next = h->ip6_nxt;

		*fragment = next == IPPROTO_FRAGMENT;
		if (*fragment && len >= sizeof(*h) + sizeof(struct ip6_frag))
			next = ((const struct ip6_frag *)(h + 1))->ip6f_nxt;
		return next == IPPROTO_TCP ? TCP6 : next == IPPROTO_UDP ? UDP6 : OTHER;
	}
	return OTHER;
}

static bool has_tag(struct msghdr *msg)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		const struct tpacket_auxdata *aux = (const void *)CMSG_DATA(c);

		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			return aux->tp_status & TP_STATUS_VLAN_VALID;
	}
	return false;
}

/* Return: false when no frame waits */
static bool read_frame(int fd)
{
	struct virtio_net_hdr vnet;
	uint8_t head[HEAD] = { 0 }, control[256];
	struct sockaddr_ll from = { 0 };
	struct iovec iov[] = { { &vnet, sizeof(vnet) }, { head, sizeof(head) } };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = iov,
			      .msg_iovlen = 2, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t len = recvmsg(fd, &msg, MSG_TRUNC);
	size_t at = ETH_HLEN;
	uint16_t ethertype;
	struct count *c;
	bool fragment, tagged;

	if (len < (ssize_t)sizeof(vnet))
		return len >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
	len -= sizeof(vnet);
	tagged = has_tag(&msg);
	memcpy(&ethertype, head + 12, sizeof(ethertype));
	if (ethertype == htons(ETHERTYPE_VLAN)) {
		tagged = true;
		memcpy(&ethertype, head + 16, sizeof(ethertype));
		at += 4;
	}
	c = &counts[from.sll_pkttype == PACKET_OUTGOING]
		   [kind_of(ntohs(ethertype), head + at, sizeof(head) - at, &fragment)];
	c->frames++;
	c->max = (uint64_t)len > c->max ? (uint64_t)len : c->max;
	c->gso += vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE;
	c->blank += !!(vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM);
	c->valid += !!(vnet.flags & VIRTIO_NET_HDR_F_DATA_VALID);
	c->fragments += fragment;
	c->tagged += tagged;
	return true;
}

static void print_count(const char *name, const struct count *c)
{
	const struct {
		const char *name;
		uint64_t value;
	} what[] = {
		{ "frames", c->frames }, { "max", c->max },
		{ "gso", c->gso }, { "blank", c->blank }, { "valid", c->valid },
		{ "fragments", c->fragments }, { "tagged", c->tagged },
	};

	printf("\"%s\":{", name);
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", what[i].name, what[i].value);
	printf("}");
}

static void report(void)
{
	for (int way = 0; way < 2; way++) {
		fputs(way ? "},\"out\":{" : "{\"in\":{", stdout);
		for (int kind = 0; kind < KINDS; kind++) {
			fputs(kind ? "," : "", stdout);
			print_count(kind_names[kind], &counts[way][kind]);
		}
	}
	printf("}}\n");
}

/* Return: false at the end */
static bool read_command(void)
{
	char line[64];

	if (!fgets(line, sizeof(line), stdin) || !strncmp(line, "quit", 4))
		return false;
	if (!strncmp(line, "report", 6))
		report();
	if (!strncmp(line, "reset", 5)) {
		memset(counts, 0, sizeof(counts));
		printf("{\"event\":\"reset\"}\n");
	}
	return true;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	char dev[IFNAMSIZ];

	if (argc != 2 || !word(argv[1], "dev", dev, sizeof(dev))) {
		fputs("usage: skbwatch dev=NAME\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what is left to read */
	fds[1].fd = open_socket(dev);
	printf("{\"event\":\"ready\"}\n");
	do {
		if (poll(fds, 2, -1) < 0)
			continue;
		while (read_frame(fds[1].fd))
			;
	} while (!fds[0].revents || read_command());
	report();
	return 0;
}
