// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "rule.h"
#include "store_priv.h"
#include "vmdq_xenstore.h"

/* Nodes that can hold what nobody understands */
static const char * const odd_nodes[VMDQ_ODD_COUNT] = {
	[VMDQ_ODD_MODE] = VMDQ_XS_REQUEST_MODE,
	[VMDQ_ODD_LEVEL] = VMDQ_XS_REQUEST_LEVEL,
	[VMDQ_ODD_PORT] = VMDQ_XS_REQUEST_PORT,
	[VMDQ_ODD_POOL] = VMDQ_XS_REQUEST_POOL,
	[VMDQ_ODD_PRIORITY] = VMDQ_XS_REQUEST_PRIORITY,
	[VMDQ_ODD_HOLD] = VMDQ_XS_REQUEST_HOLD,
	[VMDQ_ODD_BACKEND] = VMDQ_XS_REQUEST_BACKEND,
	[VMDQ_ODD_ASSIGN] = VMDQ_XS_ASSIGN,
	[VMDQ_ODD_BRIDGE] = VMDQ_XS_REQUEST_BRIDGE,
	[VMDQ_ODD_STATE] = VMDQ_XS_STATE,
	[VMDQ_ODD_ERROR] = VMDQ_XS_ERROR,
};

/* A node of the vif's directory under VMDQ_XS_VIF */
static int get_node(struct vmdq_store *store, const struct vmdq_vif *vif, const char *node,
		    char *value, size_t size)
{
	char path[VMDQ_STORE_PATH_SIZE];

	vmdq_store_path(store, path, VMDQ_XS_VIF "/%s", vif->domid, vif->handle, node);
	return vmdq_store_get(store, value, size, path);
}

/* A node of the vif's directory VMDQ_XS_BE, which xl wrote; "" is the directory */
static int get_backend(struct vmdq_store *store, const struct vmdq_vif *vif, const char *node,
		       char *value, size_t size)
{
	char path[VMDQ_STORE_PATH_SIZE];

	vmdq_store_path(store, path, VMDQ_XS_BE "%s%s", vif->domid, vif->handle,
			*node ? "/" : "", node);
	return vmdq_store_get(store, value, size, path);
}

static int get_odd(struct vmdq_store *store, const struct vmdq_vif *vif, enum vmdq_odd node,
		   char *value, size_t size)
{
	return get_node(store, vif, odd_nodes[node], value, size);
}

static void note(struct vmdq_vif *vif, enum vmdq_odd node, const char *text, bool understood)
{
	if (understood)
		return;
	vif->odd |= 1u << node;
	snprintf(vif->odd_value[node], sizeof(vif->odd_value[node]), "%.23s", text);
}

/* The schema's rule for a node of the vif's directory */
static const struct vmdq_rule *rule_of(const struct vmdq_vif *vif, enum vmdq_odd node)
{
	char path[VMDQ_STORE_PATH_SIZE];
	struct vmdq_place place;

	snprintf(path, sizeof(path), VMDQ_XS_VIF "/%s", vif->domid, vif->handle, odd_nodes[node]);
	return vmdq_rule_find(path, &place);
}

/* A node whose value is taken as it is.  Return: whether it is there and right. */
static bool get_as_is(struct vmdq_store *store, struct vmdq_vif *vif, enum vmdq_odd node,
		      char *value, size_t size)
{
	const struct vmdq_rule *rule = rule_of(vif, node);
	char path[VMDQ_STORE_PATH_SIZE], why[160];
	bool clean, right;

	vmdq_store_path(store, path, VMDQ_XS_VIF "/%s", vif->domid, vif->handle, odd_nodes[node]);
	*value = '\0';
	if (vmdq_store_get_text(store, value, size, path, &clean))
		return false;
	right = clean && rule && !vmdq_rule_judge(rule, value, strlen(value), why, sizeof(why));
	note(vif, node, value, right);

	return right;
}

