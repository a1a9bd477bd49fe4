// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what the backend makes of a guest's transmit ring: good frames in
 * full, bad ones answered with an error, a guest that breaks the protocol
 * stopped.  And that no content of the ring, however hostile, yields a frame
 * that is not what struct vif_tx_frame promises, or a request that is answered
 * more or less than once.
 */
#include <stdlib.h>

#include "suite.h"
#include "vif.h"

#define RING_SLOTS	256

static struct vif vif;
static struct vif_queue *queue;
static struct netif_tx_sring *sring;
static struct vif_tx_frame frame;
static const char *fatal;

void vif_fatal(struct vif *v, const char *why)
{
	ck_assert_ptr_eq(v, &vif);
	fatal = why;
	v->disabled = true;
}

/* Stands in for tx_credit.c: whether there is credit, and for how much it was asked */
static struct vif_rate rate;
static bool has_credit;
static unsigned int asked;

bool vif_tx_credit_take(struct vif_queue *q, unsigned int size)
{
	ck_assert_ptr_eq(q, queue);
	asked = size;
	return has_credit;
}

/* Stands in for mcast.c: what it was told, and what it answers */
static struct {
	unsigned int calls;
	u8 type;
	u8 addr[ETH_ALEN];
	int err;
} told;

int vif_mcast_change(struct vif *v, u8 type, const u8 *addr)
{
	ck_assert_ptr_eq(v, &vif);
	ck_assert(type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD || type == XEN_NETIF_EXTRA_TYPE_MCAST_DEL);
	told.calls++;
	told.type = type;
	memcpy(told.addr, addr, ETH_ALEN);
	return told.err;
}

static void setup(void)
{
	queue = calloc(1, sizeof(*queue));
	sring = aligned_alloc(XEN_PAGE_SIZE, XEN_PAGE_SIZE);
	ck_assert(queue && sring);
	memset(sring, 0, XEN_PAGE_SIZE);
	memset(&vif, 0, sizeof(vif));
	queue->vif = &vif;
	BACK_RING_INIT(&queue->tx, sring, XEN_PAGE_SIZE);
	ck_assert_uint_eq(RING_SIZE(&queue->tx), RING_SLOTS);
	fatal = NULL;
	memset(&told, 0, sizeof(told));
}

static void teardown(void)
{
	free(queue);
	free(sring);
}

/* Sets all indices, as after a long life */
static void start_at(RING_IDX index)
{
	sring->req_prod = index;
	queue->tx.req_cons = index;
	queue->tx.rsp_prod_pvt = index;
}

/* The guest puts a request in its ring; its ID is its place */
static struct netif_tx_request *request(unsigned int offset, unsigned int size, unsigned int flags)
{
	struct netif_tx_request *req = RING_GET_REQUEST(&queue->tx, sring->req_prod);

	req->gref = 1000 + sring->req_prod;
	req->offset = (uint16_t)offset;
	req->size = (uint16_t)size;
	req->flags = (uint16_t)flags;
	req->id = (uint16_t)sring->req_prod++;

	return req;
}

static void gso(unsigned int type, unsigned int size, unsigned int flags)
{
	struct netif_extra_info extra = {
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.flags = (uint8_t)flags,
	};

	extra.u.gso.type = (uint8_t)type;
	extra.u.gso.size = (uint16_t)size;
	memcpy(request(0, 0, 0), &extra, sizeof(extra));
}

static void mcast(unsigned int type, const u8 *addr, unsigned int flags)
{
	struct netif_extra_info extra = { .type = (uint8_t)type, .flags = (uint8_t)flags };

	memcpy(extra.u.mcast.addr, addr, ETH_ALEN);
	memcpy(request(0, 0, 0), &extra, sizeof(extra));
}

/* What struct vif_tx_frame promises */
static void check_frame(void)
{
	unsigned int i, sum = 0;

	ck_assert_uint_ge(frame.n_slots, 1);
	ck_assert_uint_le(frame.n_slots, VIF_TX_SLOTS_MAX);
	for (i = 0; i < frame.n_slots; i++) {
		ck_assert_uint_le(frame.slot[i].offset + frame.slot[i].size, XEN_PAGE_SIZE);
		sum += frame.slot[i].size;
	}
	ck_assert_uint_eq(frame.len, sum);
	ck_assert_uint_ge(frame.len, ETH_HLEN);
	ck_assert_uint_lt(frame.n_extras, XEN_NETIF_EXTRA_TYPE_MAX + 1);
	if (frame.gso_type != XEN_NETIF_GSO_TYPE_NONE)
		ck_assert_uint_ne(frame.gso_size, 0);
}

