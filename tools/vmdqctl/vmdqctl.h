/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vmdqctl share: options, commands, and how they answer. */
#ifndef VMDQCTL_H
#define VMDQCTL_H

#include <json-c/json.h>

#include "error.h"
#include "model.h"
#include "store.h"

/**
 * struct options - the command line's options
 * @json: answer in JSON on standard output
 * @wait: wait until the backend has done what was asked
 * @timeout_ms: how long
 * @conf: configuration file of the hotplug command
 */
struct options {
	bool json;
	bool wait;
	unsigned int timeout_ms;
	const char *conf;
};

/**
 * command_fn - one command
 * @argc: words after the command
 * @argv: these words
 * @opt: options
 *
 * Return: exit status.
 */
typedef int (*command_fn)(int argc, char **argv, const struct options *opt);

int cmd_list(int argc, char **argv, const struct options *opt);
int cmd_assign(int argc, char **argv, const struct options *opt);
int cmd_release(int argc, char **argv, const struct options *opt);
int cmd_level(int argc, char **argv, const struct options *opt);
int cmd_hotplug(int argc, char **argv, const struct options *opt);

int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int report_failure(const struct options *opt, const struct vmdq_err *err);
void print_json(struct json_object *object);
struct json_object *vif_to_json(const struct vmdq_vif *vif);

/* pick.c: the pool for a vif */
int check_mac(const struct vmdq_vif *vif, struct vmdq_err *err);
int pick_pool(struct vmdq_store *store, const struct vmdq_ports *ports,
	      const struct vmdq_vif *vif, const struct vmdq_target *target,
	      struct vmdq_pool_id *id, struct vmdq_err *err);

#endif /* VMDQCTL_H */
