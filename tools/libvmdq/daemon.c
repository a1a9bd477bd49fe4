// SPDX-License-Identifier: GPL-2.0
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

/**
 * vmdq_daemon_lock() - become the coordinator
 * @path: the file
 *
 * Return: a descriptor, to be kept open for life, or -1 with errno set:
 * EWOULDBLOCK, there is one already.
 */
int vmdq_daemon_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), saved;

	if (fd < 0)
		return -1;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;

	return -1;
}

/** vmdq_daemon_running() - is there a coordinator?  Not known without the right to ask: no. */
bool vmdq_daemon_running(void)
{
	int fd = open(VMDQ_DAEMON_LOCK, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool running;

	if (fd < 0)
		return false;
	/* shared, so that two who ask at once do not take one another for it */
	running = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);

	return running;
}
