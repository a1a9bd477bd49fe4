/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbered, checksummed test frames: how they look and how one is checked.
 *
 * Ethernet header (an 802.1Q tag where asked), EtherType FRAME_ETHERTYPE, then
 * struct frame_body and a filling that follows from stream and number. The
 * checksum covers everything behind the EtherType, so that a NIC which takes
 * the tag out changes nothing that is checked.
 */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_ETHERTYPE 0x88b5 /* IEEE 802: local experimental 1 */
#define FRAME_MAX 9728 /* longest that the 82576 takes, without FCS */
#define FRAME_MIN 60 /* shortest of Ethernet, without FCS */
#define FRAME_NO_VLAN (-1)

/**
 * struct frame_body - what follows the EtherType, big-endian
 * @magic: FRAME_MAGIC
 * @stream: number of the stream, chosen by the sender
 * @seq: number of the frame in its stream, from 0
 * @count: how many frames the stream will have; 0: not known
 * @length: bytes from @magic to the end of the frame
 * @sum: checksum of the body with this field zero, and the filling
 */
struct frame_body {
	uint32_t magic;
	uint32_t stream;
	uint64_t seq;
	uint32_t count;
	uint32_t length;
	uint64_t sum;
} __attribute__((packed));

/** struct frame_info - one frame, to be built or as it was found */
struct frame_info {
	uint8_t dst[6];
	uint8_t src[6];
	int vlan; /* 0..4095 or FRAME_NO_VLAN */
	uint32_t stream;
	uint64_t seq;
	uint32_t count;
};

enum frame_verdict {
	FRAME_GOOD,
	FRAME_CORRUPT, /* ours by EtherType, and damaged */
	FRAME_FOREIGN, /* not a test frame */
};

/**
 * frame_build() - write a frame
 * @buf: room for @len bytes
 * @len: length without FCS, FRAME_MIN to FRAME_MAX, tag included
 */
void frame_build(void *buf, size_t len, const struct frame_info *info);

/**
 * frame_check() - check a frame that arrived
 * @info: filled in where the verdict is FRAME_GOOD; after FRAME_CORRUPT its
 *        stream is what the damaged frame claims, 0 if it claims nothing
 */
enum frame_verdict frame_check(const void *buf, size_t len, struct frame_info *info);

/** frame_parse_mac() - read "02:00:00:00:00:01"; false if it is none */
bool frame_parse_mac(const char *text, uint8_t mac[6]);

#endif
