// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "store_priv.h"
#include "vmdq_xenstore.h"

/* xenstored answers a new watch with one event at once; longer means it hangs */
#define FIRST_EVENT_MS	5000

/* Takes one watch event.  1: taken, 0: none until @deadline, -1: errno */
static int take_event(struct vmdq_store *store, long long deadline)
{
	struct pollfd fd = { .fd = xs_fileno(store->xs), .events = POLLIN };
	long long left;
	char **event;
	int n;

	for (;;) {
		event = xs_check_watch(store->xs);
		if (event) {
			free(event);
			return 1;
		}
		if (errno != EAGAIN)
			return -1;
		left = deadline - vmdq_clock_ms();
		if (left <= 0)
			return 0;
		n = poll(&fd, 1, (int)left);
		if (n < 0 && errno != EINTR)
			return -1;
	}
}

/**
 * vmdq_store_watch() - prepare to wait for a vif's state
 * @store: connection
 * @vif: the vif
 * @err: why not
 *
 * Called before the change whose effect will be waited for.
 */
int vmdq_store_watch(struct vmdq_store *store, const struct vmdq_vif *vif, struct vmdq_err *err)
{
	char path[VMDQ_STORE_PATH_SIZE];

	vmdq_store_path(store, path, VMDQ_XS_VIF "/%s", vif->domid, vif->handle, VMDQ_XS_STATE);
	if (!xs_watch(store->xs, path, "state") ||
	    take_event(store, vmdq_clock_ms() + FIRST_EVENT_MS) != 1)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot watch %s in xenstore: %s", path,
				 strerror(errno));

	return 0;
}

/**
 * vmdq_store_wait() - wait until the backend has done what was written
 * @store: connection on which vmdq_store_watch() was called
 * @vif: in: which; out: what xenstore says of it at the end
 * @timeout_ms: how long
 * @err: VMDQ_S_REFUSED, VMDQ_S_TIMEOUT, or VMDQ_S_NO_VIF when it went away
 *
 * The backend writes the state after each change that it has acted upon, so
 * only a state written since the change counts: the one before it may look
 * like the one that is wanted.
 */
int vmdq_store_wait(struct vmdq_store *store, struct vmdq_vif *vif, unsigned int timeout_ms,
		    struct vmdq_err *err)
{
	long long deadline = vmdq_clock_ms() + timeout_ms;
	int got;

	for (;;) {
		got = take_event(store, deadline);
		if (got < 0)
			return vmdq_fail(err, VMDQ_S_SYSTEM,
					 "lost the connection to xenstored: %s", strerror(errno));
		vmdq_store_read_vif(store, vif->domid, vif->handle, vif);
		if (!got)
			break;
		if (!vif->backend)
			return vmdq_fail(err, VMDQ_S_NO_VIF, "%s went away meanwhile",
					 vif->netdev);
		switch (vmdq_policy_progress(vif)) {
		case VMDQ_DONE:
			return 0;
		case VMDQ_REFUSED:
			return vmdq_fail(err, VMDQ_S_REFUSED, "%s is at level %s: %s", vif->netdev,
					 vmdq_vif_state_name(vif->state), vif->error[0] ?
					 vif->error : "the backend does not say why");
		case VMDQ_PENDING:
			break;
		}
	}

	return vmdq_fail(err, VMDQ_S_TIMEOUT,
			 "%s: the backend did not answer within %u.%u s and left it at '%s'; is the module vmdq_netback loaded? the kernel log (dmesg) may say more",
			 vif->netdev, timeout_ms / 1000, timeout_ms % 1000 / 100,
			 vmdq_vif_state_name(vif->state));
}

