/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text to values and back: everything that a person, xenstore or a
 * configuration file writes.  Pure: no I/O, no allocation, no locale.
 * A parser either fills its result and returns 0, or returns -1 and leaves
 * the result as it was.
 */
#ifndef VMDQ_PARSE_H
#define VMDQ_PARSE_H

#include "model.h"

/**
 * struct vmdq_vif_ref - how a person named a vif
 * @by_id: @domid and @handle are valid; else @domain is
 * @domid: the guest's number
 * @handle: the vif's number
 * @domain: a guest's name, or the name of the vif's network interface
 * @has_handle: @handle is valid although @by_id is not set
 */
struct vmdq_vif_ref {
	bool by_id;
	bool has_handle;
	unsigned int domid;
	unsigned int handle;
	const char *domain;
};

/**
 * struct vmdq_target - what a person wants a vif to be assigned to
 * @automatic: any free pool of the port that its bridge leads to
 * @port: a PCI address in full, or the name of a port's network interface
 * @pool: a pool's number, 0 for any
 * @has_pool: a number was given, perhaps 0
 */
struct vmdq_target {
	bool automatic;
	bool has_pool;
	char port[VMDQ_PORT_NAME_SIZE];
	unsigned int pool;
};

int vmdq_parse_uint(const char *text, unsigned int *value);
int vmdq_parse_number(const char *text, unsigned int *value);
int vmdq_parse_bdf(const char *text, char bdf[VMDQ_PORT_NAME_SIZE]);
int vmdq_parse_pool_id(const char *text, struct vmdq_pool_id *id);
int vmdq_parse_hold(const char *text, struct vmdq_hold *hold);
int vmdq_parse_target(const char *text, struct vmdq_target *target);
int vmdq_parse_mac(const char *text, uint8_t mac[VMDQ_MAC_LEN]);
int vmdq_parse_level(const char *text, enum vmdq_level *level);
int vmdq_parse_mode(const char *text, enum vmdq_mode *mode);
int vmdq_parse_backend(const char *text, enum vmdq_backend *backend);
int vmdq_parse_vif_state(const char *text, enum vmdq_vif_state *state);
int vmdq_parse_vif_ref(int argc, char *const *argv, struct vmdq_vif_ref *ref);
int vmdq_parse_xenbus_path(const char *path, unsigned int *domid, unsigned int *handle);

const char *vmdq_level_name(enum vmdq_level level);
const char *vmdq_mode_name(enum vmdq_mode mode);
const char *vmdq_backend_word(enum vmdq_backend backend);
const char *vmdq_backend_name(enum vmdq_backend backend);
const char *vmdq_vif_state_name(enum vmdq_vif_state state);
const char *vmdq_pool_state_name(unsigned int state);
const char *vmdq_mac_problem(const uint8_t mac[VMDQ_MAC_LEN]);
void vmdq_format_pool_id(const struct vmdq_pool_id *id, char text[VMDQ_POOL_TEXT_SIZE]);
void vmdq_format_hold(const struct vmdq_hold *hold, char text[VMDQ_POOL_TEXT_SIZE]);
void vmdq_format_mac(const uint8_t mac[VMDQ_MAC_LEN], char text[VMDQ_MAC_TEXT_SIZE]);

#endif /* VMDQ_PARSE_H */
