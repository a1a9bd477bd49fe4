/* SPDX-License-Identifier: GPL-2.0 */
/* Shared by the store*.c files; nobody else's */
#ifndef VMDQ_STORE_PRIV_H
#define VMDQ_STORE_PRIV_H

#include "store.h"

#define VMDQ_STORE_PATH_SIZE	160

/* An absolute path from a format relative to the backend domain's directory */
int vmdq_store_path(const struct vmdq_store *store, char path[VMDQ_STORE_PATH_SIZE],
		    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Reads one value, control characters replaced; -1 with errno set */
int vmdq_store_get(struct vmdq_store *store, char *value, size_t size, const char *path);

/* The same; @clean: nothing had to be replaced */
int vmdq_store_get_text(struct vmdq_store *store, char *value, size_t size, const char *path,
			bool *clean);

/* Writes one value; NULL removes the node, which need not exist */
int vmdq_store_put(struct vmdq_store *store, const char *path, const char *value,
		   struct vmdq_err *err);

typedef int (*vmdq_store_visitor)(struct vmdq_store *store, unsigned int domid,
				  unsigned int handle, void *ctx, struct vmdq_err *err);

/* Calls @fn for each <domid>/<handle> below @dir, and with VMDQ_NO_HANDLE for a <domid> that has
 * none; names that are no numbers are skipped
 */
int vmdq_store_visit(struct vmdq_store *store, const char *dir, vmdq_store_visitor fn, void *ctx,
		     struct vmdq_err *err);

int vmdq_store_make_root(struct vmdq_store *store, const char *path, struct vmdq_err *err);

#endif /* VMDQ_STORE_PRIV_H */
