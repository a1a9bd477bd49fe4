// SPDX-License-Identifier: GPL-2.0
/*
 * TCP streams and UDP datagrams of which both ends check every byte; in a guest,
 * in dom0, and at the far end of the wire.
 *
 *   flowcheck serve [port=7000]
 *   flowcheck tcp to=ADDR [port=7000 bytes=1048576 flows=1]
 *   flowcheck udp to=ADDR [port=7000 size=1000 count=10 flows=1]
 *
 * "serve" prints {"event":"ready"} and answers until it is killed. "tcp" sends
 * bytes on each of its connections, then gets as many. "udp" sends datagrams one
 * at a time, from flows ports in turn, and waits for the answer to each, which is
 * as long. Both print {"sent":,"received":,"wrong":}: bytes (or datagrams), those
 * that came back, and how many bytes were not what they must be, at either end.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sender.h"

#define CHUNK (64 << 10)	/* large writes, so that segmentation is offloaded */
#define DATAGRAM_MAX 65507
#define FLOWS_MAX 256
#define TIMEOUT_S 20

/* What a client says first, and each datagram; all big-endian */
struct head {
	uint64_t seed;
	uint64_t bytes;
};

static uint8_t buffer[CHUNK];

static void die(const char *what)
{
	fprintf(stderr, "flowcheck: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Bytes 8 * @number.. of the stream @seed; any part of it can be made on its own */
static uint64_t word_at(uint64_t seed, uint64_t number)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15 + (number + 1) * 0xbf58476d1ce4e5b9;

	x = (x ^ (x >> 30)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* Calls are for pieces of a stream that begin at any byte */
static void fill(uint8_t *to, uint64_t seed, uint64_t at, size_t len)
{
	while (len) {
		uint64_t bytes = word_at(seed, at / 8);
		size_t skip = at % 8, n = len < 8 - skip ? len : 8 - skip;

		memcpy(to, (const uint8_t *)&bytes + skip, n);
		to += n;
		at += n;
		len -= n;
	}
}

static uint64_t count_wrong(const uint8_t *data, uint64_t seed, uint64_t at, size_t len)
{
	static uint8_t expected[CHUNK];
	uint64_t wrong = 0;

	fill(expected, seed, at, len);
	if (!memcmp(data, expected, len))
		return 0;
	for (size_t i = 0; i < len; i++)
		wrong += data[i] != expected[i];
	return wrong;
}

static void set_timeout(int fd)
{
	struct timeval t = { .tv_sec = TIMEOUT_S };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

static bool send_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

static bool receive_all(int fd, void *data, size_t len)
{
	return recv(fd, data, len, MSG_WAITALL) == (ssize_t)len;
}

static bool send_stream(int fd, uint64_t seed, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes;) {
		size_t n = bytes - at < CHUNK ? bytes - at : CHUNK;

		fill(buffer, seed, at, n);
		if (!send_all(fd, buffer, n))
			return false;
		at += n;
	}
	return true;
}

/* Return: bytes that came; @wrong is added to */
static uint64_t receive_stream(int fd, uint64_t seed, uint64_t bytes, uint64_t *wrong)
{
	uint64_t at = 0;

	while (at < bytes) {
		ssize_t n = recv(fd, buffer, bytes - at < CHUNK ? bytes - at : CHUNK, 0);

		if (n <= 0)
			break;
		*wrong += count_wrong(buffer, seed, at, n);
		at += n;
	}
	return at;
}

/* ---- the server ----------------------------------------------------------- */

static void serve_stream(int fd)
{
	uint64_t wrong = 0, answer;
	struct head head;

	set_timeout(fd);
	if (!receive_all(fd, &head, sizeof(head)))
		return;
	if (receive_stream(fd, be64toh(head.seed), be64toh(head.bytes), &wrong) !=
	    be64toh(head.bytes))
		return;
	answer = htobe64(wrong);
	if (send_all(fd, &answer, sizeof(answer)))
		send_stream(fd, ~be64toh(head.seed), be64toh(head.bytes));
	shutdown(fd, SHUT_WR);
	recv(fd, buffer, 1, 0); /* until the client has closed */
}

static void serve_datagram(int fd)
{
	static uint8_t data[CHUNK];
	struct sockaddr_storage from;
	socklen_t from_len = sizeof(from);
	ssize_t len = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len);
	struct head *head = (void *)data;
	uint64_t seed;

	if (len < (ssize_t)sizeof(*head))
		return;
	seed = be64toh(head->seed);
	head->bytes = htobe64(count_wrong(data + sizeof(*head), seed, 0, len - sizeof(*head)));
	fill(data + sizeof(*head), ~seed, 0, len - sizeof(*head));
	sendto(fd, data, len, 0, (struct sockaddr *)&from, from_len);
}

static int server_socket(int type, unsigned int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type, 0), on = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)))
		die("bind");
	if (type == SOCK_STREAM && listen(fd, FLOWS_MAX))
		die("listen");
	return fd;
}

