// SPDX-License-Identifier: GPL-2.0
/*
 * The lab's agent: runs commands in dom0 and in guests for tests/lab/channel.py
 *
 *   agent CHANNEL            serve the channel (a virtio port or a console)
 *   agent --relay TTY        copy stdin to TTY and TTY to stdout
 *
 * It is the last program of an image's /init and thus process 1: it reaps
 * whatever is orphaned. A channel carries frames, each a struct frame_header
 * and its payload; bytes between frames (a kernel message on a guest's console)
 * are skipped by both ends. Every command is a job with a number that the host
 * chose, so that many run at once.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAGIC 0x3ac5
#define FRAME_CHECK 0x5aa5c33cu
#define PAYLOAD_MAX 65536
#define JOBS_MAX 128
#define ESCAPE 0x10 /* on a console; what follows is a byte with ESCAPE_BIT flipped */
#define ESCAPE_BIT 0x40
#define SEED_BYTES 64
#define KLOG_SET_CONSOLE_LEVEL 8 /* syslog(2), SYSLOG_ACTION_CONSOLE_LEVEL */

enum frame_type {
	FRAME_EXEC = 1, /* payload: a shell command */
	FRAME_STDIN = 2, /* payload: bytes for the job's standard input */
	FRAME_STDIN_END = 3,
	FRAME_SIGNAL = 4, /* payload: int32, sent to the job's process group */
	FRAME_PING = 5,
	FRAME_PONG = 16,
	FRAME_STDOUT = 17,
	FRAME_STDERR = 18,
	FRAME_EXIT = 19, /* payload: int32, exit status or 128 + signal */
};

/* All fields little-endian, as the only machine this runs on has them. */
struct frame_header {
	uint16_t magic;
	uint8_t type;
	uint8_t zero;
	uint32_t job;
	uint32_t length;
	uint32_t check; /* type ^ job ^ length ^ FRAME_CHECK */
};

struct job {
	uint32_t id;
	pid_t pid; /* 0: slot is free */
	int in, out, err; /* -1: closed */
	char *pending; /* standard input not yet taken by the job */
	size_t pending_len;
	bool in_end;
	bool exited;
	int status;
};

static struct job jobs[JOBS_MAX];
static int channel;

static void die(const char *what)
{
	fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void set_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0) {
			struct pollfd pfd = { .fd = fd, .events = POLLOUT };

			if (errno == EAGAIN)
				poll(&pfd, 1, 1000);
			else if (errno != EINTR)
				return; /* nobody listens: the host is gone */
			continue;
		}
		p += n;
		len -= n;
	}
}

