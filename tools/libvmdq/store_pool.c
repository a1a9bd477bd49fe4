// SPDX-License-Identifier: GPL-2.0
/* Who is given which pool, what a person has decided, and which ports are drained */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_priv.h"
#include "vmdq_xenstore.h"

/**
 * vmdq_store_assign() - give a vif a pool, or take its pool back
 * @store: connection, within a transaction
 * @vif: the vif
 * @id: the pool; an empty one takes it back
 * @err: why not
 *
 * What was refused before says nothing about what is asked for now: the error goes.
 */
int vmdq_store_assign(struct vmdq_store *store, const struct vmdq_vif *vif,
		      const struct vmdq_pool_id *id, struct vmdq_err *err)
{
	if (vmdq_store_write_assign(store, vif, id, err))
		return -1;
	return vmdq_store_write(store, vif, VMDQ_XS_ERROR, NULL, err);
}

/**
 * vmdq_store_write_hold() - write what a person has decided for a vif
 * @store: connection, within the transaction that does so
 * @vif: the vif
 * @hold: the decision; unset: it is the coordinator's again
 * @err: why not
 */
int vmdq_store_write_hold(struct vmdq_store *store, const struct vmdq_vif *vif,
			  const struct vmdq_hold *hold, struct vmdq_err *err)
{
	char text[VMDQ_POOL_TEXT_SIZE];

	vmdq_format_hold(hold, text);
	return vmdq_store_write(store, vif, VMDQ_XS_REQUEST_HOLD, hold->set ? text : NULL, err);
}

/**
 * vmdq_store_rewrite_request() - write what the configuration asks for by now
 * @store: connection, within a transaction
 * @vif: a vif whose script has written a request
 * @settings: what is asked for; the level is left as it is, for it may be a person's
 * @err: why not
 */
int vmdq_store_rewrite_request(struct vmdq_store *store, const struct vmdq_vif *vif,
			       const struct vmdq_settings *settings, struct vmdq_err *err)
{
	const struct vmdq_pool_id *id = &settings->pool;
	const char *mode = vmdq_mode_name(settings->mode);
	char pool[16], priority[16];

	snprintf(pool, sizeof(pool), "%u", id->pool);
	snprintf(priority, sizeof(priority), "%u", settings->priority);
	if (vmdq_store_write(store, vif, VMDQ_XS_REQUEST_MODE, mode, err) ||
	    vmdq_store_write(store, vif, VMDQ_XS_REQUEST_PORT, *id->port ? id->port : NULL, err) ||
	    vmdq_store_write(store, vif, VMDQ_XS_REQUEST_POOL, id->pool ? pool : NULL, err))
		return -1;

	return vmdq_store_write(store, vif, VMDQ_XS_REQUEST_PRIORITY,
				settings->priority ? priority : NULL, err);
}

/* Of a port's directory, whose name may have neither colon nor dot */
static void port_path(struct vmdq_store *store, char path[VMDQ_STORE_PATH_SIZE], const char *port,
		      const char *node)
{
	char name[VMDQ_PORT_NAME_SIZE], *p;

	snprintf(name, sizeof(name), "%s", port);
	for (p = name; *p; p++)
		if (*p == ':' || *p == '.')
			*p = '-';
	vmdq_store_path(store, path, VMDQ_XS_PORT "%s%s", name, *node ? "/" : "", node);
}

/** vmdq_store_drained() - does a person want this port to be empty? */
bool vmdq_store_drained(struct vmdq_store *store, const char *port)
{
	char path[VMDQ_STORE_PATH_SIZE], text[16];

	port_path(store, path, port, VMDQ_XS_PORT_DRAIN);
	return !vmdq_store_get(store, text, sizeof(text), path) && !strcmp(text, "1");
}

/** vmdq_store_mark_drained() - set @drained of each of @ports */
void vmdq_store_mark_drained(struct vmdq_store *store, struct vmdq_ports *ports)
{
	size_t i;

	for (i = 0; i < ports->n; i++)
		ports->port[i].drained = vmdq_store_drained(store, ports->port[i].name);
}

/**
 * vmdq_store_write_drain() - a person wants a port to be empty, or no longer
 * @store: connection, within a transaction
 * @port: PCI address
 * @drain: see above
 * @err: why not
 */
