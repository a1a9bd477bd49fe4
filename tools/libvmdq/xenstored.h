/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMDQ_XENSTORED_H
#define VMDQ_XENSTORED_H

#include <stdbool.h>

/**
 * struct vmdq_xenstored - the ways to xenstored
 * @socket: where it listens if it is a process of this domain
 * @device: the kernel's way to it, wherever it is
 * @had_socket: it is such a process
 */
struct vmdq_xenstored {
	const char *socket;
	const char *device;
	bool had_socket;
};

bool vmdq_xenstored_answers(struct vmdq_xenstored *xenstored, unsigned int timeout_ms);

#endif /* VMDQ_XENSTORED_H */
