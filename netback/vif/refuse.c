// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest writes that cannot be is told of and refused.  It can do so as fast as
 * xenstored goes, so the log gets some of each kind, and then how much was suppressed.
 */
#include <linux/ratelimit.h>

#include "vif.h"

/* The limit of a kind.  Kinds beyond the table's end share its last entry. */
static struct ratelimit_state *vif_refusal_limit(struct vif *vif, const char *kind)
{
	struct vif_refusal *refusal = vif->refusals;

	while (refusal->kind && refusal->kind != kind &&
	       refusal < &vif->refusals[VIF_REFUSALS - 1])
		refusal++;
	if (!refusal->kind) {
		ratelimit_state_init(&refusal->limit, VIF_TELL_INTERVAL, VIF_TELL_REFUSALS);
		refusal->kind = kind;
	}
	return &refusal->limit;
}

/**
 * vif_refuse() - what the frontend has written cannot be: show it Closing
 * @vif: the vif
 * @err: an error code
 * @fmt: what is wrong, as of printk() without a newline; a literal, which is the kind
 *
 * Context: xenbus thread.
 */
void vif_refuse(struct vif *vif, int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (___ratelimit(vif_refusal_limit(vif, fmt), vif->dev->name))
		xenbus_dev_fatal(vif->xdev, err, "%pV", &vaf);
	else
		xenbus_switch_state(vif->xdev, XenbusStateClosing);
	va_end(args);
}
