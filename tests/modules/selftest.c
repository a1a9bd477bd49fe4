// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that vmdq.ko keeps the contracts of vmdq.h towards drivers and users of
 * pools, on a port without hardware.  Loading the module runs it; the kernel
 * log ends with "vmdq_selftest: N passed, N failed", and loading fails if
 * anything did.
 *
 * Needs no NIC and no Xen.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "fake_port.h"

static struct fake_port fake;
static unsigned int passed, failed;

static void check(bool right, const char *what, int line)
{
	if (right) {
		passed++;
	} else {
		failed++;
		pr_err("line %d: not so: %s\n", line, what);
	}
}

#define CHECK(condition) check(condition, #condition, __LINE__)

/**
 * struct holder - who has a pool
 * @client: what the core knows
 * @pool: the pool it has, or NULL
 * @work: gives the pool back, some time after it was revoked
 * @polls: calls of poll()
 * @revokes: calls of revoke()
 */
struct holder {
	struct vmdq_client client;
	struct vmdq_pool *pool;
	struct delayed_work work;
	atomic_t polls;
	atomic_t revokes;
};

static int holder_poll(struct vmdq_client *client, int budget)
{
	struct holder *holder = container_of(client, struct holder, client);

	atomic_inc(&holder->polls);
	return 0;
}

static void holder_revoke(struct vmdq_client *client)
{
	struct holder *holder = container_of(client, struct holder, client);

	atomic_inc(&holder->revokes);
	schedule_delayed_work(&holder->work, msecs_to_jiffies(30));
}

static void holder_give_back(struct work_struct *work)
{
	struct holder *holder = container_of(work, struct holder, work.work);

	vmdq_pool_stop(holder->pool);
	vmdq_pool_release(holder->pool);
	holder->pool = NULL;
}

static void holder_init(struct holder *holder, const char *name)
{
	memset(holder, 0, sizeof(*holder));
	strscpy(holder->client.name, name, sizeof(holder->client.name));
	holder->client.ifindex = 4711;
	holder->client.poll = holder_poll;
	holder->client.revoke = holder_revoke;
	INIT_DELAYED_WORK(&holder->work, holder_give_back);
}

static const struct vmdq_pool_config good_config = { .buf_size = 2048, .max_frame = 1518 };
static const struct vmdq_filter good_filter = {
	.addr = { 0x02, 0, 0, 0, 0, 1 }, .vlan = VMDQ_NO_VLAN,
};

static int take(struct holder *holder, unsigned int index)
{
	struct vmdq_pool *pool = vmdq_pool_take(FAKE_NAME, index, &good_config, &holder->client);

	if (IS_ERR(pool))
		return PTR_ERR(pool);
	holder->pool = pool;
	return 0;
}

static void give_back(struct holder *holder)
{
	holder_give_back(&holder->work.work);
}

static bool all_free(void)
{
	unsigned int i;

	for (i = 1; i < FAKE_POOLS; i++)
		if (fake.port.pools[i].state != VMDQ_POOL_FREE || fake.port.pools[i].owner)
			return false;

	return true;
}

/* A pool is refused for the reason that vmdq_pool_take() promises */
static void test_take(void)
{
	struct vmdq_pool_config config = good_config;
	struct holder a, b;

	holder_init(&a, "vif1.0");
	holder_init(&b, "vif2.0");
	CHECK(take(&a, 1) == -ENETDOWN);
	vmdq_port_set_up(&fake.port);
	CHECK(vmdq_pool_take("ffff:00:01.0", 1, &config, &a.client) == ERR_PTR(-ENODEV));
	CHECK(take(&a, 0) == -ERANGE);
	CHECK(take(&a, FAKE_POOLS) == -ERANGE);
	CHECK(take(&a, UINT_MAX) == -ERANGE);
	config.max_frame = fake.port.max_frame + 1;
	CHECK(vmdq_pool_take(FAKE_NAME, 1, &config, &a.client) == ERR_PTR(-EMSGSIZE));
	config = good_config;
	config.buf_size = 0;
	CHECK(vmdq_pool_take(FAKE_NAME, 1, &config, &a.client) == ERR_PTR(-EINVAL));
	fake.fail = -EIO;
	CHECK(take(&a, 1) == -EIO);
	fake.fail = 0;
	CHECK(all_free());

	CHECK(take(&a, 1) == 0);
	CHECK(take(&b, 1) == -EBUSY);
	CHECK(take(&b, FAKE_POOLS - 1) == 0);
	CHECK(vmdq_port_tx_pool(&fake.port, 4711) == 1);
	CHECK(vmdq_port_tx_pool(&fake.port, 4712) == 0);
	give_back(&a);
	CHECK(take(&a, 1) == 0);
	give_back(&a);
	give_back(&b);
	CHECK(all_free());
}

