// SPDX-License-Identifier: GPL-2.0
/* timer_delete_sync(), later the only name (Linux 6.2) */
#include <linux/timer.h>

int compat_probe(struct timer_list *timer);
int compat_probe(struct timer_list *timer)
{
	return timer_delete_sync(timer);
}