/* What cannot be understood counts as absent: its writer may be newer than we */
static void read_request(struct vmdq_store *store, struct vmdq_vif *vif)
{
	struct vmdq_settings *r = &vif->request;
	char text[64];

	vmdq_settings_init(r);
	vif->asked = !get_odd(store, vif, VMDQ_ODD_MODE, text, sizeof(text));
	if (vif->asked)
		note(vif, VMDQ_ODD_MODE, text, !vmdq_parse_mode(text, &r->mode));
	if (!get_odd(store, vif, VMDQ_ODD_LEVEL, text, sizeof(text)))
		note(vif, VMDQ_ODD_LEVEL, text, !vmdq_parse_level(text, &r->level));
	if (!get_odd(store, vif, VMDQ_ODD_PORT, text, sizeof(text)))
		note(vif, VMDQ_ODD_PORT, text, !vmdq_parse_bdf(text, r->pool.port));
	if (!get_odd(store, vif, VMDQ_ODD_POOL, text, sizeof(text)))
		note(vif, VMDQ_ODD_POOL, text, !vmdq_parse_uint(text, &r->pool.pool));
	if (!get_odd(store, vif, VMDQ_ODD_PRIORITY, text, sizeof(text)))
		note(vif, VMDQ_ODD_PRIORITY, text, !vmdq_parse_uint(text, &r->priority));
	if (!get_odd(store, vif, VMDQ_ODD_HOLD, text, sizeof(text)))
		note(vif, VMDQ_ODD_HOLD, text, !vmdq_parse_hold(text, &vif->hold));
}

/** vmdq_backend_by_script() - whose a vif is when nothing else is said */
enum vmdq_backend vmdq_backend_by_script(const struct vmdq_vif *vif)
{
	return strcmp(vif->script, VMDQ_SCRIPT) ? VMDQ_BACKEND_STOCK : VMDQ_BACKEND_VMDQ;
}

/* What xl and the kernel wrote: who the vif is */
static void read_backend(struct vmdq_store *store, struct vmdq_vif *vif)
{
	char text[256], path[32];
	unsigned int state;
	const char *base;

	vif->backend = !get_backend(store, vif, "", text, sizeof(text));
	snprintf(path, sizeof(path), VMDQ_XS_DOMAIN "/" VMDQ_XS_DOMAIN_NAME, vif->domid);
	if (vmdq_store_get(store, vif->domain, sizeof(vif->domain), path))
		strcpy(vif->domain, "?");
	if (get_backend(store, vif, VMDQ_XS_BE_VIFNAME, vif->netdev, sizeof(vif->netdev)))
		snprintf(vif->netdev, sizeof(vif->netdev), "vif%u.%u", vif->domid, vif->handle);
	if (get_backend(store, vif, VMDQ_XS_BE_MAC, vif->mac, sizeof(vif->mac)))
		vif->mac[0] = '\0';
	if (get_backend(store, vif, VMDQ_XS_BE_BRIDGE, vif->own_bridge, sizeof(vif->own_bridge)))
		vif->own_bridge[0] = '\0';
	strcpy(vif->bridge, vif->own_bridge);
	if (!get_backend(store, vif, VMDQ_XS_BE_STATE, text, sizeof(text)))
		vif->connected = !vmdq_parse_uint(text, &state) &&
				 (state == VMDQ_XENBUS_CONNECTED ||
				  state == VMDQ_XENBUS_RECONFIGURED);
	vif->script[0] = '\0';
	if (!get_backend(store, vif, VMDQ_XS_BE_SCRIPT, text, sizeof(text))) {
		base = strrchr(text, '/');
		snprintf(vif->script, sizeof(vif->script), "%.63s", base ? base + 1 : text);
	}
	if (get_backend(store, vif, VMDQ_XS_BE_GATEWAYDEV, vif->gateway, sizeof(vif->gateway)))
		vif->gateway[0] = '\0';
	if (get_backend(store, vif, VMDQ_XS_BE_VMDQ, vif->key, sizeof(vif->key)))
		vif->key[0] = '\0';
	vif->said = VMDQ_BACKEND_NONE;
	if (!get_odd(store, vif, VMDQ_ODD_BACKEND, text, sizeof(text)))
		note(vif, VMDQ_ODD_BACKEND, text, !vmdq_parse_backend(text, &vif->said));
	vif->ours = (vif->said ? vif->said : vmdq_backend_by_script(vif)) == VMDQ_BACKEND_VMDQ;
}

