// SPDX-License-Identifier: GPL-2.0
/*
 * What xenstore says about a vif's pool, and what we say back.
 *
 * The toolstack writes vmdq/vif/D/N/assign and request/level; we take the vif
 * where they point and write state, and error when it could not be.  The nodes
 * are dom0's alone; xenstore-schema/ describes them.
 */
#include <linux/if_vlan.h>
#include <linux/ratelimit.h>

#include "assign_value.h"
#include "life.h"
#include "vif.h"
#include "vmdq_xenstore.h"

struct workqueue_struct *vif_wq;

/* All vifs, so that a port that comes up can be told to each */
static LIST_HEAD(vif_list);
static DEFINE_MUTEX(vif_list_lock);

/**
 * struct vif_asked - what xenstore says of where a vif shall be
 * @assign: the pool it has been given, or NULL
 * @level: the level that is wanted
 * @why: what of that cannot be understood, or ""
 */
struct vif_asked {
	char *assign;
	enum vif_level level;
	char why[80];
};

/**
 * struct vif_target - where a vif shall be
 * @level: software, or the level at which the pool serves
 * @port: name of the pool's port; valid unless @level is software
 * @index: the pool's number
 * @why: what the vif cannot have of what was asked, or ""
 */
struct vif_target {
	enum vif_level level;
	char port[VMDQ_PORT_NAME_LEN];
	unsigned int index;
	char why[160];
};

static const char * const vif_level_names[] = {
	[VIF_LEVEL_SOFTWARE] = VMDQ_XS_LEVEL_SOFTWARE,
	[VIF_LEVEL_COPY] = VMDQ_XS_LEVEL_COPY,
	[VIF_LEVEL_GRANT] = VMDQ_XS_LEVEL_GRANT,
	[VIF_LEVEL_AUTO] = VMDQ_XS_LEVEL_AUTO,
};

struct vif_path {
	char dir[32];
};

static struct vif_path vif_path(const struct vif *vif)
{
	struct vif_path path;

	snprintf(path.dir, sizeof(path.dir), VMDQ_XS_VIF, vif->domid, vif->handle);
	return path;
}

/* Reads a node.  Return: its value, to be freed, or NULL when it is not there. */
static char *vif_assign_read(const struct vif *vif, const char *node)
{
	char *value = xenbus_read(XBT_NIL, vif_path(vif).dir, node, NULL);

	return IS_ERR(value) ? NULL : value;
}

/* Fills @asked, whose assign is to be freed; waits for xenstored as long as it takes. */
static void vif_assign_ask(const struct vif *vif, struct vif_asked *asked)
{
	char *name;
	int level;

	memset(asked, 0, sizeof(*asked));
	asked->level = VIF_LEVEL_AUTO;
	/* Who is not connected, or has just been cut off, is served by software anyway. */
	if (!READ_ONCE(vif->connected) || READ_ONCE(vif->disabled))
		return;
	asked->assign = vif_assign_read(vif, VMDQ_XS_ASSIGN);
	if (!asked->assign)
		return;
	name = vif_assign_read(vif, VMDQ_XS_REQUEST_LEVEL);
	if (!name)
		return;
	level = match_string(vif_level_names, ARRAY_SIZE(vif_level_names), name);
	if (level < 0)
		snprintf(asked->why, sizeof(asked->why),
			 "level \"%.20s\" is not one of software, copy, grant, auto", name);
	else
		asked->level = level;
	kfree(name);
}

/* "<port>/<pool>", where the port is a PCI address and so has no slash */
static bool vif_parse_assign(const char *value, struct vif_target *target)
{
	const char *slash = strrchr(value, '/');

	if (!slash || slash == value || slash - value >= sizeof(target->port))
		return false;
	target->index = vif_pool_number(slash + 1);
	if (!target->index)
		return false;
	strscpy(target->port, value, slash - value + 1);
	return true;
}

