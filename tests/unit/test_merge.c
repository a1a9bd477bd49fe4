// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that TCP segments are merged into frames that can be taken apart again: cut by
 * the size that the guest is told, they are the very segments that came, byte for byte;
 * that what is not alike stays apart; and that none overtakes another of its flow.
 */
#include <stdlib.h>

#include "merge.h"
#include "suite.h"

#define BATCH		32
#define FRAME_MAX	2048
#define MERGED_MAX	65536
#define MSS		1448
#define OPTIONS		12
#define L4_V4		(ETH_HLEN + 20)
#define L4_V6		(ETH_HLEN + 40)
#define ACK		0x10
#define PSH		0x08

/* A frame, with what the test knows of it */
struct frame {
	u8 data[FRAME_MAX];
	unsigned int len;
	int flow;
	bool strange;	/* of which flow, nobody can tell */
};

static struct frame sent[BATCH], came[BATCH];
static int merged_into[BATCH];
static struct merge_batch batch;
static u8 whole[MERGED_MAX];

/* --- another checksum than that under test */

static u32 sum_bytes(u32 sum, const u8 *data, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	return sum;
}

static u16 sum_end(u32 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static unsigned int l4_of(const u8 *data)
{
	return data[12] == 0x86 ? L4_V6 : L4_V4;
}

static u32 pseudo_sum(const u8 *data, unsigned int len)
{
	const u8 *ip = data + ETH_HLEN;
	u32 l4_len = len - l4_of(data);

	return sum_bytes(6 + (l4_len >> 16) + (l4_len & 0xffff),
			 ip + (l4_of(data) == L4_V6 ? 8 : 12), l4_of(data) == L4_V6 ? 32 : 8);
}

/* Lengths and checksums of a frame whose other bytes are there */
static void seal(u8 *data, unsigned int len)
{
	u8 *ip = data + ETH_HLEN;
	u8 *tcp = data + l4_of(data);

	if (l4_of(data) == L4_V6) {
		put_unaligned_be16(len - L4_V6, ip + 4);
	} else {
		put_unaligned_be16(len - ETH_HLEN, ip + 2);
		put_unaligned_be16(0, ip + 10);
		put_unaligned_be16(sum_end(sum_bytes(0, ip, 20)), ip + 10);
	}
	put_unaligned_be16(0, tcp + 16);
	put_unaligned_be16(sum_end(sum_bytes(pseudo_sum(data, len), tcp, len - l4_of(data))),
			   tcp + 16);
}

static void put_be32(u32 value, u8 *to)
{
	put_unaligned_be16(value >> 16, to);
	put_unaligned_be16(value, to + 2);
}

static void build(struct frame *frame, int flow, bool v6, unsigned int id, u32 seq,
		  unsigned int payload)
{
	static const u8 addresses[] = { 2, 0x78, 0, 0, 0, 1, 2, 0x77, 0xff, 0, 0, 1 };
	static const u8 v6_head[] = { 0x60, 0, 0, 0, 0, 0, 6, 64 };
	static const u8 stamp[OPTIONS] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 };
	u8 *ip = frame->data + ETH_HLEN;
	u8 *tcp = frame->data + (v6 ? L4_V6 : L4_V4);

	memset(frame, 0, sizeof(*frame));
	frame->flow = flow;
	memcpy(frame->data, addresses, sizeof(addresses));
	put_unaligned_be16(v6 ? 0x86dd : 0x0800, frame->data + 12);
	if (v6) {
		memcpy(ip, v6_head, sizeof(v6_head));
		ip[23] = 10 + flow;
		ip[39] = 1;
	} else {
		ip[0] = 0x45;
		put_unaligned_be16(id, ip + 4);
		ip[6] = 0x40;
		ip[8] = 64;
		ip[9] = 6;
		put_be32(0x0a4d0001, ip + 12);
		put_be32(0x0a4d000a, ip + 16);
	}
	put_unaligned_be16(5001 + flow, tcp);
	put_unaligned_be16(40000, tcp + 2);
	put_be32(seq, tcp + 4);
	put_be32(77, tcp + 8);
	tcp[12] = (20 + OPTIONS) / 4 << 4;
	tcp[13] = ACK;
	put_unaligned_be16(501, tcp + 14);
	memcpy(tcp + 20, stamp, sizeof(stamp));
	frame->len = tcp - frame->data + 20 + OPTIONS + payload;
	for (unsigned int i = 0; i < payload; i++)
		tcp[20 + OPTIONS + i] = seq + i;
	seal(frame->data, frame->len);
}

