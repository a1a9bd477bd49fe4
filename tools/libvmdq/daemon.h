/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is there a coordinator?  vmdqd holds a lock on a file as long as it lives, however
 * it ends.
 */
#ifndef VMDQ_DAEMON_H
#define VMDQ_DAEMON_H

#include <stdbool.h>

#define VMDQ_DAEMON_LOCK	"/run/vmdqd.lock"

int vmdq_daemon_lock(const char *path);
bool vmdq_daemon_running(void);

#endif /* VMDQ_DAEMON_H */