static struct vif_life vif_life(const struct vif *vif)
{
	return (struct vif_life){
		.connected = vif->connected,
		.disabled = READ_ONCE(vif->disabled),
		.revoked = READ_ONCE(vif->pool_revoked),
		.level = vif->level,
	};
}

/* Where do xenstore, the guest and the device say that the vif shall be?  Under pool_lock. */
static void vif_target_find(const struct vif *vif, const struct vif_asked *asked,
			    const struct vif_life *life, struct vif_target *target)
{
	const char *why = NULL;

	memset(target, 0, sizeof(*target));
	target->level = VIF_LEVEL_SOFTWARE;
	if (!life->connected)
		return;
	if (life->disabled) {
		strscpy(target->why, "the guest broke the ring protocol", sizeof(target->why));
		return;
	}

	if (!asked->assign)
		return;
	strscpy(target->why, asked->why, sizeof(target->why));
	if (!netif_running(vif->dev)) {
		snprintf(target->why, sizeof(target->why), "%s is down (ip link set it up)",
			 vif->dev->name);
	} else if (vif_bridge_missing(vif, target->why, sizeof(target->why))) {
		/* software is as deaf to the wire, and as it should be */
	} else if (vif_parse_assign(asked->assign, target)) {
		target->level = vif_pool_level(vif, asked->level, &why);
		if (why)
			strscpy(target->why, why, sizeof(target->why));
	} else {
		snprintf(target->why, sizeof(target->why),
			 "assign \"%.40s\" is not of the form <port>/<pool>, with a pool from 1",
			 asked->assign);
	}
}

static bool vif_is_there(const struct vif *vif, const struct vif_target *target)
{
	return vif->level == target->level &&
	       (!vif->pool || (!READ_ONCE(vif->pool_revoked) &&
			       vif->pool->index == target->index &&
			       !strcmp(vif->pool->port->name, target->port) &&
			       vif->pool->config.max_frame == vif_pool_max_frame(vif)));
}

static void vif_explain_attach(struct vif_target *target, int err)
{
	const char *what;

	switch (err) {
	case -ENODEV:
		what = "no such port (is vmdq_igb bound to the NIC?)";
		break;
	case -ERANGE:
		what = "the port has no pool of that number, or pool 0, which is dom0's";
		break;
	case -EBUSY:
		what = "another vif holds it, and has to give it back first";
		break;
	case -ENETDOWN:
		what = "the port is down (ip link set its interface up)";
		break;
	case -EADDRINUSE:
	case -EEXIST:
		what = "the MAC is the port's own, or of a pool that has to be given back first";
		break;
	case -ENOSPC:
		what = "the port's filter table is full until another pool is given back";
		break;
	case -EMSGSIZE:
		what = "the port cannot take frames of the vif's MTU";
		break;
	default:
		what = "it cannot be set up";
	}
	snprintf(target->why, sizeof(target->why), "pool %s/%u: %s (%d)", target->port,
		 target->index, what, err);
}

/* The only place that writes state */
static void vif_assign_show(const struct vif *vif, enum vif_shown shown)
{
	xenbus_write(XBT_NIL, vif_path(vif).dir, VMDQ_XS_STATE, vif_shown_name(shown));
}

/* A write of state, draining aside, tells a waiting tool that the change is done:
 * error first
 */
static void vif_assign_tell(const struct vif *vif, const struct vif_life *life,
			    const struct vif_target *target)
{
	struct vif_path path = vif_path(vif);

	if (target->why[0])
		xenbus_write(XBT_NIL, path.dir, VMDQ_XS_ERROR, target->why);
	else if (xenbus_exists(XBT_NIL, path.dir, VMDQ_XS_ERROR))
		xenbus_rm(XBT_NIL, path.dir, VMDQ_XS_ERROR);
	vif_assign_show(vif, vif_life_shown(life));
}

