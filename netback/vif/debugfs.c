// SPDX-License-Identifier: GPL-2.0
/*
 * What a vif's queues are doing, in /sys/kernel/debug/vmdq-netback/<vif>/:
 *
 *	io_ring_qN	the rings of queue N; writing "kick" has the queue polled,
 *			as an event from the guest would
 *	ctrl		the control ring, and the guest's hash and table of queues;
 *			where the guest has such a ring
 *	state		level, pool, rate, multicast addresses
 *
 * The files are there while the vif is connected.  Removing one waits for those
 * who read it, so none of them sees a queue that is being freed.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

#include "vif.h"

static struct dentry *vif_debugfs_root;

/* The indices of a ring, in either direction */
struct vif_ring_view {
	unsigned int size;
	RING_IDX req_prod, req_cons, req_event;
	RING_IDX rsp_prod, rsp_pvt, rsp_event;
};

static struct vif_ring_view vif_tx_view(const struct xen_netif_tx_back_ring *ring)
{
	return (struct vif_ring_view){
		.size = RING_SIZE(ring),
		.req_prod = READ_ONCE(ring->sring->req_prod),
		.req_cons = READ_ONCE(ring->req_cons),
		.req_event = READ_ONCE(ring->sring->req_event),
		.rsp_prod = READ_ONCE(ring->sring->rsp_prod),
		.rsp_pvt = READ_ONCE(ring->rsp_prod_pvt),
		.rsp_event = READ_ONCE(ring->sring->rsp_event),
	};
}

static struct vif_ring_view vif_rx_view(const struct xen_netif_rx_back_ring *ring)
{
	return (struct vif_ring_view){
		.size = RING_SIZE(ring),
		.req_prod = READ_ONCE(ring->sring->req_prod),
		.req_cons = READ_ONCE(ring->req_cons),
		.req_event = READ_ONCE(ring->sring->req_event),
		.rsp_prod = READ_ONCE(ring->sring->rsp_prod),
		.rsp_pvt = READ_ONCE(ring->rsp_prod_pvt),
		.rsp_event = READ_ONCE(ring->sring->rsp_event),
	};
}

/* Each index with its distance from the responses that the guest sees */
static void vif_show_ring(struct seq_file *m, const char *name, struct vif_ring_view ring)
{
	RING_IDX base = ring.rsp_prod;

	seq_printf(m, "%s: nr_ents %u\n", name, ring.size);
	seq_printf(m, "req prod %u (%d) cons %u (%d) event %u (%d)\n",
		   ring.req_prod, ring.req_prod - base, ring.req_cons, ring.req_cons - base,
		   ring.req_event, ring.req_event - base);
	seq_printf(m, "rsp prod %u (base) pvt %u (%d) event %u (%d)\n", base,
		   ring.rsp_pvt, ring.rsp_pvt - base, ring.rsp_event, ring.rsp_event - base);
}

static void vif_show_credit(struct seq_file *m, struct vif_queue *queue)
{
	const struct vif_tx_credit *mine = &queue->tx_credit;
	const struct vif_rate *rate;

	rcu_read_lock();
	rate = rcu_dereference(queue->vif->rate);
	if (rate)
		seq_printf(m, "Credit timer_pending: %d, credit: %llu, usec: %u, remaining: %llu\n",
			   timer_pending(&mine->timer), rate->rate.bytes, rate->rate.usecs,
			   READ_ONCE(mine->credit.left));
	else
		seq_puts(m, "Credit: not limited\n");
	rcu_read_unlock();
}

static void vif_show_pool(struct seq_file *m, struct vif_queue *queue)
{
	const struct vmdq_pool *pool = queue->pool;

	if (!pool)
		return;
	seq_printf(m, "Pool %s/%u: level %s, posted %u, room %u\n", pool->port->name, pool->index,
		   queue->grant ? "grant" : "copy", pool->posted, vmdq_pool_room(pool));
}

static int vif_queue_show(struct seq_file *m, void *unused)
{
	struct vif_queue *queue = m->private;

	seq_printf(m, "Queue %u\n", queue->id);
	vif_show_ring(m, "TX", vif_tx_view(&queue->tx));
	seq_printf(m, "pages free %u of %u\n", READ_ONCE(queue->n_tx_free),
		   (unsigned int)VIF_TX_RING_SIZE);
	vif_show_credit(m, queue);

	/* Holds off whoever fills the ring, and keeps the pool. */
	spin_lock_bh(&queue->rx_lock);
	seq_putc(m, '\n');
	vif_show_ring(m, "RX", vif_rx_view(&queue->rx));
	seq_printf(m, "frames waiting %u, bytes %u of %u%s\n", skb_queue_len(&queue->rx_skbs),
		   queue->rx_bytes, (unsigned int)VIF_RX_QUEUE_BYTES,
		   queue->rx_stalled ? ", stalled" : "");
	vif_show_pool(m, queue);
	spin_unlock_bh(&queue->rx_lock);

	seq_printf(m, "\nNAPI state: tx %lx, rx %lx; events owed: %x\n", queue->tx_napi.state,
		   queue->rx_napi.state,
		   (unsigned int)(atomic_read(&queue->eoi) & (VIF_EOI_TX | VIF_EOI_RX)));
	return 0;
}

