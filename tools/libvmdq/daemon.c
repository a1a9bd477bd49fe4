// SPDX-License-Identifier: GPL-2.0
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The whole file, for as long as this description of it is open: fcntl(2) */
static struct flock whole(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

/**
 * vmdq_daemon_lock() - become the coordinator
 * @path: the file
 *
 * Return: a descriptor, to be kept open for life, or -1 with errno set:
 * EAGAIN, there is one already.
 */
int vmdq_daemon_lock(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), saved;
	struct flock lock = whole();

	if (fd < 0)
		return -1;
	if (!fcntl(fd, F_OFD_SETLK, &lock))
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
	struct flock lock = whole();
	bool running;

	if (fd < 0)
		return false;
	/* asks only: nobody is kept from becoming the coordinator meanwhile */
	running = !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
	close(fd);

	return running;
}
