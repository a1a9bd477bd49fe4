// SPDX-License-Identifier: GPL-2.0
/*
 * Shared rings of any kind: the indices and slots of xen/interface/io/ring.h,
 * written without its care where the script wants that.
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <xen/interface/io/netif.h>
#include <xen/page.h>

#include "front.h"

#define FRONT_POLL_MS	10

/* All kinds of ring begin alike; the kind only says how large a slot is. */
static struct xen_netif_tx_sring *front_shared(struct front_ring *ring)
{
	return ring->shared;
}

static void *front_slot(struct front_ring *ring, u32 index)
{
	return (u8 *)front_shared(ring)->ring + (index & (ring->size - 1)) * ring->slot;
}

/**
 * front_ring_init() - make a page a shared ring
 * @vif: the vif
 * @number: of the ring, below FRONT_RINGS
 * @kind: "tx", "rx" or "ctrl"
 * @page: for it
 *
 * Return: 0 or -EINVAL.
 */
int front_ring_init(struct front_vif *vif, unsigned int number, const char *kind, void *page)
{
	struct front_ring *ring = &vif->ring[number];
	struct xen_netif_tx_sring *shared = page;

	if (number >= FRONT_RINGS || !page)
		return -EINVAL;
	memset(ring, 0, sizeof(*ring));
	if (!strcmp(kind, "tx")) {
		ring->slot = sizeof(union xen_netif_tx_sring_entry);
		ring->size = __CONST_RING_SIZE(xen_netif_tx, XEN_PAGE_SIZE);
	} else if (!strcmp(kind, "rx")) {
		ring->slot = sizeof(union xen_netif_rx_sring_entry);
		ring->size = __CONST_RING_SIZE(xen_netif_rx, XEN_PAGE_SIZE);
	} else if (!strcmp(kind, "ctrl")) {
		ring->slot = sizeof(union xen_netif_ctrl_sring_entry);
		ring->size = __CONST_RING_SIZE(xen_netif_ctrl, XEN_PAGE_SIZE);
	} else {
		return -EINVAL;
	}
	memset(page, 0, XEN_PAGE_SIZE);
	shared->req_event = 1;
	shared->rsp_event = 1;
	ring->shared = page;
	return 0;
}

/**
 * front_ring_put() - write the next request
 * @ring: the ring
 * @data: the request
 * @len: its bytes; the rest of the slot becomes zero
 *
 * Return: 0 or -EINVAL.
 */
int front_ring_put(struct front_ring *ring, const u8 *data, unsigned int len)
{
	u8 *slot;

	if (!ring->shared || len > ring->slot)
		return -EINVAL;
	slot = front_slot(ring, ring->prod++);
	memset(slot, 0, ring->slot);
	memcpy(slot, data, len);
	return 0;
}

/**
 * front_ring_push() - show the other end a producer index
 * @ring: the ring
 * @prod: the index, honest or not
 *
 * Return: 1 if the other end wants an event for it, 0, or -EINVAL.
 */
int front_ring_push(struct front_ring *ring, u32 prod)
{
	struct xen_netif_tx_sring *shared = ring->shared;
	u32 old;

	if (!shared)
		return -EINVAL;
	old = shared->req_prod;
	virt_wmb();	/* the requests are there before the index */
	WRITE_ONCE(shared->req_prod, prod);
	virt_mb();	/* the index is there before we look whether to tell */
	return prod - READ_ONCE(shared->req_event) < prod - old;
}

static unsigned int front_ring_ready(struct front_ring *ring)
{
	return READ_ONCE(front_shared(ring)->rsp_prod) - ring->cons;
}

/**
 * front_ring_take() - wait for responses, and say them in hexadecimal
 * @vif: the vif
 * @ring: the ring
 * @n: how many to wait for
 * @ms: how long; then as many as there are
 *
 * Return: how many or -EINVAL.
 */
int front_ring_take(struct front_vif *vif, struct front_ring *ring, unsigned int n,
		    unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);
	unsigned int i, ready;

	if (!ring->shared)
		return -EINVAL;
	WRITE_ONCE(front_shared(ring)->rsp_event, ring->cons + n);
	virt_mb();	/* it is there before we look again */
	while (front_ring_ready(ring) < n && time_before(jiffies, end))
		wait_event_interruptible_timeout(vif->changed, front_ring_ready(ring) >= n,
						 msecs_to_jiffies(FRONT_POLL_MS));
	ready = min(front_ring_ready(ring), ring->size);
	virt_rmb();	/* the responses are read after the index */
	for (i = 0; i < ready; i++)
		front_say(" %*phN", ring->slot, front_slot(ring, ring->cons++));
	return ready;
}