int vmdq_store_write_drain(struct vmdq_store *store, const char *port, bool drain,
			   struct vmdq_err *err)
{
	char path[VMDQ_STORE_PATH_SIZE];

	vmdq_store_path(store, path, "%s", VMDQ_XS_ROOT);
	if (vmdq_store_make_root(store, path, err))
		return -1;
	port_path(store, path, port, drain ? VMDQ_XS_PORT_DRAIN : "");
	return vmdq_store_put(store, path, drain ? "1" : NULL, err);
}

/**
 * vmdq_store_is_gone() - has xl removed a vif?
 * @store: connection
 * @domid: its guest
 * @handle: its number; VMDQ_NO_HANDLE: whatever vif of that guest
 */
bool vmdq_store_is_gone(struct vmdq_store *store, unsigned int domid, unsigned int handle)
{
	char path[VMDQ_STORE_PATH_SIZE];
	struct vmdq_vif vif;
	unsigned int n = 0;
	char **vifs;

	if (handle != VMDQ_NO_HANDLE) {
		vmdq_store_read_vif(store, domid, handle, &vif);
		return !vif.backend;
	}
	vmdq_store_path(store, path, VMDQ_XS_BE_DIR "/%u", domid);
	vifs = xs_directory(store->xs, store->t, path, &n);
	free(vifs);

	return vifs ? !n : errno == ENOENT;
}

/** struct stale - list of vifs */
struct stale {
	struct vmdq_vif *vif;
	size_t n;
};

static int add_stale(struct vmdq_store *store, unsigned int domid, unsigned int handle, void *ctx,
		     struct vmdq_err *err)
{
	struct stale *list = ctx;
	struct vmdq_vif *vif;

	if (!vmdq_store_is_gone(store, domid, handle))
		return 0;
	vif = realloc(list->vif, (list->n + 1) * sizeof(*vif));
	if (!vif)
		return vmdq_fail(err, VMDQ_S_SYSTEM, "out of memory");
	list->vif = vif;
	vif[list->n++] = (struct vmdq_vif){ .domid = domid, .handle = handle };

	return 0;
}

/**
 * vmdq_store_list_stale() - vifs that are gone, of which something was left behind
 * @store: connection
 * @vifs: result, with @domid and @handle and no more; release with free()
 * @n: how many
 * @err: why not
 *
 * A handle is VMDQ_NO_HANDLE where a guest has gone and left a directory with no vif in it.
 */
int vmdq_store_list_stale(struct vmdq_store *store, struct vmdq_vif **vifs, size_t *n,
			  struct vmdq_err *err)
{
	struct stale list = { NULL, 0 };

	*vifs = NULL;
	*n = 0;
	if (vmdq_store_visit(store, VMDQ_XS_VIF_DIR, add_stale, &list, err)) {
		free(list.vif);
		return -1;
	}
	*vifs = list.vif;
	*n = list.n;

	return 0;
}

/**
 * vmdq_store_follow() - be told of every change of vifs, requests and assignments
 * @store: connection; xs_fileno() of it becomes readable
 * @err: why not
 */
int vmdq_store_follow(struct vmdq_store *store, struct vmdq_err *err)
{
	static const char * const dirs[] = { VMDQ_XS_ROOT, VMDQ_XS_BE_DIR };
	char path[VMDQ_STORE_PATH_SIZE];
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		vmdq_store_path(store, path, "%s", dirs[i]);
		if (!xs_watch(store->xs, path, "follow"))
			return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot watch %s in xenstore: %s",
					 path, strerror(errno));
	}

	return 0;
}

/** vmdq_store_news() - forget the changes that were told.  Return: how many, or -1: lost. */
int vmdq_store_news(struct vmdq_store *store)
{
	char **event;
	int n = 0;

	while ((event = xs_check_watch(store->xs))) {
		free(event);
		n++;
	}

	return errno == EAGAIN ? n : -1;
}

/** vmdq_store_alive() - does xenstored still answer? */
bool vmdq_store_alive(struct vmdq_store *store)
{
	char path[VMDQ_STORE_PATH_SIZE], text[16];

	vmdq_store_path(store, path, VMDQ_XS_DOMID);
	return !vmdq_store_get(store, text, sizeof(text), path) || errno == ENOENT ||
	       errno == EACCES;
}
