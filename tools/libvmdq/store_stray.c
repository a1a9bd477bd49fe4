// SPDX-License-Identifier: GPL-2.0
/* Nodes of our own tree in xenstore that no part of xen-vmdq can have written */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"
#include "store_priv.h"
#include "vmdq_xenstore.h"

/** struct list - of strays that are looked for */
struct list {
	struct vmdq_store *store;
	struct vmdq_stray *stray;
	size_t n;
};

static void add(struct list *list, const char *path, const char *why)
{
	struct vmdq_stray *stray;

	if (list->n == VMDQ_STRAYS)
		return;
	stray = &list->stray[list->n++];
	snprintf(stray->path, sizeof(stray->path), "%s", path);
	snprintf(stray->why, sizeof(stray->why), "%s", why);
}

/* A value that is of no vif: those are read with their vif */
static void judge(struct list *list, const struct vmdq_rule *rule, const char *path)
{
	char full[VMDQ_STORE_PATH_SIZE], value[64], why[160], text[200];
	bool clean;

	vmdq_store_path(list->store, full, "%s", path);
	if (vmdq_rule_has(rule, "<handle>") ||
	    vmdq_store_get_text(list->store, value, sizeof(value), full, &clean) ||
	    !vmdq_rule_judge(rule, value, strlen(value), why, sizeof(why)))
		return;
	snprintf(text, sizeof(text), "%s: it counts as absent", why);
	add(list, path, text);
}

/* One node and all below it; no deeper than the rules go, so the recursion has an end */
static void walk(struct list *list, const char *path)
{
	char full[VMDQ_STORE_PATH_SIZE], child[VMDQ_STRAY_PATH_SIZE];
	struct vmdq_place place;
	const struct vmdq_rule *rule = vmdq_rule_find(path, &place);
	unsigned int i, n = 0;
	char **names;

	if (!rule || rule->planned) {
		add(list, path, "nobody should have written it: no node is called so");
		return;
	}
	if (rule->type != VMDQ_XS_TYPE_DIRECTORY) {
		judge(list, rule, path);
		return;
	}
	vmdq_store_path(list->store, full, "%s", path);
	names = xs_directory(list->store->xs, list->store->t, full, &n);
	for (i = 0; names && i < n; i++)
		if (snprintf(child, sizeof(child), "%s/%s", path, names[i]) < (int)sizeof(child))
			walk(list, child);
		else
			add(list, path, "a node in it has a longer name than any should");
	free(names);
}

/**
 * vmdq_store_list_strays() - nodes that nobody should have written, or nobody understands
 * @store: connection
 * @stray: result; of more than VMDQ_STRAYS the rest is left out
 *
 * Values in the directory of a vif are not among them: see vmdq_store_read_vif().
 *
 * Return: how many.
 */
size_t vmdq_store_list_strays(struct vmdq_store *store, struct vmdq_stray stray[VMDQ_STRAYS])
{
	struct list list = { .store = store, .stray = stray };

	walk(&list, VMDQ_XS_ROOT);

	return list.n;
}
