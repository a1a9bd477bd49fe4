// SPDX-License-Identifier: GPL-2.0
/*
 * A vif goes from one backend's driver to another's while its guest runs.
 *
 * The guest does not notice: its rings stay, and a driver that is bound to them
 * starts where the one before it stopped.  But the network interface in dom0 is
 * another one afterwards, so it is put where the old one was, and the hotplug
 * script is run as when the vif came.  Where anything fails, the vif goes back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "netdev.h"
#include "netlink.h"
#include "vmdq_xenstore.h"
#include "vmdqctl.h"
#include "xenbus.h"

/* As libxl: its scripts have 40 s */
#define SCRIPT_MS	40000

/**
 * struct job - the vif's move as it proceeds
 * @m: what becomes of it
 * @opt: options
 * @device: both ends in xenstore
 * @binding: what the kernel has of it
 * @link: how its interface was set; without @have_link it was not
 * @have_link: see @link
 */
struct job {
	struct move *m;
	const struct options *opt;
	struct vmdq_device device;
	struct vmdq_binding binding;
	struct vmdq_link link;
	bool have_link;
};

/* What is known of the vif before anything is done to it */
static int look(struct job *j, unsigned int domid, unsigned int handle, enum vmdq_backend to,
		struct vmdq_err *err)
{
	struct vmdq_store store;
	struct move *m = j->m;

	if (vmdq_store_open(&store, err))
		return -1;
	vmdq_store_read_vif(&store, domid, handle, &m->vif);
	vmdq_store_read_device(&store, &m->vif, &j->device);
	vmdq_store_close(&store);
	vmdq_binding_load(domid, handle, &j->binding);
	m->from = j->binding.backend;
	m->to = to ? to : vmdq_backend_by_script(&m->vif);
	/* an interface whose script was not run yet is as the driver made it */
	j->have_link = j->device.has_hotplug_status && j->binding.netdev[0] &&
		       !vmdq_link_load(j->binding.netdev, &j->link);
	if (!m->vif.backend || !j->device.online || !j->binding.present)
		return vmdq_fail(err, VMDQ_S_NO_VIF, "%s is not there, or about to go",
				 m->vif.netdev);

	return 0;
}

/* Everything that can be known to go wrong, while nothing is done yet: a driver
 * that cannot serve the guest would close its interface for good.
 */
static int check(const struct job *j, struct vmdq_err *err)
{
	const struct vmdq_vif *vif = &j->m->vif;
	enum vmdq_backend to = j->m->to;
	unsigned int max;

	if (!vmdq_driver_loaded(to))
		return vmdq_fail(err, VMDQ_S_NO_MODULE,
				 "%s: the kernel module %s is not loaded; load it: modprobe %s",
				 vif->netdev, vmdq_backend_name(to), vmdq_backend_name(to));
	if (access(j->device.script, X_OK))
		return vmdq_fail(err, VMDQ_S_SYSTEM,
				 "%s: its hotplug script \"%s\" cannot be run: %s", vif->netdev,
				 j->device.script, strerror(errno));
	max = vmdq_driver_max_queues(to);
	if (max && j->device.n_queues > max)
		return vmdq_fail(err, VMDQ_S_REFUSED,
				 "%s: its guest has %u queues, and %s serves no more than %u; load it with max_queues=%u",
				 vif->netdev, j->device.n_queues, vmdq_backend_name(to), max,
				 j->device.n_queues);
	return to == VMDQ_BACKEND_VMDQ ? check_mac(vif, err) : 0;
}

/* In xenstore: whose the vif is.  What we know of a vif that goes, goes. */
static int write_owner(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	const struct vmdq_vif *vif = ctx;
	const char *word = vmdq_backend_word(vif->said);

	if (!vif->ours && vmdq_store_remove_vif(store, vif->domid, vif->handle, err))
		return -1;
	if (!word && vif->ours)
		return vmdq_store_write(store, vif, VMDQ_XS_REQUEST_BACKEND, NULL, err);
	return word ? vmdq_store_write_said(store, vif, err) : 0;
}

/* Has xenstore say that the vif is @to's; asks for a pool where its script does not */
static int claim(struct job *j, enum vmdq_backend to, struct vmdq_err *err)
{
	struct vmdq_vif *vif = &j->m->vif;
	struct vmdq_store store;
	int rc;

	vif->said = to == vmdq_backend_by_script(vif) ? VMDQ_BACKEND_NONE : to;
	vif->ours = to == VMDQ_BACKEND_VMDQ;
	if (vmdq_store_open(&store, err))
		return -1;
	rc = vmdq_store_transaction(&store, write_owner, vif, err);
	if (!rc)
		rc = vmdq_store_clear_hotplug_error(&store, vif, err);
	if (!rc && vif->ours && vif->said)
		request_pool(&store, vif, j->opt, &j->m->no_pool);
	vmdq_store_close(&store);

	return rc;
}

/* Puts the new interface where the old one was before the script does, which takes
 * many times as long; it finds all done.  Not if it will rename the interface, as
 * one that is up cannot be.
 */
static void place(const struct job *j)
{
	if (j->have_link && j->link.up && !j->device.vifname[0])
		vmdq_link_set(j->binding.netdev, &j->link);
}

