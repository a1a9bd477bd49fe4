// SPDX-License-Identifier: GPL-2.0
/*
 * Sends and checks test frames (tests/lab/frame.h) in a guest or in dom0.
 *
 *   framecheck recv dev=eth0 [promisc=1] [ring=MB]
 *   framecheck send dev=eth0 dst=MAC [src=MAC stream= vlan= count= min= max= rate= fault=]
 *
 * "recv" prints {"event":"ready"}, then obeys lines on standard input:
 *   report                   what has arrived, and what the kernel dropped
 *   wait stream=S count=N    {"event":"reached"} once N different frames are there
 *   reset                    forget what has arrived
 *   quit                     the last report, and the end
 * It receives through a memory-mapped ring, so that a burst waits there and is
 * not lost by the checker.
 *
 * "send" prints {"sent":N,"seconds":S} at the end; at SIGTERM too.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "book.h"
#include "sender.h"

#define BLOCK_SIZE (1 << 16)
#define RING_MB 8
#define RETIRE_MS 20 /* a block with frames in it is handed over after this */
#define WAITS_MAX 8

struct ring {
	uint8_t *map;
	unsigned int blocks, next;
	int fd;
};

static struct book book;
static uint64_t kernel_drops;
static struct {
	bool used;
	uint32_t stream;
	uint64_t count;
} waits[WAITS_MAX];
static volatile sig_atomic_t stop;

static void die(const char *what)
{
	fprintf(stderr, "framecheck: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static int open_socket(const char *dev, int protocol)
{
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = if_nametoindex(dev),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0)
		die("socket");
	if (!a.sll_ifindex)
		die(dev);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	return fd;
}

/* ---- receiving ------------------------------------------------------------ */

static void open_ring(struct ring *ring, const char *dev, unsigned int mb, bool promisc)
{
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK_SIZE,
		.tp_block_nr = (mb << 20) / BLOCK_SIZE,
		.tp_frame_size = 2048,
		.tp_frame_nr = (mb << 20) / 2048,
		.tp_retire_blk_tov = RETIRE_MS,
	};
	/* before any bridge takes a frame away; a tag may be in it or taken out */
	struct sock_filter is_ours[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FRAME_ETHERTYPE, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETHERTYPE_VLAN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { sizeof(is_ours) / sizeof(is_ours[0]), is_ours };
	int version = TPACKET_V3, one = 1;

	/* bound last, so that nothing arrives before the ring is there */
	ring->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (ring->fd < 0)
		die("socket");
	if (setsockopt(ring->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)))
		die("PACKET_RX_RING");
	if (setsockopt(ring->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		die("SO_ATTACH_FILTER");
	setsockopt(ring->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	ring->blocks = req.tp_block_nr;
	ring->map = mmap(NULL, (size_t)ring->blocks * BLOCK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED, ring->fd, 0);
	if (ring->map == MAP_FAILED)
		die("mmap");

	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(dev),
	};
	struct packet_mreq mreq = { .mr_ifindex = a.sll_ifindex, .mr_type = PACKET_MR_PROMISC };

	if (!a.sll_ifindex || bind(ring->fd, (struct sockaddr *)&a, sizeof(a)))
		die(dev);
	if (promisc && setsockopt(ring->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &mreq, sizeof(mreq)))
		die("promiscuous mode");
}

static void answer_waits(const struct book_stream *s)
{
	for (int i = 0; i < WAITS_MAX; i++) {
		if (!waits[i].used || waits[i].stream != s->stream || s->unique < waits[i].count)
			continue;
		waits[i].used = false;
		printf("{\"event\":\"reached\",\"stream\":%" PRIu32 "}\n", s->stream);
	}
}

static void note(const struct tpacket3_hdr *h)
{
	const struct sockaddr_ll *from =
		(const void *)((const uint8_t *)h + TPACKET_ALIGN(sizeof(*h)));
	int vlan = FRAME_NO_VLAN;
	struct book_stream *s;

	if (h->tp_status & TP_STATUS_VLAN_VALID)
		vlan = h->hv1.tp_vlan_tci & 0xfff;
	s = book_note(&book, (const uint8_t *)h + h->tp_mac, h->tp_snaplen,
		      from->sll_pkttype == PACKET_OTHERHOST, vlan);
	if (s)
		answer_waits(s);
}

static void read_ring(struct ring *ring)
{
	for (;;) {
		struct tpacket_block_desc *block =
			(void *)(ring->map + (size_t)ring->next * BLOCK_SIZE);
		struct tpacket3_hdr *h;

		if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER))
			return;
		h = (void *)((uint8_t *)block + block->hdr.bh1.offset_to_first_pkt);
		for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
			note(h);
			h = (void *)((uint8_t *)h + h->tp_next_offset);
		}
		__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		ring->next = (ring->next + 1) % ring->blocks;
	}
}

