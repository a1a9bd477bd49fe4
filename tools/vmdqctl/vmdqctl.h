/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of vmdqctl share: options, commands, and how they answer. */
#ifndef VMDQCTL_H
#define VMDQCTL_H

#include <json-c/json.h>

#include "error.h"
#include "inventory.h"
#include "model.h"
#include "netdev.h"
#include "store.h"

/**
 * struct options - the command line's options
 * @json: answer in JSON on standard output
 * @wait: wait until the backend has done what was asked
 * @timeout_ms: how long
 * @all: every vif, where a command takes one
 * @conf: configuration file: what vifs ask for
 */
struct options {
	bool json;
	bool wait;
	bool all;
	unsigned int timeout_ms;
	const char *conf;
};

/**
 * struct move - what became of one vif
 * @vif: the vif, as it is at the end
 * @from: whose it was
 * @to: whose it should become; VMDQ_BACKEND_NONE until that is known
 * @moved: it changed its driver, or its hotplug script had to be run
 * @put_back: it did, and is where it was before
 * @ms: from the moment when the old driver was told to let go of it to that when
 *	the new one had all that it needs, milliseconds
 * @no_pool: why it has no pool; VMDQ_S_OK: it has one, or wants none
 * @err: why it is not where it should be
 */
struct move {
	struct vmdq_vif vif;
	enum vmdq_backend from;
	enum vmdq_backend to;
	bool moved;
	bool put_back;
	unsigned int ms;
	struct vmdq_err no_pool;
	struct vmdq_err err;
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
int cmd_check(int argc, char **argv, const struct options *opt);
int cmd_config(int argc, char **argv, const struct options *opt);
int cmd_metrics(int argc, char **argv, const struct options *opt);
int cmd_hotplug(int argc, char **argv, const struct options *opt);

int cmd_takeover(int argc, char **argv, const struct options *opt);
int cmd_giveback(int argc, char **argv, const struct options *opt);
int cmd_rebind(int argc, char **argv, const struct options *opt);
int cmd_drain(int argc, char **argv, const struct options *opt);
int cmd_why(int argc, char **argv, const struct options *opt);

void answer_in_json(void);
struct json_object *new_answer(int status, const char *error);
int usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int report_failure(const struct options *opt, const struct vmdq_err *err);
size_t utf8_char(const char *text);
void print_json(struct json_object *object);
struct json_object *vif_to_json(const struct vmdq_vif *vif);

/* ratios.c: what a vif's pool does at a time */
struct json_object *ratios_to_json(const struct vmdq_counters *counters);
void ratios_print(const struct vmdq_counters *counters);

/* hotplug.c: what vmdq.conf asks for */
void request_pool(struct vmdq_store *store, struct vmdq_vif *vif, const struct options *opt,
		  struct vmdq_err *no_pool);

/* move.c: a vif goes from one backend to another */
int move_vif(unsigned int domid, unsigned int handle, enum vmdq_backend to,
	     const struct options *opt, struct move *move);

/* pick.c: the pool for a vif */
int check_mac(const struct vmdq_vif *vif, struct vmdq_err *err);
int pick_pool(struct vmdq_store *store, const struct vmdq_ports *ports,
	      const struct vmdq_vif *vif, const struct vmdq_target *target,
	      struct vmdq_pool_id *id, struct vmdq_err *err);

#endif /* VMDQCTL_H */
