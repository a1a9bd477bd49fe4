// SPDX-License-Identifier: GPL-2.0
/* Building and checking the test frames of frame.h. */
#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "frame.h"

#define FRAME_MAGIC 0x564d4451u /* "VMDQ" */
#define ETH_HEADER 14
#define VLAN_TAG 4
#define ETHERTYPE_VLAN 0x8100
#define GOLDEN 0x9e3779b97f4a7c15ull /* 2^64 divided by the golden ratio */

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * GOLDEN;
	return h ^ (h >> 29);
}

/* Eight bytes at a time: guests that check under emulation are slow. */
static uint64_t checksum(const uint8_t *p, size_t len)
{
	uint64_t h = len, word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		h = mix(h, word);
	}
	word = 0;
	memcpy(&word, p, len);
	return mix(h, word);
}

static void fill(uint8_t *p, size_t len, uint64_t seed)
{
	uint64_t x = mix(GOLDEN, seed + 1);

	while (len) {
		size_t n = len < sizeof(x) ? len : sizeof(x);

		memcpy(p, &x, n);
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p += n;
		len -= n;
	}
}

void frame_build(void *buf, size_t len, const struct frame_info *info)
{
	size_t header = ETH_HEADER + (info->vlan == FRAME_NO_VLAN ? 0 : VLAN_TAG);
	uint8_t *p = buf;
	struct frame_body body = {
		.magic = htonl(FRAME_MAGIC),
		.stream = htonl(info->stream),
		.seq = htobe64(info->seq),
		.count = htonl(info->count),
		.length = htonl(len - header),
	};
	uint16_t type = htons(FRAME_ETHERTYPE);

	memcpy(p, info->dst, 6);
	memcpy(p + 6, info->src, 6);
	if (info->vlan != FRAME_NO_VLAN) {
		uint16_t tag[2] = { htons(ETHERTYPE_VLAN), htons(info->vlan) };

		memcpy(p + 12, tag, sizeof(tag));
	}
	memcpy(p + header - 2, &type, 2);
	p += header;
	memcpy(p, &body, sizeof(body));
	fill(p + sizeof(body), len - header - sizeof(body),
	     ((uint64_t)info->stream << 40) ^ info->seq);
	body.sum = htobe64(checksum(p, len - header));
	memcpy(p, &body, sizeof(body));
}

/* The sum is taken with its own field zero. */
static bool sum_is_right(const uint8_t *p, size_t len, uint64_t sum)
{
	static uint8_t copy[FRAME_MAX];
	struct frame_body *body = (struct frame_body *)copy;

	memcpy(copy, p, len);
	body->sum = 0;
	return checksum(copy, len) == sum;
}

enum frame_verdict frame_check(const void *buf, size_t len, struct frame_info *info)
{
	const uint8_t *p = buf;
	struct frame_body body;
	uint16_t type, tci;

	memset(info, 0, sizeof(*info));
	info->vlan = FRAME_NO_VLAN;
	if (len < ETH_HEADER)
		return FRAME_FOREIGN;
	memcpy(info->dst, p, 6);
	memcpy(info->src, p + 6, 6);
	memcpy(&type, p + 12, 2);
	p += ETH_HEADER;
	len -= ETH_HEADER;
	if (ntohs(type) == ETHERTYPE_VLAN && len >= VLAN_TAG) {
		memcpy(&tci, p, 2);
		info->vlan = ntohs(tci) & 0xfff;
		memcpy(&type, p + 2, 2);
		p += VLAN_TAG;
		len -= VLAN_TAG;
	}
	if (ntohs(type) != FRAME_ETHERTYPE)
		return FRAME_FOREIGN;
	if (len < sizeof(body) || len > FRAME_MAX)
		return FRAME_CORRUPT;
	memcpy(&body, p, sizeof(body));
	if (ntohl(body.magic) != FRAME_MAGIC)
		return FRAME_CORRUPT;
	info->stream = ntohl(body.stream);
	info->seq = be64toh(body.seq);
	info->count = ntohl(body.count);
	if (ntohl(body.length) != len || !sum_is_right(p, len, be64toh(body.sum)))
		return FRAME_CORRUPT;
	return FRAME_GOOD;
}

bool frame_parse_mac(const char *text, uint8_t mac[6])
{
	unsigned int b[6];
	char end;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5],
		   &end) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = b[i];
	return true;
}
