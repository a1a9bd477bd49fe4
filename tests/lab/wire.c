// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of a NIC's wire.
 *
 *   wire SOCKET [TAP]
 *
 * SOCKET is that of QEMU's "-netdev stream,server=on": each frame is a 4-byte
 * big-endian length and its bytes. TAP is a tap interface to make in the network
 * namespace that wire runs in; its frames go to the NIC and the NIC's to it,
 * except test frames, which wire sends and checks by itself.
 *
 * Commands are lines on standard input, answers and events are lines of JSON on
 * standard output. Each command may carry id=N, which its answer repeats.
 *
 *   send job=J dst= src= [stream= vlan= count= min= max= sizes= rate= burst= fault=]
 *                       {"event":"sent","job":J,...} follows when all is written;
 *                       clock=S hz=N paces it by the NIC's side: stream S, which
 *                       comes from there at N frames a second, is its time
 *   stop job=J          ends it early, with the same event
 *   raw hex=...         sends these bytes as one frame
 *   report              what has arrived, and all counters
 *   wait stream=S count=N   {"event":"reached"...} once N different frames are there
 *   reset               forget what has arrived
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "book.h"
#include "sender.h"

#define JOBS_MAX 16
#define WAITS_MAX 16
#define BUFFER (4 << 20)
#define HIGH_WATER (64 << 10) /* bytes queued for QEMU above which senders pause */

/**
 * struct job - a stream being sent
 * @clock: stream from the NIC whose frames are its time, or 0 for ours
 * @hz: frames of @clock a second
 * @base: of these, how many had come when it started
 * @seen: of these, how many had come when it last sent
 */
struct job {
	bool used;
	unsigned int number;
	struct sender sender;
	uint32_t clock;
	double hz;
	uint64_t base, seen;
};

struct wait {
	bool used;
	unsigned int id;
	uint32_t stream;
	uint64_t count;
};

/* The wire's state; one thread, no locks. */
static struct job jobs[JOBS_MAX];
static struct wait waits[WAITS_MAX];
static struct book book;
static int qemu, tap = -1;
static uint8_t out_buf[BUFFER], in_buf[BUFFER];
static size_t out_len, in_len;
static uint64_t to_nic, from_nic, tap_to_nic, nic_to_tap, tap_dropped;