/**
 * vmdq_store_read_vif() - all that xenstore says of a vif
 * @store: connection
 * @domid: its guest
 * @handle: its number
 * @vif: result; @backend tells whether the vif exists
 */
void vmdq_store_read_vif(struct vmdq_store *store, unsigned int domid, unsigned int handle,
			 struct vmdq_vif *vif)
{
	char text[64];

	memset(vif, 0, sizeof(*vif));
	vif->domid = domid;
	vif->handle = handle;
	read_backend(store, vif);
	read_request(store, vif);
	if (get_as_is(store, vif, VMDQ_ODD_BRIDGE, text, sizeof(text)))
		snprintf(vif->bridge, sizeof(vif->bridge), "%.15s", text);
	if (!get_odd(store, vif, VMDQ_ODD_ASSIGN, text, sizeof(text)))
		note(vif, VMDQ_ODD_ASSIGN, text, !vmdq_parse_pool_id(text, &vif->assigned));
	if (!get_odd(store, vif, VMDQ_ODD_STATE, text, sizeof(text)))
		note(vif, VMDQ_ODD_STATE, text, !vmdq_parse_vif_state(text, &vif->state));
	/* for people, who can read what is left of it */
	get_as_is(store, vif, VMDQ_ODD_ERROR, vif->error, sizeof(vif->error));
}

/**
 * vmdq_odd_text() - say what is wrong with a node that cannot be understood
 * @vif: the vif
 * @node: of those in its @odd
 * @text: result: one line for people
 * @size: of @text
 *
 * In the words of "vmdqctl check".
 */
void vmdq_odd_text(const struct vmdq_vif *vif, enum vmdq_odd node, char *text, size_t size)
{
	const struct vmdq_rule *rule = rule_of(vif, node);
	const char *value = vif->odd_value[node];
	char quoted[64], why[160];

	/* with a mark in the place of each byte that is of no text, it may be right */
	if (!rule || !vmdq_rule_judge(rule, value, strlen(value), why, sizeof(why))) {
		vmdq_quote(value, quoted, sizeof(quoted));
		snprintf(why, sizeof(why), "%s has bytes in it that are of no text", quoted);
	}
	snprintf(text, size, "%s in xenstore: %s%s", odd_nodes[node], why,
		 node == VMDQ_ODD_ERROR ? "" : ": it counts as absent");
}

int vmdq_store_visit(struct vmdq_store *store, const char *dir, vmdq_store_visitor fn, void *ctx,
		     struct vmdq_err *err)
{
	unsigned int n_domains, n_handles, n_vifs, i, j, domid, handle;
	char path[VMDQ_STORE_PATH_SIZE];
	char **domains, **handles;
	int rc = 0;

	vmdq_store_path(store, path, "%s", dir);
	domains = xs_directory(store->xs, store->t, path, &n_domains);
	if (!domains) {
		if (errno == ENOENT)
			return 0;
		return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot read %s in xenstore: %s", path,
				 strerror(errno));
	}
	for (i = 0; i < n_domains && !rc; i++) {
		if (vmdq_parse_number(domains[i], &domid))
			continue;
		vmdq_store_path(store, path, "%s/%u", dir, domid);
		handles = xs_directory(store->xs, store->t, path, &n_handles);
		if (!handles)
			continue;	/* it went meanwhile */
		for (j = 0, n_vifs = 0; j < n_handles && !rc; j++) {
			if (vmdq_parse_number(handles[j], &handle))
				continue;
			n_vifs++;
			rc = fn(store, domid, handle, ctx, err);
		}
		free(handles);
		if (!n_vifs)
			rc = fn(store, domid, VMDQ_NO_HANDLE, ctx, err);
	}
	free(domains);

	return rc;
}

struct vif_list {
	struct vmdq_vif *vif;
	size_t n;
};

static int add_vif(struct vmdq_store *store, unsigned int domid, unsigned int handle, void *ctx,
		   struct vmdq_err *err)
{
	struct vif_list *list = ctx;
	struct vmdq_vif *vif;

