// SPDX-License-Identifier: GPL-2.0
/* Nodes of xenstore that hold what cannot be understood: each is told of, but not often */
#include <string.h>
#include <syslog.h>

#include "vmdqd.h"

static bool is_time_to_say(const struct known_vif *k, unsigned int node, long long now)
{
	return !(k->odd & 1u << node) &&
	       (!k->odd_said[node] || now - k->odd_said[node] >= ODD_AGAIN_MS);
}

/**
 * report_odd() - complain of what could not be understood in the last look
 * @c: the coordinator
 * @now: milliseconds, not 0
 *
 * Of each node of each vif once as long as it stays so, and not more often than every
 * ODD_AGAIN_MS however often it changes: whoever writes nonsense does not fill the log.
 */
void report_odd(struct coordinator *c, long long now)
{
	const struct vmdq_vif *vif;
	struct known_vif *k;
	char text[256];
	unsigned int node;
	size_t i;

	for (i = 0; i < c->n_vifs; i++) {
		vif = &c->vifs[i];
		k = know_vif(c, vif->domid, vif->handle);
		if (!k)
			continue;
		for (node = 0; node < VMDQ_ODD_COUNT; node++) {
			if (!(vif->odd & 1u << node) || !is_time_to_say(k, node, now))
				continue;
			vmdq_odd_text(vif, (enum vmdq_odd)node, text, sizeof(text));
			say(LOG_WARNING, "%s (domain %s): %s", vif->netdev, vif->domain, text);
			k->odd_said[node] = now;
		}
		k->odd = vif->odd;
	}
}

/* Where it is remembered; or a free place; or none, when all have been used of late */
static struct known_stray *know_stray(struct coordinator *c, const char *path)
{
	struct known_stray *k, *place = NULL;
	size_t i;

	for (i = 0; i < VMDQ_STRAYS; i++) {
		k = &c->known_strays[i];
		if (!strcmp(k->path, path))
			return k;
		if (!*k->path)
			place = k;
	}

	return place;
}

/**
 * report_strays() - complain of nodes that are no vif's and nobody's of us
 * @c: the coordinator
 * @now: milliseconds, not 0
 *
 * Of each once as long as it is there, not more often than every ODD_AGAIN_MS, and of no
 * more than VMDQ_STRAYS within that.
 */
void report_strays(struct coordinator *c, long long now)
{
	struct vmdq_stray stray[VMDQ_STRAYS];
	struct known_stray *k;
	size_t i, n;

	if (c->strays_at && now - c->strays_at < STRAYS_AGAIN_MS)
		return;
	c->strays_at = now;
	n = vmdq_store_list_strays(&c->store, stray);
	for (i = 0; i < VMDQ_STRAYS; i++) {
		k = &c->known_strays[i];
		if (!k->seen && now - k->said >= ODD_AGAIN_MS)
			*k->path = '\0';
		k->seen = false;
	}
	for (i = 0; i < n; i++) {
		k = know_stray(c, stray[i].path);
		if (!k)
			continue;
		k->seen = true;
		if (*k->path)
			continue;
		strcpy(k->path, stray[i].path);
		k->said = now;
		say(LOG_WARNING, "%s in xenstore: %s", stray[i].path, stray[i].why);
	}
}