/* The caller answers each slot of a good frame */
static void answer_frame(void)
{
	unsigned int i;

	for (i = 0; i < frame.n_slots; i++)
		vif_tx_respond(queue, frame.slot[i].id, NETIF_RSP_OKAY, i ? 0 : frame.n_extras);
}

static int response_status(RING_IDX index)
{
	return RING_GET_RESPONSE(&queue->tx, index)->status;
}

START_TEST(an_empty_ring)
{
	ck_assert(!vif_tx_next(queue, &frame));
	ck_assert_ptr_null(fatal);
}

START_TEST(a_frame_of_one_slot)
{
	start_at(0xffffffff);
	request(100, 60, NETTXF_csum_blank);
	ck_assert(vif_tx_next(queue, &frame));
	check_frame();
	ck_assert_uint_eq(frame.n_slots, 1);
	ck_assert_uint_eq(frame.len, 60);
	ck_assert_uint_eq(frame.slot[0].offset, 100);
	ck_assert_uint_eq(frame.flags, NETTXF_csum_blank);
	ck_assert_uint_eq(frame.n_extras, 0);
	answer_frame();
	ck_assert(!vif_tx_next(queue, &frame));
	ck_assert_uint_eq(queue->tx.rsp_prod_pvt, queue->tx.req_cons);
}

START_TEST(a_frame_of_many_slots)
{
	unsigned int i;

	/* the first request's size is the whole frame's */
	request(1000, 100 + 17 * 3000, NETTXF_more_data | NETTXF_extra_info);
	gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0);
	for (i = 0; i < 17; i++)
		request(i, 3000, i < 16 ? NETTXF_more_data : 0);
	request(0, 60, 0);
	ck_assert(vif_tx_next(queue, &frame));
	check_frame();
	ck_assert_uint_eq(frame.n_slots, 18);
	ck_assert_uint_eq(frame.slot[0].size, 100);
	ck_assert_uint_eq(frame.slot[17].size, 3000);
	ck_assert_uint_eq(frame.len, 100 + 17 * 3000);
	ck_assert_uint_eq(frame.n_extras, 1);
	ck_assert_uint_eq(frame.gso_type, XEN_NETIF_GSO_TYPE_TCPV4);
	ck_assert_uint_eq(frame.gso_size, 1448);
	answer_frame();
	/* the next frame is where this one ended, and knows nothing of its GSO */
	ck_assert(vif_tx_next(queue, &frame));
	check_frame();
	ck_assert_uint_eq(frame.len, 60);
	ck_assert_uint_eq(frame.gso_type, XEN_NETIF_GSO_TYPE_NONE);
}

START_TEST(too_many_slots_cost_the_frame)
{
	unsigned int i;

	request(0, 60 + 18 * 10, NETTXF_more_data);
	for (i = 0; i < 18; i++)
		request(0, 10, i < 17 ? NETTXF_more_data : 0);
	request(0, 77, 0);
	ck_assert(vif_tx_next(queue, &frame));
	ck_assert_uint_eq(frame.len, 77);
	ck_assert_uint_eq(queue->tx.rsp_prod_pvt, 19);
	for (i = 0; i < 19; i++)
		ck_assert_int_eq(response_status(i), NETIF_RSP_ERROR);
	ck_assert_ptr_null(fatal);
}

static const u8 group[ETH_ALEN] = { 0x01, 0, 0x5e, 0, 0, 0xfb };

START_TEST(a_multicast_address_is_no_frame)
{
	static const unsigned int types[] = {
		XEN_NETIF_EXTRA_TYPE_MCAST_ADD, XEN_NETIF_EXTRA_TYPE_MCAST_DEL,
	};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		/* a request of no size, of a size that is none, with more to come */
		request(0, i ? 0xffff : 0, NETTXF_extra_info | (i ? NETTXF_more_data : 0));
		mcast(types[i], group, 0);
		told.err = i ? -ENOSPC : 0;
		ck_assert(!vif_tx_next(queue, &frame));
		ck_assert_uint_eq(told.calls, i + 1);
		ck_assert_uint_eq(told.type, types[i]);
		ck_assert_mem_eq(told.addr, group, ETH_ALEN);
		ck_assert_uint_eq(queue->tx.req_cons, 2 * i + 2);
		ck_assert_uint_eq(queue->tx.rsp_prod_pvt, 2 * i + 2);
		ck_assert_uint_eq(RING_GET_RESPONSE(&queue->tx, 2 * i)->id, 2 * i);
		ck_assert_int_eq(response_status(2 * i), i ? NETIF_RSP_ERROR : NETIF_RSP_OKAY);
		ck_assert_int_eq(response_status(2 * i + 1), NETIF_RSP_NULL);
	}
	ck_assert_ptr_null(fatal);
	/* the frame behind it is one as ever */
	request(0, 60, 0);
	ck_assert(vif_tx_next(queue, &frame));
	check_frame();
	ck_assert_uint_eq(frame.len, 60);
	ck_assert_uint_eq(frame.n_extras, 0);
	ck_assert_uint_eq(told.calls, 2);
}