static void die(const char *what)
{
	fprintf(stderr, "wire: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void flush_out(void)
{
	size_t at = 0;

	while (at < out_len) {
		ssize_t n = send(qemu, out_buf + at, out_len - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			exit(0); /* QEMU has ended */
		if (n < 0)
			break;
		at += n;
	}
	out_len -= at;
	memmove(out_buf, out_buf + at, out_len);
}

static bool nic_busy(void)
{
	return out_len > HIGH_WATER;
}

static void queue_frame(const void *frame, size_t len)
{
	uint32_t be = htonl(len);

	if (out_len + sizeof(be) + len > sizeof(out_buf))
		return;
	memcpy(out_buf + out_len, &be, sizeof(be));
	memcpy(out_buf + out_len + sizeof(be), frame, len);
	out_len += sizeof(be) + len;
	to_nic++;
}

/* ---- time ------------------------------------------------------------- */

static uint64_t clock_ticks(const struct job *job)
{
	const struct book_stream *s = book_find(&book, job->clock);

	return s ? s->next : 0;
}

/* What time it is for a job, ns */
static uint64_t job_now(const struct job *job)
{
	if (!job->clock)
		return sender_now();
	return (clock_ticks(job) - job->base) * 1e9 / job->hz;
}

/* ---- commands and answers ---------------------------------------------- */

static void report_sent(const struct job *job)
{
	printf("{\"event\":\"sent\",\"job\":%u,\"frames\":%" PRIu64 ",\"seconds\":%.6f}\n",
	       job->number, job->sender.info.seq,
	       (job_now(job) - job->sender.started) / 1e9);
}

static void end_job(struct job *job)
{
	flush_out();
	report_sent(job);
	job->used = false;
}

/* Frames to send now.  By another's clock a sender that was kept waiting makes up
 * for it at twice its rate: all at once would be more than the rate promises.
 */
static unsigned int job_due(struct job *job)
{
	unsigned int due = sender_due(&job->sender, job_now(job));
	unsigned int most = 2 * job->sender.rate / job->hz + 1;
	uint64_t ticks;

	if (!job->clock)
		return due;
	ticks = clock_ticks(job);
	if (ticks == job->seen)
		return 0;
	job->seen = ticks;
	return due < most ? due : most;
}

static const char *command_send(const char *line)
{
	for (int i = 0; i < JOBS_MAX; i++) {
		const char *wrong;

		if (jobs[i].used)
			continue;
		wrong = sender_parse(&jobs[i].sender, line);
		if (wrong)
			return wrong;
		jobs[i].clock = word_number(line, "clock", 0);
		jobs[i].hz = word_number(line, "hz", 1000);
		if (jobs[i].clock) {
			jobs[i].base = clock_ticks(&jobs[i]);
			jobs[i].sender.started = 0;
			jobs[i].sender.catch_up = true;
		}
		jobs[i].number = word_number(line, "job", 0);
		jobs[i].used = true;
		return NULL;
	}
	return "too many jobs";
}

static const char *command_stop(const char *line)
{
	unsigned int number = word_number(line, "job", 0);

	for (int i = 0; i < JOBS_MAX; i++)
		if (jobs[i].used && jobs[i].number == number)
			end_job(&jobs[i]);
	return NULL; /* one that is done has reported already */
}

static const char *command_raw(const char *line)
{
	static char hex[2 * FRAME_MAX + 1];
	static uint8_t frame[FRAME_MAX];
	size_t n = 0;

	if (!word(line, "hex", hex, sizeof(hex)))
		return "hex= is missing or too long";
	for (char *p = hex; p[0] && p[1]; p += 2) {
		unsigned int byte;

		if (sscanf(p, "%2x", &byte) != 1)
			return "hex= is not hexadecimal";
		frame[n++] = byte;
	}
	queue_frame(frame, n);
	return NULL;
}

static void answer_waits(const struct book_stream *s)
{
	for (int i = 0; i < WAITS_MAX; i++) {
		struct wait *w = &waits[i];

		if (!w->used || w->stream != s->stream || s->unique < w->count)
			continue;
		printf("{\"event\":\"reached\",\"id\":%u,\"stream\":%" PRIu32 "}\n", w->id,
		       w->stream);
		w->used = false;
	}
}

static const char *command_wait(const char *line, unsigned int id)
{
	for (int i = 0; i < WAITS_MAX; i++) {
		struct book_stream *s;

		if (waits[i].used)
			continue;
		waits[i] = (struct wait){ true, id, word_number(line, "stream", 0),
					  word_number(line, "count", 1) };
		s = book_find(&book, waits[i].stream);
		if (s)
			answer_waits(s);
		return NULL;
	}
	return "too many waits";
}

static void print_report(unsigned int id)
{
	printf("{\"id\":%u,", id);
	book_print(&book, stdout);
	printf(",\"to_nic\":%" PRIu64 ",\"from_nic\":%" PRIu64 ",\"tap_to_nic\":%" PRIu64
	       ",\"nic_to_tap\":%" PRIu64 ",\"tap_dropped\":%" PRIu64 ",\"queued\":%zu,\"jobs\":{",
	       to_nic, from_nic, tap_to_nic, nic_to_tap, tap_dropped, out_len);
	for (int i = 0, n = 0; i < JOBS_MAX; i++)
		if (jobs[i].used)
			printf("%s\"%u\":%" PRIu64, n++ ? "," : "", jobs[i].number,
			       jobs[i].sender.info.seq);
	printf("}}\n");
}

static void command(const char *line)
{
	unsigned int id = word_number(line, "id", 0);
	const char *wrong = NULL;

	if (!strncmp(line, "send ", 5)) {
		wrong = command_send(line);
	} else if (!strncmp(line, "stop ", 5)) {
		wrong = command_stop(line);
	} else if (!strncmp(line, "raw ", 4)) {
		wrong = command_raw(line);
	} else if (!strncmp(line, "wait ", 5)) {
		wrong = command_wait(line, id);
	} else if (!strncmp(line, "reset", 5)) {
		book_reset(&book);
	} else if (!strncmp(line, "report", 6)) {
		print_report(id);
		return;
	} else {
		wrong = "unknown command";
	}
	if (wrong)
		printf("{\"id\":%u,\"error\":\"%s\"}\n", id, wrong);
	else
		printf("{\"id\":%u}\n", id);
}

static void read_commands(void)
{
	static char buf[2 * FRAME_MAX + 256];
	static size_t len;
	ssize_t n = read(0, buf + len, sizeof(buf) - 1 - len);
	char *line = buf, *end;

	if (n <= 0)
		exit(0); /* whoever drove us has gone */
	len += n;
	buf[len] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		command(line);
		line = end + 1;
	}
	len = buf + len - line;
	memmove(buf, line, len);
	if (len == sizeof(buf) - 1)
		len = 0; /* a line that long is no command */
}

/* ---- traffic ------------------------------------------------------------ */

static bool is_test_frame(const uint8_t *frame, size_t len)
{
	struct frame_info info;

	return frame_check(frame, len, &info) != FRAME_FOREIGN;
}

static void frame_from_nic(const uint8_t *frame, size_t len)
{
	struct book_stream *s;

	from_nic++;
	if (is_test_frame(frame, len)) {
		s = book_note(&book, frame, len, false, FRAME_NO_VLAN);
		if (s)
			answer_waits(s);
		return;
	}
	book.foreign++;
	if (tap < 0)
		return;
	if (write(tap, frame, len) == (ssize_t)len)
		nic_to_tap++;
	else
		tap_dropped++;
}

static void read_nic(void)
{
	ssize_t n = recv(qemu, in_buf + in_len, sizeof(in_buf) - in_len, MSG_DONTWAIT);
	size_t at = 0;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		exit(0);
	if (n < 0)
		return;
	in_len += n;
	while (in_len - at >= 4) {
		uint32_t be, len;

		memcpy(&be, in_buf + at, sizeof(be));
		len = ntohl(be);
		if (len > sizeof(in_buf) / 2) {
			fprintf(stderr, "wire: a frame of %u bytes: out of step\n", len);
			exit(1);
		}
		if (in_len - at < 4 + len)
			break;
		frame_from_nic(in_buf + at + 4, len);
		at += 4 + len;
	}
	in_len -= at;
	memmove(in_buf, in_buf + at, in_len);
}

static void read_tap(void)
{
	static uint8_t frame[FRAME_MAX + 64];

	while (!nic_busy()) {
		ssize_t n = read(tap, frame, sizeof(frame));

		if (n <= 0)
			return;
		if (n < FRAME_MIN) { /* a tap does not pad, a wire does */
			memset(frame + n, 0, FRAME_MIN - n);
			n = FRAME_MIN;
		}
		queue_frame(frame, n);
		tap_to_nic++;
	}
}

static void run_jobs(void)
{
	static uint8_t frame[FRAME_MAX];

	for (int i = 0; i < JOBS_MAX; i++) {
		struct job *job = &jobs[i];
		unsigned int due;

		if (!job->used)
			continue;
		due = job_due(job);
		while (due-- && !nic_busy()) {
			size_t len = sender_next(&job->sender, frame);

			if (len)
				queue_frame(frame, len);
		}
		if (sender_done(&job->sender) && !out_len)
			end_job(job);
	}
}

/* Time until a sender has something to do; NULL: none has. */
static const struct timespec *next_due(uint64_t now, struct timespec *t)
{
	uint64_t wait = UINT64_MAX;

	for (int i = 0; i < JOBS_MAX; i++) {
		uint64_t w;

		if (!jobs[i].used || nic_busy() || (sender_done(&jobs[i].sender) && out_len))
			continue; /* POLLOUT will tell */
		if (jobs[i].clock && !sender_done(&jobs[i].sender))
			continue; /* the clock's next frame will tell */
		w = sender_wait(&jobs[i].sender, now);
		if (w < wait)
			wait = w;
	}
	if (wait == UINT64_MAX)
		return NULL;
	t->tv_sec = wait / 1000000000;
	t->tv_nsec = wait % 1000000000;
	return t;
}

static void loop(void)
{
	for (;;) {
		struct timespec t;
		struct pollfd pfds[3] = {
			{ .fd = 0, .events = POLLIN },
			{ .fd = qemu, .events = POLLIN | (out_len ? POLLOUT : 0) },
			{ .fd = nic_busy() ? -1 : tap, .events = POLLIN },
		};

		if (ppoll(pfds, 3, next_due(sender_now(), &t), NULL) < 0 && errno != EINTR)
			die("poll");
		if (pfds[1].revents & (POLLIN | POLLHUP))
			read_nic();
		if (pfds[2].revents)
			read_tap();
		if (pfds[0].revents)
			read_commands();
		flush_out();
		run_jobs();
		flush_out();
	}
}

/* ---- setting up ---------------------------------------------------------- */

static void connect_qemu(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(a.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	memcpy(a.sun_path, path, strlen(path) + 1);
	qemu = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (qemu < 0 || connect(qemu, (struct sockaddr *)&a, sizeof(a)))
		die(path);
}

static void open_tap(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap < 0)
		die("/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(tap, TUNSETIFF, &ifr))
		die(name);
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: wire SOCKET [TAP]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	connect_qemu(argv[1]);
	if (argc == 3)
		open_tap(argv[2]);
	printf("{\"event\":\"ready\"}\n");
	loop();
}