static void read_drops(struct ring *ring)
{
	struct tpacket_stats_v3 st;
	socklen_t len = sizeof(st);

	if (!getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len))
		kernel_drops += st.tp_drops; /* reading resets the kernel's count */
}

static void report(struct ring *ring)
{
	read_drops(ring);
	printf("{");
	book_print(&book, stdout);
	printf(",\"kernel_drops\":%" PRIu64 "}\n", kernel_drops);
}

static void add_wait(const char *line)
{
	for (int i = 0; i < WAITS_MAX; i++) {
		struct book_stream *s;

		if (waits[i].used)
			continue;
		waits[i].used = true;
		waits[i].stream = word_number(line, "stream", 0);
		waits[i].count = word_number(line, "count", 1);
		s = book_find(&book, waits[i].stream);
		if (s)
			answer_waits(s);
		return;
	}
}

/* Returns false at the end. */
static bool read_command(struct ring *ring)
{
	char line[256];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	if (!strncmp(line, "report", 6)) {
		report(ring);
	} else if (!strncmp(line, "wait ", 5)) {
		add_wait(line);
	} else if (!strncmp(line, "reset", 5)) {
		read_drops(ring);
		kernel_drops = 0;
		book_reset(&book);
		printf("{\"event\":\"reset\"}\n");
	} else if (!strncmp(line, "quit", 4)) {
		return false;
	}
	return true;
}

static int receive(const char *words)
{
	struct pollfd pfds[2] = { { .fd = 0, .events = POLLIN }, { .events = POLLIN } };
	struct ring ring = { 0 };
	char dev[IFNAMSIZ];

	if (!word(words, "dev", dev, sizeof(dev)))
		return 2;
	open_ring(&ring, dev, word_number(words, "ring", RING_MB),
		  word_number(words, "promisc", 0));
	setvbuf(stdin, NULL, _IONBF, 0); /* poll() must see what is left to read */
	pfds[1].fd = ring.fd;
	printf("{\"event\":\"ready\"}\n");
	while (!stop) {
		if (poll(pfds, 2, -1) < 0)
			continue;
		read_ring(&ring);
		if (pfds[0].revents && !read_command(&ring))
			break;
	}
	read_ring(&ring);
	report(&ring);
	return 0;
}

/* ---- sending --------------------------------------------------------------- */

static void send_one(int fd, const void *frame, size_t len)
{
	while (send(fd, frame, len, 0) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			die("send");
		usleep(500); /* a full queue has no event to wait for here */
	}
}

static int transmit(const char *words)
{
	static uint8_t frame[FRAME_MAX];
	char dev[IFNAMSIZ], with_src[1024];
	struct sender sender;
	struct ifreq ifr = { 0 };
	const char *wrong;
	uint64_t began = sender_now();
	int fd;

	if (!word(words, "dev", dev, sizeof(dev)))
		return 2;
	fd = open_socket(dev, 0);
	strcpy(ifr.ifr_name, dev);
	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		die("SIOCGIFHWADDR");
	const uint8_t *mac = (const uint8_t *)ifr.ifr_hwaddr.sa_data;

	/* the first src= counts: one that was given, else the interface's own */
	snprintf(with_src, sizeof(with_src), "%s src=%02x:%02x:%02x:%02x:%02x:%02x", words, mac[0],
		 mac[1], mac[2], mac[3], mac[4], mac[5]);
	wrong = sender_parse(&sender, with_src);
	if (wrong) {
		fprintf(stderr, "framecheck: %s\n", wrong);
		return 2;
	}
	while (!stop && !sender_done(&sender)) {
		uint64_t now = sender_now(), wait = sender_wait(&sender, now);
		unsigned int due = sender_due(&sender, now);

		if (!due && wait)
			usleep(wait / 1000 + 1);
		while (due--) {
			size_t len = sender_next(&sender, frame);

			if (len)
				send_one(fd, frame, len);
		}
	}
	printf("{\"sent\":%" PRIu64 ",\"seconds\":%.6f}\n", sender.info.seq,
	       (sender_now() - began) / 1e9);
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_term };
	char words[900] = "";
	int status = 2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	for (int i = 2; i < argc; i++)
		if (strlen(words) + strlen(argv[i]) + 2 < sizeof(words))
			strcat(strcat(words, " "), argv[i]);
	if (argc > 1 && !strcmp(argv[1], "recv"))
		status = receive(words);
	else if (argc > 1 && !strcmp(argv[1], "send"))
		status = transmit(words);
	if (status == 2)
		fputs("usage: framecheck recv dev=NAME | send dev=NAME dst=MAC...\n", stderr);
	return status;
}