	if (handle == VMDQ_NO_HANDLE)
		return 0;
	vif = realloc(list->vif, (list->n + 1) * sizeof(*vif));
	if (!vif)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	list->vif = vif;
	vmdq_store_read_vif(store, domid, handle, &vif[list->n++]);

	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct vmdq_vif *x = a, *y = b;

	if (x->domid != y->domid)
		return x->domid < y->domid ? -1 : 1;
	return x->handle < y->handle ? -1 : x->handle > y->handle;
}

/**
 * vmdq_store_list_vifs() - all vifs of the backend domain, other backends' too
 * @store: connection
 * @vifs: result, by number; release with free()
 * @n: how many
 * @err: why not
 */
int vmdq_store_list_vifs(struct vmdq_store *store, struct vmdq_vif **vifs, size_t *n,
			 struct vmdq_err *err)
{
	struct vif_list list = { NULL, 0 };

	*vifs = NULL;
	*n = 0;
	if (vmdq_store_visit(store, VMDQ_XS_BE_DIR, add_vif, &list, err)) {
		free(list.vif);
		return -1;
	}
	if (list.n)
		qsort(list.vif, list.n, sizeof(*list.vif), by_number);
	*vifs = list.vif;
	*n = list.n;

	return 0;
}

/** vmdq_ref_matches() - did a person mean this vif?  A domain's name means all its vifs. */
bool vmdq_ref_matches(const struct vmdq_vif_ref *ref, const struct vmdq_vif *vif)
{
	unsigned int domid;

	if (ref->by_id)
		return vif->domid == ref->domid && vif->handle == ref->handle;
	if (!ref->has_handle && !strcmp(vif->netdev, ref->domain))
		return true;
	if (strcmp(vif->domain, ref->domain) &&
	    (vmdq_parse_uint(ref->domain, &domid) || domid != vif->domid))
		return false;
	return !ref->has_handle || vif->handle == ref->handle;
}

static int not_ours(const struct vmdq_vif *vif, struct vmdq_err *err)
{
	char why[96] = "it was given back";

	if (vif->said != VMDQ_BACKEND_STOCK)
		snprintf(why, sizeof(why), "its script is %s",
			 vif->script[0] ? vif->script : "unknown");
	return vmdq_fail(err, VMDQ_S_NO_VIF,
			 "%s (domain %s) is served by another backend: %s; 'vmdqctl takeover vif%u.%u' gives it to ours, and script=%s in the vif= line of its configuration does so for good",
			 vif->netdev, vif->domain, why, vif->domid, vif->handle, VMDQ_SCRIPT);
}

/**
 * vmdq_store_find_any() - the vif that a person named, whosever it is
 * @store: connection
 * @ref: the name
 * @vif: result: an existing vif
 * @err: VMDQ_S_NO_VIF
 */
int vmdq_store_find_any(struct vmdq_store *store, const struct vmdq_vif_ref *ref,
			struct vmdq_vif *vif, struct vmdq_err *err)
{
	const struct vmdq_vif *found = NULL;
	struct vmdq_vif *vifs;
	size_t i, n, matches = 0;
	int rc = -1;

	if (ref->by_id) {
		vmdq_store_read_vif(store, ref->domid, ref->handle, vif);
		if (!vif->backend)
			return vmdq_fail(err, VMDQ_S_NO_VIF,
					 "there is no vif%u.%u; 'vmdqctl list' shows the vifs that there are",
					 ref->domid, ref->handle);
		return 0;
	}
	if (vmdq_store_list_vifs(store, &vifs, &n, err))
		return -1;
	for (i = 0; i < n; i++) {
		if (vmdq_ref_matches(ref, &vifs[i])) {
			found = &vifs[i];
			matches++;
		}
	}
	if (!matches)
		vmdq_fail(err, VMDQ_S_NO_VIF,
			  "there is no domain or interface %s with such a vif; 'vmdqctl list' shows the vifs that there are",
			  ref->domain);
	else if (matches > 1)
		vmdq_fail(err, VMDQ_S_NO_VIF,
			  "domain %s has %zu vifs; say which, as in '%s 0'", ref->domain, matches,
			  ref->domain);
	else
		rc = 0;
	if (!rc)
		*vif = *found;
	free(vifs);

	return rc;
}

