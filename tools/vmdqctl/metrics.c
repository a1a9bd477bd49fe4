// SPDX-License-Identifier: GPL-2.0
/*
 * metrics: every counter as OpenMetrics text (version 1.0.0 of the format), or the
 * same families and samples in JSON.
 *
 * What the older format of Prometheus, which node_exporter's textfile collector
 * reads, does not know is left out: there are counters and gauges, no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netdev.h"
#include "vmdqctl.h"
#include "xenbus.h"

#define FILE_MODE	0644	/* who reads it is another user */

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

/**
 * struct out - where the counters go
 * @f: as text, to this file
 * @families: or into this array, for JSON; else NULL
 * @samples: of the current family, for JSON
 * @labels: of the current sample, for JSON
 * @comma: what comes before the current sample's next label, in text
 */
struct out {
	FILE *f;
	struct json_object *families;
	struct json_object *samples;
	struct json_object *labels;
	const char *comma;
};

/* Begins a family: all samples of a name stand together, after these two lines. */
static void family(struct out *o, const char *type, const char *help, const char *prefix,
		   const char *name)
{
	struct json_object *family;
	char full[96];

	snprintf(full, sizeof(full), "vmdq_%s%s", prefix, name);
	if (!o->families) {
		fprintf(o->f, "# TYPE %s %s\n# HELP %s %s\n", full, type, full, help);
		return;
	}
	family = json_object_new_object();
	o->samples = json_object_new_array();
	json_object_object_add(family, "name", json_object_new_string(full));
	json_object_object_add(family, "type", json_object_new_string(type));
	json_object_object_add(family, "help", json_object_new_string(help));
	json_object_object_add(family, "samples", o->samples);
	json_object_array_add(o->families, family);
}

/* A sample is begun, has its labels, and is ended with its value. */
static void begin(struct out *o, const char *prefix, const char *name, const char *suffix)
{
	o->comma = "";
	if (o->families)
		o->labels = json_object_new_object();
	else
		fprintf(o->f, "vmdq_%s%s%s{", prefix, name, suffix);
}

static void label(struct out *o, const char *name, const char *value)
{
	size_t n;

	if (o->families) {
		json_object_object_add(o->labels, name, json_object_new_string(value));
		return;
	}
	fprintf(o->f, "%s%s=\"", o->comma, name);
	for (; *value; value += n ? n : 1) {
		n = utf8_char(value);
		if (!n)
			fputc('?', o->f);
		else if (*value == '\n')
			fputs("\\n", o->f);
		else if (*value == '"' || *value == '\\')
			fprintf(o->f, "\\%c", *value);
		else
			fwrite(value, 1, n, o->f);
	}
	fputc('"', o->f);
	o->comma = ",";
}

static void end(struct out *o, uint64_t value)
{
	struct json_object *sample;

	if (!o->families) {
		fprintf(o->f, "} %" PRIu64 "\n", value);
		return;
	}
	sample = json_object_new_object();
	json_object_object_add(sample, "labels", o->labels);
	json_object_object_add(sample, "value", json_object_new_uint64(value));
	json_object_array_add(o->samples, sample);
}

static void port_sample(struct out *o, const char *name, const struct vmdq_port_info *p,
			uint64_t value)
{
	begin(o, "port_", name, "");
	label(o, "port", p->name);
	label(o, "netdev", p->netdev);
	end(o, value);
}

static void port_families(struct out *o, const struct vmdq_ports *ports)
{
	size_t i;

	family(o, "gauge", "Whether pools of the port can be taken now", "port_", "up");
	for (i = 0; i < ports->n; i++)
		port_sample(o, "up", &ports->port[i], ports->port[i].up);
	family(o, "gauge", "Pools that vifs can have", "port_", "pools");
	for (i = 0; i < ports->n; i++)
		port_sample(o, "pools", &ports->port[i],
			    ports->port[i].n_pools ? ports->port[i].n_pools - 1 : 0);
	family(o, "gauge", "Pools that no vif has", "port_", "pools_free");
	for (i = 0; i < ports->n; i++)
		port_sample(o, "pools_free", &ports->port[i], ports->port[i].pools_free);
}

/* One sample of each pool that a vif has */
static void pool_samples(struct out *o, const struct vmdq_ports *ports, const char *name,
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
			begin(o, "pool_", name, suffix);
			label(o, "port", ports->port[i].name);
			label(o, "pool", number);
			label(o, "vif", p->owner);
			end(o, wide ? *(const uint64_t *)field : *(const unsigned int *)field);
		}
	}
}

static void pool_families(struct out *o, const struct vmdq_ports *ports)
{
	size_t i;

	family(o, "gauge", "Buffers that the NIC has now", "pool_", "buffers");
	pool_samples(o, ports, "buffers", "", offsetof(struct vmdq_pool_info, posted), false);
	for (i = 0; i < N_POOL_METRICS; i++) {
		family(o, "counter", pool_metrics[i].help, "pool_", pool_metrics[i].name);
		pool_samples(o, ports, pool_metrics[i].name, "_total", pool_metrics[i].offset,
			     true);
	}
}

static void vif_labels(struct out *o, const struct vmdq_vif *v)
{
	label(o, "vif", v->netdev);
	label(o, "domain", v->domain);
}

