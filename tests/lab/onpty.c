// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a program on a terminal of its own, whose other end is standard input and output:
 * for tests of programs that draw a screen, in dom0 and here.
 *
 *   onpty ROWSxCOLUMNS PROGRAM [ARGUMENT...]
 *
 * On standard input a byte 0 and two more are no keys but a new size: rows, columns.
 * Ends with the program's exit status, 128 + its signal, or 127 if it does not start.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK 4096

static int terminal;
static unsigned char order[3]; /* a new size that has come in part */
static unsigned int order_len;

static void die(const char *what)
{
	fprintf(stderr, "onpty: %s: %s\n", what, strerror(errno));
	exit(127);
}

static void set_size(unsigned int rows, unsigned int columns)
{
	struct winsize size = {
		.ws_row = (unsigned short)rows,
		.ws_col = (unsigned short)columns,
	};

	if (ioctl(terminal, TIOCSWINSZ, &size))
		die("size of the terminal");
}

static void write_all(int fd, const unsigned char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* who should read it has gone */
		data += n;
		len -= (size_t)n;
	}
}

/* Keys go to the program; an order is carried out. */
static void take(const unsigned char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!order_len && data[i]) {
			write_all(terminal, data + i, 1);
			continue;
		}
		order[order_len++] = data[i];
		if (order_len < sizeof(order))
			continue;
		set_size(order[1], order[2]);
		order_len = 0;
	}
}

/* Until the program has closed the terminal */
static void relay(void)
{
	struct pollfd fd[2] = {
		{ .fd = terminal, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	unsigned char data[CHUNK];
	ssize_t n;

	for (;;) {
		if (poll(fd, 2, -1) < 0 && errno != EINTR)
			die("poll");
		if (fd[0].revents) {
			n = read(terminal, data, sizeof(data));
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return;
			write_all(STDOUT_FILENO, data, (size_t)n);
		}
		if (fd[1].revents) {
			n = read(STDIN_FILENO, data, sizeof(data));
			if (n <= 0)
				fd[1].fd = -1;
			else
				take(data, (size_t)n);
		}
	}
}

static void __attribute__((noreturn)) run(const char *path, char **argv)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM };
	unsigned int i;
	sigset_t none;
	int fd;

	/* as a login would have them: what a shell started aside has SIGINT ignored */
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	fd = open(path, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0))
		die(path);
	dup2(fd, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	close(terminal);
	execvp(argv[0], argv);
	die(argv[0]);
	_exit(127);
}

int main(int argc, char **argv)
{
	unsigned int rows, columns;
	int status;
	pid_t pid;

	if (argc < 3 || sscanf(argv[1], "%ux%u", &rows, &columns) != 2) {
		fprintf(stderr, "usage: onpty ROWSxCOLUMNS PROGRAM [ARGUMENT...]\n");
		return 127;
	}
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		die("no terminal");
	set_size(rows, columns);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		run(ptsname(terminal), argv + 2);
	relay();
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
