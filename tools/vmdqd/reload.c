// SPDX-License-Identifier: GPL-2.0
/* Read the configuration again, for the vifs that there are */
#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "conf.h"
#include "settings.h"
#include "vmdqd.h"

/** struct request - what a vif shall ask for from now on, and whether that was written */
struct request {
	const struct vmdq_vif *vif;
	struct vmdq_settings settings;
	bool written;
};

static void mistake(void *ctx, unsigned int line, unsigned int column, const char *text)
{
	say(LOG_WARNING, "%s:%u:%u: %s; this line is ignored", (const char *)ctx, line, column,
	    text);
}

/* Unless it has gone: its directory would be there for ever.  Sets whether it was written. */
static int write_request(struct vmdq_store *store, void *ctx, struct vmdq_err *err)
{
	struct request *r = ctx;
	struct vmdq_vif now;

	vmdq_store_read_vif(store, r->vif->domid, r->vif->handle, &now);
	r->written = now.backend && now.asked;
	if (!r->written)
		return 0;
	return vmdq_store_rewrite_request(store, r->vif, &r->settings, err);
}

static bool is_same(const struct vmdq_settings *a, const struct vmdq_settings *b)
{
	return a->mode == b->mode && a->priority == b->priority && a->pool.pool == b->pool.pool &&
	       !strcmp(a->pool.port, b->pool.port);
}

/**
 * reload() - have vifs ask for what the configuration says by now
 * @c: the coordinator; looks
 * @now: as for observe()
 * @path: the configuration
 *
 * What cannot be read or written changes nothing.  The next look acts upon it.
 * Return: whether that is done; if not, which vifs there are could not be seen.
 */
bool reload(struct coordinator *c, long long now, const char *path)
{
	struct vmdq_conf conf;
	struct vmdq_err err;
	struct request r;
	unsigned int n = 0;
	size_t i;

	/* first: while it fails it is tried at each look, and the file's mistakes are told once */
	if (observe(c, now, &err))
		return false;
	if (vmdq_conf_load(path, &conf, mistake, (void *)path) < 0) {
		say(LOG_WARNING, "cannot read %s: %s; nothing changes", path, strerror(errno));
		vmdq_conf_free(&conf);
		return true;
	}
	for (i = 0; i < c->n_vifs; i++) {
		r.vif = &c->vifs[i];
		if (!r.vif->ours || !r.vif->asked)
			continue;
		vmdq_settings_of(&conf, r.vif, &r.settings);
		if (is_same(&r.settings, &r.vif->request))
			continue;
		if (vmdq_store_transaction(&c->store, write_request, &r, &err))
			say(LOG_ERR, "%s: %s", r.vif->netdev, err.text);
		else if (r.written)
			n++;
	}
	vmdq_conf_free(&conf);
	say(LOG_INFO, "read %s: %u of the vifs ask for something else now", path, n);

	return true;
}
