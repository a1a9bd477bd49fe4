/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can go wrong, in words for the person who can act and as a number for
 * the script that called.
 */
#ifndef VMDQ_ERROR_H
#define VMDQ_ERROR_H

/**
 * enum vmdq_status - exit statuses of the tools; documented in docs/operator.md
 * @VMDQ_S_OK: done
 * @VMDQ_S_SYSTEM: the system refused something unforeseen (memory, xenstore quota)
 * @VMDQ_S_USAGE: the command line makes no sense
 * @VMDQ_S_NO_XEN: no Xen, no xenstored, or no right to use it
 * @VMDQ_S_NO_MODULE: the kernel module vmdq is not loaded
 * @VMDQ_S_NO_PORT: no such port, or the vif's bridge has none
 * @VMDQ_S_NO_POOL: every pool is taken, or the one asked for is
 * @VMDQ_S_POOL_RANGE: the port has no pool of that number
 * @VMDQ_S_NO_VIF: no such vif, or another backend serves it
 * @VMDQ_S_BAD_MAC: no hardware filter can be made of the vif's MAC
 * @VMDQ_S_REFUSED: the backend could not do it and says why
 * @VMDQ_S_TIMEOUT: the backend did not answer in time
 * @VMDQ_S_REQUIRED: "hotplug online" only: a vif of mode "required" gets no
 *	pool, so its domain must not start
 * @VMDQ_S_LESS: "why" only: the vif has less than it might have, and it was said why
 * @VMDQ_S_CONFIG: "config check" only: the configuration has mistakes
 * @VMDQ_S_DEVIATES: "check" only: xenstore is not as its schema or the kernel says
 * @VMDQ_S_DRAINED: the port is being drained, and gives no pool until that ends
 */
enum vmdq_status {
	VMDQ_S_OK = 0,
	VMDQ_S_SYSTEM = 1,
	VMDQ_S_USAGE = 2,
	VMDQ_S_NO_XEN = 3,
	VMDQ_S_NO_MODULE = 4,
	VMDQ_S_NO_PORT = 5,
	VMDQ_S_NO_POOL = 6,
	VMDQ_S_POOL_RANGE = 7,
	VMDQ_S_NO_VIF = 8,
	VMDQ_S_BAD_MAC = 9,
	VMDQ_S_REFUSED = 10,
	VMDQ_S_TIMEOUT = 11,
	VMDQ_S_REQUIRED = 12,
	VMDQ_S_LESS = 13,
	VMDQ_S_CONFIG = 14,
	VMDQ_S_DEVIATES = 15,
	VMDQ_S_DRAINED = 16,
};

/**
 * struct vmdq_err - one failure
 * @status: which kind; VMDQ_S_OK while nothing has failed
 * @text: what was wanted, what was found and what to do; no trailing newline
 */
struct vmdq_err {
	enum vmdq_status status;
	char text[512];
};

int vmdq_fail(struct vmdq_err *err, enum vmdq_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif /* VMDQ_ERROR_H */