/* 1: as it shall be, 0: not yet, -1: it never will be */
static int device_ready(const struct vmdq_device *device, const struct vmdq_vif *vif,
			struct vmdq_err *err)
{
	if (!device->online)
		return vmdq_fail(err, VMDQ_S_NO_VIF, "%s went away meanwhile", vif->netdev);
	if (device->hotplug_error[0])
		return vmdq_fail(err, VMDQ_S_REFUSED, "the hotplug script of %s complains: %s",
				 vif->netdev, device->hotplug_error);
	if (device->frontend == VMDQ_XENBUS_CONNECTED && device->backend > VMDQ_XENBUS_CONNECTED &&
	    device->backend != VMDQ_XENBUS_RECONFIGURED)
		return vmdq_fail(err, VMDQ_S_REFUSED,
				 "the backend gave up on %s (state %u); the kernel log (dmesg) says why",
				 vif->netdev, device->backend);
	return !strcmp(device->hotplug_status, "connected") &&
	       (device->frontend != VMDQ_XENBUS_CONNECTED ||
		device->backend >= VMDQ_XENBUS_CONNECTED);
}

/**
 * vmdq_store_wait_device() - wait until a vif serves its guest
 * @store: connection, on which nothing is watched and nothing will be
 * @vif: which
 * @timeout_ms: how long
 * @err: VMDQ_S_REFUSED, VMDQ_S_TIMEOUT, or VMDQ_S_NO_VIF when it went away
 *
 * It does when its hotplug script is done and, if the guest is connected, our
 * end is, too.
 */
int vmdq_store_wait_device(struct vmdq_store *store, const struct vmdq_vif *vif,
			   unsigned int timeout_ms, struct vmdq_err *err)
{
	long long deadline = vmdq_clock_ms() + timeout_ms;
	char path[VMDQ_STORE_PATH_SIZE];
	struct vmdq_device device;
	int rc;

	vmdq_store_path(store, path, VMDQ_XS_BE, vif->domid, vif->handle);
	if (!xs_watch(store->xs, path, "device"))
		return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot watch %s in xenstore: %s", path,
				 strerror(errno));
	for (;;) {
		rc = take_event(store, deadline);
		if (rc < 0)
			return vmdq_fail(err, VMDQ_S_SYSTEM,
					 "lost the connection to xenstored: %s", strerror(errno));
		vmdq_store_read_device(store, vif, &device);
		if (!rc)
			return vmdq_fail(err, VMDQ_S_TIMEOUT,
					 "%s did not come up: hotplug-status \"%s\", backend in state %u, guest in state %u",
					 vif->netdev, device.hotplug_status, device.backend,
					 device.frontend);
		rc = device_ready(&device, vif, err);
		if (rc)
			return rc < 0 ? -1 : 0;
	}
}

/**
 * vmdq_store_wait_assigned() - wait until the coordinator has given a vif a pool
 * @store: connection, on which nothing is watched and nothing will be
 * @vif: in: which; out: what xenstore says of it at the end
 * @timeout_ms: how long
 * @err: VMDQ_S_NO_POOL, or VMDQ_S_SYSTEM
 */
int vmdq_store_wait_assigned(struct vmdq_store *store, struct vmdq_vif *vif,
			     unsigned int timeout_ms, struct vmdq_err *err)
{
	long long deadline = vmdq_clock_ms() + timeout_ms;
	char path[VMDQ_STORE_PATH_SIZE];
	int got = 1;

	vmdq_store_path(store, path, VMDQ_XS_VIF "/%s", vif->domid, vif->handle, VMDQ_XS_ASSIGN);
	if (!xs_watch(store->xs, path, "assign"))
		return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot watch %s in xenstore: %s", path,
				 strerror(errno));
	while (got > 0) {
		got = take_event(store, deadline);
		if (got < 0)
			return vmdq_fail(err, VMDQ_S_SYSTEM,
					 "lost the connection to xenstored: %s", strerror(errno));
		vmdq_store_read_vif(store, vif->domid, vif->handle, vif);
		if (vif->assigned.pool)
			return 0;
	}

	return vmdq_fail(err, VMDQ_S_NO_POOL, "%s: vmdqd has found no pool for it", vif->netdev);
}
