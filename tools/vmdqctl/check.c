// SPDX-License-Identifier: GPL-2.0
/* check: is xenstore as its schema and the kernel say? */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "clock.h"
#include "netlink.h"
#include "vmdqctl.h"

/* A change that is under way looks like a deviation.  How long it gets to be done,
 * at most, and how often it is looked at meanwhile.
 */
#define SETTLE_MS	3000
#define LOOK_MS		100

/**
 * struct checked - what came of it
 * @audit: what was found
 * @no_kernel: why the kernel could not be asked; VMDQ_S_OK: it was
 */
struct checked {
	struct vmdq_audit audit;
	struct vmdq_err no_kernel;
};

static int look(struct vmdq_store *store, struct checked *c, struct vmdq_err *err)
{
	struct vmdq_ports ports;

	vmdq_audit_free(&c->audit);
	memset(&c->no_kernel, 0, sizeof(c->no_kernel));
	if (vmdq_audit_store(store, &c->audit, err))
		return -1;
	if (!vmdq_ports_load(&ports, &c->no_kernel))
		vmdq_audit_kernel(&c->audit, &ports);
	vmdq_ports_free(&ports);

	return c->audit.no_memory ? vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory") : 0;
}

/* Looks until nothing is wrong that time might mend, or there is no more time */
static int look_until_settled(struct vmdq_store *store, struct checked *c,
			      const struct options *opt, struct vmdq_err *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000L };
	long long until = vmdq_clock_ms();

	if (opt->wait)
		until += opt->timeout_ms < SETTLE_MS ? opt->timeout_ms : SETTLE_MS;
	for (;;) {
		if (look(store, c, err))
			return -1;
		if (vmdq_clock_ms() + LOOK_MS > until || !vmdq_audit_may_pass(&c->audit))
			return 0;
		nanosleep(&pause, NULL);
	}
}

static int status_of(const struct checked *c)
{
	return c->audit.n ? VMDQ_S_DEVIATES : (int)c->no_kernel.status;
}

static size_t n_ours(const struct vmdq_audit *audit)
{
	size_t i, n = 0;

	for (i = 0; i < audit->n_vifs; i++)
		n += audit->vifs[i].ours;
	return n;
}

static void show_json(const struct checked *c)
{
	struct json_object *o = new_answer(status_of(c), c->no_kernel.text);
	struct json_object *list = json_object_new_array(), *d;
	const struct vmdq_audit *audit = &c->audit;
	size_t i;

	for (i = 0; i < audit->n; i++) {
		const char *kind = vmdq_fault_name(audit->found[i].fault);

		d = json_object_new_object();
		json_object_object_add(d, "path", json_object_new_string(audit->found[i].path));
		json_object_object_add(d, "kind", json_object_new_string(kind));
		json_object_object_add(d, "text", json_object_new_string(audit->found[i].text));
		json_object_array_add(list, d);
	}
	json_object_object_add(o, "vifs", json_object_new_uint64(n_ours(audit)));
	json_object_object_add(o, "nodes", json_object_new_uint64(audit->n_nodes));
	json_object_object_add(o, "kernel_asked", json_object_new_boolean(!c->no_kernel.status));
	json_object_object_add(o, "deviations", list);
	print_json(o);
}

static void show(const struct checked *c)
{
	const struct vmdq_audit *audit = &c->audit;
	size_t i;

	for (i = 0; i < audit->n; i++)
		printf("%s: %s: %s\n", audit->found[i].path,
		       vmdq_fault_name(audit->found[i].fault), audit->found[i].text);
	printf("%zu vifs, %zu nodes, ", n_ours(audit), audit->n_nodes);
	if (audit->n)
		printf("%zu deviation%s\n", audit->n, audit->n > 1 ? "s" : "");
	else
		printf("no deviation\n");
	fflush(stdout);
	if (c->no_kernel.status)
		fprintf(stderr, "vmdqctl: not compared with the kernel: %s\n", c->no_kernel.text);
}

/** cmd_check() - check */
int cmd_check(int argc, char **argv, const struct options *opt)
{
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct checked c = { .audit.n = 0 };
	struct vmdq_store store;
	int status, rc;

	(void)argv;
	if (argc)
		return usage_error("check takes no argument ('config check' is another command)");
	if (vmdq_store_open(&store, &err))
		return report_failure(opt, &err);
	rc = look_until_settled(&store, &c, opt, &err);
	vmdq_store_close(&store);
	if (rc) {
		vmdq_audit_free(&c.audit);
		return report_failure(opt, &err);
	}
	if (opt->json)
		show_json(&c);
	else
		show(&c);
	status = status_of(&c);
	vmdq_audit_free(&c.audit);

	return status;
}
