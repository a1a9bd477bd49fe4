// SPDX-License-Identifier: GPL-2.0
/*
 * metrics: every counter as OpenMetrics text (version 1.0.0 of the format).
 *
 * What the older format of Prometheus, which node_exporter's textfile collector
 * reads, does not know is left out: there are counters and gauges, no more.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netdev.h"
#include "vmdqctl.h"

/* A number of each pool, by its place in struct vmdq_pool_info */
static const struct pool_metric {
	const char *name;
	size_t offset;
	const char *help;
} pool_metrics[] = {
#define POOL_METRIC(name, help)	{ #name, offsetof(struct vmdq_pool_info, count.name), help }
	POOL_METRIC(rx_frames, "Frames that the pool received"),
	POOL_METRIC(rx_bytes, "Bytes of these frames, without FCS"),
	POOL_METRIC(rx_errors, "Frames that the NIC or the backend could not use"),
	POOL_METRIC(rx_csum_bad, "Frames whose checksum the NIC found wrong"),
	POOL_METRIC(posted, "Buffers given to the NIC"),
	POOL_METRIC(doorbells, "Writes of the ring's tail register"),
	POOL_METRIC(polls, "Times that the pool was polled"),
	POOL_METRIC(interrupts, "Interrupts of the pool"),
#undef POOL_METRIC
};

#define N_POOL_METRICS	(sizeof(pool_metrics) / sizeof(pool_metrics[0]))

/* Begins a family: all samples of a name stand together, after these two lines. */
static void family(FILE *f, const char *type, const char *help, const char *prefix,
		   const char *name)
{
	fprintf(f, "# TYPE vmdq_%s%s %s\n# HELP vmdq_%s%s %s\n", prefix, name, type, prefix, name,
		help);
}

/* A label, with a comma before it unless it is the first */
static void label(FILE *f, const char *comma, const char *name, const char *value)
{
	fprintf(f, "%s%s=\"", comma, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", f);
		else if (*value == '"' || *value == '\\')
			fprintf(f, "\\%c", *value);
		else
			fputc(*value, f);
	}
	fputc('"', f);
}

static void port_sample(FILE *f, const char *name, const struct vmdq_port_info *p, uint64_t value)
{
	fprintf(f, "vmdq_port_%s{", name);
	label(f, "", "port", p->name);
	label(f, ",", "netdev", p->netdev);
	fprintf(f, "} %" PRIu64 "\n", value);
}

static void port_families(FILE *f, const struct vmdq_ports *ports)
{
	size_t i;

	family(f, "gauge", "Whether pools of the port can be taken now", "port_", "up");
	for (i = 0; i < ports->n; i++)
		port_sample(f, "up", &ports->port[i], ports->port[i].up);
	family(f, "gauge", "Pools that vifs can have", "port_", "pools");
	for (i = 0; i < ports->n; i++)
		port_sample(f, "pools", &ports->port[i],
			    ports->port[i].n_pools ? ports->port[i].n_pools - 1 : 0);
	family(f, "gauge", "Pools that no vif has", "port_", "pools_free");
	for (i = 0; i < ports->n; i++)
		port_sample(f, "pools_free", &ports->port[i], ports->port[i].pools_free);
}

/* One sample of each pool that a vif has */
static void pool_samples(FILE *f, const struct vmdq_ports *ports, const char *name,
			 const char *suffix, size_t offset, bool wide)
{
	const struct vmdq_pool_info *p;
	const char *field;
	char number[12];
	size_t i, j;

	for (i = 0; i < ports->n; i++) {
		for (j = 0; j < ports->port[i].n_pool_infos; j++) {
			p = &ports->port[i].pools[j];
			if (p->state == VMDQ_POOL_FREE)
				continue;
			field = (const char *)p + offset;
			snprintf(number, sizeof(number), "%u", p->index);
			fprintf(f, "vmdq_pool_%s%s{", name, suffix);
			label(f, "", "port", ports->port[i].name);
			label(f, ",", "pool", number);
			label(f, ",", "vif", p->owner);
			fprintf(f, "} %" PRIu64 "\n", wide ? *(const uint64_t *)field :
				*(const unsigned int *)field);
		}
	}
}