/* Has the frames that were sent merged; the originals stay in sent[]. */
static void merge(unsigned int n, unsigned int families)
{
	memset(&batch, 0, sizeof(batch));
	batch.families = families;
	memcpy(came, sent, sizeof(came));
	for (unsigned int i = 0; i < n; i++)
		merged_into[i] = merge_next(&batch, i, came[i].data, came[i].len);
	for (unsigned int i = 0; i < batch.n; i++)
		if (batch.flow[i].frames > 1)
			merge_finish(&batch.flow[i]);
}

/* Puts a merged frame together as the backend copies it.  Return: its length. */
static unsigned int gather(const struct merge_flow *flow, unsigned int n)
{
	unsigned int len = came[flow->frame].len;

	memcpy(whole, came[flow->frame].data, len);
	for (unsigned int i = 0; i < n; i++) {
		if (merged_into[i] != (int)flow->frame)
			continue;
		memcpy(whole + len, came[i].data + flow->payload, came[i].len - flow->payload);
		len += came[i].len - flow->payload;
	}
	return len;
}

/* Cuts the merged frame as the guest's stack does: each piece is a frame that was sent. */
static void cut(const struct merge_flow *flow, unsigned int n, unsigned int len)
{
	unsigned int l4 = flow->l4, at = flow->payload;
	u32 seq = get_unaligned_be32(whole + l4 + 4);
	u16 id = get_unaligned_be16(whole + ETH_HLEN + 4);
	u8 piece[FRAME_MAX];

	for (unsigned int i = 0; i < n; i++) {
		unsigned int part = len - at < flow->size ? len - at : flow->size;

		if (i != flow->frame && merged_into[i] != (int)flow->frame)
			continue;
		memcpy(piece, whole, flow->payload);
		memcpy(piece + flow->payload, whole + at, part);
		put_be32(seq, piece + l4 + 4);
		if (l4 == L4_V4)
			put_unaligned_be16(id++, piece + ETH_HLEN + 4);
		at += part;
		seq += part;
		if (at < len)
			piece[l4 + 13] &= ~PSH;
		seal(piece, flow->payload + part);
		ck_assert_uint_eq(sent[i].len, flow->payload + part);
		ck_assert_mem_eq(sent[i].data, piece, sent[i].len);
	}
	ck_assert_uint_eq(at, len);
}

static void check_merged(unsigned int n)
{
	for (unsigned int i = 0; i < batch.n; i++) {
		const struct merge_flow *flow = &batch.flow[i];
		unsigned int len = gather(flow, n);

		ck_assert_uint_eq(len, flow->len);
		ck_assert_uint_le(len, 0xffff);
		if (flow->frames == 1) {
			ck_assert_mem_eq(whole, sent[flow->frame].data, len);
			continue;
		}
		/* what is blank is the sum over all but the pseudo header */
		ck_assert_uint_eq(get_unaligned_be16(whole + flow->l4 + 16),
				  (u16)~sum_end(pseudo_sum(whole, len)));
		if (flow->l4 == L4_V4)
			ck_assert_uint_eq(sum_end(sum_bytes(0, whole + ETH_HLEN, 20)), 0);
		ck_assert_uint_eq(merge_is_v6(flow), flow->l4 == L4_V6);
		cut(flow, n, len);
	}
	/* Where each frame is given to the guest: in the place of the one that it is in */
	for (unsigned int j = 0; j < n; j++) {
		int place = merged_into[j] < 0 ? (int)j : merged_into[j];

		for (unsigned int i = 0; i < j; i++) {
			int before = merged_into[i] < 0 ? (int)i : merged_into[i];

			if (sent[i].flow == sent[j].flow || sent[i].strange || sent[j].strange)
				ck_assert_int_le(before, place);
		}
	}
}

START_TEST(whole_batch)
{
	bool v6 = _i;

	for (unsigned int i = 0; i < BATCH; i++)
		build(&sent[i], 0, v6, i, 0xffffff00 + i * MSS, i < BATCH - 1 ? MSS : 7);
	sent[BATCH - 1].data[l4_of(sent[0].data) + 13] |= PSH;
	seal(sent[BATCH - 1].data, sent[BATCH - 1].len);
	merge(BATCH, MERGE_V4 | MERGE_V6);
	ck_assert_uint_eq(batch.n, 1);
	ck_assert_uint_eq(batch.flow[0].frames, BATCH);
	ck_assert_uint_eq(batch.flow[0].size, MSS);
	check_merged(BATCH);
}

START_TEST(flows_that_take_turns)
{
	for (unsigned int i = 0; i < BATCH; i++)
		build(&sent[i], i % 4, i % 4 == 3, i / 4, i / 4 * 1000, 1000);
	merge(BATCH, MERGE_V4 | MERGE_V6);
	ck_assert_uint_eq(batch.n, 4);
	for (unsigned int i = 0; i < batch.n; i++)
		ck_assert_uint_eq(batch.flow[i].frames, BATCH / 4);
	check_merged(BATCH);
	/* Each family by itself */
	merge(BATCH, MERGE_V4);
	ck_assert_uint_eq(batch.n, 3);
	merge(BATCH, MERGE_V6);
	ck_assert_uint_eq(batch.n, 1);
	merge(BATCH, 0);
	ck_assert_uint_eq(batch.n, 0);
}

