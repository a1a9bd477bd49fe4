// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that what a pool's owner harvests is whole frames, however the hardware's
 * write-backs and the harvests interleave and wherever the ring wraps around; that
 * lengths are bounded to the buffers; and that a frame without end cannot wedge the ring.
 */
#include <stdlib.h>

#include "igb_chain.h"
#include "suite.h"

#define COUNT		16
#define BUF_SIZE	4096

static union vigb_rx_desc desc[COUNT];

/* The hardware writes one descriptor back. */
static void write_back(u16 i, u32 status, u16 len)
{
	desc[i % COUNT].wb.length = cpu_to_le16(len);
	desc[i % COUNT].wb.status_error = cpu_to_le32(status | RXD_DD);
}

static struct vigb_chain empty_ring(u16 first)
{
	memset(desc, 0, sizeof(desc));
	return (struct vigb_chain){ desc, COUNT, first, (first + COUNT - 1) % COUNT, BUF_SIZE };
}

START_TEST(a_frame_waits_for_its_end)
{
	struct vigb_chain chain = empty_ring(COUNT - 2);
	struct vmdq_rx rx[COUNT];

	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, COUNT), 0);
	write_back(COUNT - 2, RXD_EOP, 60);
	write_back(COUNT - 1, 0, 4096);
	write_back(COUNT, 0, 4096);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, COUNT), 1);
	ck_assert_uint_eq(rx[0].len, 60);
	ck_assert_uint_eq(chain.first, COUNT - 1);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, COUNT), 0);
	ck_assert_uint_eq(chain.first, COUNT - 1);

	write_back(COUNT + 1, RXD_EOP | RXD_L4CS, 826);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, COUNT), 3);
	ck_assert_uint_eq(rx[0].flags | rx[1].flags, 0);
	ck_assert_uint_eq(rx[2].flags, VMDQ_RX_EOP | VMDQ_RX_CSUM_GOOD);
	ck_assert_uint_eq(rx[2].len, 826);
	ck_assert_uint_eq(chain.first, 2);
}

START_TEST(a_frame_that_does_not_fit_waits)
{
	struct vigb_chain chain = empty_ring(0);
	struct vmdq_rx rx[COUNT];
	u16 i;

	write_back(0, RXD_EOP, 100);
	for (i = 1; i < 4; i++)
		write_back(i, i == 3 ? RXD_EOP : 0, 3000);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, 3), 1);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, 3), 3);
	ck_assert_uint_eq(rx[2].flags, VMDQ_RX_EOP);
}

START_TEST(a_frame_without_end)
{
	struct vigb_chain chain = empty_ring(0);
	struct vmdq_rx rx[COUNT];
	u16 i;

	for (i = 0; i < 5; i++)
		write_back(i, i == 4 ? RXD_EOP : 0, 4096);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, 3), 3);
	ck_assert_uint_eq(rx[0].flags | rx[1].flags, 0);
	ck_assert_uint_eq(rx[2].flags, VMDQ_RX_EOP | VMDQ_RX_ERROR);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, 3), 2);
}

static const struct {
	const char *name;
	u32 status;
	u16 flags;
} flags[] = {
	{ "no end", RXD_L4CS | RXD_L4E | RXD_RXE, 0 },
	{ "unchecked", RXD_EOP, VMDQ_RX_EOP },
	{ "right", RXD_EOP | RXD_L4CS, VMDQ_RX_EOP | VMDQ_RX_CSUM_GOOD },
	{ "wrong", RXD_EOP | RXD_L4CS | RXD_L4E, VMDQ_RX_EOP | VMDQ_RX_CSUM_BAD },
	{ "IP wrong", RXD_EOP | RXD_L4CS | RXD_IPE, VMDQ_RX_EOP | VMDQ_RX_CSUM_BAD },
	{ "damaged", RXD_EOP | RXD_RXE, VMDQ_RX_EOP | VMDQ_RX_ERROR },
};

START_TEST(status_bits)
{
	ck_assert_msg(vigb_chain_flags(flags[_i].status) == flags[_i].flags, "%s: %x",
		      flags[_i].name, vigb_chain_flags(flags[_i].status));
}

START_TEST(a_length_that_lies)
{
	struct vigb_chain chain = empty_ring(3);
	struct vmdq_rx rx[COUNT];

	write_back(3, RXD_EOP, 65535);
	ck_assert_uint_eq(vigb_chain_harvest(&chain, rx, COUNT), 1);
	ck_assert_uint_eq(rx[0].len, BUF_SIZE);
}

/* A hardware that writes frames of 1 to 4 buffers, an owner that posts again what it
 * harvested: every frame comes once, whole, in order.
 */
START_TEST(noise)
{
	struct vigb_chain chain = empty_ring(0);
	u32 posted = COUNT - 1, written = 0, taken = 0;
	u32 left = 0, frame = 0, seen = 0, at = 0;
	struct vmdq_rx rx[COUNT];

	srandom(1);
	while (seen < 50000) {
		unsigned int i, n;

		for (i = random() % 6; i && written < posted; i--) {
			if (!left)
				left = 1 + frame++ % 4;
			left--;
			/* the length tells which buffer of which frame it is */
			write_back(written++, left ? 0 : RXD_EOP, 1 + (frame * 4 + left) % 4000);
		}
		n = vigb_chain_harvest(&chain, rx, 4 + random() % (COUNT - 4));
		ck_assert(!n || (rx[n - 1].flags & VMDQ_RX_EOP));
		for (i = 0; i < n; i++) {
			u32 rest = seen % 4 - at;

			ck_assert_uint_eq(rx[i].len, 1 + ((seen + 1) * 4 + rest) % 4000);
			ck_assert_uint_eq(rx[i].flags, rest ? 0 : VMDQ_RX_EOP);
			at = rest ? at + 1 : 0;
			seen += !rest;
		}
		for (i = 0; i < n; i++, posted++)
			desc[posted % COUNT].wb.status_error = 0;
		taken += n;
		chain.end = posted % COUNT;
		ck_assert_uint_eq(chain.first, taken % COUNT);
	}
}

Suite *unit_suite(void)
{
	Suite *suite = suite_create("igb_chain");

	unit_case(suite, "end", a_frame_waits_for_its_end);
	unit_case(suite, "fit", a_frame_that_does_not_fit_waits);
	unit_case(suite, "no end", a_frame_without_end);
	unit_table(suite, "flags", flags, status_bits);
	unit_case(suite, "length", a_length_that_lies);
	unit_case(suite, "noise", noise);
	return suite;
}
