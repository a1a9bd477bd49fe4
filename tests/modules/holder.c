// SPDX-License-Identifier: GPL-2.0
/*
 * vmdq_holder: has all pools of a port that are free, until it is unloaded.  It is no
 * vif, has nothing assigned in xenstore and writes nothing there, so that only the core
 * tells of what it does: by netlink.  For the lab alone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/workqueue.h>

#include "vmdq.h"

#define MAX_POOLS	8

static char *port;
module_param(port, charp, 0400);
MODULE_PARM_DESC(port, "PCI address of the port whose pools it takes");

/**
 * struct held - a pool
 * @client: what the core knows
 * @pool: NULL: not taken, or given back
 * @work: gives it back when the port wants it
 */
static struct held {
	struct vmdq_client client;
	struct vmdq_pool *pool;
	struct work_struct work;
} held[MAX_POOLS];

static int held_poll(struct vmdq_client *client, int budget)
{
	return 0;
}

static void held_give_back(struct work_struct *work)
{
	struct held *h = container_of(work, struct held, work);

	if (!h->pool)
		return;
	vmdq_pool_stop(h->pool);
	vmdq_pool_release(h->pool);
	h->pool = NULL;
}

static void held_revoke(struct vmdq_client *client)
{
	schedule_work(&container_of(client, struct held, client)->work);
}

static int __init holder_init(void)
{
	const struct vmdq_pool_config config = { .buf_size = 2048, .max_frame = 1514 };
	unsigned int i, n = 0;

	if (!port)
		return -EINVAL;
	for (i = 1; i < MAX_POOLS; i++) {
		strscpy(held[i].client.name, "holder", sizeof(held[i].client.name));
		held[i].client.poll = held_poll;
		held[i].client.revoke = held_revoke;
		INIT_WORK(&held[i].work, held_give_back);
		held[i].pool = vmdq_pool_take(port, i, &config, &held[i].client);
		if (IS_ERR(held[i].pool))
			held[i].pool = NULL;
		else
			n++;
	}
	pr_info("has %u pools of port %s\n", n, port);

	return n ? 0 : -EBUSY;
}

static void __exit holder_exit(void)
{
	unsigned int i;

	for (i = 1; i < MAX_POOLS; i++) {
		schedule_work(&held[i].work);
		flush_work(&held[i].work);
	}
}

module_init(holder_init);
module_exit(holder_exit);
MODULE_DESCRIPTION("Holds the pools of a port, for tests");
MODULE_LICENSE("GPL");
