// SPDX-License-Identifier: GPL-2.0
#include "xenstore_fake.h"

#include <check.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenstore.h>
#include <xenstore_lib.h>

#define MAX_NODES	512
#define MAX_WATCHES	4
#define MAX_EVENTS	256
#define PATH_SIZE	160
#define VALUE_SIZE	512
#define MAX_PERMS	10	/* as many as fit into a node's text */

struct node {
	char path[PATH_SIZE];
	char value[VALUE_SIZE];
	char perms[32];
};

struct tree {
	struct node node[MAX_NODES];
	unsigned int n;
	unsigned int generation;	/* of the last change */
};

struct change {
	char path[PATH_SIZE];
};

struct xs_handle {
	char watch[MAX_WATCHES][PATH_SIZE];
	char token[32];
	unsigned int n_watches;
	int pipe[2];
	struct change event[MAX_EVENTS];
	unsigned int head, tail;
};

struct fake_xs fake_xs;
static struct tree main_tree, transaction_tree;
static bool in_transaction;
static unsigned int transaction_generation;
static struct change pending[MAX_EVENTS];	/* of the transaction */
static unsigned int n_pending;
static struct xs_handle *client;
static bool in_hook;

/* Running out of room is a mistake of the test */
static void need(bool enough)
{
	if (!enough)
		abort();
}

static void absolute(char full[PATH_SIZE], const char *path)
{
	int n;

	if (*path == '/')
		n = snprintf(full, PATH_SIZE, "%s", path);
	else
		n = snprintf(full, PATH_SIZE, "/local/domain/%u/%s", fake_xs.domid, path);
	need(n < PATH_SIZE);
}

static struct node *find(struct tree *t, const char *path)
{
	unsigned int i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->node[i].path, path))
			return &t->node[i];
	return NULL;
}

static bool is_below(const char *path, const char *parent)
{
	size_t len = strlen(parent);

	return !strncmp(path, parent, len) && path[len] == '/';
}

/* xenstored's rule: what a path may consist of */
static bool valid(const char *path)
{
	for (; *path; path++)
		if (!isalnum((unsigned char)*path) && !strchr("-/_@", *path))
			return false;
	return true;
}

static struct node *create(struct tree *t, const char *path)
{
	struct node *node = find(t, path);
	char parent[PATH_SIZE];

	if (node)
		return node;
	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	if (*parent)
		create(t, parent);
	need(t->n < MAX_NODES);
	node = &t->node[t->n++];
	memset(node, 0, sizeof(*node));
	snprintf(node->path, sizeof(node->path), "%s", path);

	return node;
}

static bool drop(struct tree *t, const char *path)
{
	unsigned int i, kept = 0;

	if (!find(t, path))
		return false;
	for (i = 0; i < t->n; i++)
		if (strcmp(t->node[i].path, path) && !is_below(t->node[i].path, path))
			t->node[kept++] = t->node[i];
	t->n = kept;

	return true;
}

static bool is_watched(const char *path)
{
	unsigned int i;

	for (i = 0; i < client->n_watches; i++)
		if (!strcmp(path, client->watch[i]) || is_below(path, client->watch[i]) ||
		    is_below(client->watch[i], path))
			return true;
	return false;
}

static void fire(const char *path)
{
	struct change *event;

	if (client && is_watched(path)) {
		if (client->head == client->tail) {
			client->head = 0;
			client->tail = 0;
		}
		need(client->tail < MAX_EVENTS);
		event = &client->event[client->tail++];
		snprintf(event->path, sizeof(event->path), "%s", path);
		need(write(client->pipe[1], "", 1) == 1);
	}
	if (fake_xs.changed && !in_hook) {
		in_hook = true;
		fake_xs.changed(path);
		in_hook = false;
	}
}

static void changed(const char *path)
{
	if (in_transaction) {
		need(n_pending < MAX_EVENTS);
		snprintf(pending[n_pending++].path, PATH_SIZE, "%s", path);
	} else {
		main_tree.generation++;
		fire(path);
	}
}

static struct tree *tree_of(xs_transaction_t t)
{
	need(!t || in_transaction);
	return t ? &transaction_tree : &main_tree;
}

