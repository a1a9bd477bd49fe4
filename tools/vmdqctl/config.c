// SPDX-License-Identifier: GPL-2.0
/* config: what vifs ask for, looked at before a vif does */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "vmdqctl.h"

/**
 * struct checking - a file that is being checked
 * @path: the file
 * @mistakes: for JSON; NULL: each is printed
 * @n: how many there were
 */
struct checking {
	const char *path;
	struct json_object *mistakes;
	unsigned int n;
};

/* The line itself, with a mark below the column; tabs stay, so that the mark is in its place */
static void show_line(const char *path, unsigned int wanted, unsigned int column)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < wanted; i++)
		if (getline(&line, &size, f) < 0)
			goto out;
	if (!line)
		goto out;
	line[strcspn(line, "\n")] = '\0';
	printf("    %s\n    ", line);
	for (i = 0; i + 1 < column && line[i]; i++)
		putchar(line[i] == '\t' ? '\t' : ' ');
	puts("^");
out:
	free(line);
	fclose(f);
}

static void mistake(void *ctx, unsigned int line, unsigned int column, const char *text)
{
	struct checking *c = ctx;
	struct json_object *o;

	c->n++;
	if (!c->mistakes) {
		printf("%s:%u:%u: %s\n", c->path, line, column, text);
		show_line(c->path, line, column);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "line", json_object_new_int((int)line));
	json_object_object_add(o, "column", json_object_new_int((int)column));
	json_object_object_add(o, "error", json_object_new_string(text));
	json_object_array_add(c->mistakes, o);
}

static int check(const struct options *opt)
{
	struct checking c = { .path = opt->conf };
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct json_object *o;
	struct vmdq_conf conf;
	int status;

	/* Having no file is no mistake, but to name one that is not there is */
	if (access(opt->conf, R_OK) && (errno != ENOENT || strcmp(opt->conf, VMDQ_CONF_PATH))) {
		vmdq_fail(&err, VMDQ_S_SYSTEM, "cannot read %s: %s", opt->conf, strerror(errno));
		return report_failure(opt, &err);
	}
	if (opt->json)
		c.mistakes = json_object_new_array();
	if (vmdq_conf_load(opt->conf, &conf, mistake, &c) < 0) {
		vmdq_fail(&err, VMDQ_S_SYSTEM, "cannot read %s: %s", opt->conf, strerror(errno));
		json_object_put(c.mistakes);
		return report_failure(opt, &err);
	}
	vmdq_conf_contradictions(&conf, mistake, &c);
	status = c.n ? VMDQ_S_CONFIG : VMDQ_S_OK;
	if (opt->json) {
		o = new_answer(status, NULL);
		json_object_object_add(o, "file", json_object_new_string(opt->conf));
		json_object_object_add(o, "sections", json_object_new_uint64(conf.n));
		json_object_object_add(o, "mistakes", c.mistakes);
		print_json(o);
	} else if (!c.n) {
		printf("%s: %zu sections, no mistake\n", opt->conf, conf.n);
	}
	vmdq_conf_free(&conf);

	return status;
}

/** cmd_config() - config check */
int cmd_config(int argc, char **argv, const struct options *opt)
{
	if (argc != 1 || strcmp(argv[0], "check"))
		return usage_error("config wants to be told: check");

	return check(opt);
}