static void vif_assign_log(struct vif *vif, enum vif_level before, const char *why)
{
	if ((vif->level != before || why[0]) && ___ratelimit(&vif->levels, vif->dev->name))
		netdev_info(vif->dev, "guest %u is served at level %s%s%s\n", vif->domid,
			    vif_level_names[vif->level], why[0] ? ": " : "", why);
}

/* What a vif waits for that did not get its pool */
static unsigned int vif_waits_for(int err)
{
	switch (err) {
	case -EBUSY:
		return VIF_WAITS_POOL;
	case -EADDRINUSE:
	case -EEXIST:
	case -ENOSPC:
		return VIF_WAITS_FILTER;
	default:
		return 0;
	}
}

static int vif_assign_attach(struct vif *vif, const struct vif_target *target)
{
	int err;

	/* Before it is tried, or what is given back meanwhile would be missed. */
	WRITE_ONCE(vif->waits, VIF_WAITS_POOL | VIF_WAITS_FILTER);
	err = vif_pool_attach(vif, target->port, target->index, target->level);
	WRITE_ONCE(vif->waits, vif_waits_for(err));
	return err;
}

/* What takes the vif from where it is to where it shall be?  Under pool_lock. */
static struct vif_life_plan vif_assign_plan(const struct vif *vif, const struct vif_asked *asked,
					    struct vif_life *life, struct vif_target *target)
{
	*life = vif_life(vif);
	vif_target_find(vif, asked, life, target);
	return vif_life_plan(life, vif_is_there(vif, target), target->level);
}

/* Under assign_lock.  A port may wait for pool_lock: xenstored is waited for without it. */
static void vif_assign_apply(struct vif *vif)
{
	struct vif_life_plan plan;
	struct vif_target target;
	struct vif_asked asked;
	struct vif_life life;
	int err;

	vif_assign_ask(vif, &asked);

	mutex_lock(&vif->pool_lock);
	plan = vif_assign_plan(vif, &asked, &life, &target);
	if (plan.say_draining) {
		mutex_unlock(&vif->pool_lock);
		vif_assign_show(vif, VIF_SHOWN_DRAINING);
		mutex_lock(&vif->pool_lock);
		/* The port may have taken the pool meanwhile, or the guest be gone. */
		plan = vif_assign_plan(vif, &asked, &life, &target);
	}
	if (target.level == VIF_LEVEL_SOFTWARE)
		WRITE_ONCE(vif->maptrack_full, false);	/* the next pool may have more luck */
	WRITE_ONCE(vif->waits, 0);
	if (plan.detach)
		vif_pool_detach(vif);
	if (plan.attach) {
		err = vif_assign_attach(vif, &target);
		if (err)
			vif_explain_attach(&target, err);
	}
	vif_assign_log(vif, life.level, target.why);
	life.level = vif->level;
	mutex_unlock(&vif->pool_lock);

	vif_assign_tell(vif, &life, &target);
	kfree(asked.assign);
}

static void vif_assign_work(struct work_struct *work)
{
	struct vif *vif = container_of(work, struct vif, assign_work);

	mutex_lock(&vif->assign_lock);
	if (!vif->gone)
		vif_assign_apply(vif);
	mutex_unlock(&vif->assign_lock);
}

/* Gives a pool back for which its port waits; what xenstore is told of it comes after. */
static void vif_revoke_work(struct work_struct *work)
{
	struct vif *vif = container_of(work, struct vif, revoke_work);
	enum vif_level before;

	mutex_lock(&vif->pool_lock);
	before = vif->level;
	if (READ_ONCE(vif->pool_revoked))
		vif_pool_detach(vif);
	vif_assign_log(vif, before, "");
	mutex_unlock(&vif->pool_lock);
	vif_assign_schedule(vif);
}

/**
 * vif_assign_prepare() - from now on vif_assign_schedule() may be called
 * @vif: not registered yet
 *
 * Until vif_assign_init() nothing comes of it.  Context: process.
 */
