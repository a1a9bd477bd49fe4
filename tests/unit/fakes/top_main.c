// SPDX-License-Identifier: GPL-2.0
/*
 * vmdqtop on a machine that there is not, for tests that look at its screen: guest "web"
 * has a pool, and FAKE_VIFS (0) more guests have none.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../../tools/vmdqtop/vmdqtop.h"
#include "kernel_fake.h"
#include "xenstore_fake.h"

static void add_vif(unsigned int domid, const char *name, const char *state)
{
	char path[64];

	snprintf(path, sizeof(path), "backend/vif/%u/0/script", domid);
	fake_xs_set(path, "vif-vmdq");
	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	fake_xs_set(path, name);
	snprintf(path, sizeof(path), "vmdq/vif/%u/0/state", domid);
	fake_xs_set(path, state);
}

int main(int argc, char **argv)
{
	const char *wanted = getenv("FAKE_VIFS");
	unsigned int i, n = wanted ? (unsigned int)strtoul(wanted, NULL, 10) : 0;
	char name[16];

	fake_xs_reset();
	add_vif(1, "web", "grant");
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "more%02u", i);
		add_vif(10 + i, name, "software");
	}
	fake_kernel = (struct fake_kernel){
		.module = true, .n_ports = 1, .held = 1u << 1, .owner = "vif1.0", .dropped = 9,
	};

	return top_main(argc, argv);
}
