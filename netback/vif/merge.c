// SPDX-License-Identifier: GPL-2.0
/*
 * Which TCP segments may become one frame, and its headers.
 *
 * The rules are those of Linux's GRO (tcp_gro_receive(), inet_gro_receive(),
 * ipv6_gro_receive()): nothing is merged that segmentation by the size of the
 * first could not take apart again.  Stricter in that IPv4 must not be allowed to
 * fragment, so that its identification means nothing (RFC 6864), and that all else
 * in the headers must be equal.
 */
#include <linux/etherdevice.h>
#include <net/checksum.h>

#include "merge.h"

/* Ethernet, IPv4 without options, IPv6, TCP: lengths and where things are */
#define L3		ETH_HLEN
#define V4_LEN		20
#define V4_TOT_LEN	2
#define V4_FRAGMENT	6	/* flags and offset */
#define V4_PROTOCOL	9
#define V4_CHECK	10
#define V4_ADDRESSES	12
#define V6_LEN		40
#define V6_PAYLOAD_LEN	4
#define V6_NEXT		6
#define V6_ADDRESSES	8
#define TCP_LEN		20
#define TCP_SEQ		4
#define TCP_ACK		8
#define TCP_FLAGS	13
#define TCP_WINDOW	14
#define TCP_CHECK	16
#define TCP_URGENT	18

#define V4_DF		0x4000
#define V4_FRAGMENTED	0x3fff	/* more fragments, or an offset */
#define FLAG_PSH	0x08
#define FLAG_ACK	0x10
#define PROTOCOL_TCP	6
#define PORTS_LEN	4

enum merge_kind {
	MERGE_OTHER,	/* not TCP: its place among TCP does not matter */
	MERGE_STRANGE,	/* of whichever flow */
	MERGE_ALONE,	/* of a flow, and must keep its place there */
	MERGE_DATA,
};

/* Where the parts of a frame begin */
struct merge_parts {
	unsigned int l4;
	unsigned int payload;
};

static enum merge_kind merge_look_v4(const u8 *data, unsigned int len, struct merge_parts *at)
{
	const u8 *ip = data + L3;
	u16 fragment;

	if (len < L3 + V4_LEN + TCP_LEN || ip[V4_PROTOCOL] != PROTOCOL_TCP)
		return MERGE_OTHER;
	fragment = get_unaligned_be16(ip + V4_FRAGMENT);
	if (ip[0] != 0x45 || fragment & V4_FRAGMENTED)
		return MERGE_STRANGE;
	at->l4 = L3 + V4_LEN;
	/* Padding is no payload; and the sum is made anew only where it was right. */
	if (fragment != V4_DF || get_unaligned_be16(ip + V4_TOT_LEN) != len - L3 ||
	    csum_fold(csum_partial(ip, V4_LEN, 0)))
		return MERGE_ALONE;
	return MERGE_DATA;
}

static enum merge_kind merge_look_v6(const u8 *data, unsigned int len, struct merge_parts *at)
{
	const u8 *ip = data + L3;

	/* Behind a header that we do not look into may be anything. */
	if (len < L3 + V6_LEN + TCP_LEN || ip[V6_NEXT] != PROTOCOL_TCP)
		return MERGE_STRANGE;
	at->l4 = L3 + V6_LEN;
	if (ip[0] >> 4 != 6 || get_unaligned_be16(ip + V6_PAYLOAD_LEN) != len - L3 - V6_LEN)
		return MERGE_ALONE;
	return MERGE_DATA;
}

static enum merge_kind merge_look(unsigned int families, const u8 *data, unsigned int len,
				  struct merge_parts *at)
{
	enum merge_kind kind;

	if (len < ETH_HLEN)
		return MERGE_OTHER;
	switch (get_unaligned_be16(data + 2 * ETH_ALEN)) {
	case 0x0800:
		if (!(families & MERGE_V4))
			return MERGE_OTHER;
		kind = merge_look_v4(data, len, at);
		break;
	case 0x86dd:
		if (!(families & MERGE_V6))
			return MERGE_OTHER;
		kind = merge_look_v6(data, len, at);
		break;
	default:
		return MERGE_OTHER;
	}
	if (kind != MERGE_DATA)
		return kind;

	at->payload = at->l4 + (data[at->l4 + 12] >> 4) * 4;
	if (at->payload < at->l4 + TCP_LEN || at->payload >= len ||
	    (data[at->l4 + TCP_FLAGS] & ~FLAG_PSH) != FLAG_ACK)
		return MERGE_ALONE;
	return MERGE_DATA;
}

static bool merge_equal(const struct merge_flow *flow, const u8 *data, unsigned int from,
			unsigned int to)
{
	return !memcmp(flow->data + from, data + from, to - from);
}

static bool merge_same_flow(const struct merge_flow *flow, const u8 *data,
			    const struct merge_parts *at)
{
	unsigned int from = L3 + (merge_is_v6(flow) ? V6_ADDRESSES : V4_ADDRESSES);

	return flow->l4 == at->l4 && merge_equal(flow, data, from, at->l4 + PORTS_LEN);
}