void vif_assign_prepare(struct vif *vif)
{
	mutex_init(&vif->assign_lock);
	mutex_init(&vif->pool_lock);
	INIT_WORK(&vif->assign_work, vif_assign_work);
	INIT_WORK(&vif->revoke_work, vif_revoke_work);
	vif->gone = true;
}

/**
 * vif_assign_schedule() - look again at where the vif shall be
 * @vif: the vif
 *
 * Context: any.
 */
void vif_assign_schedule(struct vif *vif)
{
	queue_work(vif_wq, &vif->assign_work);
}

/**
 * vif_assign_cancel() - no work is done for the vif any more
 * @vif: disconnected, and not followed: nobody schedules any
 *
 * Context: process; waits for what is being done.
 */
void vif_assign_cancel(struct vif *vif)
{
	cancel_work_sync(&vif->revoke_work);	/* schedules the other */
	cancel_work_sync(&vif->assign_work);
}

/**
 * vif_assign_set_headroom() - the frontend wants another headroom from now on
 * @vif: the vif, connected or not
 * @headroom: bytes
 *
 * The level follows: level grant leaves no headroom.
 *
 * Context: xenbus thread, which alone changes the queues.
 */
void vif_assign_set_headroom(struct vif *vif, unsigned int headroom)
{
	unsigned int i;

	mutex_lock(&vif->assign_lock);
	if (vif->connected && vif->xdp_headroom != headroom) {
		struct vif_life life = vif_life(vif);

		/* No frame is half done with one headroom and half with the other. */
		if (vif_life_drains(&life))
			vif_assign_show(vif, VIF_SHOWN_DRAINING);
		mutex_lock(&vif->pool_lock);
		vif_pool_detach(vif);
		for (i = 0; i < vif->n_queues; i++)
			napi_disable(&vif->queues[i].rx_napi);
		vif->xdp_headroom = headroom;
		for (i = 0; i < vif->n_queues; i++)
			napi_enable(&vif->queues[i].rx_napi);
		local_bh_disable();
		for (i = 0; i < vif->n_queues; i++)
			napi_schedule(&vif->queues[i].rx_napi);
		local_bh_enable();
		mutex_unlock(&vif->pool_lock);
		vif_assign_apply(vif);
	}
	mutex_unlock(&vif->assign_lock);
}

static bool vif_path_ends(const char *path, const char *node)
{
	const char *slash = strrchr(path, '/');

	return slash && !strcmp(slash + 1, node);
}

/* Our own writes are no news; this runs before the event is queued (XSA-349). */
static bool vif_assign_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	return !vif_path_ends(path, VMDQ_XS_STATE) && !vif_path_ends(path, VMDQ_XS_ERROR);
}

static void vif_assign_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	vif_assign_schedule(container_of(watch, struct vif, assign_watch));
}

/* Removes vmdq/vif/D/N, and vmdq/vif/D with the guest's last vif: together, as the
 * script of another vif may be writing there.
 */
static void vif_assign_forget(const struct vif *vif, const struct vif_path *path)
{
	struct xenbus_transaction xbt;
	char parent[32];
	unsigned int n;
	char **vifs;

	snprintf(parent, sizeof(parent), VMDQ_XS_VIF_DOMAIN, vif->domid);
	do {
		if (xenbus_transaction_start(&xbt))
			return;
		if (xenbus_exists(xbt, path->dir, ""))
			xenbus_rm(xbt, path->dir, "");
		vifs = xenbus_directory(xbt, parent, "", &n);
		if (!IS_ERR(vifs)) {
			if (!n)
				xenbus_rm(xbt, parent, "");
			kfree(vifs);
		}
	} while (xenbus_transaction_end(xbt, 0) == -EAGAIN);
}

/**
 * vif_assign_init() - begin to follow what xenstore says
 * @vif: just created
 *
 * Context: process.  Return: 0 or an error.
 */
