// SPDX-License-Identifier: GPL-2.0
/*
 * The connection to xenstored, single values, and transactions.  What the
 * values of a vif mean is in store_vif.c, waiting for one in store_wait.c.
 */
#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore_lib.h>

#include "store_priv.h"
#include "vmdq_xenstore.h"
#include "xenstored.h"

/*
 * A conflict means that somebody else committed meanwhile, so each try that
 * fails is somebody's progress; this many in a row are an error somewhere.
 */
#define TRANSACTION_TRIES	100

#define ANSWER_MS	10000
#define NO_ANSWER	"xenstored does not answer (%s): is it running? start it (service xen start)"

/* True when this kernel runs on Xen */
static bool on_xen(void)
{
	char type[8] = "";
	FILE *f = fopen("/sys/hypervisor/type", "re");

	if (!f)
		return !access("/proc/xen/capabilities", F_OK);
	if (!fgets(type, sizeof(type), f))
		type[0] = '\0';
	fclose(f);

	return !strncmp(type, "xen", 3);
}

/**
 * vmdq_store_open() - connect to xenstored, which has 10 s to answer
 * @store: result; close with vmdq_store_close()
 * @err: VMDQ_S_NO_XEN, with what to do
 */
int vmdq_store_open(struct vmdq_store *store, struct vmdq_err *err)
{
	static struct vmdq_xenstored xenstored = { .device = "/dev/xen/xenbus" };
	char domid[16];
	int saved;

	memset(store, 0, sizeof(*store));
	store->t = XBT_NULL;
	xenstored.socket = xs_daemon_socket();
	if (!vmdq_xenstored_answers(&xenstored, ANSWER_MS))
		return vmdq_fail(err, VMDQ_S_NO_XEN, NO_ANSWER, strerror(errno));
	store->xs = xs_open(0);
	if (!store->xs) {
		saved = errno;
		if (geteuid())
			return vmdq_fail(err, VMDQ_S_NO_XEN,
					 "no access to xenstore: this needs root");
		if (!on_xen())
			return vmdq_fail(err, VMDQ_S_NO_XEN,
					 "no Xen here: wanted xenstore, but this kernel does not run on Xen; boot the Xen hypervisor with this system as its dom0");
		return vmdq_fail(err, VMDQ_S_NO_XEN, NO_ANSWER, strerror(saved));
	}
	/* relative to our own domain on a xenbus connection; dom0 has it absolutely, too */
	if (vmdq_store_get(store, domid, sizeof(domid), VMDQ_XS_DOMID) ||
	    vmdq_parse_uint(domid, &store->domid))
		store->domid = 0;
	snprintf(store->base, sizeof(store->base), VMDQ_XS_DOMAIN, store->domid);

	return 0;
}

/** vmdq_store_close() - disconnect; an open transaction ends without effect */
void vmdq_store_close(struct vmdq_store *store)
{
	if (store->xs)
		xs_close(store->xs);
	store->xs = NULL;
}

/* oxenstored's EQUOTA is none of the errors that libxenstore knows: it makes EINVAL of it,
 * which nothing else does to a path and a value of ours
 */
static const char *quota_hint(int error)
{
	switch (error) {
	case ENOSPC:
	case E2BIG:
		return " (a quota of xenstored)";
	case EINVAL:
		return " (with oxenstored: a quota)";
	default:
		return "";
	}
}

/**
 * vmdq_store_transaction() - change xenstore in one piece
 * @store: connection
 * @step: what to do; repeated when somebody else's change came between
 * @ctx: for @step
 * @err: of @step, or of xenstored
 */
int vmdq_store_transaction(struct vmdq_store *store, vmdq_store_step step, void *ctx,
			   struct vmdq_err *err)
{
	int tries, rc;

	for (tries = 0; tries < TRANSACTION_TRIES; tries++) {
		store->t = xs_transaction_start(store->xs);
		if (store->t == XBT_NULL)
			return vmdq_fail(err, VMDQ_S_SYSTEM,
					 "cannot change %s/%s in xenstore, as that starts no transaction: %s%s",
					 store->base, VMDQ_XS_ROOT, strerror(errno),
					 quota_hint(errno));
		rc = step(store, ctx, err);
		if (!xs_transaction_end(store->xs, store->t, rc != 0) && !rc) {
			store->t = XBT_NULL;
			if (errno == EAGAIN)
				continue;
			return vmdq_fail(err, VMDQ_S_SYSTEM,
					 "xenstored refused a change of %s/%s: %s%s", store->base,
					 VMDQ_XS_ROOT, strerror(errno), quota_hint(errno));
		}
		store->t = XBT_NULL;
		return rc;
	}

	return vmdq_fail(err, VMDQ_S_SYSTEM,
			 "xenstored refused a change %d times, as something else keeps changing the same nodes",
			 TRANSACTION_TRIES);
}

int vmdq_store_path(const struct vmdq_store *store, char path[VMDQ_STORE_PATH_SIZE],
		    const char *fmt, ...)
{
	char relative[VMDQ_STORE_PATH_SIZE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(relative, sizeof(relative), fmt, ap);
	va_end(ap);
	n = snprintf(path, VMDQ_STORE_PATH_SIZE, "%s/%s", store->base, relative);

	return n < VMDQ_STORE_PATH_SIZE ? 0 : -1;
}

int vmdq_store_get_text(struct vmdq_store *store, char *value, size_t size, const char *path,
			bool *clean)
{
	unsigned int len;
	char *raw = xs_read(store->xs, store->t, path, &len), *p;

	if (!raw)
		return -1;
	*clean = strlen(raw) == len;
	snprintf(value, size, "%s", raw);
	free(raw);
	/* some of it is written by others and ends up on a terminal */
	for (p = value; *p; p++) {
		if ((unsigned char)*p >= ' ' && *p != 0x7f)
			continue;
		*p = '?';
		*clean = false;
	}

	return 0;
}

int vmdq_store_get(struct vmdq_store *store, char *value, size_t size, const char *path)
{
	bool clean;

	return vmdq_store_get_text(store, value, size, path, &clean);
}

int vmdq_store_put(struct vmdq_store *store, const char *path, const char *value,
		   struct vmdq_err *err)
{
	if (value) {
		if (xs_write(store->xs, store->t, path, value, (unsigned int)strlen(value)))
			return 0;
	} else {
		if (xs_rm(store->xs, store->t, path) || errno == ENOENT)
			return 0;
	}

	return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot %s %s in xenstore: %s%s",
			 value ? "write" : "remove", path, strerror(errno), quota_hint(errno));
}

/* Creates VMDQ_XS_ROOT for the backend domain alone; all below inherits that */
int vmdq_store_make_root(struct vmdq_store *store, const char *path, struct vmdq_err *err)
{
	struct xs_permissions perms = { .id = store->domid, .perms = XS_PERM_NONE };
	char value[4];

	if (!vmdq_store_get(store, value, sizeof(value), path))
		return 0;
	if (xs_mkdir(store->xs, store->t, path) &&
	    xs_set_permissions(store->xs, store->t, path, &perms, 1))
		return 0;

	return vmdq_fail(err, VMDQ_S_SYSTEM, "cannot create %s in xenstore: %s%s", path,
			 strerror(errno), quota_hint(errno));
}
