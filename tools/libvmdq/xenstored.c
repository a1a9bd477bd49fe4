// SPDX-License-Identifier: GPL-2.0
/*
 * Is there a xenstored that answers?  libxenstore waits for one without end: where nobody
 * listens at the socket it goes by the kernel, which waits for one that is gone, too.
 */
#include "xenstored.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

/* Return: a connection, or -1 with errno set. */
static int connect_socket(const char *path, unsigned int timeout_ms)
{
	struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd, saved;

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(to.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* One that stands still accepts no more than some connections. */
	if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) &&
	    !connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	saved = errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = saved;

	return -1;
}

/* Any question will do, and any answer.  Return: false with errno set. */
static bool ask(int fd, unsigned int timeout_ms)
{
	const struct {
		struct xsd_sockmsg head;
		char path[sizeof("domid")];
	} __attribute__((packed)) question = {
		{ .type = XS_READ, .len = sizeof("domid") }, "domid",
	};
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	ssize_t n = send(fd, &question, sizeof(question), MSG_NOSIGNAL);
	char first;

	if (n < 0 && errno == ENOTSOCK)
		n = write(fd, &question, sizeof(question));
	if (n != sizeof(question))
		return false;
	switch (poll(&answer, 1, (int)timeout_ms)) {
	case -1:
		return false;
	case 0:
		errno = ETIMEDOUT;
		return false;
	}
	/* It may have gone instead. */
	errno = ECONNRESET;

	return read(fd, &first, 1) == 1;
}

/**
 * vmdq_xenstored_answers() - does xenstored, by the way that libxenstore would take?
 * @xenstored: the ways
 * @timeout_ms: so long it may take
 *
 * Return: false with errno set; true also where no way is there at all, which libxenstore
 * says at once.
 */
bool vmdq_xenstored_answers(struct vmdq_xenstored *xenstored, unsigned int timeout_ms)
{
	int fd = connect_socket(xenstored->socket, timeout_ms);
	bool answers;
	int saved;

	/* A socket where nobody listens was left by a process that is gone. */
	if (fd >= 0 || (errno != ENOENT && errno != EACCES))
		xenstored->had_socket = true;
	if (fd < 0) {
		if (xenstored->had_socket)
			return false;
		fd = open(xenstored->device, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return true;
	}
	answers = ask(fd, timeout_ms);
	saved = errno;
	close(fd);
	errno = saved;

	return answers;
}
