// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that the backend hashes as RSS does, by the verification suite that its
 * authors published, and that nothing a guest sets reaches beyond its table
 * (XSA-270).
 */
#include <stdlib.h>

#include "hash.h"
#include "suite.h"
#include "vif.h"

/* "Verifying the RSS Hash Calculation", Windows driver documentation */
static const u8 rss_key[] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct vector {
	struct vif_hash_input input;
	u32 with_ports;
	u32 addresses;
} vectors[] = {
	{ { .tcp = true, .data = { 66, 9, 149, 187, 161, 142, 100, 80, 2794 >> 8, 2794 & 255,
				   1766 >> 8, 1766 & 255 } }, 0x51ccc178, 0x323e8fc2 },
	{ { .tcp = true, .data = { 199, 92, 111, 2, 65, 69, 140, 83, 14230 >> 8, 14230 & 255,
				   4739 >> 8, 4739 & 255 } }, 0xc626b0ea, 0xd718262a },
	{ { .tcp = true, .data = { 24, 19, 198, 95, 12, 22, 207, 184, 12898 >> 8, 12898 & 255,
				   38024 >> 8, 38024 & 255 } }, 0x5c2b394a, 0xd2d0a5de },
	{ { .tcp = true, .data = { 38, 27, 205, 30, 209, 142, 163, 6, 48228 >> 8, 48228 & 255,
				   2217 >> 8, 2217 & 255 } }, 0xafc7327f, 0x82989176 },
	{ { .tcp = true, .data = { 153, 39, 163, 191, 202, 188, 127, 2, 44251 >> 8, 44251 & 255,
				   1303 >> 8, 1303 & 255 } }, 0x10e828a2, 0x5d1809c5 },
	/* 3ffe:2501:200:1fff::7 to 3ffe:2501:200:3::1, ports 2794 and 1766 */
	{ { .ipv6 = true, .tcp = true,
	    .data = { 0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x1f, 0xff, 0, 0, 0, 0, 0, 0, 0, 7,
		      0x3f, 0xfe, 0x25, 0x01, 0x02, 0x00, 0x00, 0x03, 0, 0, 0, 0, 0, 0, 0, 1,
		      2794 >> 8, 2794 & 255, 1766 >> 8, 1766 & 255 } }, 0x40207d3d, 0x2cc18cd5 },
	/* 3ffe:501:8::260:97ff:fe40:efab to ff02::1, ports 14230 and 4739 */
	{ { .ipv6 = true, .tcp = true,
	    .data = { 0x3f, 0xfe, 0x05, 0x01, 0x00, 0x08, 0, 0, 0x02, 0x60, 0x97, 0xff, 0xfe, 0x40,
		      0xef, 0xab, 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		      14230 >> 8, 14230 & 255, 4739 >> 8, 4739 & 255 } }, 0xdde51bbf, 0x0f0c461c },
};

static struct vif_hash hash;