static void vif_state(struct out *o, const struct vmdq_vif *v)
{
	char pool[12] = "";

	if (v->assigned.pool)
		snprintf(pool, sizeof(pool), "%u", v->assigned.pool);
	begin(o, "vif_", "info", "");
	vif_labels(o, v);
	label(o, "mac", v->mac);
	label(o, "bridge", v->bridge);
	label(o, "mode", vmdq_mode_name(v->request.mode));
	label(o, "level", vmdq_level_name(v->request.level));
	label(o, "served", vmdq_vif_state_name(v->state));
	label(o, "port", v->assigned.port);
	label(o, "pool", pool);
	end(o, 1);
}

/* What xen-netback counts of a vif that is ours but was loaded late (vmdqctl why) has
 * other names and meanings: of that vif there is what it asks for, and no counter.
 */
static void leave_out_others(const struct vmdq_inventory *inv, struct vmdq_counters *counters)
{
	struct vmdq_binding binding;
	size_t i;

	for (i = 0; i < inv->n_vifs; i++) {
		if (!counters[i].n)
			continue;
		vmdq_binding_load(inv->vifs[i].domid, inv->vifs[i].handle, &binding);
		if (binding.backend == VMDQ_BACKEND_VMDQ)
			continue;
		free(counters[i].counter);
		counters[i] = (struct vmdq_counters){ .counter = NULL };
	}
}

static void vif_families(struct out *o, const struct vmdq_inventory *inv)
{
	const struct vmdq_counters *first = NULL;
	const struct vmdq_counter *c;
	struct vmdq_counters *counters;
	char help[80];
	size_t i, j;

	family(o, "gauge", "What a vif asks for, and how it is served; always 1", "vif_", "info");
	for (i = 0; i < inv->n_vifs; i++)
		if (inv->vifs[i].ours)
			vif_state(o, &inv->vifs[i]);

	counters = vmdq_inventory_counters(inv);
	if (!counters)
		return;
	leave_out_others(inv, counters);
	for (i = 0; i < inv->n_vifs && !first; i++)
		if (counters[i].n)
			first = &counters[i];
	/* One driver serves them all: what the first counts all count. */
	for (j = 0; first && j < first->n; j++) {
		snprintf(help, sizeof(help), "Counter %s of ethtool -S", first->counter[j].name);
		family(o, "counter", help, "vif_", first->counter[j].name);
		for (i = 0; i < inv->n_vifs; i++) {
			c = vmdq_counter(&counters[i], first->counter[j].name);
			if (!c)
				continue;
			begin(o, "vif_", c->name, "_total");
			vif_labels(o, &inv->vifs[i]);
			end(o, c->value);
		}
	}
	vmdq_counters_free(counters, inv->n_vifs);
}

static void write_families(struct out *o, const struct vmdq_inventory *inv)
{
	port_families(o, &inv->ports);
	pool_families(o, &inv->ports);
	vif_families(o, inv);
}

static void write_text(FILE *f, const struct vmdq_inventory *inv)
{
	struct out o = { .f = f };

	write_families(&o, inv);
	fputs("# EOF\n", f);
}

static void show_json(const struct vmdq_inventory *inv)
{
	struct out o = { .families = json_object_new_array() };
	const struct vmdq_err *err = vmdq_inventory_error(inv);
	struct json_object *answer = new_answer((int)err->status, err->text);

	write_families(&o, inv);
	json_object_object_add(answer, "metrics", o.families);
	print_json(answer);
}

/* Whoever reads the file meanwhile gets all of the old or all of the new.  Its name is
 * one that nobody can have laid a link under, as who owns the folder may be another.
 */
static int write_file(const char *path, const struct vmdq_inventory *inv)
{
	char other[4096];
	bool whole;
	int fd, saved;
	FILE *f;

	if (snprintf(other, sizeof(other), "%s.XXXXXX", path) >= (int)sizeof(other)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(other, O_CLOEXEC);
	if (fd < 0)
		return -1;
	f = fdopen(fd, "w");
	if (!f) {
		saved = errno;
		close(fd);
	} else {
		write_text(f, inv);
		whole = !fflush(f) && !ferror(f) && !fchmod(fd, FILE_MODE);
		if (!fclose(f) && whole && !rename(other, path))
			return 0;
		saved = errno;
	}
	unlink(other);
	errno = saved;

	return -1;
}

/* Where a part is missing the file stays as it was: its age tells, half of the
 * counters would not.
 */
static int into_file(const char *path, const struct vmdq_inventory *inv, const struct options *opt)
{
	struct vmdq_err err = *vmdq_inventory_error(inv);
	struct json_object *answer;

	if (!err.status && write_file(path, inv))
		vmdq_fail(&err, VMDQ_S_SYSTEM, "cannot write %s: %s", path, strerror(errno));
	if (err.status)
		return report_failure(opt, &err);
	if (opt->json) {
		answer = new_answer(VMDQ_S_OK, NULL);
		json_object_object_add(answer, "file", json_object_new_string(path));
		print_json(answer);
	}

	return VMDQ_S_OK;
}

/**
 * cmd_metrics() - metrics [<file>]
 *
 * Without a file, to standard output, where what is missing leaves the rest.
 */
int cmd_metrics(int argc, char **argv, const struct options *opt)
{
	struct vmdq_inventory inv;
	int status;

	if (argc > 1)
		return usage_error("metrics takes one file, or none");
	vmdq_inventory_load(&inv);
	if (argc) {
		status = into_file(argv[0], &inv, opt);
	} else {
		if (opt->json)
			show_json(&inv);
		else
			write_text(stdout, &inv);
		status = vmdq_inventory_complain(&inv, "vmdqctl");
	}
	vmdq_inventory_free(&inv);

	return status;
}
