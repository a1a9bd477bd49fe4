// SPDX-License-Identifier: GPL-2.0
/*
 * vmdqctl on a machine that there is not, for tests of the program as a whole: guest "web"
 * on a bridge whose uplink is a port.  FAKE_WITHOUT names what is missing: "xen", "module",
 * "pool", "backend" (nobody answers).
 */
#include <stdlib.h>
#include <string.h>

#include "kernel_fake.h"
#include "vmdq_xenstore.h"
#include "xenstore_fake.h"

#define BACK	"backend/vif/1/0"

static bool without(const char *what)
{
	const char *missing = getenv("FAKE_WITHOUT");

	return missing && strstr(missing, what);
}

/* It serves what was asked as soon as that is written */
static void backend(const char *path)
{
	const char *level = fake_xs_get("vmdq/vif/1/0/request/level");

	if (strstr(path, "/error") || strstr(path, "/state") || !strstr(path, "vmdq/vif"))
		return;
	if (!level || !strcmp(level, VMDQ_XS_LEVEL_AUTO))
		level = VMDQ_XS_STATE_GRANT;
	fake_xs_set("vmdq/vif/1/0/state", fake_xs_get("vmdq/vif/1/0/assign") ?
		    level : VMDQ_XS_STATE_SOFTWARE);
}

static void add_guest(void)
{
	fake_xs_set(BACK "/mac", "00:16:3e:00:00:01");
	fake_xs_set(BACK "/bridge", "xenbr0");
	fake_xs_set(BACK "/script", "/etc/xen/scripts/vif-vmdq");
	fake_xs_set(BACK "/state", "4");
	fake_xs_set(BACK "/online", "1");
	fake_xs_set(BACK "/hotplug-status", "connected");
	fake_xs_set(BACK "/frontend", "/local/domain/1/device/vif/0");
	fake_xs_set("/local/domain/1/device/vif/0/state", "4");
	fake_xs_set("/local/domain/1/device/vif/0/multi-queue-num-queues", "2");
	fake_xs_set("/local/domain/1/name", "web");
}

/* Before main(), which is vmdqctl's own */
static void __attribute__((constructor)) furnish(void)
{
	fake_xs_reset();
	add_guest();
	fake_xs.absent = without("xen");
	if (!without("backend"))
		fake_xs.changed = backend;
	fake_kernel = (struct fake_kernel){
		.module = !without("module"), .n_ports = 1, .members = "vif1.0 eth0",
		.held = without("pool") ? 0xe : 0,
		.driver = VMDQ_BACKEND_VMDQ, .absent = VMDQ_BACKEND_COUNT,
		.fails = VMDQ_BACKEND_COUNT, .refuses = VMDQ_BACKEND_COUNT,
		.link = { .mtu = 1500, .up = true, .bridge = "xenbr0" },
	};
}
