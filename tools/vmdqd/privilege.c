// SPDX-License-Identifier: GPL-2.0
/*
 * What is left of root: its number, by which xenstored knows whom to obey.  Netlink and
 * sysfs are read, which anybody may.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmdqd.h"

/* Capabilities are 64 bits, as two of these */
#define WORDS	_LINUX_CAPABILITY_U32S_3

/**
 * drop_privileges() - give up what is not needed, for good
 *
 * No capability, now or by any program; no program can be run that has more.
 * Return: 0, or -1 with errno set.
 */
int drop_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[WORDS];
	unsigned long cap;

	/* until the kernel says that there is no such number */
	for (cap = 0; !prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); cap++)
		;
	if (errno != EINVAL)
		return -1;
	memset(none, 0, sizeof(none));
	if (syscall(SYS_capset, &header, none))
		return -1;

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