static void pool_families(FILE *f, const struct vmdq_ports *ports)
{
	size_t i;

	family(f, "gauge", "Buffers that the NIC has now", "pool_", "buffers");
	pool_samples(f, ports, "buffers", "", offsetof(struct vmdq_pool_info, posted), false);
	for (i = 0; i < N_POOL_METRICS; i++) {
		family(f, "counter", pool_metrics[i].help, "pool_", pool_metrics[i].name);
		pool_samples(f, ports, pool_metrics[i].name, "_total", pool_metrics[i].offset,
			     true);
	}
}

static void vif_labels(FILE *f, const struct vmdq_vif *v)
{
	label(f, "", "vif", v->netdev);
	label(f, ",", "domain", v->domain);
}

static void vif_state(FILE *f, const struct vmdq_vif *v)
{
	char pool[12] = "";

	if (v->assigned.pool)
		snprintf(pool, sizeof(pool), "%u", v->assigned.pool);
	fputs("vmdq_vif_info{", f);
	vif_labels(f, v);
	label(f, ",", "mac", v->mac);
	label(f, ",", "bridge", v->bridge);
	label(f, ",", "mode", vmdq_mode_name(v->request.mode));
	label(f, ",", "level", vmdq_level_name(v->request.level));
	label(f, ",", "served", vmdq_vif_state_name(v->state));
	label(f, ",", "port", v->assigned.port);
	label(f, ",", "pool", pool);
	fputs("} 1\n", f);
}

static void vif_families(FILE *f, const struct inventory *inv)
{
	const struct vmdq_counters *first = NULL;
	const struct vmdq_counter *c;
	struct vmdq_counters *counters;
	char help[80];
	size_t i, j;

	family(f, "gauge", "What a vif asks for, and how it is served; always 1", "vif_", "info");
	for (i = 0; i < inv->n_vifs; i++)
		if (inv->vifs[i].ours)
			vif_state(f, &inv->vifs[i]);

	counters = calloc(inv->n_vifs + 1, sizeof(*counters));
	if (!counters)
		return;
	for (i = 0; i < inv->n_vifs; i++)
		if (inv->vifs[i].ours && !vmdq_counters_load(inv->vifs[i].netdev, &counters[i]) &&
		    !first)
			first = &counters[i];
	/* One driver serves them all: what the first counts all count. */
	for (j = 0; first && j < first->n; j++) {
		snprintf(help, sizeof(help), "Counter %s of ethtool -S", first->counter[j].name);
		family(f, "counter", help, "vif_", first->counter[j].name);
		for (i = 0; i < inv->n_vifs; i++) {
			c = vmdq_counter(&counters[i], first->counter[j].name);
			if (!c)
				continue;
			fprintf(f, "vmdq_vif_%s_total{", c->name);
			vif_labels(f, &inv->vifs[i]);
			fprintf(f, "} %" PRIu64 "\n", c->value);
		}
	}
	for (i = 0; i < inv->n_vifs; i++)
		free(counters[i].counter);
	free(counters);
}

static void write_metrics(FILE *f, const struct inventory *inv)
{
	port_families(f, &inv->ports);
	pool_families(f, &inv->ports);
	vif_families(f, inv);
	fputs("# EOF\n", f);
}

/* Whoever reads the file meanwhile gets all of the old or all of the new. */
static int write_file(const char *path, const struct inventory *inv)
{
	char other[4096];
	bool whole;
	FILE *f;

	if (snprintf(other, sizeof(other), "%s.%d", path, (int)getpid()) >= (int)sizeof(other)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	f = fopen(other, "w");
	if (!f)
		return -1;
	write_metrics(f, inv);
	whole = !ferror(f);
	if (!fclose(f) && whole && !rename(other, path))
		return 0;
	unlink(other);

	return -1;
}

/**
 * cmd_metrics() - metrics [<file>]
 *
 * Without a file, to standard output.
 */
int cmd_metrics(int argc, char **argv, const struct options *opt)
{
	struct inventory inv;
	int status;

	if (argc > 1)
		return usage_error("metrics takes one file, or none");
	if (opt->json)
		return usage_error("metrics has a format of its own; for JSON: list");
	inventory_load(&inv);
	if (!argc)
		write_metrics(stdout, &inv);
	status = inventory_complain(&inv);
	if (argc && write_file(argv[0], &inv)) {
		fprintf(stderr, "vmdqctl: cannot write %s: %s\n", argv[0], strerror(errno));
		status = VMDQ_S_SYSTEM;
	}
	inventory_free(&inv);

	return status;
}
