// SPDX-License-Identifier: GPL-2.0
/* why: has a vif a pool, and if not, for which reason, and what would help */
#include <stdio.h>
#include <string.h>

#include "daemon.h"
#include "netdev.h"
#include "netlink.h"
#include "vmdqctl.h"
#include "why.h"
#include "xenbus.h"

/* For a vif without an assignment: would it get one now? */
static void try_pick(struct vmdq_store *store, struct vmdq_facts *f)
{
	const struct vmdq_err no_ports = f->pick;

	memset(&f->pick, 0, sizeof(f->pick));
	if (f->vif.assigned.pool || check_mac(&f->vif, &f->pick))
		return;
	if (no_ports.status)
		f->pick = no_ports;
	else
		pick_pool(store, &f->ports, &f->vif, NULL, &f->would, &f->pick);
}

/* Reads all that the answer depends on */
static int gather(const struct vmdq_vif_ref *ref, struct vmdq_facts *f, struct vmdq_err *err)
{
	struct vmdq_binding binding;
	struct vmdq_store store;
	int rc = -1;

	if (vmdq_store_open(&store, err))
		return -1;
	if (vmdq_store_find_any(&store, ref, &f->vif, err))
		goto out;
	vmdq_store_read_device(&store, &f->vif, &f->device);
	vmdq_binding_load(f->vif.domid, f->vif.handle, &binding);
	f->driver = binding.backend;
	f->has_link = binding.netdev[0] && !vmdq_link_load(binding.netdev, &f->link);
	f->dom0_pv = vmdq_dom0_is_pv();
	f->coordinated = vmdq_daemon_running();
	vmdq_ports_load(&f->ports, &f->pick);
	vmdq_store_mark_drained(&store, &f->ports);
	try_pick(&store, f);
	rc = 0;
out:
	vmdq_store_close(&store);

	return rc;
}

static void show_json(const struct vmdq_facts *f, const struct vmdq_verdict *v)
{
	struct json_object *o = new_answer(v->less ? VMDQ_S_LESS : VMDQ_S_OK, NULL);

	json_object_object_add(o, "code", json_object_new_string(v->code));
	json_object_object_add(o, "reason", json_object_new_string(v->reason));
	json_object_object_add(o, "help", v->help[0] ? json_object_new_string(v->help) : NULL);
	json_object_object_add(o, "backend", f->driver ?
			       json_object_new_string(vmdq_backend_name(f->driver)) : NULL);
	json_object_object_add(o, "bridge", f->link.bridge[0] ?
			       json_object_new_string(f->link.bridge) : NULL);
	json_object_object_add(o, "mtu", f->has_link ?
			       json_object_new_int((int)f->link.mtu) : NULL);
	json_object_object_add(o, "queues", json_object_new_int64(f->device.n_queues));
	json_object_object_add(o, "headroom", json_object_new_int64(f->device.headroom));
	json_object_object_add(o, "dom0_pv", json_object_new_boolean(f->dom0_pv));
	json_object_object_add(o, "vif", vif_to_json(&f->vif));
	print_json(o);
}

static void show(const struct vmdq_facts *f, const struct vmdq_verdict *v)
{
	const struct vmdq_settings *r = &f->vif.request;

	printf("%s (%s): ", f->vif.netdev, f->vif.domain);
	if (f->driver != VMDQ_BACKEND_VMDQ)
		printf("no pool, %s\n", f->driver ? "served by xen-netback" : "not served at all");
	else if (f->vif.state == VMDQ_VIF_COPY || f->vif.state == VMDQ_VIF_GRANT)
		printf("pool %s/%u at level %s\n", f->vif.assigned.port, f->vif.assigned.pool,
		       vmdq_vif_state_name(f->vif.state));
	else if (f->vif.state == VMDQ_VIF_ERROR)
		printf("not served at all\n");
	else
		printf("no pool, served by software\n");
	if (f->driver == VMDQ_BACKEND_VMDQ) {
		printf("  asked for:  mode %s, level %s, pool ", vmdq_mode_name(r->mode),
		       vmdq_level_name(r->level));
		if (r->pool.pool)
			printf("%u of %s\n", r->pool.pool,
			       r->pool.port[0] ? r->pool.port : "the uplink's port");
		else
			printf("any of %s\n", r->pool.port[0] ? r->pool.port : "the uplink's port");
	}
	printf("  because:    %s\n", v->reason);
	if (v->help[0])
		printf("  would help: %s\n", v->help);
}

/** cmd_why() - why <vif> */
int cmd_why(int argc, char **argv, const struct options *opt)
{
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct vmdq_facts f = { .has_link = false };
	struct vmdq_verdict verdict;
	struct vmdq_vif_ref ref;

	if (argc < 1 || vmdq_parse_vif_ref(argc, argv, &ref) != argc)
		return usage_error("why takes one vif");
	if (gather(&ref, &f, &err))
		return report_failure(opt, &err);
	vmdq_why(&f, &verdict);
	if (opt->json)
		show_json(&f, &verdict);
	else
		show(&f, &verdict);
	vmdq_ports_free(&f.ports);

	return verdict.less ? VMDQ_S_LESS : VMDQ_S_OK;
}
