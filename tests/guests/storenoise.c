// SPDX-License-Identifier: GPL-2.0
/*
 * Writes anything into a directory of xenstore, by /dev/xen/xenbus, as fast as
 * xenstored takes it.
 *
 *   storenoise count=1000 seed=1 dir=device/vif/0 value=4 value=99 node=a/b node=state=1,4
 *
 * Of 32 operations 27 are writes, the others remove and make nodes, change their
 * permissions and list them. They are mostly about the nodes that are named; one of
 * 16 is about one of a hundred names of chance, which no quota forbids. What is written
 * is mostly one of the values that are given, else a number, bytes of chance, or a long
 * value. A node with values of its own is only written, and only these. The same seed
 * does the same.
 * Prints {"writes":...,"done":...,"refused":{"EINVAL":...}}.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define MAX_WORDS	64
#define MAX_KINDS	16
#define ODD_NAMES	100
#define ODD_LEN		24
/* Requests that are on their way at a time. Each has a file of its own: the kernel keeps
 * what is written to one in one place, and sends it when there is room.
 */
#define FILES		16
#define LONG_VALUE	3000	/* more than xenstored takes from a guest */

struct words {
	const char *word[MAX_WORDS];
	size_t n;
};

static struct words nodes, values;
static char odd_names[ODD_NAMES][ODD_LEN + 1];
static const char *dir = "";
static uint64_t seed = 1;
static unsigned long wanted = 1000, writes, answered;
static struct refusal {
	char name[16];
	unsigned long n;
} refusals[MAX_KINDS];
static int files[FILES];

static void die(const char *what)
{
	fprintf(stderr, "storenoise: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* xorshift64* */
static uint32_t chance(uint32_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)((seed * 0x2545f4914f6cdd1dull) >> 33) % below;
}

static void put_word(struct words *words, const char *word)
{
	if (words->n < MAX_WORDS)
		words->word[words->n++] = word;
}

static void parse(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "count=", 6))
			wanted = strtoul(argv[i] + 6, NULL, 10);
		else if (!strncmp(argv[i], "seed=", 5))
			seed = strtoul(argv[i] + 5, NULL, 10) | 1;
		else if (!strncmp(argv[i], "dir=", 4))
			dir = argv[i] + 4;
		else if (!strncmp(argv[i], "value=", 6))
			put_word(&values, argv[i] + 6);
		else if (!strncmp(argv[i], "node=", 5))
			put_word(&nodes, argv[i] + 5);
		else
			errno = EINVAL, die(argv[i]);
	}
	if (!nodes.n)
		errno = EINVAL, die("no node=");
}

static void make_odd_names(void)
{
	static const char signs[] = "abcdefghijklmnopqrstuvwxyz0123456789-_@/ .:";
	unsigned int i, n;

	for (i = 0; i < ODD_NAMES; i++)
		for (n = 1 + chance(ODD_LEN); n; n--)
			odd_names[i][n - 1] = signs[chance(sizeof(signs) - 1)];
}

/* A path, with the zero at its end.  @own: the node's own values, or NULL.  Return: its
 * length with the zero.
 */
static size_t make_path(char *at, const char **own)
{
	size_t len = (size_t)sprintf(at, "%s/", dir), n;
	const char *node;

	*own = NULL;
	if (chance(16)) {
		node = nodes.word[chance((uint32_t)nodes.n)];
		n = strcspn(node, "=");
		if (node[n])
			*own = node + n + 1;
		len += (size_t)sprintf(at + len, "%.*s", (int)n, node);
	} else {
		len += (size_t)sprintf(at + len, "%s", odd_names[chance(ODD_NAMES)]);
	}

	return len + 1;
}

/* One of several values with commas between them */
static size_t pick(char *at, const char *from)
{
	uint32_t n = 1, i;
	const char *p;

	for (p = from; *p; p++)
		n += *p == ',';
	for (i = chance(n); i; i--)
		from = strchr(from, ',') + 1;
	n = (uint32_t)strcspn(from, ",");
	memcpy(at, from, n);

	return n;
}

static size_t make_value(char *at)
{
	uint32_t what = chance(8);
	size_t len, n;

	if (what < 5 && values.n)
		return (size_t)sprintf(at, "%s", values.word[chance((uint32_t)values.n)]);
	if (what < 6)
		return (size_t)sprintf(at, "%" PRIu32, chance(UINT32_MAX));
	len = chance(what < 7 ? 40 : LONG_VALUE);
	for (n = 0; n < len; n++)
		at[n] = (char)chance(256);

	return len;
}

static void ask(int file)
{
	struct {
		struct xsd_sockmsg head;
		char body[XENSTORE_PAYLOAD_MAX];
	} m = { .head = { .type = XS_WRITE } };
	const char *own;
	size_t len = make_path(m.body, &own);

	switch (own ? 31 : chance(32)) {
	case 0:
		m.head.type = XS_RM;
		break;
	case 1:
		m.head.type = XS_MKDIR;
		break;
	case 2:
		m.head.type = XS_SET_PERMS;
		len += (size_t)sprintf(m.body + len, "%c%" PRIu32, "nrwb"[chance(4)],
				       chance(20)) + 1;
		break;
	case 3:
		m.head.type = XS_DIRECTORY;
		break;
	case 4:
		m.head.type = XS_READ;
		break;
	default:
		len += own ? pick(m.body + len, own) : make_value(m.body + len);
		writes++;
	}
	m.head.len = (uint32_t)len;
	len += sizeof(m.head);
	if (write(file, &m, len) != (ssize_t)len)
		die("writing to /dev/xen/xenbus");
}

static void take(int file, void *to, size_t len)
{
	ssize_t n;

	for (; len; len -= (size_t)n, to = (char *)to + n) {
		n = read(file, to, len);
		if (n <= 0)
			die("reading from /dev/xen/xenbus");
	}
}

static void count_refusal(const char *name)
{
	struct refusal *r;

	for (r = refusals; r < refusals + MAX_KINDS; r++) {
		if (!r->n)
			snprintf(r->name, sizeof(r->name), "%.15s", name);
		if (!strcmp(r->name, name)) {
			r->n++;
			return;
		}
	}
}

static void take_answer(int file)
{
	char body[XENSTORE_PAYLOAD_MAX + 1];
	struct xsd_sockmsg head;

	take(file, &head, sizeof(head));
	if (head.len > XENSTORE_PAYLOAD_MAX)
		errno = EPROTO, die("an answer");
	take(file, body, head.len);
	body[head.len] = '\0';
	answered++;
	if (head.type == XS_ERROR)
		count_refusal(body);
}

int main(int argc, char **argv)
{
	const struct refusal *r;
	const char *comma = "";
	unsigned int i;

	parse(argc, argv);
	make_odd_names();
	for (i = 0; i < FILES; i++) {
		files[i] = open("/dev/xen/xenbus", O_RDWR);
		if (files[i] < 0)
			die("/dev/xen/xenbus");
		ask(files[i]);
	}
	for (i = 0; writes < wanted; i = (i + 1) % FILES) {
		take_answer(files[i]);
		ask(files[i]);
	}
	for (i = 0; i < FILES; i++)
		take_answer(files[i]);
	printf("{\"writes\":%lu,\"done\":%lu,\"refused\":{", writes, answered);
	for (r = refusals; r < refusals + MAX_KINDS && r->n; r++) {
		printf("%s\"%s\":%lu", comma, r->name, r->n);
		comma = ",";
	}
	printf("}}\n");

	return 0;
}
