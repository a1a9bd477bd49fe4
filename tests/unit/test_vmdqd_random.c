// SPDX-License-Identifier: GPL-2.0
/*
 * Shows that vmdqd comes to a right end whatever happens meanwhile: domains come and
 * go, ports vanish and are drained, anything is written into its part of xenstore, the
 * backend is late, and it is killed at random moments.  In the end kernel and xenstore
 * agree, no pool has two vifs and none is lost.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/machine.h"
#include "fakes/xenstore_fake.h"
#include "suite.h"
#include "vmdqd.h"

#define EVENTS	150
#define VIFS	12

static struct coordinator c;
static long long now;

static unsigned int any(unsigned int n)
{
	return (unsigned int)rand() % n;
}

static void start(void)
{
	struct vmdq_err err;

	memset(&c, 0, sizeof(c));
	ck_assert_int_eq(vmdq_store_open(&c.store, &err), 0);
}

static void stop(void)
{
	vmdq_store_close(&c.store);
	coordinator_free(&c);
	fake_xs.lost = false;
	fake_xs.die_after = 0;
}

/* Anybody with the right to do so writes anything */
static void scribble(void)
{
	static const char * const nodes[] = {
		"assign", "error", "state", "request", "request/mode", "request/level",
		"request/port", "request/pool", "request/priority", "request/hold",
		"request/bridge", "request/backend", "request/hold/below", "nonsense",
	};
	static const char * const values[] = {
		"", "1", "0", "-1", "4294967295", "99999999999999999999", "none", "auto", "off",
		"required", "software", "grant", "stock", "vmdq", "xenbr0", "nowhere", "%s%n",
		"0000:00:03.0", "0000:00:04.0", "0000:00:03.0/1", "0000:00:03.0/2",
		"0000:00:03.0/7", "0000:00:04.0/3", "0000:00:03.0/8", "0000:00:03.0/63",
		"0000:00:03.0/64", "0000:00:09.0/1", "0000:00:09.0/70", "a/b/c", "/",
		"a value that is so long that nothing which is meant to be there would ever be as long as it, and then some more of the same kind",
	};
	char path[64];

	snprintf(path, sizeof(path), "vmdq/vif/%u/0/%s", 1 + any(VIFS),
		 nodes[any(sizeof(nodes) / sizeof(nodes[0]))]);
	fake_xs_set(path, any(4) ? values[any(sizeof(values) / sizeof(values[0]))] : NULL);
}

static void drain(unsigned int port, bool on)
{
	char path[64];

	snprintf(path, sizeof(path), "vmdq/port/0000-00-0%u-0/drain", port + 3);
	fake_xs_set(path, on ? "1" : NULL);
}

static void something(void)
{
	static const char * const requests[] = {
		"", "", "priority=1", "priority=2", "mode=required", "pool=3", "level=copy",
	};
	unsigned int domid = 1 + any(VIFS), port = any(MACHINE_PORTS);

	switch (any(10)) {
	case 0:
	case 1:
		machine_add(domid, requests[any(sizeof(requests) / sizeof(requests[0]))]);
		break;
	case 2:
		machine_remove(domid);
		break;
	case 3:
		machine.present[port] = any(3);
		break;
	case 4:
		machine.down[port] = !any(3);
		break;
	case 5:
		drain(port, !any(3));
		break;
	case 6:
		machine.stuck = any(3) ? 0 : domid;
		machine.unfit = any(3) ? 0 : domid;
		break;
	default:
		scribble();
	}
	machine_settle();
}

static void forget_request(unsigned int domid)
{
	char path[64];

	snprintf(path, sizeof(path), "vmdq/vif/%u/0/request", domid);
	fake_xs_set(path, NULL);
}

/* Whatever the vifs ask for: no pool is assigned twice, and who holds one has it assigned */
static void inspect_always(void)
{
	unsigned int domid, other, port, pool;
	char text[16];

	for (domid = 1; domid <= VIFS; domid++) {
		snprintf(text, sizeof(text), "%s", machine_pool(domid));
		if (!machine_exists(domid) || *text == '-')
			continue;
		for (other = 1; other < domid; other++)
			ck_assert_msg(!machine_exists(other) || strcmp(machine_pool(other), text),
				      "vif%u.0 and vif%u.0 have %s", domid, other, text);
	}
	for (port = 0; port < MACHINE_PORTS && !machine.stuck; port++) {
		for (pool = 1; pool < MACHINE_POOLS; pool++) {
			if (!machine.holder[port][pool])
				continue;
			snprintf(text, sizeof(text), "%u/%u", port, pool);
			ck_assert_str_eq(machine_pool(machine.holder[port][pool]), text);
		}
	}
}

/* Everything is well again, and nobody does anything more; all vifs ask for any pool,
 * whatever is assigned to them
 */
static void calm(void)
{
	unsigned int i;

	machine.stuck = 0;
	machine.unfit = 0;
	for (i = 0; i < MACHINE_PORTS; i++) {
		machine.present[i] = true;
		machine.down[i] = false;
		drain(i, false);
	}
	for (i = 1; i <= VIFS; i++) {
		if (!any(8)) {
			machine_remove(i);
		} else if (machine_exists(i)) {
			forget_request(i);
			machine_add(i, "");
		}
	}
	machine_settle();
	for (i = 0; i < 50; i++) {
		now += 100000;
		ck_assert_int_eq(coordinate(&c, now), SETTLED);
	}
}

static void inspect(void)
{
	unsigned int port, pool, domid, held = 0, vifs = 0;
	char path[64];

	for (domid = 1; domid <= VIFS; domid++) {
		if (!machine_exists(domid)) {
			ck_assert_str_eq(machine_pool(domid), "-");
			continue;
		}
		vifs++;
		if (sscanf(machine_pool(domid), "%u/%u", &port, &pool) != 2)
			ck_abort_msg("vif%u.0 has no pool", domid);
		ck_assert_uint_eq(machine.holder[port][pool], domid);
		snprintf(path, sizeof(path), "vmdq/vif/%u/0/state", domid);
		fake_xs_expect(path, "grant");
	}
	for (port = 0; port < MACHINE_PORTS; port++)
		for (pool = 1; pool < MACHINE_POOLS; pool++)
			held += machine.holder[port][pool] != 0;
	/* 12 at most, and 14 pools */
	ck_assert_uint_eq(held, vifs);
}

START_TEST(whatever_happens)
{
	unsigned int i;

	srand((unsigned int)_i);
	machine_reset();
	machine.present[1] = true;
	now = 1000;
	start();
	for (i = 0; i < EVENTS; i++) {
		something();
		now += any(20000);
		if (!any(8))
			fake_xs.die_after = 1 + any(12);
		if (coordinate(&c, now) == SETTLED)
			inspect_always();
		if (fake_xs.lost || !any(20)) {
			stop();
			start();
		}
		fake_xs.die_after = 0;
	}
	coordinate(&c, now);
	calm();
	inspect();
	stop();
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("vmdqd, whatever happens");
	TCase *tc = tcase_create("random");

	tcase_add_loop_test(tc, whatever_happens, 0, 40);
	suite_add_tcase(s, tc);

	return s;
}