START_TEST(a_multicast_address_beside_others)
{
	static const u8 other[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };

	request(0, 0, NETTXF_extra_info);
	mcast(XEN_NETIF_EXTRA_TYPE_MCAST_DEL, other, XEN_NETIF_EXTRA_FLAG_MORE);
	mcast(XEN_NETIF_EXTRA_TYPE_MCAST_ADD, group, 0);
	ck_assert(!vif_tx_next(queue, &frame));
	/* the last counts, and all are answered */
	ck_assert_uint_eq(told.calls, 1);
	ck_assert_mem_eq(told.addr, group, ETH_ALEN);
	ck_assert_uint_eq(queue->tx.rsp_prod_pvt, 3);
	ck_assert_ptr_null(fatal);
}

START_TEST(a_frame_waits_for_credit)
{
	vif.rate = &rate;
	has_credit = false;
	request(0, 60 + 100, NETTXF_more_data);
	request(0, 100, 0);
	ck_assert(!vif_tx_next(queue, &frame));
	ck_assert_uint_eq(asked, 160);
	ck_assert_uint_eq(queue->tx.req_cons, 0);
	ck_assert_uint_eq(queue->tx.rsp_prod_pvt, 0);
	has_credit = true;
	ck_assert(vif_tx_next(queue, &frame));
	check_frame();
	ck_assert_uint_eq(frame.len, 160);
	ck_assert_ptr_null(fatal);
}

START_TEST(absurdly_many_slots_stop_the_guest)
{
	unsigned int i;

	request(0, 4000, NETTXF_more_data);
	for (i = 0; i < 40; i++)
		request(0, 10, NETTXF_more_data);
	ck_assert(!vif_tx_next(queue, &frame));
	ck_assert_ptr_nonnull(fatal);
}

/* Frames that are wrong but do no harm: an error, and on to the next */
static const struct {
	unsigned int total, second;
} refused[] = {
	{ 0, 0 }, { 13, 0 }, { 13, 13 }, { 100, 101 }, { 60, 4096 },
};

START_TEST(a_wrong_frame_is_refused)
{
	request(0, refused[_i].total, refused[_i].second ? NETTXF_more_data : 0);
	if (refused[_i].second)
		request(0, refused[_i].second, 0);
	request(0, 60, 0);
	ck_assert(vif_tx_next(queue, &frame));
	check_frame();
	ck_assert_uint_eq(frame.slot[0].id, refused[_i].second ? 2 : 1);
	ck_assert_int_eq(response_status(0), NETIF_RSP_ERROR);
	ck_assert_uint_eq(queue->tx.rsp_prod_pvt, refused[_i].second ? 2 : 1);
	ck_assert_uint_eq(queue->stats.tx_errors, 1);
	ck_assert_ptr_null(fatal);
}

/* Rings that no frontend writes by mistake */
static void break_protocol(int how)
{
	switch (how) {
	case 0:		/* across the page */
		request(4090, 60, 0);
		break;
	case 1:		/* across the page, in a further slot */
		request(0, 600, NETTXF_more_data);
		request(4000, 97, 0);
		break;
	case 2:		/* a chain that does not end */
		request(0, 600, NETTXF_more_data);
		break;
	case 3:		/* an extra that is not there */
		request(0, 60, NETTXF_extra_info);
		break;
	case 4:		/* segments of no size */
		request(0, 60, NETTXF_extra_info);
		gso(XEN_NETIF_GSO_TYPE_TCPV4, 0, 0);
		break;
	case 5:		/* segmentation of nothing known */
		request(0, 60, NETTXF_extra_info);
		gso(77, 1448, 0);
		break;
	case 6:		/* an extra of no known type */
		request(0, 60, NETTXF_extra_info);
		memset(request(0, 0, 0), 0xff, sizeof(struct netif_tx_request));
		break;
	case 7:		/* extras without end */
		request(0, 60, NETTXF_extra_info);
		for (how = 0; how < 30; how++)
			gso(XEN_NETIF_GSO_TYPE_TCPV6, 1448, XEN_NETIF_EXTRA_FLAG_MORE);
		break;
	case 8:		/* more requests than the ring has slots */
		sring->req_prod = RING_SLOTS + 1;
		break;
	case 9:		/* a producer that goes backwards */
		sring->req_prod = (RING_IDX)-1;
		break;
	}
}