/* What the script sets by its own lights, and a person had set otherwise */
static int restore_link(struct job *j, struct vmdq_err *err)
{
	struct vmdq_vif *vif = &j->m->vif;

	vmdq_binding_load(vif->domid, vif->handle, &j->binding);
	if (!j->have_link || !vmdq_link_set(j->binding.netdev, &j->link))
		return 0;
	return vmdq_fail(err, VMDQ_S_SYSTEM, "%s: cannot set MTU %u, bridge \"%s\" again: %s",
			 vif->netdev, j->link.mtu, j->link.bridge, strerror(errno));
}

static int wait_device(struct job *j, struct vmdq_err *err)
{
	struct vmdq_store store;
	int rc;

	if (vmdq_store_open(&store, err))
		return -1;
	rc = vmdq_store_wait_device(&store, &j->m->vif, j->opt->timeout_ms, err);
	vmdq_store_close(&store);

	return rc;
}

/* Takes the vif to the driver of @to, from whatever has it now */
static int transfer(struct job *j, enum vmdq_backend to, struct vmdq_err *err)
{
	struct vmdq_vif *vif = &j->m->vif;
	bool stays = j->binding.backend == to;

	/* 1. Nothing of ours is asked for while xen-netback has it. */
	if (to == VMDQ_BACKEND_VMDQ && claim(j, to, err))
		return -1;
	/* 2. Another driver.  The old one deletes hotplug-status. */
	if (j->binding.backend && !stays && vmdq_driver_unbind(&j->binding, err))
		return -1;
	if (to != VMDQ_BACKEND_VMDQ && claim(j, to, err))
		return -1;
	if (!stays && vmdq_driver_bind(&j->binding, to, err))
		return -1;
	vmdq_binding_load(vif->domid, vif->handle, &j->binding);
	if (j->binding.backend != to)
		return vmdq_fail(err, VMDQ_S_REFUSED, "%s did not take %s", vmdq_backend_name(to),
				 vif->netdev);
	/* 3. Another interface. */
	place(j);
	if (vmdq_hotplug_run(j->device.script, vif, SCRIPT_MS, err) || restore_link(j, err))
		return -1;
	return wait_device(j, err);
}

/* A transfer failed: the vif goes back to where it was, if it was somewhere */
static void put_back(struct job *j)
{
	struct move *m = j->m;
	struct vmdq_err why = m->err, err = { .status = VMDQ_S_OK };

	vmdq_binding_load(m->vif.domid, m->vif.handle, &j->binding);
	if (!m->from || !j->binding.present)
		return;
	m->put_back = !transfer(j, m->from, &err);
	if (m->put_back)
		vmdq_fail(&m->err, why.status, "%.350s; it is back with %s", why.text,
			  vmdq_backend_name(m->from));
	else
		vmdq_fail(&m->err, why.status, "%.200s; and it could not be put back to %s: %.200s",
			  why.text, vmdq_backend_name(m->from), err.text);
}

/* Waits until the backend has done what was asked for; what it cannot do is no failure */
static void settle(struct job *j)
{
	struct move *m = j->m;
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct vmdq_store store;

	if (m->to != VMDQ_BACKEND_VMDQ || vmdq_store_open(&store, &err))
		return;
	vmdq_store_read_vif(&store, m->vif.domid, m->vif.handle, &m->vif);
	/* writing what is there has it look again and answer */
	if (m->vif.connected && m->vif.assigned.pool &&
	    !vmdq_store_watch(&store, &m->vif, &err) &&
	    !vmdq_store_write(&store, &m->vif, VMDQ_XS_REQUEST_LEVEL,
			      vmdq_level_name(m->vif.request.level), &err) &&
	    vmdq_store_wait(&store, &m->vif, j->opt->timeout_ms, &err))
		m->no_pool = err;
	vmdq_store_close(&store);
}

/* Is the vif where it should be, with nothing owed? */
static bool settled_already(const struct job *j)
{
	const struct move *m = j->m;

	return m->from == m->to && j->device.has_hotplug_status &&
	       m->vif.ours == (m->to == VMDQ_BACKEND_VMDQ);
}

/**
 * move_vif() - have a backend serve a vif
 * @domid: its guest
 * @handle: its number
 * @to: the backend; VMDQ_BACKEND_NONE: the one that its script means
 * @opt: options
 * @move: what became of it
 *
 * A vif that is there already is left alone, unless its hotplug script was not
 * run since its driver took it, as when the driver's module was loaded again.
 *
 * Return: 0 or -1, and move->err says why.
 */
int move_vif(unsigned int domid, unsigned int handle, enum vmdq_backend to,
	     const struct options *opt, struct move *move)
{
	struct job j = { .m = move, .opt = opt };
	long long start;

	memset(move, 0, sizeof(*move));
	if (look(&j, domid, handle, to, &move->err))
		return -1;
	if (settled_already(&j))
		return 0;
	if (check(&j, &move->err))
		return -1;
	start = vmdq_clock_ms();
	if (transfer(&j, move->to, &move->err)) {
		put_back(&j);
		move->ms = (unsigned int)(vmdq_clock_ms() - start);
		return -1;
	}
	move->ms = (unsigned int)(vmdq_clock_ms() - start);
	move->moved = true;
	settle(&j);

	return 0;
}
