// SPDX-License-Identifier: GPL-2.0
/* assign, release, level: change what a vif shall be, and wait until it is */
#include <stdio.h>
#include <string.h>

#include "netlink.h"
#include "vmdq_xenstore.h"
#include "vmdqctl.h"

/**
 * struct change - one change of one vif
 * @ports: filled for an assignment only
 * @vif: the vif
 * @target: where to assign it; NULL: by its request
 * @level: the level to ask for
 * @write: the transaction's step
 * @idle: it turned out to be so already, and the backend has nothing to do
 * @opt: options
 */
struct change {
	struct vmdq_ports ports;
	struct vmdq_vif vif;
	const struct vmdq_target *target;
	enum vmdq_level level;
	vmdq_store_step write;
	bool idle;
	const struct options *opt;
};

/* What a person has decided stays, whatever the coordinator would do */
static int write_hold(struct vmdq_store *store, struct change *c, bool set, struct vmdq_err *err)
{
	c->vif.hold.set = set;
	c->vif.hold.id = c->vif.assigned;

	return vmdq_store_write_hold(store, &c->vif, &c->vif.hold, err);
}

/* The vif as it is now.  For one that has gone nothing is written: who would remove it? */
static int read_again(struct vmdq_store *store, struct change *c, struct vmdq_err *err)
{
	vmdq_store_read_vif(store, c->vif.domid, c->vif.handle, &c->vif);

	return c->vif.backend ? 0 : vmdq_fail(err, VMDQ_S_NO_VIF, "%s has gone", c->vif.netdev);
}

static int write_assign(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct change *c = ctx;
	struct vmdq_pool_id id;

	if (read_again(store, c, err) ||
	    pick_pool(store, &c->ports, &c->vif, c->target, &id, err) ||
	    vmdq_store_assign(store, &c->vif, &id, err))
		return -1;
	c->vif.assigned = id;

	return write_hold(store, c, !c->target || !c->target->automatic, err);
}

/* The coordinator may decide again, even if there is no pool for the vif now */
static int write_let_go(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct change *c = ctx;

	if (read_again(store, c, err))
		return -1;
	c->vif.hold.set = false;
	return vmdq_store_write_hold(store, &c->vif, &c->vif.hold, err);
}

static int write_release(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct change *c = ctx;

	if (read_again(store, c, err))
		return -1;
	c->idle = !c->vif.assigned.pool;
	memset(&c->vif.assigned, 0, sizeof(c->vif.assigned));
	if (vmdq_store_assign(store, &c->vif, &c->vif.assigned, err))
		return -1;

	return write_hold(store, c, true, err);
}

static int write_level(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct change *c = ctx;

	if (read_again(store, c, err))
		return -1;
	c->vif.request.level = c->level;
	if (vmdq_store_write(store, &c->vif, VMDQ_XS_REQUEST_LEVEL, vmdq_level_name(c->level), err))
		return -1;

	/* what was refused before says nothing about what is asked for now */
	return vmdq_store_write(store, &c->vif, VMDQ_XS_ERROR, NULL, err);
}

static void answer(const struct change *c)
{
	const struct vmdq_vif *v = &c->vif;
	struct json_object *object;

	if (c->opt->json) {
		object = new_answer(VMDQ_S_OK, NULL);
		json_object_object_add(object, "vif", vif_to_json(v));
		print_json(object);
		return;
	}
	printf("%s (%s): level %s", v->netdev, v->domain, vmdq_level_name(v->request.level));
	if (v->assigned.pool)
		printf(", pool %s/%u", v->assigned.port, v->assigned.pool);
	else
		printf(", no pool");
	if (!v->connected)
		printf(", no guest is connected yet: takes effect when it is\n");
	else if (!c->opt->wait)
		printf(", asked for\n");
	else
		printf(", served by %s\n", vmdq_vif_state_name(v->state));
}

static int do_change(struct change *c, struct vmdq_store *store, struct vmdq_err *err)
{
	bool wait = c->opt->wait && c->vif.connected;

	if (c->vif.hold.set && c->target && c->target->automatic &&
	    vmdq_store_transaction(store, write_let_go, c, err))
		return -1;
	if (wait && vmdq_store_watch(store, &c->vif, err))
		return -1;
	if (vmdq_store_transaction(store, c->write, c, err))
		return -1;

	return wait && !c->idle ? vmdq_store_wait(store, &c->vif, c->opt->timeout_ms, err) : 0;
}

static int change_vif(const struct vmdq_vif_ref *ref, struct change *c)
{
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct vmdq_store store;
	int rc = -1;

	if (vmdq_store_open(&store, &err))
		return report_failure(c->opt, &err);
	if (vmdq_store_find_vif(&store, ref, &c->vif, &err))
		goto out;
	if (c->write == write_assign &&
	    (check_mac(&c->vif, &err) || vmdq_ports_load(&c->ports, &err)))
		goto out;
	rc = do_change(c, &store, &err);
out:
	vmdq_ports_free(&c->ports);
	vmdq_store_close(&store);
	if (rc)
		return report_failure(c->opt, &err);
	answer(c);

	return VMDQ_S_OK;
}

/** cmd_assign() - assign <vif> [<port>[/<n>]|auto] */
int cmd_assign(int argc, char **argv, const struct options *opt)
{
	struct change c = { .write = write_assign, .opt = opt };
	struct vmdq_target target;
	struct vmdq_vif_ref ref;
	int used = vmdq_parse_vif_ref(argc, argv, &ref);

	if (used < 0 || argc > used + 1)
		return usage_error("assign takes a vif and, perhaps, a port and pool");
	if (argc > used) {
		if (vmdq_parse_target(argv[used], &target))
			return usage_error("\"%s\" is no port and pool, such as eth0/2",
					   argv[used]);
		c.target = &target;
	}

	return change_vif(&ref, &c);
}

/** cmd_release() - release <vif> */
int cmd_release(int argc, char **argv, const struct options *opt)
{
	struct change c = { .write = write_release, .opt = opt };
	struct vmdq_vif_ref ref;

	if (argc < 1 || vmdq_parse_vif_ref(argc, argv, &ref) != argc)
		return usage_error("release takes one vif");

	return change_vif(&ref, &c);
}

/** cmd_level() - level <vif> <level> */
int cmd_level(int argc, char **argv, const struct options *opt)
{
	struct change c = { .write = write_level, .opt = opt };
	struct vmdq_vif_ref ref;
	int used = vmdq_parse_vif_ref(argc, argv, &ref);

	if (used < 0 || argc != used + 1)
		return usage_error("level takes a vif and a level");
	if (vmdq_parse_level(argv[used], &c.level))
		return usage_error("\"%s\" is no level: software, copy, grant or auto",
				   argv[used]);

	return change_vif(&ref, &c);
}
