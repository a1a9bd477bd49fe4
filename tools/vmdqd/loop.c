// SPDX-License-Identifier: GPL-2.0
/*
 * The main loop: xenstored and the kernel tell when something changes; a timer has
 * loads sampled, and all looked at again in case that something went unheard.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "clock.h"
#include "conf.h"
#include "events.h"
#include "vmdqd.h"

/* News mostly come in numbers: this long after the first all of them are looked at */
#define SETTLE_MS	20
/* A look is followed by a pause of so many times what it took: whoever makes news without
 * end, as a guest can by connecting again and again, gets a part of a CPU and no more.  Where
 * a look takes long the machine is slow, and a vif that requires a pool waits for the next.
 */
#define PAUSE		3
#define PAUSE_MAX_MS	1000

/**
 * struct loop - what is waited for
 * @c: the coordinator
 * @events: the kernel
 * @signals: a signalfd
 * @tick: a timerfd, every PLAN_SAMPLE_MS
 * @settle: a timerfd, SETTLE_MS after news
 * @connected: to xenstored
 * @pending: @settle runs
 * @reload: a signal said so, and it is not done yet
 * @stop: a signal said so
 * @paused_until: no look before that, but for one that the timer wants
 */
struct loop {
	struct coordinator *c;
	struct vmdq_events events;
	int signals;
	int tick;
	int settle;
	bool connected;
	bool pending;
	bool reload;
	bool stop;
	long long paused_until;
};

static long long now_ms(void)
{
	/* 0 stands for never */
	return vmdq_clock_ms() + 1;
}

/* sd_notify(3), without its library */
static void notify_systemd(const char *state)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len;
	int fd;

	if (!path || (*path != '/' && *path != '@'))
		return;
	len = strlen(path);
	if (len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

static void arm(int fd, unsigned int first_ms, unsigned int interval_ms)
{
	const struct itimerspec spec = {
		.it_value = { first_ms / 1000, first_ms % 1000 * 1000000L },
		.it_interval = { interval_ms / 1000, interval_ms % 1000 * 1000000L },
	};

	timerfd_settime(fd, 0, &spec, NULL);
}

static void look_soon(struct loop *l)
{
	long long wait = l->paused_until - now_ms();

	if (!l->pending)
		arm(l->settle, wait > SETTLE_MS ? (unsigned int)wait : SETTLE_MS, 0);
	l->pending = true;
}

static void disconnect(struct loop *l)
{
	if (l->connected)
		say(LOG_ERR, "lost xenstored; pools stay as they are until it is back");
	vmdq_store_close(&l->c->store);
	l->connected = false;
}

/* Silent about a xenstored that is still not there */
static void connect_store(struct loop *l, bool complain)
{
	struct vmdq_err err;

	if (vmdq_store_open(&l->c->store, &err)) {
		if (complain)
			say(LOG_WARNING, "%s; trying again", err.text);
		return;
	}
	if (vmdq_store_follow(&l->c->store, &err)) {
		if (complain)
			say(LOG_WARNING, "%s; trying again", err.text);
		vmdq_store_close(&l->c->store);
		return;
	}
	l->connected = true;
	say(LOG_INFO, "connected to xenstored");
	look_soon(l);
}

static void look(struct loop *l)
{
	long long began = now_ms(), ended, pause;

	l->pending = false;
	if (l->connected && l->reload)
		l->reload = !reload(l->c, began, VMDQ_CONF_PATH);
	if (l->connected && coordinate(l->c, began) == DISCONNECTED)
		disconnect(l);
	ended = now_ms();
	pause = PAUSE * (ended - began);
	l->paused_until = ended + (pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
}

static void take_timer(int fd)
{
	uint64_t expired;

	if (read(fd, &expired, sizeof(expired)) < 0 && errno != EAGAIN)
		say(LOG_ERR, "a timer: %s", strerror(errno));
}

static void on_tick(struct loop *l)
{
	if (!l->connected) {
		connect_store(l, false);
		return;
	}
	/* libxenstore does not tell of a connection that ends while nothing is asked */
	if (!vmdq_store_alive(&l->c->store)) {
		disconnect(l);
		return;
	}
	sample_loads(l->c, now_ms());
	look(l);
}

static void on_signal(struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGHUP) {
		l->stop = true;
	} else {
		/* by the next look at which xenstored answers */
		l->reload = true;
		look_soon(l);
	}
}

static void one_round(struct loop *l)
{
	struct pollfd fds[] = {
		{ .fd = l->signals, .events = POLLIN },
		{ .fd = l->tick, .events = POLLIN },
		{ .fd = l->settle, .events = POLLIN },
		{ .fd = vmdq_events_fd(&l->events), .events = POLLIN },
		{ .fd = l->connected ? xs_fileno(l->c->store.xs) : -1, .events = POLLIN },
	};
	int news;

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return;
	if (fds[0].revents)
		on_signal(l);
	if (fds[4].revents) {
		news = vmdq_store_news(&l->c->store);
		if (news < 0)
			disconnect(l);
		else if (news)
			look_soon(l);
	}
	if (fds[3].revents && vmdq_events_take(&l->events))
		look_soon(l);
	if (fds[1].revents) {
		take_timer(l->tick);
		on_tick(l);
	}
	if (fds[2].revents) {
		take_timer(l->settle);
		look(l);
	}
}

static int loop_open(struct loop *l)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* before xenstore's library makes a thread, which inherits that */
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	l->tick = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	l->settle = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->signals < 0 || l->tick < 0 || l->settle < 0 || vmdq_events_open(&l->events)) {
		say(LOG_ERR, "cannot wait for events: %s", strerror(errno));
		return -1;
	}
	arm(l->tick, PLAN_SAMPLE_MS, PLAN_SAMPLE_MS);

	return 0;
}

/**
 * loop() - coordinate until told to stop
 * @c: the coordinator
 *
 * What is assigned then stays assigned.  Return: exit status.
 */
int loop(struct coordinator *c)
{
	struct loop l = { .c = c, .signals = -1, .tick = -1, .settle = -1 };
	int rc = VMDQ_S_SYSTEM;

	if (!loop_open(&l)) {
		connect_store(&l, true);
		look(&l);
		notify_systemd("READY=1");
		while (!l.stop)
			one_round(&l);
		notify_systemd("STOPPING=1");
		rc = VMDQ_S_OK;
	}
	vmdq_store_close(&c->store);
	vmdq_events_close(&l.events);
	if (l.signals >= 0)
		close(l.signals);
	if (l.tick >= 0)
		close(l.tick);
	if (l.settle >= 0)
		close(l.settle);

	return rc;
}