/* Are the headers equal but for what differs from segment to segment? */
static bool merge_same_headers(const struct merge_flow *flow, const u8 *data,
			       const struct merge_parts *at)
{
	unsigned int l4 = at->l4;
	bool ip;

	if (merge_is_v6(flow))
		ip = merge_equal(flow, data, 0, L3 + V6_PAYLOAD_LEN) &&
		     merge_equal(flow, data, L3 + V6_NEXT, L3 + V6_ADDRESSES);
	else
		ip = merge_equal(flow, data, 0, L3 + V4_TOT_LEN) &&
		     merge_equal(flow, data, L3 + V4_FRAGMENT, L3 + V4_CHECK);
	return ip && flow->payload == at->payload &&
	       merge_equal(flow, data, l4 + TCP_ACK, l4 + TCP_FLAGS) &&
	       merge_equal(flow, data, l4 + TCP_WINDOW, l4 + TCP_CHECK) &&
	       merge_equal(flow, data, l4 + TCP_URGENT, at->payload);
}

static bool merge_fits(const struct merge_flow *flow, const u8 *data, unsigned int len,
		       const struct merge_parts *at)
{
	unsigned int n = len - at->payload;

	return get_unaligned_be32(data + at->l4 + TCP_SEQ) == flow->seq && n <= flow->size &&
	       flow->len + n <= U16_MAX && merge_same_headers(flow, data, at);
}

/* A segment that is shorter, or that the sender pushes, is the last of its frame. */
static bool merge_goes_on(const struct merge_flow *flow, const u8 *data, unsigned int n)
{
	return n == flow->size && !(data[flow->l4 + TCP_FLAGS] & FLAG_PSH);
}

static void merge_add(struct merge_flow *flow, const u8 *data, unsigned int n)
{
	flow->frames++;
	flow->len += n;
	flow->seq += n;
	flow->open = merge_goes_on(flow, data, n);
	flow->data[flow->l4 + TCP_FLAGS] |= data[flow->l4 + TCP_FLAGS] & FLAG_PSH;
}

static void merge_begin(struct merge_batch *batch, unsigned int frame, u8 *data, unsigned int len,
			const struct merge_parts *at)
{
	struct merge_flow *flow = &batch->flow[batch->n];

	flow->data = data;
	flow->frame = frame;
	flow->frames = 1;
	flow->len = len;
	flow->size = len - at->payload;
	flow->seq = get_unaligned_be32(data + at->l4 + TCP_SEQ) + flow->size;
	flow->l4 = at->l4;
	flow->payload = at->payload;
	flow->open = merge_goes_on(flow, data, flow->size);
	if (flow->open)
		batch->n++;
}

/**
 * merge_next() - look at the next frame of a batch
 * @batch: with nothing but its families set before the first
 * @frame: the frame's number, for the caller
 * @data: the frame, whose TCP checksum is right
 * @len: its bytes, without FCS
 *
 * No frame overtakes another of the same TCP flow.
 *
 * Return: the number of the frame that this one is merged into from its payload on, or -1
 * if it remains one of its own.
 */
int merge_next(struct merge_batch *batch, unsigned int frame, u8 *data, unsigned int len)
{
	struct merge_parts at;
	enum merge_kind kind = merge_look(batch->families, data, len, &at);
	unsigned int i;

	if (kind == MERGE_OTHER)
		return -1;
	for (i = batch->n; i--;) {
		struct merge_flow *flow = &batch->flow[i];

		if (!flow->open || (kind != MERGE_STRANGE && !merge_same_flow(flow, data, &at)))
			continue;
		if (kind == MERGE_DATA && merge_fits(flow, data, len, &at)) {
			merge_add(flow, data, len - at.payload);
			return flow->frame;
		}
		flow->open = false;
	}
	if (kind == MERGE_DATA && batch->n < MERGE_FLOWS)
		merge_begin(batch, frame, data, len, &at);
	return -1;
}

/**
 * merge_finish() - write the headers of a merged frame
 * @flow: of more than one frame, to which nothing is added any more
 *
 * Its TCP checksum is that of the pseudo header alone then, as of any frame whose
 * segments are still to be made.
 */
void merge_finish(const struct merge_flow *flow)
{
	unsigned int l4_len = flow->len - flow->l4;
	const u8 pseudo[] = { l4_len >> 8, l4_len, 0, PROTOCOL_TCP };
	u8 *ip = flow->data + L3;
	unsigned int addresses;
	__wsum sum;
	__sum16 check;

	if (merge_is_v6(flow)) {
		addresses = V6_ADDRESSES;
		put_unaligned_be16(l4_len, ip + V6_PAYLOAD_LEN);
	} else {
		addresses = V4_ADDRESSES;
		put_unaligned_be16(flow->len - L3, ip + V4_TOT_LEN);
		memset(ip + V4_CHECK, 0, sizeof(check));
		check = csum_fold(csum_partial(ip, V4_LEN, 0));
		memcpy(ip + V4_CHECK, &check, sizeof(check));
	}
	sum = csum_partial(pseudo, sizeof(pseudo), 0);
	sum = csum_partial(ip + addresses, flow->l4 - L3 - addresses, sum);
	check = ~csum_fold(sum);
	memcpy(flow->data + flow->l4 + TCP_CHECK, &check, sizeof(check));
}