static int vif_queue_open(struct inode *inode, struct file *file)
{
	return single_open(file, vif_queue_show, inode->i_private);
}

static void vif_queue_kick(struct vif_queue *queue)
{
	struct vmdq_pool *pool;

	rcu_read_lock();
	local_bh_disable();
	pool = READ_ONCE(queue->pool);
	if (pool)
		vmdq_pool_schedule(pool);
	napi_schedule(&queue->rx_napi);
	napi_schedule(&queue->tx_napi);
	local_bh_enable();
	rcu_read_unlock();
}

static ssize_t vif_queue_write(struct file *file, const char __user *from, size_t count,
			       loff_t *pos)
{
	struct vif_queue *queue = ((struct seq_file *)file->private_data)->private;
	char text[16];
	ssize_t n;

	if (*pos || count >= sizeof(text))
		return -EINVAL;
	n = simple_write_to_buffer(text, sizeof(text) - 1, pos, from, count);
	if (n < 0)
		return n;
	text[n] = '\0';
	if (!sysfs_streq(text, "kick")) {
		netdev_warn(queue->vif->dev, "queue %u: unknown command \"%s\", known is \"kick\"\n",
			    queue->id, strim(text));
		return -EINVAL;
	}
	vif_queue_kick(queue);
	return n;
}

static const struct file_operations vif_queue_fops = {
	.owner = THIS_MODULE,
	.open = vif_queue_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
	.write = vif_queue_write,
};

static int vif_state_show(struct seq_file *m, void *unused)
{
	static const char * const levels[] = {
		[VIF_LEVEL_SOFTWARE] = "software",
		[VIF_LEVEL_COPY] = "copy",
		[VIF_LEVEL_GRANT] = "grant",
	};
	struct vif *vif = m->private;
	unsigned int i;

	seq_printf(m, "guest %u, mac %pM, queues %u%s\n", vif->domid, vif->mac,
		   READ_ONCE(vif->n_queues), READ_ONCE(vif->disabled) ? ", disabled" : "");
	seq_printf(m, "level %s, software avoids queue %d\n", levels[READ_ONCE(vif->level)],
		   READ_ONCE(vif->pool_excluded));
	seq_printf(m, "frames wait %u ms, stall after %u ms, stalled queues %u\n",
		   jiffies_to_msecs(vif->rx_drain), jiffies_to_msecs(vif->rx_stall),
		   READ_ONCE(vif->stalled_queues));
	seq_printf(m, "multicast control %d, addresses", READ_ONCE(vif->mcast_control));
	spin_lock_bh(&vif->mcast_lock);
	for (i = 0; i < vif->mcast.n; i++)
		seq_printf(m, " %pM", vif->mcast.addr[i]);
	spin_unlock_bh(&vif->mcast_lock);
	seq_putc(m, '\n');
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vif_state);

static int vif_ctrl_file_show(struct seq_file *m, void *unused)
{
	vif_ctrl_show(m->private, m);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vif_ctrl_file);

/**
 * vif_debugfs_add() - show a vif
 * @vif: connected
 *
 * Context: process.
 */
void vif_debugfs_add(struct vif *vif)
{
	unsigned int i;

	vif->debugfs = debugfs_create_dir(vif->dev->name, vif_debugfs_root);
	debugfs_create_file("state", 0400, vif->debugfs, vif, &vif_state_fops);
	if (vif->ctrl)
		debugfs_create_file("ctrl", 0400, vif->debugfs, vif, &vif_ctrl_file_fops);
	for (i = 0; i < vif->n_queues; i++) {
		char name[24];

		snprintf(name, sizeof(name), "io_ring_q%u", i);
		debugfs_create_file(name, 0600, vif->debugfs, &vif->queues[i], &vif_queue_fops);
	}
}

/**
 * vif_debugfs_remove() - show it no more; nobody looks at its queues afterwards
 * @vif: shown or not
 *
 * Context: process.
 */
void vif_debugfs_remove(struct vif *vif)
{
	debugfs_remove_recursive(vif->debugfs);
	vif->debugfs = NULL;
}

/**
 * vif_debugfs_register() - at module load
 */
void vif_debugfs_register(void)
{
	vif_debugfs_root = debugfs_create_dir("vmdq-netback", NULL);
}

/**
 * vif_debugfs_unregister() - at module unload, when no vif is left
 */
void vif_debugfs_unregister(void)
{
	debugfs_remove_recursive(vif_debugfs_root);
}
