/* SPDX-License-Identifier: GPL-2.0 */
/* Questions to the kernel by generic netlink; what they are about others know. */
#ifndef VMDQ_GENL_H
#define VMDQ_GENL_H

#include <libmnl/libmnl.h>
#include <stdint.h>

/**
 * struct vmdq_genl - a socket to ask by
 * @nl: the socket; NULL: it could not be opened
 * @seq: of the last request
 * @buf: one message batch
 */
struct vmdq_genl {
	struct mnl_socket *nl;
	unsigned int seq;
	char buf[16384];
};

int vmdq_genl_open(struct vmdq_genl *g);
void vmdq_genl_close(struct vmdq_genl *g);
struct nlmsghdr *vmdq_genl_request(struct vmdq_genl *g, uint16_t type, uint16_t flags,
				   uint8_t cmd, uint8_t version);
int vmdq_genl_talk(struct vmdq_genl *g, const struct nlmsghdr *nlh, mnl_cb_t cb, void *data);
int vmdq_genl_family(struct vmdq_genl *g, mnl_cb_t cb, void *data);

#endif /* VMDQ_GENL_H */
