// SPDX-License-Identifier: GPL-2.0
/* The xen-backend bus with the vif 1/0, and what its drivers and script do in xenstore;
 * beside it there may be 2/0, which stays as it is.
 */
#include <string.h>

#include "kernel_fake.h"
#include "parse.h"
#include "xenbus.h"
#include "xenstore_fake.h"

#define BACK	"backend/vif/1/0"

static void note(char what)
{
	size_t n = strlen(fake_kernel.done);

	if (n + 1 < sizeof(fake_kernel.done))
		fake_kernel.done[n] = what;
}

void vmdq_binding_load(unsigned int domid, unsigned int handle, struct vmdq_binding *binding)
{
	memset(binding, 0, sizeof(*binding));
	if (domid == 2 && !handle && fake_kernel.second) {
		binding->present = true;
		binding->backend = fake_kernel.second;
		strcpy(binding->device, "vif-2-0");
		strcpy(binding->netdev, "vif2.0");
		return;
	}
	binding->present = domid == 1 && !handle;
	strcpy(binding->device, "vif-1-0");
	if (!binding->present)
		return;
	binding->backend = fake_kernel.driver;
	if (fake_kernel.driver)
		strcpy(binding->netdev, "vif1.0");
}

int vmdq_driver_unbind(const struct vmdq_binding *binding, struct vmdq_err *err)
{
	(void)err;
	(void)binding;
	note('u');
	fake_kernel.driver = VMDQ_BACKEND_NONE;
	fake_xs_set(BACK "/hotplug-status", NULL);

	return 0;
}

int vmdq_driver_bind(const struct vmdq_binding *binding, enum vmdq_backend backend,
		     struct vmdq_err *err)
{
	(void)binding;
	note('b');
	if (backend == fake_kernel.refuses)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "the driver refuses");
	fake_kernel.driver = backend;
	fake_kernel.link = (struct vmdq_link){ .mtu = 1500 };
	fake_xs_set(BACK "/state", "2");

	return 0;
}

bool vmdq_driver_loaded(enum vmdq_backend backend)
{
	return backend != fake_kernel.absent;
}

unsigned int vmdq_driver_max_queues(enum vmdq_backend backend)
{
	return backend == VMDQ_BACKEND_STOCK ? fake_kernel.max_queues : 8;
}

bool vmdq_dom0_is_pv(void)
{
	return !fake_kernel.pvh;
}

int vmdq_hotplug_run(const char *script, const struct vmdq_vif *vif, unsigned int timeout_ms,
		     struct vmdq_err *err)
{
	(void)timeout_ms;
	note('s');
	if (fake_kernel.driver == fake_kernel.fails && vif->domid == 1)
		return vmdq_fail(err, VMDQ_S_REFUSED, "%s online failed", script);
	/* as vif-bridge: by its own lights */
	fake_kernel.link = (struct vmdq_link){ .mtu = 1500, .up = true, .bridge = "xenbr0" };
	fake_xs_set(BACK "/hotplug-status", "connected");
	fake_xs_set(BACK "/state", "4");

	return 0;
}
