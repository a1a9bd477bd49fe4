/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Vifs, requests and assignments in xenstore (docs/xenstore.md).  A function
 * that fails returns -1 and says why in @err.
 */
#ifndef VMDQ_STORE_H
#define VMDQ_STORE_H

#include <limits.h>

#include <xenstore.h>

#include "error.h"
#include "model.h"
#include "parse.h"
#include "policy.h"

#define VMDQ_SCRIPT	"vif-vmdq"	/* a vif with this script is our backend's */

/* In the place of a vif's number: its domain has a directory, and in it no vif */
#define VMDQ_NO_HANDLE	UINT_MAX

/**
 * struct vmdq_store - a connection to xenstored
 * @xs: the connection
 * @t: current transaction or XBT_NULL; set by vmdq_store_transaction()
 * @domid: the domain that we run in, the backend domain
 * @base: its directory, "/local/domain/0".  Absolute paths are used because
 *	what a relative one means depends on how one is connected.
 */
struct vmdq_store {
	struct xs_handle *xs;
	xs_transaction_t t;
	unsigned int domid;
	char base[48];
};

#define VMDQ_STRAYS		16	/* that are told of at a time */
#define VMDQ_STRAY_PATH_SIZE	96

/**
 * struct vmdq_stray - a node of our own tree that nobody of us can have written
 * @path: relative to the backend domain's directory
 * @why: what is wrong with it, in the words of "vmdqctl check"
 */
struct vmdq_stray {
	char path[VMDQ_STRAY_PATH_SIZE];
	char why[200];
};

/**
 * vmdq_store_step - what is to be done in one transaction
 * @store: with the transaction open
 * @ctx: as given to vmdq_store_transaction()
 * @err: why it cannot be done
 *
 * May be called several times, each time from the start.
 * Return: 0 to commit, -1 to abandon.
 */
typedef int (*vmdq_store_step)(struct vmdq_store *store, void *ctx, struct vmdq_err *err);

int vmdq_store_open(struct vmdq_store *store, struct vmdq_err *err);
void vmdq_store_close(struct vmdq_store *store);
int vmdq_store_transaction(struct vmdq_store *store, vmdq_store_step step, void *ctx,
			   struct vmdq_err *err);

void vmdq_odd_text(const struct vmdq_vif *vif, enum vmdq_odd node, char *text, size_t size);
void vmdq_store_read_vif(struct vmdq_store *store, unsigned int domid, unsigned int handle,
			 struct vmdq_vif *vif);
int vmdq_store_list_vifs(struct vmdq_store *store, struct vmdq_vif **vifs, size_t *n,
			 struct vmdq_err *err);
bool vmdq_ref_matches(const struct vmdq_vif_ref *ref, const struct vmdq_vif *vif);
enum vmdq_backend vmdq_backend_by_script(const struct vmdq_vif *vif);
int vmdq_store_find_any(struct vmdq_store *store, const struct vmdq_vif_ref *ref,
			struct vmdq_vif *vif, struct vmdq_err *err);
int vmdq_store_find_vif(struct vmdq_store *store, const struct vmdq_vif_ref *ref,
			struct vmdq_vif *vif, struct vmdq_err *err);
int vmdq_store_list_claims(struct vmdq_store *store, struct vmdq_claim **claims, size_t *n,
			   struct vmdq_err *err);

int vmdq_store_write(struct vmdq_store *store, const struct vmdq_vif *vif, const char *node,
		     const char *value, struct vmdq_err *err);
int vmdq_store_write_assign(struct vmdq_store *store, const struct vmdq_vif *vif,
			    const struct vmdq_pool_id *id, struct vmdq_err *err);
int vmdq_store_write_request(struct vmdq_store *store, const struct vmdq_vif *vif,
			     struct vmdq_err *err);
int vmdq_store_write_said(struct vmdq_store *store, const struct vmdq_vif *vif,
			  struct vmdq_err *err);
int vmdq_store_remove_vif(struct vmdq_store *store, unsigned int domid, unsigned int handle,
			  struct vmdq_err *err);
int vmdq_store_hotplug_error(struct vmdq_store *store, const struct vmdq_vif *vif,
			     const char *text, struct vmdq_err *err);

int vmdq_store_clear_hotplug_error(struct vmdq_store *store, const struct vmdq_vif *vif,
				   struct vmdq_err *err);
int vmdq_store_watch(struct vmdq_store *store, const struct vmdq_vif *vif, struct vmdq_err *err);
int vmdq_store_wait(struct vmdq_store *store, struct vmdq_vif *vif, unsigned int timeout_ms,
		    struct vmdq_err *err);

void vmdq_store_read_device(struct vmdq_store *store, const struct vmdq_vif *vif,
			    struct vmdq_device *device);
int vmdq_store_wait_device(struct vmdq_store *store, const struct vmdq_vif *vif,
			   unsigned int timeout_ms, struct vmdq_err *err);

size_t vmdq_store_list_strays(struct vmdq_store *store, struct vmdq_stray stray[VMDQ_STRAYS]);

/* store_pool.c: who is given what, for commands and coordinator alike */
int vmdq_store_assign(struct vmdq_store *store, const struct vmdq_vif *vif,
		      const struct vmdq_pool_id *id, struct vmdq_err *err);
int vmdq_store_write_hold(struct vmdq_store *store, const struct vmdq_vif *vif,
			  const struct vmdq_hold *hold, struct vmdq_err *err);
int vmdq_store_rewrite_request(struct vmdq_store *store, const struct vmdq_vif *vif,
			       const struct vmdq_settings *settings, struct vmdq_err *err);
bool vmdq_store_drained(struct vmdq_store *store, const char *port);
void vmdq_store_mark_drained(struct vmdq_store *store, struct vmdq_ports *ports);
int vmdq_store_write_drain(struct vmdq_store *store, const char *port, bool drain,
			   struct vmdq_err *err);
bool vmdq_store_is_gone(struct vmdq_store *store, unsigned int domid, unsigned int handle);
int vmdq_store_list_stale(struct vmdq_store *store, struct vmdq_vif **vifs, size_t *n,
			  struct vmdq_err *err);
int vmdq_store_follow(struct vmdq_store *store, struct vmdq_err *err);
int vmdq_store_news(struct vmdq_store *store);
bool vmdq_store_alive(struct vmdq_store *store);
int vmdq_store_wait_assigned(struct vmdq_store *store, struct vmdq_vif *vif,
			     unsigned int timeout_ms, struct vmdq_err *err);

#endif /* VMDQ_STORE_H */