static void send_frame(enum frame_type type, uint32_t job, const void *data, uint32_t len)
{
	static char buf[sizeof(struct frame_header) + PAYLOAD_MAX];
	struct frame_header h = {
		.magic = FRAME_MAGIC,
		.type = type,
		.job = job,
		.length = len,
		.check = type ^ job ^ len ^ FRAME_CHECK,
	};

	memcpy(buf, &h, sizeof(h));
	if (len)
		memcpy(buf + sizeof(h), data, len);
	write_all(channel, buf, sizeof(h) + len);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static struct job *find_job(uint32_t id)
{
	for (int i = 0; i < JOBS_MAX; i++)
		if (jobs[i].pid && jobs[i].id == id)
			return &jobs[i];
	return NULL;
}

static void exec_shell(const char *command, int in, int out, int err)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	execl("/bin/bash", "bash", "-c", command, NULL);
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

static void start_job(uint32_t id, const char *command)
{
	struct job *job = NULL;
	int32_t failed = 126;
	int in[2], out[2], err[2];

	for (int i = 0; i < JOBS_MAX && !job; i++)
		if (!jobs[i].pid)
			job = &jobs[i];
	if (!job) {
		send_frame(FRAME_EXIT, id, &failed, sizeof(failed));
		return;
	}
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe");
	memset(job, 0, sizeof(*job));
	job->pid = fork();
	if (job->pid < 0) {
		job->pid = 0;
		send_frame(FRAME_EXIT, id, &failed, sizeof(failed));
	} else if (job->pid == 0) {
		exec_shell(command, in[0], out[1], err[1]);
	} else {
		job->id = id;
		job->in = in[1];
		job->out = out[0];
		job->err = err[0];
		set_nonblocking(job->in);
		set_nonblocking(job->out);
		set_nonblocking(job->err);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	if (!job->pid) {
		close(in[1]);
		close(out[0]);
		close(err[0]);
	}
}

/* Hand a job what it takes of its standard input without blocking. */
static void feed_job(struct job *job)
{
	while (job->in >= 0 && job->pending_len) {
		ssize_t n = write(job->in, job->pending, job->pending_len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			close_fd(&job->in);
			break;
		}
		job->pending_len -= n;
		memmove(job->pending, job->pending + n, job->pending_len);
	}
	if (job->in_end)
		close_fd(&job->in);
}

static void queue_stdin(struct job *job, const char *data, size_t len)
{
	char *grown = realloc(job->pending, job->pending_len + len);

	if (!grown)
		die("no memory");
	memcpy(grown + job->pending_len, data, len);
	job->pending = grown;
	job->pending_len += len;
	feed_job(job);
}

/* Forward what a job has printed. Ends at once when no more is there. */
static void drain(struct job *job, int *fd, enum frame_type type)
{
	char buf[4096];

	while (*fd >= 0) {
		ssize_t n = read(*fd, buf, sizeof(buf));

		if (n > 0) {
			send_frame(type, job->id, buf, n);
			if (!job->exited)
				return; /* let others have their turn */
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else {
			close_fd(fd);
		}
	}
}

/* A job ends with its shell, whatever it left running in the background. */
static void finish_job(struct job *job)
{
	int32_t status = WIFEXITED(job->status) ? WEXITSTATUS(job->status) :
						  128 + WTERMSIG(job->status);

	drain(job, &job->out, FRAME_STDOUT);
	drain(job, &job->err, FRAME_STDERR);
	send_frame(FRAME_EXIT, job->id, &status, sizeof(status));
	close_fd(&job->in);
	close_fd(&job->out);
	close_fd(&job->err);
	free(job->pending);
	memset(job, 0, sizeof(*job));
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < JOBS_MAX; i++) {
			if (jobs[i].pid != pid)
				continue;
			jobs[i].exited = true;
			jobs[i].status = status;
			finish_job(&jobs[i]);
		}
	}
}

static void handle_frame(const struct frame_header *h, char *payload)
{
	struct job *job = find_job(h->job);
	int32_t sig;

	switch (h->type) {
	case FRAME_EXEC:
		payload[h->length] = '\0';
		if (!job)
			start_job(h->job, payload);
		break;
	case FRAME_STDIN:
		if (job && job->in >= 0)
			queue_stdin(job, payload, h->length);
		break;
	case FRAME_STDIN_END:
		if (job) {
			job->in_end = true;
			feed_job(job);
		}
		break;
	case FRAME_SIGNAL:
		if (job && h->length == sizeof(sig)) {
			memcpy(&sig, payload, sizeof(sig));
			kill(-job->pid, sig);
		}
		break;
	case FRAME_PING:
		send_frame(FRAME_PONG, h->job, NULL, 0);
		break;
	}
}

/* Take whole frames out of the buffer; returns how many bytes stay. */
static size_t parse(char *buf, size_t have)
{
	size_t at = 0;

	while (have - at >= sizeof(struct frame_header)) {
		struct frame_header h;
		char saved;

		memcpy(&h, buf + at, sizeof(h));
		if (h.magic != FRAME_MAGIC || h.length > PAYLOAD_MAX ||
		    h.check != (h.type ^ h.job ^ h.length ^ FRAME_CHECK)) {
			at++;
			continue;
		}
		if (have - at < sizeof(h) + h.length)
			break;
		at += sizeof(h);
		/* handle_frame() ends the payload with a zero byte */
		saved = buf[at + h.length];
		handle_frame(&h, buf + at);
		buf[at + h.length] = saved;
		at += h.length;
	}
	memmove(buf, buf + at, have - at);
	return have - at;
}

static void make_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return; /* not a terminal: nothing to do */
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
}

/*
 * The kernel's console driver takes the byte 15 away (it is the SysRq key there),
 * so the host escapes it. Returns how many bytes stay.
 */