/* A frame has one owner: filters that overlap, or mean no station, are refused */
static void test_filter(void)
{
	struct vmdq_filter filter = good_filter;
	struct holder a, b;

	holder_init(&a, "vif1.0");
	holder_init(&b, "vif2.0");
	CHECK(take(&a, 1) == 0 && take(&b, 2) == 0);

	filter.addr[0] = 0x03;
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == -EADDRNOTAVAIL);
	eth_zero_addr(filter.addr);
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == -EADDRNOTAVAIL);
	ether_addr_copy(filter.addr, fake.port.netdev->dev_addr);
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == -EADDRINUSE);
	filter = good_filter;
	filter.vlan = 4095;
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == -ERANGE);
	CHECK(a.pool->state == VMDQ_POOL_IDLE);

	filter.vlan = 10;
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == 0);
	CHECK(a.pool->state == VMDQ_POOL_ACTIVE);
	CHECK(vmdq_pool_set_filter(b.pool, &filter) == -EADDRINUSE);
	CHECK(vmdq_pool_set_filter(b.pool, &good_filter) == -EADDRINUSE);
	filter.vlan = 11;
	CHECK(vmdq_pool_set_filter(b.pool, &filter) == 0);

	fake.fail = -ENOSPC;
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == -EADDRINUSE);
	filter.vlan = 12;
	CHECK(vmdq_pool_set_filter(a.pool, &filter) == -ENOSPC);
	CHECK(a.pool->state == VMDQ_POOL_ACTIVE && a.pool->filter.vlan == 10);
	fake.fail = 0;

	vmdq_pool_clear_filter(a.pool);
	CHECK(a.pool->state == VMDQ_POOL_IDLE);
	vmdq_pool_clear_filter(a.pool);
	vmdq_pool_clear_filter(b.pool);
	CHECK(vmdq_pool_set_filter(b.pool, &good_filter) == 0);
	give_back(&a);
	give_back(&b);
}

/* Buffers come back in order, and are counted as frames */
static void test_buffers(void)
{
	const dma_addr_t addr[FAKE_RING] = { 0 };
	struct vmdq_rx rx[FAKE_RING];
	struct vmdq_pool *pool;
	struct holder holder;

	holder_init(&holder, "vif1.0");
	CHECK(take(&holder, 3) == 0);
	pool = holder.pool;
	CHECK(vmdq_pool_room(pool) == FAKE_RING - 1);
	vmdq_pool_post(pool, addr, FAKE_RING - 1);
	vmdq_pool_doorbell(pool);
	CHECK(vmdq_pool_room(pool) == 0 && pool->posted == FAKE_RING - 1);
	CHECK(vmdq_pool_harvest(pool, rx, FAKE_RING) == 0);

	fake_receive(pool, 60, VMDQ_RX_EOP);
	fake_receive(pool, 2048, 0);
	/* the second frame has no end yet */
	CHECK(vmdq_pool_harvest(pool, rx, FAKE_RING) == 1);
	CHECK(rx[0].len == 60 && pool->posted == FAKE_RING - 2);
	CHECK(pool->stats.rx_frames == 1 && pool->stats.rx_bytes == 60);
	fake_receive(pool, 100, VMDQ_RX_EOP | VMDQ_RX_CSUM_BAD);
	fake_receive(pool, 1000, VMDQ_RX_EOP | VMDQ_RX_ERROR);
	CHECK(vmdq_pool_harvest(pool, rx, 2) == 2);
	CHECK(rx[0].len == 2048 && rx[1].len == 100);
	CHECK(pool->stats.rx_frames == 2 && pool->stats.rx_bytes == 60 + 2048 + 100);
	CHECK(pool->stats.rx_csum_bad == 1 && pool->stats.rx_errors == 0);
	CHECK(vmdq_pool_room(pool) == 3);

	CHECK(vmdq_pool_stop(pool) == 0);
	CHECK(vmdq_pool_harvest(pool, rx, FAKE_RING) == 1);
	CHECK(pool->stats.rx_frames == 2 && pool->stats.rx_errors == 1);
	CHECK(pool->stats.posted == FAKE_RING - 1 && pool->posted == FAKE_RING - 1 - 4);
	give_back(&holder);

	CHECK(take(&holder, 3) == 0);
	CHECK(pool->posted == 0 && pool->stats.rx_frames == 0);
	give_back(&holder);
}

