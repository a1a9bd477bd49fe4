// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that a xenstored that is gone or stands still is told from one that answers, in the
 * time that is given.  A socket or a FIFO of the test's own stands where xenstored would.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#include "clock.h"
#include "suite.h"
#include "xenstored.h"

#define SHORT_MS	100
#define LONG_MS		60000

static char dir[32];
static char path_of_socket[64], path_of_device[64];
static struct vmdq_xenstored xenstored;

static void setup(void)
{
	strcpy(dir, "/tmp/vmdq-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path_of_socket, sizeof(path_of_socket), "%s/socket", dir);
	snprintf(path_of_device, sizeof(path_of_device), "%s/xenbus", dir);
	xenstored = (struct vmdq_xenstored){ path_of_socket, path_of_device, false };
}

static void teardown(void)
{
	unlink(path_of_socket);
	unlink(path_of_device);
	rmdir(dir);
}

static int listen_there(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path_of_socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);

	return fd;
}

/* What is asked is a whole message, and is answered with one. */
static void *answer_one(void *listening)
{
	struct { struct xsd_sockmsg head; char path[16]; } got;
	int fd = accept(*(int *)listening, NULL, NULL);

	ck_assert_int_eq(read(fd, &got, sizeof(got)), sizeof(got.head) + sizeof("domid"));
	ck_assert_uint_eq(got.head.type, XS_READ);
	ck_assert_uint_eq(got.head.len, sizeof("domid"));
	ck_assert_str_eq(got.path, "domid");
	got.head.len = 1;
	got.path[0] = '0';
	ck_assert_int_eq(write(fd, &got, sizeof(got.head) + 1), sizeof(got.head) + 1);
	close(fd);

	return NULL;
}

START_TEST(one_that_answers)
{
	int listening = listen_there();
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, answer_one, &listening), 0);
	ck_assert(vmdq_xenstored_answers(&xenstored, LONG_MS));
	pthread_join(thread, NULL);
	close(listening);
}

/* Ends when it is asked, or before */
static void *hang_up(void *listening)
{
	int fd = accept(*(int *)listening, NULL, NULL);

	close(*(int *)listening);
	close(fd);

	return NULL;
}

START_TEST(one_that_ends)
{
	int listening = listen_there();
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, hang_up, &listening), 0);
	ck_assert(!vmdq_xenstored_answers(&xenstored, LONG_MS));
	ck_assert(errno == ECONNRESET || errno == EPIPE);
	pthread_join(thread, NULL);
}

START_TEST(one_that_stands_still)
{
	int listening = listen_there(), n;
	long long began;

	/* Its first connections it seems to take, later ones not. */
	for (n = 0; n < 4; n++) {
		began = vmdq_clock_ms();
		ck_assert(!vmdq_xenstored_answers(&xenstored, SHORT_MS));
		ck_assert_int_eq(errno, ETIMEDOUT);
		ck_assert_int_ge(vmdq_clock_ms() - began, SHORT_MS);
		ck_assert_int_lt(vmdq_clock_ms() - began, LONG_MS);
	}
	close(listening);
}

START_TEST(one_that_was_killed)
{
	close(listen_there());
	ck_assert(!vmdq_xenstored_answers(&xenstored, LONG_MS));
	ck_assert_int_eq(errno, ECONNREFUSED);
	/* Its socket may be removed, too.  The kernel, who would wait for it, is not asked: a
	 * FIFO answers, see below.
	 */
	ck_assert_int_eq(mkfifo(path_of_device, 0600), 0);
	unlink(path_of_socket);
	ck_assert(!vmdq_xenstored_answers(&xenstored, LONG_MS));
	ck_assert_int_eq(errno, ENOENT);
}

START_TEST(one_of_another_domain)
{
	ck_assert_int_eq(mkfifo(path_of_device, 0600), 0);
	/* Who opens a FIFO both ways reads what it wrote. */
	ck_assert(vmdq_xenstored_answers(&xenstored, LONG_MS));
}

START_TEST(none_at_all)
{
	ck_assert(vmdq_xenstored_answers(&xenstored, SHORT_MS));
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("xenstored");

	unit_case_with(s, "answers", setup, teardown, one_that_answers);
	unit_case_with(s, "ends", setup, teardown, one_that_ends);
	unit_case_with(s, "stands still", setup, teardown, one_that_stands_still);
	unit_case_with(s, "killed", setup, teardown, one_that_was_killed);
	unit_case_with(s, "another domain", setup, teardown, one_of_another_domain);
	unit_case_with(s, "none", setup, teardown, none_at_all);

	return s;
}
