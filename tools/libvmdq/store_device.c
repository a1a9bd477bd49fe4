// SPDX-License-Identifier: GPL-2.0
/* A vif's two ends in xenstore: what xl, the scripts, the kernel and the guest wrote */
#include <stdio.h>
#include <string.h>

#include "store_priv.h"
#include "vmdq_xenstore.h"

#define SCRIPT_DIR	"/etc/xen/scripts"

/* Where one end of the vif has its nodes */
struct end {
	struct vmdq_store *store;
	char dir[VMDQ_STORE_PATH_SIZE];
};

static int get(const struct end *end, const char *node, char *value, size_t size)
{
	char path[2 * VMDQ_STORE_PATH_SIZE];

	*value = '\0';
	snprintf(path, sizeof(path), "%s/%s", end->dir, node);

	return vmdq_store_get(end->store, value, size, path);
}

static unsigned int get_uint(const struct end *end, const char *node, unsigned int absent)
{
	unsigned int value = absent;
	char text[16];

	if (!get(end, node, text, sizeof(text)))
		vmdq_parse_uint(text, &value);

	return value;
}

/**
 * vmdq_store_read_device() - read both ends of a vif
 * @store: connection
 * @vif: the vif
 * @device: result; what is absent is empty or 0
 */
void vmdq_store_read_device(struct vmdq_store *store, const struct vmdq_vif *vif,
			    struct vmdq_device *device)
{
	struct end back = { .store = store }, front = { .store = store };
	char script[200];

	memset(device, 0, sizeof(*device));
	vmdq_store_path(store, back.dir, VMDQ_XS_BE, vif->domid, vif->handle);
	if (!get(&back, VMDQ_XS_BE_SCRIPT, script, sizeof(script)))
		snprintf(device->script, sizeof(device->script), "%s%s%s",
			 *script == '/' ? "" : SCRIPT_DIR, *script == '/' ? "" : "/", script);
	get(&back, VMDQ_XS_BE_VIFNAME, device->vifname, sizeof(device->vifname));
	device->has_hotplug_status = !get(&back, VMDQ_XS_BE_HOTPLUG_STATUS, device->hotplug_status,
					  sizeof(device->hotplug_status));
	get(&back, VMDQ_XS_BE_HOTPLUG_ERROR, device->hotplug_error, sizeof(device->hotplug_error));
	device->online = get_uint(&back, VMDQ_XS_BE_ONLINE, 0) == 1;
	device->backend = get_uint(&back, VMDQ_XS_BE_STATE, VMDQ_XENBUS_UNKNOWN);
	if (get(&back, VMDQ_XS_BE_FRONTEND, front.dir, sizeof(front.dir)))
		return;
	device->frontend = get_uint(&front, VMDQ_XS_FE_STATE, VMDQ_XENBUS_UNKNOWN);
	device->n_queues = get_uint(&front, VMDQ_XS_FE_NUM_QUEUES, 1);
	device->headroom = get_uint(&front, VMDQ_XS_FE_XDP_HEADROOM, 0);
}