void fake_xs_reset(void)
{
	memset(&fake_xs, 0, sizeof(fake_xs));
	memset(&main_tree, 0, sizeof(main_tree));
	in_transaction = false;
	n_pending = 0;
}

/* A write of somebody else's, even while the client has a transaction open */
void fake_xs_set(const char *path, const char *value)
{
	bool was_in_transaction = in_transaction;
	char full[PATH_SIZE];

	absolute(full, path);
	in_transaction = false;
	if (value) {
		need(valid(full) && strlen(value) < VALUE_SIZE);
		snprintf(create(&main_tree, full)->value, VALUE_SIZE, "%s", value);
		changed(full);
	} else if (drop(&main_tree, full)) {
		changed(full);
	}
	in_transaction = was_in_transaction;
}

const char *fake_xs_get(const char *path)
{
	char full[PATH_SIZE];
	struct node *node;

	absolute(full, path);
	node = find(&main_tree, full);

	return node ? node->value : NULL;
}

void fake_xs_expect(const char *path, const char *value)
{
	const char *found = fake_xs_get(path);

	if (value)
		ck_assert_msg(found && !strcmp(found, value), "%s is %s, not %s", path,
			      found ? found : "absent", value);
	else
		ck_assert_msg(!found, "%s is %s", path, found);
}

const char *fake_xs_perms(const char *path)
{
	char full[PATH_SIZE];
	struct node *node;

	absolute(full, path);
	node = find(&main_tree, full);

	return node && node->perms[0] ? node->perms : NULL;
}

void fake_xs_set_perms(const char *path, const char *perms)
{
	char full[PATH_SIZE];
	struct node *node;

	absolute(full, path);
	node = find(&main_tree, full);
	need(node && strlen(perms) < sizeof(node->perms));
	snprintf(node->perms, sizeof(node->perms), "%s", perms);
}

/* ---- libxenstore's interface ------------------------------------------- */

/* Is the connection gone? */
static bool is_gone(void)
{
	if (fake_xs.lost)
		errno = EPIPE;
	return fake_xs.lost;
}

/* For what changes something: is it gone just before that? */
static bool dies(void)
{
	if (fake_xs.die_after && !--fake_xs.die_after)
		fake_xs.lost = true;
	return is_gone();
}

/* Nobody listens there, nor is it left by somebody who did. */
const char *xs_daemon_socket(void)
{
	return "/nonexistent/socket";
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	if (fake_xs.absent || fake_xs.lost) {
		errno = ENOENT;
		return NULL;
	}
	need(!client);
	client = calloc(1, sizeof(*client));
	need(client && !pipe(client->pipe));

	return client;
}

void xs_close(struct xs_handle *h)
{
	if (!h)
		return;
	close(h->pipe[0]);
	close(h->pipe[1]);
	free(h);
	client = NULL;
	in_transaction = false;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	char full[PATH_SIZE];
	struct node *node;

	(void)h;
	if (is_gone())
		return NULL;
	absolute(full, path);
	node = find(tree_of(t), full);
	errno = valid(full) ? ENOENT : EINVAL;
	if (!node)
		return NULL;
	*len = (unsigned int)strlen(node->value);

	return strdup(node->value);
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *num)
{
	struct tree *tree = tree_of(t);
	char full[PATH_SIZE], *text;
	unsigned int i, n = 0;
	const char *name;
	char **names;

	(void)h;
	if (is_gone())
		return NULL;
	absolute(full, path);
	errno = ENOENT;
	if (!find(tree, full))
		return NULL;
	/* one block, as the library's caller frees it with one free() */
	names = malloc(MAX_NODES * (sizeof(*names) + PATH_SIZE));
	need(names);
	text = (char *)(names + MAX_NODES);
	for (i = 0; i < tree->n; i++) {
		name = tree->node[i].path + strlen(full) + 1;
		if (!is_below(tree->node[i].path, full) || strchr(name, '/'))
			continue;
		names[n++] = strcpy(text, name);
		text += PATH_SIZE;
	}
	*num = n;

	return names;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	char full[PATH_SIZE];
	struct node *node;

	(void)h;
	if (dies())
		return false;
	absolute(full, path);
	errno = fake_xs.write_errno ? fake_xs.write_errno : EINVAL;
	if (fake_xs.write_errno || !valid(full))
		return false;
	need(len < VALUE_SIZE);
	node = create(tree_of(t), full);
	memcpy(node->value, data, len);
	node->value[len] = '\0';
	changed(full);

	return true;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	char full[PATH_SIZE];

	absolute(full, path);

	return find(tree_of(t), full) || xs_write(h, t, path, "", 0);
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	char full[PATH_SIZE];

	(void)h;
	if (dies())
		return false;
	absolute(full, path);
	errno = ENOENT;
	if (!drop(tree_of(t), full))
		return false;
	changed(full);

	return true;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path,
			struct xs_permissions *perms, unsigned int num_perms)
{
	static const char letters[] = "nrwb";
	char full[PATH_SIZE];
	struct node *node;