static int poll_for_ever(void *data)
{
	while (!kthread_should_stop()) {
		local_bh_disable();
		vmdq_pool_poll(data, 64);
		local_bh_enable();
		cond_resched();
	}

	return 0;
}

/* No poll runs once vmdq_pool_stop() has returned, and stopping is final */
static void test_stop(void)
{
	struct task_struct *poller;
	struct holder holder;
	int i, before;

	holder_init(&holder, "vif1.0");
	poller = kthread_run(poll_for_ever, &fake.port.pools[4], "vmdq_selftest");
	if (IS_ERR(poller)) {
		CHECK(false);
		return;
	}
	for (i = 0; i < 20; i++) {
		CHECK(take(&holder, 4) == 0);
		before = atomic_read(&holder.polls);
		while (atomic_read(&holder.polls) == before)
			cond_resched();
		fake.fail = i % 2 ? -EIO : 0;
		CHECK(vmdq_pool_stop(holder.pool) == fake.fail);
		fake.fail = 0;
		before = atomic_read(&holder.polls);
		CHECK(vmdq_pool_stop(holder.pool) == 0);
		CHECK(vmdq_pool_set_filter(holder.pool, &good_filter) == -ENETDOWN);
		CHECK(vmdq_port_tx_pool(&fake.port, 4711) == 0);
		usleep_range(500, 1000);
		CHECK(atomic_read(&holder.polls) == before);
		give_back(&holder);
	}
	kthread_stop(poller);
	CHECK(all_free());
}

static atomic_t ups, downs;

static int count_events(struct notifier_block *nb, unsigned long event, void *name)
{
	if (!strcmp(name, FAKE_NAME))
		atomic_inc(event == VMDQ_PORT_UP ? &ups : &downs);

	return NOTIFY_OK;
}

static struct notifier_block notifier = { .notifier_call = count_events };

/* A port that goes down takes every pool back before it says so */
static void test_down(void)
{
	struct holder holders[FAKE_POOLS];
	unsigned int i;

	atomic_set(&ups, 0);
	atomic_set(&downs, 0);
	CHECK(vmdq_register_notifier(&notifier) == 0);
	for (i = 1; i < FAKE_POOLS; i++) {
		holder_init(&holders[i], "vif");
		CHECK(take(&holders[i], i) == 0);
	}
	/* one is on its way out by itself already */
	vmdq_pool_stop(holders[1].pool);
	vmdq_port_set_down(&fake.port);
	CHECK(all_free());
	for (i = 1; i < FAKE_POOLS; i++)
		flush_delayed_work(&holders[i].work);
	CHECK(atomic_read(&ups) == 0 && atomic_read(&downs) == 1);
	for (i = 1; i < FAKE_POOLS; i++)
		CHECK(atomic_read(&holders[i].revokes) == 1 && !holders[i].pool);
	CHECK(take(&holders[1], 1) == -ENETDOWN);
	vmdq_port_set_down(&fake.port);
	CHECK(atomic_read(&downs) == 1);
	vmdq_port_set_up(&fake.port);
	vmdq_port_set_up(&fake.port);
	CHECK(atomic_read(&ups) == 1);
	vmdq_unregister_notifier(&notifier);
}

static struct vmdq_pool_freed freed;
static atomic_t n_freed;

static int note_freed(struct notifier_block *nb, unsigned long event, void *data)
{
	if (event != VMDQ_POOL_FREED)
		return NOTIFY_DONE;
	freed = *(const struct vmdq_pool_freed *)data;
	atomic_inc(&n_freed);

	return NOTIFY_OK;
}

static struct notifier_block freed_notifier = { .notifier_call = note_freed };