static size_t unescape(char *p, size_t len)
{
	static bool escaped;
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		if (!escaped && p[i] == ESCAPE) {
			escaped = true;
			continue;
		}
		p[out++] = escaped ? p[i] ^ ESCAPE_BIT : p[i];
		escaped = false;
	}
	return out;
}

/* A lab has no secrets, and a machine this idle would wait long for randomness. */
static void seed_random(void)
{
	struct {
		struct rand_pool_info info;
		uint8_t bytes[SEED_BYTES];
	} seed = { .info = { .entropy_count = SEED_BYTES * 8, .buf_size = SEED_BYTES } };
	int fd = open("/dev/random", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	clock_gettime(CLOCK_REALTIME, (struct timespec *)seed.bytes);
	ioctl(fd, RNDADDENTROPY, &seed);
	close(fd);
}

static int add_job_fds(struct pollfd *pfds)
{
	int n = 0;

	for (int i = 0; i < JOBS_MAX; i++) {
		struct job *job = &jobs[i];

		if (!job->pid)
			continue;
		if (job->out >= 0)
			pfds[n++] = (struct pollfd){ .fd = job->out, .events = POLLIN };
		if (job->err >= 0)
			pfds[n++] = (struct pollfd){ .fd = job->err, .events = POLLIN };
		if (job->in >= 0 && job->pending_len)
			pfds[n++] = (struct pollfd){ .fd = job->in, .events = POLLOUT };
	}
	return n;
}

static void __attribute__((noreturn)) serve(const char *path)
{
	static char buf[2 * (PAYLOAD_MAX + sizeof(struct frame_header)) + 1];
	struct pollfd pfds[2 + 3 * JOBS_MAX];
	struct signalfd_siginfo si;
	bool console;
	size_t have = 0;
	sigset_t chld;
	int sigfd;

	channel = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (channel < 0)
		die(path);
	seed_random();
	console = isatty(channel);
	if (console) /* only a panic may write between the frames */
		klogctl(KLOG_SET_CONSOLE_LEVEL, NULL, 1);
	make_raw(channel);
	set_nonblocking(channel);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
	send_frame(FRAME_PONG, 0, NULL, 0);

	for (;;) {
		int n;

		pfds[0] = (struct pollfd){ .fd = channel, .events = POLLIN };
		pfds[1] = (struct pollfd){ .fd = sigfd, .events = POLLIN };
		n = 2 + add_job_fds(pfds + 2);
		if (poll(pfds, n, -1) < 0 && errno != EINTR)
			die("poll");
		if (pfds[0].revents & POLLIN) {
			ssize_t got = read(channel, buf + have, sizeof(buf) - 1 - have);

			if (got > 0 && console)
				got = unescape(buf + have, got);
			if (got > 0)
				have = parse(buf, have + got);
		} else if (pfds[0].revents) {
			usleep(100000); /* the host end is not there (yet) */
		}
		for (int i = 0; i < JOBS_MAX; i++) {
			if (!jobs[i].pid)
				continue;
			drain(&jobs[i], &jobs[i].out, FRAME_STDOUT);
			drain(&jobs[i], &jobs[i].err, FRAME_STDERR);
			feed_job(&jobs[i]);
		}
		while (read(sigfd, &si, sizeof(si)) > 0)
			;
		reap();
	}
}

static int relay(const char *path)
{
	struct pollfd pfds[2] = { { .fd = 0, .events = POLLIN } };
	char buf[4096];
	ssize_t n;

	channel = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (channel < 0)
		die(path);
	make_raw(channel);
	pfds[1] = (struct pollfd){ .fd = channel, .events = POLLIN };
	for (;;) {
		if (poll(pfds, 2, -1) < 0)
			die("poll");
		if (pfds[1].revents) {
			n = read(channel, buf, sizeof(buf));
			if (n <= 0)
				return 0; /* the domain is gone */
			write_all(1, buf, n);
		}
		if (pfds[0].revents) {
			n = read(0, buf, sizeof(buf));
			if (n <= 0)
				return 0;
			write_all(channel, buf, n);
		}
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--relay"))
		return relay(argv[2]);
	if (argc == 2)
		serve(argv[1]);
	fprintf(stderr, "usage: agent CHANNEL | agent --relay TTY\n");
	return 2;
}
