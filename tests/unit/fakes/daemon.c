// SPDX-License-Identifier: GPL-2.0
/* Whether vmdqd runs, and the kernel's events, of which there are none */
#include "daemon.h"
#include "events.h"
#include "kernel_fake.h"

bool vmdq_daemon_running(void)
{
	return fake_kernel.coordinated;
}

int vmdq_events_open(struct vmdq_events *events)
{
	events->nl = NULL;

	return 0;
}

int vmdq_events_fd(const struct vmdq_events *events)
{
	(void)events;

	return -1;
}

bool vmdq_events_take(struct vmdq_events *events)
{
	(void)events;

	return false;
}

void vmdq_events_close(struct vmdq_events *events)
{
	(void)events;
}
