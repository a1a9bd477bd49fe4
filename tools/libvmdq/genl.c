// SPDX-License-Identifier: GPL-2.0
#include "genl.h"

#include <linux/genetlink.h>
#include <sys/socket.h>
#include <time.h>

#include "vmdq_netlink.h"

/**
 * vmdq_genl_open() - open a socket
 * @g: result; close with vmdq_genl_close(), also after a failure
 *
 * Return: 0, or -1 with errno set.
 */
int vmdq_genl_open(struct vmdq_genl *g)
{
	g->seq = (unsigned int)time(NULL);
	g->nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);

	return g->nl && mnl_socket_bind(g->nl, 0, MNL_SOCKET_AUTOPID) >= 0 ? 0 : -1;
}

/** vmdq_genl_close() - close it */
void vmdq_genl_close(struct vmdq_genl *g)
{
	if (g->nl)
		mnl_socket_close(g->nl);
	g->nl = NULL;
}

/**
 * vmdq_genl_request() - begin a request; the next one overwrites it
 * @g: the socket
 * @type: number of a family
 * @flags: NLM_F_* beside NLM_F_REQUEST
 * @cmd: command
 * @version: of the family
 */
struct nlmsghdr *vmdq_genl_request(struct vmdq_genl *g, uint16_t type, uint16_t flags,
				   uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(g->buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++g->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = version;

	return nlh;
}

/**
 * vmdq_genl_talk() - send a request and take its answers
 * @g: the socket
 * @nlh: the last request
 * @cb: is given each answer
 * @data: for @cb
 *
 * Return: 0, or -1 with errno set.
 */
int vmdq_genl_talk(struct vmdq_genl *g, const struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	unsigned int port = mnl_socket_get_portid(g->nl), seq = g->seq;
	ssize_t n;
	int rc;

	if (mnl_socket_sendto(g->nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		n = mnl_socket_recvfrom(g->nl, g->buf, sizeof(g->buf));
		if (n < 0)
			return -1;
		rc = mnl_cb_run(g->buf, (size_t)n, seq, port, cb, data);
	} while (rc > MNL_CB_STOP);

	return rc;
}

/**
 * vmdq_genl_family() - ask about the family "vmdq"
 * @g: the socket
 * @cb: is given the answer, with CTRL_ATTR_*
 * @data: for @cb
 *
 * Return: 0, or -1 with errno set: ENOENT, there is none.
 */
int vmdq_genl_family(struct vmdq_genl *g, mnl_cb_t cb, void *data)
{
	struct nlmsghdr *nlh = vmdq_genl_request(g, GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY, 1);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VMDQ_FAMILY_NAME);

	return vmdq_genl_talk(g, nlh, cb, data);
}