int vif_assign_init(struct vif *vif)
{
	struct xenbus_watch *watch = &vif->assign_watch;
	int err;

	watch->node = kstrdup(vif_path(vif).dir, GFP_KERNEL);
	if (!watch->node)
		return -ENOMEM;
	watch->will_handle = vif_assign_will_handle;
	watch->callback = vif_assign_changed;
	err = register_xenbus_watch(watch);
	if (err) {
		kfree(watch->node);
		watch->node = NULL;
		return err;
	}

	/* The first event of the watch, which always comes, finds it there. */
	mutex_lock(&vif->assign_lock);
	vif->gone = false;
	mutex_unlock(&vif->assign_lock);
	mutex_lock(&vif_list_lock);
	list_add_tail(&vif->list, &vif_list);
	mutex_unlock(&vif_list_lock);
	vif_assign_schedule(vif);
	return 0;
}

/**
 * vif_assign_exit() - follow no more
 * @vif: disconnected
 *
 * Removes what we wrote, and the whole directory once the toolstack has given
 * the device up: nobody else would.
 *
 * Context: process.
 */
void vif_assign_exit(struct vif *vif)
{
	struct vif_path path = vif_path(vif);

	if (!vif->assign_watch.node)
		return;
	mutex_lock(&vif_list_lock);
	list_del_init(&vif->list);
	mutex_unlock(&vif_list_lock);
	unregister_xenbus_watch(&vif->assign_watch);
	kfree(vif->assign_watch.node);

	/* No work that runs from now on writes to xenstore. */
	mutex_lock(&vif->assign_lock);
	vif->gone = true;
	mutex_unlock(&vif->assign_lock);

	if (xenbus_dev_is_online(vif->xdev)) {
		xenbus_rm(XBT_NIL, path.dir, VMDQ_XS_STATE);
		if (xenbus_exists(XBT_NIL, path.dir, VMDQ_XS_ERROR))
			xenbus_rm(XBT_NIL, path.dir, VMDQ_XS_ERROR);
	} else {
		vif_assign_forget(vif, &path);
	}
}

/* Can a vif have now what it could not have before?  One that fails again gives
 * back what had no filter, which nobody who waits for a filter is woken by: no
 * two vifs wake one another for ever.
 */
static bool vif_may_have(const struct vif *vif, const struct vmdq_pool_freed *freed)
{
	unsigned int waits = READ_ONCE(vif->waits);

	if (freed->owner == &vif->client)
		return false;
	return (waits & VIF_WAITS_POOL) || (freed->had_filter && (waits & VIF_WAITS_FILTER));
}

static int vif_port_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct vif *vif;

	if (event != VMDQ_PORT_UP && event != VMDQ_POOL_FREED)
		return NOTIFY_DONE;
	mutex_lock(&vif_list_lock);
	list_for_each_entry(vif, &vif_list, list)
		if (event == VMDQ_PORT_UP || vif_may_have(vif, data))
			vif_assign_schedule(vif);
	mutex_unlock(&vif_list_lock);
	return NOTIFY_OK;
}

static struct notifier_block vif_port_notifier = {
	.notifier_call = vif_port_event,
};

/**
 * vif_assign_register() - at module load
 *
 * Return: 0 or an error.
 */
int vif_assign_register(void)
{
	int err;

	/* One at a time per vif, but a vif that waits holds up no other. */
	vif_wq = alloc_workqueue(KBUILD_MODNAME, WQ_UNBOUND, 0);
	if (!vif_wq)
		return -ENOMEM;
	err = vmdq_register_notifier(&vif_port_notifier);
	if (err)
		destroy_workqueue(vif_wq);
	return err;
}

/**
 * vif_assign_unregister() - at module unload, when no vif is left
 */
void vif_assign_unregister(void)
{
	vmdq_unregister_notifier(&vif_port_notifier);
	destroy_workqueue(vif_wq);
}
