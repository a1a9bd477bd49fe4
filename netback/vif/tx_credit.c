// SPDX-License-Identifier: GPL-2.0
/*
 * The rate at which a guest may send: "rate" in the vif's xenstore directory,
 * which xl writes for rate= as "<bytes>,<microseconds>".
 *
 * Each queue has the whole rate to itself, as with xen-netback: a guest that
 * spreads its traffic over several queues may send several times as much.
 */
#include <linux/ktime.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>

#include "vif.h"
#include "vmdq_xenstore.h"

/* A rate that lets nothing through is asked again this often: it may change. */
#define VIF_TX_WAIT_MOST	USEC_PER_SEC

/**
 * vif_tx_credit_take() - may the next frame of a queue be taken now?
 * @queue: of a vif whose rate is limited
 * @size: bytes of the frame
 *
 * If not, a timer polls the queue when there is credit enough.
 *
 * Context: the TX NAPI.
 */
bool vif_tx_credit_take(struct vif_queue *queue, unsigned int size)
{
	struct vif_tx_credit *mine = &queue->tx_credit;
	u64 now = ktime_to_us(ktime_get());
	const struct vif_rate *rate;
	u64 wait = 0;

	rcu_read_lock();
	rate = rcu_dereference(queue->vif->rate);
	if (rate) {
		if (!mine->generation)
			credit_start(&mine->credit, &rate->rate, now);
		else if (mine->generation != rate->generation)
			credit_change(&mine->credit, &rate->rate);
		mine->generation = rate->generation;
		wait = credit_take(&mine->credit, &rate->rate, now, size);
	}
	rcu_read_unlock();

	mine->waiting = wait;
	if (!wait)
		return true;
	queue->stats.tx_rate_waits++;
	mod_timer(&mine->timer,
		  jiffies + usecs_to_jiffies(min_t(u64, wait, VIF_TX_WAIT_MOST)));
	return false;
}

static void vif_tx_credit_timer(struct timer_list *timer)
{
	struct vif_queue *queue = container_of(timer, struct vif_queue, tx_credit.timer);

	napi_schedule(&queue->tx_napi);
}

/**
 * vif_tx_credit_init() - a queue that has waited for nothing yet
 * @queue: zeroed
 */
void vif_tx_credit_init(struct vif_queue *queue)
{
	timer_setup(&queue->tx_credit.timer, vif_tx_credit_timer, 0);
}

/* Return: the rate that xenstore has, NULL for none, or an ERR_PTR. */
static struct vif_rate *vif_rate_read(const struct vif *vif)
{
	char *text = xenbus_read(XBT_NIL, vif->xdev->nodename, VMDQ_XS_BE_RATE, NULL);
	struct vif_rate *rate;
	char *comma;

	if (IS_ERR(text))
		return NULL;
	rate = kzalloc(sizeof(*rate), GFP_KERNEL);
	if (!rate) {
		kfree(text);
		return ERR_PTR(-ENOMEM);
	}
	comma = strchr(text, ',');
	if (comma)
		*comma = '\0';
	if (!comma || kstrtou64(text, 10, &rate->rate.bytes) ||
	    kstrtou32(comma + 1, 10, &rate->rate.usecs) || !rate->rate.usecs) {
		if (comma)
			*comma = ',';
		netdev_warn(vif->dev, "guest %u: rate \"%.40s\" is not of the form <bytes>,<microseconds>: not limited\n",
			    vif->domid, text);
		kfree(rate);
		rate = NULL;
	}
	kfree(text);
	return rate;
}

static bool vif_rate_same(const struct vif_rate *a, const struct vif_rate *b)
{
	if (!a || !b)
		return a == b;
	return a->rate.bytes == b->rate.bytes && a->rate.usecs == b->rate.usecs;
}

/* Queues that wait for credit wait by the old rate: have them look again. */
static void vif_rate_kick(struct vif *vif)
{
	unsigned int i;

	rtnl_lock();	/* keeps the queues */
	local_bh_disable();
	for (i = 0; i < vif->n_queues; i++)
		napi_schedule(&vif->queues[i].tx_napi);
	local_bh_enable();
	rtnl_unlock();
}

static void vif_rate_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct vif *vif = container_of(watch, struct vif, rate_watch);
	struct vif_rate *old = rcu_dereference_protected(vif->rate, true);
	struct vif_rate *rate = vif_rate_read(vif);

	/* Without memory, and for the event that comes with the watch itself,
	 * the rate is as before.
	 */
	if (IS_ERR(rate) || vif_rate_same(rate, old)) {
		if (!IS_ERR(rate))
			kfree(rate);
		return;
	}
	if (rate)
		rate->generation = ++vif->rate_generation;
	rcu_assign_pointer(vif->rate, rate);
	if (old)
		kfree_rcu(old, rcu);
	vif_rate_kick(vif);
}

/**
 * vif_rate_init() - read the vif's rate, and follow it from now on
 * @vif: just created
 *
 * Context: process.  Return: 0, or an error that was told to the toolstack.
 */
int vif_rate_init(struct vif *vif)
{
	struct vif_rate *rate = vif_rate_read(vif);
	int err;

	if (IS_ERR(rate))
		return PTR_ERR(rate);
	if (rate)
		rate->generation = ++vif->rate_generation;
	rcu_assign_pointer(vif->rate, rate);

	err = xenbus_watch_pathfmt(vif->xdev, &vif->rate_watch, NULL, vif_rate_changed,
				   "%s/" VMDQ_XS_BE_RATE, vif->xdev->nodename);
	if (err)
		vif->rate_watch.node = NULL;
	return err;
}

/**
 * vif_rate_exit() - follow no more
 * @vif: disconnected
 *
 * Context: process.
 */
void vif_rate_exit(struct vif *vif)
{
	if (vif->rate_watch.node) {
		unregister_xenbus_watch(&vif->rate_watch);
		kfree(vif->rate_watch.node);
	}
	kfree(rcu_dereference_protected(vif->rate, true));
}