	(void)h;
	absolute(full, path);
	node = find(tree_of(t), full);
	need(num_perms == 1);
	if (!node)
		return false;
	snprintf(node->perms, sizeof(node->perms), "%c%u", letters[perms->perms & 3], perms->id);

	return true;
}

/* Those of the node, or of the nearest directory above it that has any */
struct xs_permissions *xs_get_permissions(struct xs_handle *h, xs_transaction_t t,
					  const char *path, unsigned int *num)
{
	static const char letters[] = "nrwb";
	struct xs_permissions *perms;
	char full[PATH_SIZE];
	const char *p = "n0";
	struct node *node;

	(void)h;
	absolute(full, path);
	errno = ENOENT;
	if (!find(tree_of(t), full))
		return NULL;
	for (; *full; *strrchr(full, '/') = '\0') {
		node = find(tree_of(t), full);
		if (node && node->perms[0]) {
			p = node->perms;
			break;
		}
	}
	perms = calloc(MAX_PERMS, sizeof(*perms));
	need(perms);
	for (*num = 0; *p; p += *p == ',') {
		perms[*num].perms = (unsigned int)(strchr(letters, *p) - letters);
		perms[(*num)++].id = (unsigned int)strtoul(p + 1, (char **)&p, 10);
	}

	return perms;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	if (is_gone())
		return XBT_NULL;
	errno = fake_xs.start_errno;
	if (errno)
		return XBT_NULL;
	need(!in_transaction);
	transaction_tree = main_tree;
	transaction_generation = main_tree.generation;
	n_pending = 0;
	in_transaction = true;

	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abandon)
{
	unsigned int i;

	(void)h;
	need(in_transaction && t == 1);
	if (dies()) {
		in_transaction = false;
		return false;
	}
	if (!abandon && fake_xs.before_commit)
		fake_xs.before_commit();
	in_transaction = false;
	if (abandon)
		return true;
	errno = fake_xs.end_errno;
	if (errno)
		return false;
	if (main_tree.generation != transaction_generation) {
		fake_xs.conflicts++;
		errno = EAGAIN;
		return false;
	}
	fake_xs.commits++;
	main_tree = transaction_tree;
	main_tree.generation++;
	for (i = 0; i < n_pending; i++)
		fire(pending[i].path);

	return true;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	if (is_gone())
		return false;
	need(h->n_watches < MAX_WATCHES);
	absolute(h->watch[h->n_watches], path);
	snprintf(h->token, sizeof(h->token), "%s", token);
	fire(h->watch[h->n_watches++]);	/* the event that greets every new watch */

	return true;
}

int xs_fileno(struct xs_handle *h)
{
	return h->pipe[0];
}

char **xs_check_watch(struct xs_handle *h)
{
	size_t size;
	char **event;
	char byte;

	errno = fake_xs.lost ? EPIPE : EAGAIN;
	if (h->head == h->tail || fake_xs.lost)
		return NULL;
	need(read(h->pipe[0], &byte, 1) == 1);
	size = 2 * sizeof(*event) + PATH_SIZE + sizeof(h->token);
	event = malloc(size);
	need(event);
	event[XS_WATCH_PATH] = strcpy((char *)(event + 2), h->event[h->head++].path);
	event[XS_WATCH_TOKEN] = strcpy((char *)(event + 2) + PATH_SIZE, h->token);

	return event;
}
