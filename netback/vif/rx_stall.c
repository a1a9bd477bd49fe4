// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that takes no frames (XSA-392).
 *
 * While a frame waits for buffers and the guest posts none, its queue's
 * consumer index stands still.  When it has stood for long enough the queue is
 * stalled: what waits is dropped, and the vif's carrier goes off, so that who
 * sends to the guest learns of it and nothing is queued any more.  The first
 * buffers that the guest posts end it.
 *
 * A pool needs none of this: its NIC drops what finds no buffer.  But where it
 * shares a queue with software frames, what it delivers shows that the guest
 * is alive.
 */
#include <linux/module.h>

#include "vif.h"

static unsigned int rx_drain_timeout_msecs = 10000;
module_param(rx_drain_timeout_msecs, uint, 0444);
MODULE_PARM_DESC(rx_drain_timeout_msecs, "How long a frame waits for its guest to post buffers (10000)");

static unsigned int rx_stall_timeout_msecs = 60000;
module_param(rx_stall_timeout_msecs, uint, 0444);
MODULE_PARM_DESC(rx_stall_timeout_msecs, "How long a guest may leave frames waiting before its carrier goes off; 0: for ever (60000)");

/* A frontend that does not tell of new buffers is looked at this often. */
#define VIF_RX_LOOK_MSECS	30

/**
 * vif_rx_timeouts() - how long frames of a guest wait
 * @vif: being connected
 * @notifies: the frontend sends an event for the buffers that it posts
 *	(feature-rx-notify in netif.h)
 *
 * Without events, a queue is polled instead for as long as frames wait, and
 * they do not wait for long; nor could it be seen that a stall is over.
 */
void vif_rx_timeouts(struct vif *vif, bool notifies)
{
	vif->rx_notifies = notifies;
	vif->rx_drain = msecs_to_jiffies(notifies ? rx_drain_timeout_msecs : VIF_RX_LOOK_MSECS);
	vif->rx_stall = notifies ? msecs_to_jiffies(rx_stall_timeout_msecs) : 0;
}

static void vif_rx_stall_begin(struct vif_queue *queue, unsigned int needed)
{
	struct vif *vif = queue->vif;

	WRITE_ONCE(queue->rx_stalled, true);
	queue->rx_needed = needed;
	vif_rx_purge(queue);

	spin_lock(&vif->stall_lock);
	if (!vif->stalled_queues++) {
		netdev_info(vif->dev, "guest %u takes no frames: carrier off until it does\n",
			    vif->domid);
		netif_carrier_off(vif->dev);
	}
	spin_unlock(&vif->stall_lock);
}

/**
 * vif_rx_stall_end() - the guest takes frames again
 * @queue: stalled, or not
 *
 * Context: rx_lock held, bottom halves disabled.
 */
void vif_rx_stall_end(struct vif_queue *queue)
{
	struct vif *vif = queue->vif;

	if (!queue->rx_stalled)
		return;
	WRITE_ONCE(queue->rx_stalled, false);
	queue->rx_blocked = jiffies;

	spin_lock(&vif->stall_lock);
	if (!--vif->stalled_queues) {
		netdev_info(vif->dev, "guest %u takes frames again\n", vif->domid);
		netif_carrier_on(vif->dev);
	}
	spin_unlock(&vif->stall_lock);
}

/**
 * vif_rx_blocked() - the first frame that waits needs more buffers
 * @queue: not stalled
 * @needed: how many it needs
 *
 * Sees to it that the queue is polled when the frame's time is over, or the
 * guest's.
 *
 * Context: the RX NAPI, rx_lock held.
 */
void vif_rx_blocked(struct vif_queue *queue, unsigned int needed)
{
	struct vif *vif = queue->vif;
	unsigned long next = jiffies + vif->rx_drain;

	if (vif->rx_stall) {
		/* Buffers were consumed since the last look, by whomever. */
		if (queue->rx.req_cons != queue->rx_blocked_cons) {
			queue->rx_blocked_cons = queue->rx.req_cons;
			queue->rx_blocked = jiffies;
		}
		if (time_after(jiffies, queue->rx_blocked + vif->rx_stall)) {
			vif_rx_stall_begin(queue, needed);
			return;
		}
		if (time_before(queue->rx_blocked + vif->rx_stall + 1, next))
			next = queue->rx_blocked + vif->rx_stall + 1;
	}
	mod_timer(&queue->rx_timer, next);
}

/**
 * vif_rx_is_stalled() - look whether the guest has posted buffers meanwhile
 * @queue: stalled
 *
 * If not, drops what has come, and asks for an event.
 *
 * Context: the RX NAPI, rx_lock held.  Return: true while it has not.
 */
bool vif_rx_is_stalled(struct vif_queue *queue)
{
	if (vif_rx_want(queue, queue->rx_needed)) {
		vif_rx_stall_end(queue);
		return false;
	}
	vif_rx_purge(queue);
	return true;
}

/**
 * vif_rx_stall_reset() - no queue is stalled, as there is none
 * @vif: disconnecting, its queues are not polled any more
 *
 * Context: process.
 */
void vif_rx_stall_reset(struct vif *vif)
{
	vif->stalled_queues = 0;
	/* A stall that ended after the carrier went off has put it on again. */
	netif_carrier_off(vif->dev);
}