/**
 * vmdq_store_find_vif() - the vif of our backend that a person named
 * @store: connection
 * @ref: the name
 * @vif: result: an existing vif of our backend
 * @err: VMDQ_S_NO_VIF
 */
int vmdq_store_find_vif(struct vmdq_store *store, const struct vmdq_vif_ref *ref,
			struct vmdq_vif *vif, struct vmdq_err *err)
{
	if (vmdq_store_find_any(store, ref, vif, err))
		return -1;
	return vif->ours ? 0 : not_ours(vif, err);
}

struct claim_list {
	struct vmdq_claim *claim;
	size_t n;
};

static int add_claim(struct vmdq_store *store, unsigned int domid, unsigned int handle, void *ctx,
		     struct vmdq_err *err)
{
	struct claim_list *list = ctx;
	struct vmdq_claim *claim;
	struct vmdq_vif vif = { .domid = domid, .handle = handle };
	struct vmdq_pool_id id;
	char text[64];

	/* a vif that went without its offline script: its claim is void */
	if (get_backend(store, &vif, "", text, sizeof(text)) && errno == ENOENT)
		return 0;
	if (get_node(store, &vif, VMDQ_XS_ASSIGN, text, sizeof(text)) ||
	    vmdq_parse_pool_id(text, &id))
		return 0;
	claim = realloc(list->claim, (list->n + 1) * sizeof(*claim));
	if (!claim)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	list->claim = claim;
	claim += list->n++;
	claim->id = id;
	if (get_backend(store, &vif, VMDQ_XS_BE_VIFNAME, claim->vif, sizeof(claim->vif)))
		snprintf(claim->vif, sizeof(claim->vif), "vif%u.%u", domid, handle);

	return 0;
}

/**
 * vmdq_store_list_claims() - which pools are assigned
 * @store: connection, best within the transaction that assigns another
 * @claims: result; release with free()
 * @n: how many
 * @err: why not
 */
int vmdq_store_list_claims(struct vmdq_store *store, struct vmdq_claim **claims, size_t *n,
			   struct vmdq_err *err)
{
	struct claim_list list = { NULL, 0 };

	*claims = NULL;
	*n = 0;
	if (vmdq_store_visit(store, VMDQ_XS_VIF_DIR, add_claim, &list, err)) {
		free(list.claim);
		return -1;
	}
	*claims = list.claim;
	*n = list.n;

	return 0;
}

/**
 * vmdq_store_write() - write or remove a node of a vif's directory
 * @store: connection
 * @vif: the vif
 * @node: relative to VMDQ_XS_VIF
 * @value: NULL removes it
 * @err: why not
 */
int vmdq_store_write(struct vmdq_store *store, const struct vmdq_vif *vif, const char *node,
		     const char *value, struct vmdq_err *err)
{
	char path[VMDQ_STORE_PATH_SIZE];

	/* xenstored would make it with the permissions of what is above */
	vmdq_store_path(store, path, "%s", VMDQ_XS_ROOT);
	if (value && vmdq_store_make_root(store, path, err))
		return -1;
	vmdq_store_path(store, path, VMDQ_XS_VIF "/%s", vif->domid, vif->handle, node);
	return vmdq_store_put(store, path, value, err);
}

/** vmdq_store_write_assign() - assign @id to @vif; an empty one withdraws the assignment */
int vmdq_store_write_assign(struct vmdq_store *store, const struct vmdq_vif *vif,
			    const struct vmdq_pool_id *id, struct vmdq_err *err)
{
	char text[VMDQ_POOL_TEXT_SIZE];

	if (!id->pool)
		return vmdq_store_write(store, vif, VMDQ_XS_ASSIGN, NULL, err);
	vmdq_format_pool_id(id, text);

	return vmdq_store_write(store, vif, VMDQ_XS_ASSIGN, text, err);
}

/**
 * vmdq_store_write_request() - write what a vif asks for
 * @store: connection, within a transaction
 * @vif: its request and bridge
 * @err: why not
 */