START_TEST(more_flows_than_fit)
{
	for (unsigned int i = 0; i < BATCH; i++)
		build(&sent[i], i % 16, false, i / 16, i / 16 * 1000, 1000);
	merge(BATCH, MERGE_V4);
	ck_assert_uint_eq(batch.n, MERGE_FLOWS);
	check_merged(BATCH);
}

/* What one byte of the second of three segments makes of it */
static const struct {
	const char *what;
	int at;
	u8 value;
	bool v6;
	bool strange;
} changes[] = {
	{ .what = "another station", .at = 11, .value = 9 },
	{ .what = "a VLAN tag", .at = 12, .value = 0x81 },
	{ .what = "IPv4 options", .at = ETH_HLEN, .value = 0x46, .strange = true },
	{ .what = "another kind of service", .at = ETH_HLEN + 1, .value = 3 },
	{ .what = "that may be fragmented", .at = ETH_HLEN + 6, .value = 0 },
	{ .what = "a first fragment", .at = ETH_HLEN + 6, .value = 0x20, .strange = true },
	{ .what = "a later fragment", .at = ETH_HLEN + 7, .value = 8, .strange = true },
	{ .what = "another time to live", .at = ETH_HLEN + 8, .value = 63 },
	{ .what = "UDP", .at = ETH_HLEN + 9, .value = 17 },
	{ .what = "another sender", .at = ETH_HLEN + 15, .value = 99 },
	{ .what = "another port", .at = L4_V4 + 1, .value = 99 },
	{ .what = "not the next", .at = L4_V4 + 7, .value = 99 },
	{ .what = "another ACK number", .at = L4_V4 + 11, .value = 78 },
	{ .what = "longer TCP options", .at = L4_V4 + 12, .value = 0x90 },
	{ .what = "no room for a TCP header", .at = L4_V4 + 12, .value = 0x40 },
	{ .what = "a header longer than the frame", .at = L4_V4 + 12, .value = 0xf0 },
	{ .what = "FIN", .at = L4_V4 + 13, .value = ACK | 0x01 },
	{ .what = "SYN", .at = L4_V4 + 13, .value = ACK | 0x02 },
	{ .what = "RST", .at = L4_V4 + 13, .value = ACK | 0x04 },
	{ .what = "no ACK", .at = L4_V4 + 13, .value = 0 },
	{ .what = "URG", .at = L4_V4 + 13, .value = ACK | 0x20 },
	{ .what = "ECE", .at = L4_V4 + 13, .value = ACK | 0x40 },
	{ .what = "CWR", .at = L4_V4 + 13, .value = ACK | 0x80 },
	{ .what = "another window", .at = L4_V4 + 15, .value = 1 },
	{ .what = "another urgent pointer", .at = L4_V4 + 19, .value = 1 },
	{ .what = "another time stamp", .at = L4_V4 + 27, .value = 2 },
	{ .what = "another version in IPv6", .at = ETH_HLEN, .value = 0x40, .v6 = true },
	{ .what = "another IPv6 class", .at = ETH_HLEN + 1, .value = 0x10, .v6 = true },
	{ .what = "another IPv6 flow", .at = ETH_HLEN + 3, .value = 1, .v6 = true },
	{ .what = "IPv6 extension", .at = ETH_HLEN + 6, .value = 0, .v6 = true, .strange = true },
	{ .what = "another hop limit", .at = ETH_HLEN + 7, .value = 63, .v6 = true },
	{ .what = "another IPv6 sender", .at = ETH_HLEN + 23, .value = 99, .v6 = true },
};

START_TEST(what_differs_stays_apart)
{
	bool v6 = changes[_i].v6;
	u16 check;

	for (unsigned int i = 0; i < 3; i++)
		build(&sent[i], 0, v6, i, i * 20, 20);
	sent[1].data[changes[_i].at] = changes[_i].value;
	sent[1].strange = changes[_i].strange;
	if (!v6) {	/* nothing stays apart for its IPv4 checksum here */
		put_unaligned_be16(0, sent[1].data + ETH_HLEN + 10);
		check = sum_end(sum_bytes(0, sent[1].data + ETH_HLEN, 20));
		put_unaligned_be16(check, sent[1].data + ETH_HLEN + 10);
	}
	merge(3, MERGE_V4 | MERGE_V6);
	ck_assert_msg(merged_into[1] == -1, "merged: %s", changes[_i].what);
	ck_assert_mem_eq(came[1].data, sent[1].data, sent[1].len);
	ck_assert_int_eq(merged_into[2], -1);
	/* Where the second was as the others, all three are one. */
	build(&sent[1], 0, v6, 1, 20, 20);
	merge(3, MERGE_V4 | MERGE_V6);
	ck_assert_int_eq(merged_into[1], 0);
	ck_assert_int_eq(merged_into[2], 0);
	check_merged(3);
}