static void setup(void)
{
	memset(&hash, 0, sizeof(hash));
	ck_assert_uint_eq(vif_hash_set_algorithm(&hash, XEN_NETIF_CTRL_HASH_ALGORITHM_TOEPLITZ),
			  XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_uint_eq(vif_hash_set_key(&hash, rss_key, sizeof(rss_key)),
			  XEN_NETIF_CTRL_STATUS_SUCCESS);
}

START_TEST(rss_vectors)
{
	const struct vector *v = &vectors[_i];
	struct vif_hash_input udp = v->input;
	int base = v->input.ipv6 ? VIF_HASH_IPV6 : VIF_HASH_IPV4;
	u32 value;

	setup();
	udp.tcp = false;
	ck_assert_uint_eq(vif_hash_set_flags(&hash, VIF_HASH_TYPES),
			  XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_int_eq(vif_hash_frame(&hash, &v->input, &value), base + 1);
	ck_assert_uint_eq(value, v->with_ports);
	ck_assert_int_eq(vif_hash_frame(&hash, &udp, &value), base);
	ck_assert_uint_eq(value, v->addresses);

	/* without leave for ports, addresses alone */
	vif_hash_set_flags(&hash, BIT(base));
	ck_assert_int_eq(vif_hash_frame(&hash, &v->input, &value), base);
	ck_assert_uint_eq(value, v->addresses);
	/* with leave for ports alone, nothing without ports */
	vif_hash_set_flags(&hash, BIT(base + 1));
	ck_assert_int_eq(vif_hash_frame(&hash, &udp, &value), -1);
	/* what is not of a wanted protocol */
	vif_hash_set_flags(&hash, v->input.ipv6 ? 3 : 12);
	ck_assert_int_eq(vif_hash_frame(&hash, &v->input, &value), -1);
}

START_TEST(keys)
{
	static const u8 data[] = { 0xff, 0xff, 0xff, 0xff, 0xff };
	u8 longer[VIF_HASH_KEY_SIZE + 1] = { };

	/* no key hashes everything to 0; a short one goes on with zeros */
	ck_assert_uint_eq(vif_toeplitz(rss_key, 0, data, sizeof(data)), 0);
	memcpy(longer, rss_key, 7);
	ck_assert_uint_eq(vif_toeplitz(rss_key, 7, data, sizeof(data)),
			  vif_toeplitz(longer, sizeof(longer), data, sizeof(data)));

	ck_assert_uint_eq(vif_hash_set_key(&hash, longer, sizeof(longer)),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_mem_eq(hash.key, rss_key, sizeof(rss_key));
	ck_assert_uint_eq(vif_hash_set_key(&hash, rss_key, 3), XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_uint_eq(hash.key[2], rss_key[2]);
	ck_assert_uint_eq(hash.key[3], 0);
}

START_TEST(choices)
{
	u32 flags = 0;

	ck_assert_uint_eq(vif_hash_set_flags(&hash, 16), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(vif_hash_get_flags(&hash, &flags), XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_uint_eq(flags, VIF_HASH_TYPES);
	ck_assert_uint_eq(vif_hash_set_algorithm(&hash, 2),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert(hash.toeplitz);
	ck_assert_uint_eq(vif_hash_set_algorithm(&hash, XEN_NETIF_CTRL_HASH_ALGORITHM_NONE),
			  XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_uint_eq(vif_hash_get_flags(&hash, &flags), XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED);
	ck_assert_uint_eq(vif_hash_set_flags(&hash, 1), XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
}

START_TEST(pieces_of_the_table)
{
	static const u32 all[VIF_HASH_MAPPING_SIZE + 1];
	static const u32 queue[] = { 3, 1, 4, 0 };
	static const struct { u32 len, offset; } bad[] = {
		{ 11, 0 }, { 1, 10 }, { 4, 7 }, { 0, 11 }, { 2, 0xffffffff }, { 0xffffffff, 1 },
		{ 0x80000000, 0x80000000 }, { 0, 0xffffffff },
	};
	unsigned int i;

	ck_assert_uint_eq(vif_hash_set_size(&hash, VIF_HASH_MAPPING_SIZE + 1),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(vif_hash_set_size(&hash, 0xffffffff),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(vif_hash_set_mapping(&hash, queue, 1, 0, 5),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(vif_hash_set_size(&hash, 10), XEN_NETIF_CTRL_STATUS_SUCCESS);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_uint_eq(vif_hash_set_mapping(&hash, all, bad[i].len, bad[i].offset, 5),
				  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);

	ck_assert_uint_eq(vif_hash_set_mapping(&hash, queue, 4, 6, 5),
			  XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_uint_eq(vif_hash_queue(&hash, 16, 5), 3);
	ck_assert_uint_eq(vif_hash_queue(&hash, 18, 5), 4);
	/* one queue too many: nothing changes */
	ck_assert_uint_eq(vif_hash_set_mapping(&hash, queue, 4, 0, 4),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
	ck_assert_uint_eq(vif_hash_queue(&hash, 10, 5), 0);
	/* a new size empties the table */
	vif_hash_set_size(&hash, 10);
	ck_assert_uint_eq(vif_hash_queue(&hash, 16, 5), 0);
	vif_hash_set_size(&hash, 0);
	ck_assert_uint_eq(vif_hash_queue(&hash, 16, 5), 1);
	/* the whole table, and no entry more */
	vif_hash_set_size(&hash, VIF_HASH_MAPPING_SIZE);
	ck_assert_uint_eq(vif_hash_set_mapping(&hash, all, VIF_HASH_MAPPING_SIZE, 0, 1),
			  XEN_NETIF_CTRL_STATUS_SUCCESS);
	ck_assert_uint_eq(vif_hash_set_mapping(&hash, all, VIF_HASH_MAPPING_SIZE + 1, 0, 1),
			  XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER);
}

/* Whatever a guest asks for, in any order: the queue is one that there is */
START_TEST(noise)
{
	u32 queue[VIF_HASH_MAPPING_SIZE] = { };
	unsigned int i, k;

	srand(1);
	for (i = 0; i < 200000; i++) {
		unsigned int queues = 4;
		u32 a = rand() % 3 ? (u32)rand() % 160 : (u32)rand() * 3;
		u32 b = rand() % 3 ? (u32)rand() % 160 : (u32)rand() * 3;

		for (k = 0; k < 4; k++)
			queue[rand() % VIF_HASH_MAPPING_SIZE] = rand() % 5;
		switch (rand() % 3) {
		case 0:
			vif_hash_set_size(&hash, a);
			break;
		default:
			vif_hash_set_mapping(&hash, queue, a, b, queues);
		}
		ck_assert_uint_le(hash.size, VIF_HASH_MAPPING_SIZE);
		ck_assert_uint_lt(vif_hash_queue(&hash, rand(), queues), queues);
	}
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("hash");

	unit_table(s, "RSS", vectors, rss_vectors);
	unit_case_with(s, "keys", setup, NULL, keys);
	unit_case_with(s, "choices", setup, NULL, choices);
	unit_case_with(s, "table", setup, NULL, pieces_of_the_table);
	unit_case_with(s, "noise", setup, NULL, noise);

	return s;
}
