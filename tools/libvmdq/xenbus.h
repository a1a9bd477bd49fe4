/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which driver serves a vif, as the kernel's xen-backend bus has it, and what
 * it takes to give it another: unbind, bind, the hotplug script.
 */
#ifndef VMDQ_XENBUS_H
#define VMDQ_XENBUS_H

#include <net/if.h>
#include <stdbool.h>

#include "error.h"
#include "model.h"

/**
 * struct vmdq_binding - what the kernel has of a vif
 * @device: its name on the bus, "vif-3-0"
 * @present: the bus has it
 * @backend: whose driver is bound; VMDQ_BACKEND_NONE: no driver is, or an unknown one
 * @netdev: its network interface, whatever it is called now; "" without a driver
 */
struct vmdq_binding {
	char device[32];
	bool present;
	enum vmdq_backend backend;
	char netdev[IFNAMSIZ];
};

void vmdq_binding_load(unsigned int domid, unsigned int handle, struct vmdq_binding *binding);
int vmdq_driver_unbind(const struct vmdq_binding *binding, struct vmdq_err *err);
int vmdq_driver_bind(const struct vmdq_binding *binding, enum vmdq_backend backend,
		     struct vmdq_err *err);
bool vmdq_driver_loaded(enum vmdq_backend backend);
unsigned int vmdq_driver_max_queues(enum vmdq_backend backend);
bool vmdq_dom0_is_pv(void);

int vmdq_hotplug_run(const char *script, const struct vmdq_vif *vif, unsigned int timeout_ms,
		     struct vmdq_err *err);

#endif /* VMDQ_XENBUS_H */