#define N_BREACHES	10

/* A guest can put in bad frames as fast as they are refused */
START_TEST(bad_frames_do_not_hold_the_cpu)
{
	unsigned int i;

	for (i = 0; i < VIF_TX_BATCH + 10; i++)
		request(0, 5, 0);
	request(0, 60, 0);
	ck_assert(!vif_tx_next(queue, &frame));
	ck_assert_uint_eq(queue->tx.req_cons, VIF_TX_BATCH);
	/* the poll comes back for the rest, as the ring has requests */
	ck_assert(vif_tx_next(queue, &frame));
	ck_assert_uint_eq(frame.len, 60);
	ck_assert_uint_eq(queue->stats.tx_errors, VIF_TX_BATCH + 10);
}

START_TEST(a_breach_stops_the_guest)
{
	break_protocol(_i);
	ck_assert(!vif_tx_next(queue, &frame));
	ck_assert_ptr_nonnull(fatal);
}

/* A ring full of something that looks like requests, in the hands of a guest
 * that writes what it likes.
 */
static void fill_with_noise(void)
{
	struct netif_tx_request *req;
	unsigned int i;

	for (i = 0; i < RING_SLOTS; i++) {
		req = RING_GET_REQUEST(&queue->tx, i);
		req->gref = (uint32_t)rand();
		req->id = (uint16_t)rand();
		req->flags = rand() % 4 ? (rand() & NETTXF_more_data) : (uint16_t)(rand() & 0xf);
		req->offset = rand() % 8 ? (uint16_t)(rand() % 64) : (uint16_t)rand();
		req->size = rand() % 8 ? (uint16_t)(rand() % 4000) : (uint16_t)rand();
	}
	sring->req_prod = queue->tx.req_cons +
			  (rand() % 32 ? (RING_IDX)(rand() % (RING_SLOTS + 1)) : (RING_IDX)rand());
}

START_TEST(noise_yields_sound_frames_or_nothing)
{
	unsigned int n, frames = 0, breaches = 0;
	RING_IDX cons;

	srand(1);
	for (n = 0; n < 20000; n++) {
		fatal = NULL;
		start_at((RING_IDX)rand() * 2 + (RING_IDX)(rand() % 2));
		fill_with_noise();
		for (;;) {
			cons = queue->tx.req_cons;
			memset(&frame, 0xa5, sizeof(frame));
			if (!vif_tx_next(queue, &frame))
				break;
			frames++;
			check_frame();
			ck_assert_uint_ge(queue->tx.req_cons - cons,
					  frame.n_slots + frame.n_extras);
			answer_frame();
			/* as many answers as requests, always */
			ck_assert_uint_eq(queue->tx.rsp_prod_pvt, queue->tx.req_cons);
		}
		if (fatal)
			breaches++;
		else
			ck_assert_uint_eq(queue->tx.rsp_prod_pvt, queue->tx.req_cons);
		ck_assert_uint_le(queue->tx.req_cons - queue->tx.rsp_prod_pvt, RING_SLOTS);
	}
	/* the noise did reach both ends */
	ck_assert_uint_gt(frames, 10000);
	ck_assert_uint_gt(breaches, 1000);
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("tx_parse");
	TCase *tc;

	unit_case_with(s, "empty", setup, teardown, an_empty_ring);
	unit_case_with(s, "one slot", setup, teardown, a_frame_of_one_slot);
	unit_case_with(s, "many slots", setup, teardown, a_frame_of_many_slots);
	unit_case_with(s, "too many", setup, teardown, too_many_slots_cost_the_frame);
	unit_case_with(s, "multicast", setup, teardown, a_multicast_address_is_no_frame);
	unit_case_with(s, "multicast, several", setup, teardown, a_multicast_address_beside_others);
	unit_case_with(s, "credit", setup, teardown, a_frame_waits_for_credit);
	unit_case_with(s, "absurd", setup, teardown, absurdly_many_slots_stop_the_guest);
	tc = tcase_create("refused");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_wrong_frame_is_refused, 0,
			    sizeof(refused) / sizeof(refused[0]));
	suite_add_tcase(s, tc);
	tc = tcase_create("breach");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_breach_stops_the_guest, 0, N_BREACHES);
	suite_add_tcase(s, tc);
	unit_case_with(s, "no end", setup, teardown, bad_frames_do_not_hold_the_cpu);
	unit_case_with(s, "noise", setup, teardown, noise_yields_sound_frames_or_nothing);

	return s;
}