/* A pool that is given back is told of, unless its port goes down */
static void test_freed(void)
{
	struct holder holder;

	atomic_set(&n_freed, 0);
	CHECK(vmdq_register_notifier(&freed_notifier) == 0);
	holder_init(&holder, "vif");
	CHECK(take(&holder, 2) == 0);
	CHECK(atomic_read(&n_freed) == 0);
	give_back(&holder);
	CHECK(atomic_read(&n_freed) == 1 && !freed.had_filter && freed.index == 2);
	CHECK(!strcmp(freed.port, FAKE_NAME) && freed.owner == &holder.client);

	CHECK(take(&holder, 3) == 0);
	CHECK(vmdq_pool_set_filter(holder.pool, &good_filter) == 0);
	vmdq_pool_clear_filter(holder.pool);
	give_back(&holder);
	CHECK(atomic_read(&n_freed) == 2 && freed.had_filter && freed.index == 3);

	CHECK(take(&holder, 3) == 0);
	vmdq_port_set_down(&fake.port);
	flush_delayed_work(&holder.work);
	CHECK(all_free() && atomic_read(&n_freed) == 2);
	vmdq_port_set_up(&fake.port);
	vmdq_unregister_notifier(&freed_notifier);
}

/**
 * struct worker - takes and gives back one pool as fast as it can
 * @holder: who has that pool
 * @lock: @holder.pool; taken before the core's locks, as vmdq.h says of a client's
 * @index: which pool
 * @taken: how often it got it
 */
struct worker {
	struct holder holder;
	struct mutex lock;
	unsigned int index;
	unsigned int taken;
};

static void worker_give_back(struct work_struct *work)
{
	struct worker *worker = container_of(work, struct worker, holder.work.work);

	mutex_lock(&worker->lock);
	if (worker->holder.pool)
		give_back(&worker->holder);
	mutex_unlock(&worker->lock);
}

static int worker_run(void *data)
{
	struct vmdq_filter filter = good_filter;
	struct worker *worker = data;

	filter.addr[5] = worker->index;
	while (!kthread_should_stop()) {
		mutex_lock(&worker->lock);
		if (!worker->holder.pool && !take(&worker->holder, worker->index)) {
			worker->taken++;
			vmdq_pool_set_filter(worker->holder.pool, &filter);
		}
		mutex_unlock(&worker->lock);
		cond_resched();
		if (worker->taken % 3)
			worker_give_back(&worker->holder.work.work);
		else
			usleep_range(100, 200);
	}

	return 0;
}

/* Taking, giving back and going down at the same time leave nothing behind */
static void test_churn(void)
{
	static struct worker workers[FAKE_POOLS];
	struct task_struct *tasks[FAKE_POOLS];
	unsigned int i, taken = 0;

	for (i = 1; i < FAKE_POOLS; i++) {
		memset(&workers[i], 0, sizeof(workers[i]));
		holder_init(&workers[i].holder, "vif");
		INIT_DELAYED_WORK(&workers[i].holder.work, worker_give_back);
		mutex_init(&workers[i].lock);
		workers[i].index = i;
		tasks[i] = kthread_run(worker_run, &workers[i], "vmdq_selftest/%u", i);
	}
	for (i = 0; i < 10; i++) {
		vmdq_port_set_up(&fake.port);
		msleep(20);
		vmdq_port_set_down(&fake.port);
		CHECK(all_free());
	}
	for (i = 1; i < FAKE_POOLS; i++) {
		if (!IS_ERR(tasks[i]))
			kthread_stop(tasks[i]);
		cancel_delayed_work_sync(&workers[i].holder.work);
		taken += workers[i].taken;
	}
	CHECK(all_free());
	CHECK(taken > 0);
	pr_info("a pool was taken %u times while the port went up and down\n", taken);
}

static void run_all(void)
{
	test_take();
	test_filter();
	test_buffers();
	test_stop();
	test_down();
	test_freed();
	test_churn();
	CHECK(atomic_read(&fake.starts) == atomic_read(&fake.stops));
	CHECK(atomic_read(&fake.starts) == atomic_read(&fake.releases));
	CHECK(atomic_read(&fake.violations) == 0);
}

static int __init selftest_init(void)
{
	static struct fake_port twin;
	int err;

	err = fake_port_create(&fake, "vmdq_selftest");
	if (err)
		return err;
	CHECK(fake_port_create(&twin, "vmdq_selftest_twin") == -EEXIST);
	run_all();
	fake_port_destroy(&fake);
	pr_info("%u passed, %u failed\n", passed, failed);

	return failed ? -EINVAL : 0;
}
module_init(selftest_init);

static void __exit selftest_exit(void)
{
}
module_exit(selftest_exit);

MODULE_DESCRIPTION("Tests of vmdq.ko without hardware");
MODULE_LICENSE("GPL");