START_TEST(lengths)
{
	/* Longer than the first; the short one before it ends what can be cut evenly. */
	build(&sent[0], 0, false, 0, 0, 500);
	build(&sent[1], 0, false, 1, 500, 501);
	build(&sent[2], 0, false, 2, 1001, 100);
	build(&sent[3], 0, false, 3, 1101, 501);
	merge(4, MERGE_V4);
	ck_assert_int_eq(merged_into[1], -1);
	ck_assert_int_eq(merged_into[2], 1);
	ck_assert_int_eq(merged_into[3], -1);
	check_merged(4);
	/* Nothing but headers, and bytes that pad a frame */
	build(&sent[1], 0, false, 1, 500, 0);
	build(&sent[2], 0, false, 2, 500, 500);
	merge(3, MERGE_V4);
	ck_assert_int_eq(merged_into[1], -1);
	ck_assert_int_eq(merged_into[2], -1);
	build(&sent[1], 0, false, 1, 500, 20);
	sent[1].len += 4;
	merge(2, MERGE_V4);
	ck_assert_int_eq(merged_into[1], -1);
	/* Cut short: no byte behind the end is looked at. */
	for (unsigned int len = 0; len <= L4_V4 + 20 + OPTIONS; len++) {
		u8 *exact = malloc(len ? len : 1);

		memcpy(exact, sent[0].data, len);
		memset(&batch, 0, sizeof(batch));
		batch.families = MERGE_V4 | MERGE_V6;
		ck_assert_int_eq(merge_next(&batch, 0, exact, len), -1);
		ck_assert_uint_eq(batch.n, 0);
		free(exact);
	}
}

START_TEST(wrong_checksum_of_ipv4)
{
	for (unsigned int i = 0; i < 2; i++)
		build(&sent[i], 0, false, i, i * 20, 20);
	sent[1].data[ETH_HLEN + 10] ^= 1;
	merge(2, MERGE_V4);
	ck_assert_int_eq(merged_into[1], -1);
}

START_TEST(identified_ipv4)
{
	for (unsigned int i = 0; i < 2; i++) {
		build(&sent[i], 0, false, i, i * 20, 20);
		sent[i].data[ETH_HLEN + 6] = 0;
		seal(sent[i].data, sent[i].len);
	}
	merge(2, MERGE_V4);
	ck_assert_int_eq(merged_into[1], -1);
}

START_TEST(random_batches)
{
	srand(20261130);
	for (int round = 0; round < 3000; round++) {
		unsigned int n = 1 + rand() % BATCH;
		u32 seq[6] = { 0 };
		u16 id[6] = { 0 };

		for (unsigned int i = 0; i < n; i++) {
			int flow = rand() % (1 + rand() % 6);
			bool v6 = flow & 1;
			unsigned int payload = rand() % 4 ? 300 : rand() % 400;
			struct frame *frame = &sent[i];

			build(frame, flow, v6, id[flow]++, seq[flow], payload);
			seq[flow] += payload;
			if (rand() % 8 == 0)
				frame->data[l4_of(frame->data) + 13] |= PSH;
			if (rand() % 16 == 0)
				frame->data[l4_of(frame->data) + 13] ^= 1 << rand() % 8;
			if (rand() % 16 == 0)
				frame->data[l4_of(frame->data) + 11] += rand() % 2;
			seal(frame->data, frame->len);
			if (rand() % 24 == 0) {
				frame->strange = true;
				frame->data[ETH_HLEN + 6] = v6 ? 0 : 0x20;
			}
		}
		merge(n, MERGE_V4 | MERGE_V6);
		check_merged(n);
	}
}

Suite *unit_suite(void)
{
	static const int families[] = { 4, 6 };
	Suite *s = suite_create("merge");

	unit_table(s, "a whole batch", families, whole_batch);
	unit_case(s, "flows", flows_that_take_turns);
	unit_case(s, "more flows", more_flows_than_fit);
	unit_table(s, "differences", changes, what_differs_stays_apart);
	unit_case(s, "lengths", lengths);
	unit_case(s, "checksum", wrong_checksum_of_ipv4);
	unit_case(s, "identification", identified_ipv4);
	unit_case(s, "random", random_batches);

	return s;
}