int vmdq_store_write_request(struct vmdq_store *store, const struct vmdq_vif *vif,
			     struct vmdq_err *err)
{
	const struct vmdq_settings *r = &vif->request;
	char number[2][16];
	const struct {
		const char *node;
		const char *value;	/* NULL: says what absence says */
	} nodes[] = {
		{ VMDQ_XS_REQUEST_BRIDGE, vif->bridge[0] ? vif->bridge : NULL },
		{ VMDQ_XS_REQUEST_BACKEND, vmdq_backend_word(vif->said) },
		{ VMDQ_XS_REQUEST_MODE, vmdq_mode_name(r->mode) },
		{ VMDQ_XS_REQUEST_LEVEL, vmdq_level_name(r->level) },
		{ VMDQ_XS_REQUEST_PORT, r->pool.port[0] ? r->pool.port : NULL },
		{ VMDQ_XS_REQUEST_POOL, r->pool.pool ? number[0] : NULL },
		{ VMDQ_XS_REQUEST_PRIORITY, r->priority ? number[1] : NULL },
	};
	size_t i;

	snprintf(number[0], sizeof(number[0]), "%u", r->pool.pool);
	snprintf(number[1], sizeof(number[1]), "%u", r->priority);
	for (i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (nodes[i].value &&
		    vmdq_store_write(store, vif, nodes[i].node, nodes[i].value, err))
			return -1;

	return 0;
}

/**
 * vmdq_store_write_said() - write whose a vif is, against what its script says
 * @store: connection, within a transaction
 * @vif: with @said
 * @err: why not
 */
int vmdq_store_write_said(struct vmdq_store *store, const struct vmdq_vif *vif,
			  struct vmdq_err *err)
{
	return vmdq_store_write(store, vif, VMDQ_XS_REQUEST_BACKEND, vmdq_backend_word(vif->said),
				err);
}

/**
 * vmdq_store_remove_vif() - forget a vif: its request, its assignment, everything
 * @store: connection, within a transaction
 * @domid: its guest
 * @handle: its number; VMDQ_NO_HANDLE: all of that guest
 * @err: why not
 */
int vmdq_store_remove_vif(struct vmdq_store *store, unsigned int domid, unsigned int handle,
			  struct vmdq_err *err)
{
	char path[VMDQ_STORE_PATH_SIZE];
	unsigned int n = 0;
	char **left;

	if (handle != VMDQ_NO_HANDLE) {
		vmdq_store_path(store, path, VMDQ_XS_VIF, domid, handle);
		if (vmdq_store_put(store, path, NULL, err))
			return -1;
	}
	vmdq_store_path(store, path, VMDQ_XS_VIF_DOMAIN, domid);
	if (handle == VMDQ_NO_HANDLE)
		return vmdq_store_put(store, path, NULL, err);
	left = xs_directory(store->xs, store->t, path, &n);
	free(left);
	if (left && !n)
		return vmdq_store_put(store, path, NULL, err);

	return 0;
}

/**
 * vmdq_store_hotplug_error() - tell xl why a vif cannot be had, as Xen's scripts do
 * @store: connection
 * @vif: the vif
 * @text: why
 * @err: why even that failed
 */
int vmdq_store_hotplug_error(struct vmdq_store *store, const struct vmdq_vif *vif,
			     const char *text, struct vmdq_err *err)
{
	char path[VMDQ_STORE_PATH_SIZE];

	vmdq_store_path(store, path, VMDQ_XS_BE "/" VMDQ_XS_BE_HOTPLUG_ERROR, vif->domid,
			vif->handle);
	if (vmdq_store_put(store, path, text, err))
		return -1;
	vmdq_store_path(store, path, VMDQ_XS_BE "/" VMDQ_XS_BE_HOTPLUG_STATUS, vif->domid,
			vif->handle);

	return vmdq_store_put(store, path, "error", err);
}

/** vmdq_store_clear_hotplug_error() - what an earlier run of the script complained of */
int vmdq_store_clear_hotplug_error(struct vmdq_store *store, const struct vmdq_vif *vif,
				   struct vmdq_err *err)
{
	char path[VMDQ_STORE_PATH_SIZE];

	vmdq_store_path(store, path, VMDQ_XS_BE "/" VMDQ_XS_BE_HOTPLUG_ERROR, vif->domid,
			vif->handle);
	return vmdq_store_put(store, path, NULL, err);
}