static int serve(const char *line)
{
	unsigned int port = word_number(line, "port", 7000);
	struct pollfd fds[] = {
		{ .fd = server_socket(SOCK_STREAM, port), .events = POLLIN },
		{ .fd = server_socket(SOCK_DGRAM, port), .events = POLLIN },
	};

	signal(SIGCHLD, SIG_IGN);
	printf("{\"event\":\"ready\"}\n");
	fflush(stdout);
	while (poll(fds, 2, -1) > 0 || errno == EINTR) {
		if (fds[0].revents) {
			int fd = accept(fds[0].fd, NULL, NULL);

			if (fd >= 0 && !fork()) {
				serve_stream(fd);
				exit(0);
			}
			close(fd);
		}
		if (fds[1].revents)
			serve_datagram(fds[1].fd);
	}
	return 1;
}

/* ---- the clients ---------------------------------------------------------- */

static int client_socket(const char *line, int type)
{
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in a4 = { .sin_family = AF_INET };
	bool v6;
	char to[64];
	int fd;

	if (!word(line, "to", to, sizeof(to)))
		strcpy(to, "(nothing)");
	v6 = inet_pton(AF_INET6, to, &a6.sin6_addr) == 1;
	if (!v6 && inet_pton(AF_INET, to, &a4.sin_addr) != 1) {
		fprintf(stderr, "flowcheck: to=%s is not an address\n", to);
		exit(2);
	}
	a6.sin6_port = htons(word_number(line, "port", 7000));
	a4.sin_port = a6.sin6_port;
	fd = socket(v6 ? AF_INET6 : AF_INET, type, 0);
	if (fd < 0)
		die("socket");
	set_timeout(fd);
	if (connect(fd, v6 ? (void *)&a6 : (void *)&a4, v6 ? sizeof(a6) : sizeof(a4)))
		die(to);
	return fd;
}

static int report(uint64_t sent, uint64_t received, uint64_t wrong)
{
	printf("{\"sent\":%" PRIu64 ",\"received\":%" PRIu64 ",\"wrong\":%" PRIu64 "}\n", sent,
	       received, wrong);
	return 0;
}

static int tcp(const char *line)
{
	uint64_t bytes = word_number(line, "bytes", 1 << 20);
	unsigned int flows = word_number(line, "flows", 1);
	uint64_t sent = 0, received = 0, wrong = 0;

	for (unsigned int i = 0; i < flows; i++) {
		uint64_t seed = (uint64_t)getpid() << 16 | i, answer;
		struct head head = { .seed = htobe64(seed), .bytes = htobe64(bytes) };
		int fd = client_socket(line, SOCK_STREAM);

		if (!send_all(fd, &head, sizeof(head)) || !send_stream(fd, seed, bytes))
			die("sending");
		sent += bytes;
		if (!receive_all(fd, &answer, sizeof(answer)))
			die("waiting for the answer");
		wrong += be64toh(answer);
		received += receive_stream(fd, ~seed, bytes, &wrong);
		close(fd);
	}
	return report(sent, received, wrong);
}

static int udp(const char *line)
{
	static uint8_t data[CHUNK], answer[CHUNK];
	size_t size = word_number(line, "size", 1000);
	unsigned int count = word_number(line, "count", 10);
	unsigned int flows = word_number(line, "flows", 1);
	uint64_t received = 0, wrong = 0;
	int fds[FLOWS_MAX];

	if (size < sizeof(struct head) || size > DATAGRAM_MAX || !flows || flows > FLOWS_MAX) {
		fprintf(stderr, "flowcheck: size= or flows= is out of range\n");
		return 2;
	}
	for (unsigned int i = 0; i < flows; i++)
		fds[i] = client_socket(line, SOCK_DGRAM);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t seed = (uint64_t)getpid() << 16 | i;
		struct head *head = (void *)data;
		const struct head *said = (void *)answer;
		int fd = fds[i % flows];
		ssize_t len;

		head->seed = htobe64(seed);
		head->bytes = 0;
		fill(data + sizeof(*head), seed, 0, size - sizeof(*head));
		if (send(fd, data, size, 0) != (ssize_t)size)
			die("send");
		len = recv(fd, answer, sizeof(answer), 0);
		if (len != (ssize_t)size || be64toh(said->seed) != seed)
			continue;
		received++;
		wrong += be64toh(said->bytes) +
			 count_wrong(answer + sizeof(*head), ~seed, 0, size - sizeof(*head));
	}
	return report(count, received, wrong);
}

int main(int argc, char **argv)
{
	char line[512] = "";

	for (int i = 1; i < argc; i++) {
		strncat(line, argv[i], sizeof(line) - strlen(line) - 2);
		strcat(line, " ");
	}
	if (argc > 1 && !strcmp(argv[1], "serve"))
		return serve(line);
	if (argc > 1 && !strcmp(argv[1], "tcp"))
		return tcp(line);
	if (argc > 1 && !strcmp(argv[1], "udp"))
		return udp(line);
	fprintf(stderr, "usage: flowcheck serve|tcp|udp NAME=VALUE...\n");
	return 2;
}
