// SPDX-License-Identifier: GPL-2.0
/* takeover, giveback, rebind: which backend serves a vif, a domain's vifs, or all */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmdqctl.h"

/* The vifs that a person meant: one, a domain's, or all */
static int find_vifs(int argc, char **argv, const struct options *opt, struct vmdq_vif **vifs,
		     size_t *n, struct vmdq_err *err)
{
	struct vmdq_vif_ref ref = { .by_id = false };
	struct vmdq_store store;
	size_t i, kept = 0;
	int rc = -1;

	if (!opt->all && vmdq_parse_vif_ref(argc, argv, &ref) != argc)
		return vmdq_fail(err, VMDQ_S_USAGE, "\"%s\" is no vif", argv[argc - 1]);
	if (vmdq_store_open(&store, err))
		return -1;
	if (vmdq_store_list_vifs(&store, vifs, n, err))
		goto out;
	for (i = 0; i < *n; i++)
		if (opt->all || vmdq_ref_matches(&ref, &(*vifs)[i]))
			(*vifs)[kept++] = (*vifs)[i];
	*n = kept;
	rc = 0;
	if (!kept && !opt->all)
		rc = vmdq_fail(err, VMDQ_S_NO_VIF,
			       "there is no vif or domain %s; 'xl list' and 'xl network-list' show what there is",
			       argv[0]);
out:
	vmdq_store_close(&store);

	return rc;
}

static struct json_object *name_or_null(enum vmdq_backend backend)
{
	return backend ? json_object_new_string(vmdq_backend_name(backend)) : NULL;
}

static struct json_object *move_to_json(const struct move *m)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "vif", json_object_new_string(m->vif.netdev));
	json_object_object_add(o, "domain", json_object_new_string(m->vif.domain));
	json_object_object_add(o, "ok", json_object_new_boolean(!m->err.status));
	json_object_object_add(o, "status", json_object_new_int((int)m->err.status));
	json_object_object_add(o, "from", name_or_null(m->from));
	json_object_object_add(o, "to", name_or_null(m->to));
	json_object_object_add(o, "moved", json_object_new_boolean(m->moved));
	json_object_object_add(o, "put_back", json_object_new_boolean(m->put_back));
	json_object_object_add(o, "seconds", json_object_new_double(m->ms / 1000.0));
	json_object_object_add(o, "error", m->err.status ?
			       json_object_new_string(m->err.text) : NULL);
	json_object_object_add(o, "no_pool", m->no_pool.status ?
			       json_object_new_string(m->no_pool.text) : NULL);

	return o;
}

static void tell(const struct move *m)
{
	const struct vmdq_vif *v = &m->vif;

	printf("%s (%s): served by %s", v->netdev, v->domain, vmdq_backend_name(m->to));
	if (!m->moved)
		printf(" already");
	else if (m->from == m->to)
		printf(", its hotplug script run again");
	else
		printf(", before by %s, changed in %u.%02u s", vmdq_backend_name(m->from),
		       m->ms / 1000, m->ms % 1000 / 10);
	if (m->to == VMDQ_BACKEND_VMDQ && v->assigned.pool)
		printf("; pool %s/%u, level %s", v->assigned.port, v->assigned.pool,
		       vmdq_vif_state_name(v->state));
	printf("\n");
	if (m->no_pool.status)
		printf("%s: by software, without a pool: %s\n", v->netdev, m->no_pool.text);
	fflush(stdout);
}

static int move_all(const struct vmdq_vif *vifs, size_t n, enum vmdq_backend to,
		    const struct options *opt)
{
	struct json_object *all = json_object_new_array(), *o;
	struct vmdq_err first = { .status = VMDQ_S_OK };
	struct move m;
	int status;
	size_t i;

	for (i = 0; i < n; i++) {
		if (move_vif(vifs[i].domid, vifs[i].handle, to, opt, &m) && !first.status)
			first = m.err;
		if (m.err.status)
			fprintf(stderr, "vmdqctl: %s\n", m.err.text);
		if (opt->json)
			json_object_array_add(all, move_to_json(&m));
		else if (!m.err.status)
			tell(&m);
	}
	status = (int)first.status;
	if (!opt->json) {
		json_object_put(all);
		return status;
	}
	o = new_answer(status, first.text);
	json_object_object_add(o, "vifs", all);
	print_json(o);

	return status;
}

static int move_command(int argc, char **argv, const struct options *opt, enum vmdq_backend to)
{
	struct vmdq_err err = { .status = VMDQ_S_OK };
	struct vmdq_vif *vifs = NULL;
	size_t n = 0;
	int status;

	if (opt->all ? argc : argc < 1 || argc > 2)
		return usage_error("wanted a vif, a domain, or --all");
	if (find_vifs(argc, argv, opt, &vifs, &n, &err))
		status = report_failure(opt, &err);
	else
		status = move_all(vifs, n, to, opt);
	free(vifs);

	return status;
}

/** cmd_takeover() - takeover <vif>|<domain>|--all */
int cmd_takeover(int argc, char **argv, const struct options *opt)
{
	return move_command(argc, argv, opt, VMDQ_BACKEND_VMDQ);
}

/** cmd_giveback() - giveback <vif>|<domain>|--all */
int cmd_giveback(int argc, char **argv, const struct options *opt)
{
	return move_command(argc, argv, opt, VMDQ_BACKEND_STOCK);
}

/** cmd_rebind() - rebind <vif>|<domain>|--all */
int cmd_rebind(int argc, char **argv, const struct options *opt)
{
	return move_command(argc, argv, opt, VMDQ_BACKEND_NONE);
}
