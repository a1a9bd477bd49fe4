/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of a vif's life xenstore shows, and what is done on the way from one
 * level to another.
 *
 * Pure functions, so that the unit tests can hold every way that they allow
 * against the diagram in xenstore-schema/schema.json.
 */
#ifndef VIF_LIFE_H
#define VIF_LIFE_H

#include <linux/types.h>

#include "level.h"
#include "vmdq_xenstore.h"

/** enum vif_shown - values of the node VMDQ_XS_STATE; docs/xenstore.md */
enum vif_shown {
	VIF_SHOWN_SOFTWARE,
	VIF_SHOWN_COPY,
	VIF_SHOWN_GRANT,
	VIF_SHOWN_DRAINING,
	VIF_SHOWN_ERROR,
};

/**
 * struct vif_life - where a vif is
 * @connected: to its guest
 * @disabled: the guest broke the protocol since it has connected
 * @revoked: the port wants the pool back, and waits for it
 * @level: at which it is served; software: it has no pool
 */
struct vif_life {
	bool connected;
	bool disabled;
	bool revoked;
	enum vif_level level;
};

/**
 * struct vif_life_plan - what is done, in this order
 * @say_draining: show VIF_SHOWN_DRAINING
 * @detach: give the pool back
 * @attach: take the one that is wanted
 */
struct vif_life_plan {
	bool say_draining;
	bool detach;
	bool attach;
};

/** vif_shown_name() - as xenstore has it */
static inline const char *vif_shown_name(enum vif_shown shown)
{
	static const char * const names[] = {
		[VIF_SHOWN_SOFTWARE] = VMDQ_XS_STATE_SOFTWARE,
		[VIF_SHOWN_COPY] = VMDQ_XS_STATE_COPY,
		[VIF_SHOWN_GRANT] = VMDQ_XS_STATE_GRANT,
		[VIF_SHOWN_DRAINING] = VMDQ_XS_STATE_DRAINING,
		[VIF_SHOWN_ERROR] = VMDQ_XS_STATE_ERROR,
	};

	return names[shown];
}

/** vif_life_shown() - what xenstore is to show of a vif when all is done */
static inline enum vif_shown vif_life_shown(const struct vif_life *now)
{
	if (now->connected && now->disabled)
		return VIF_SHOWN_ERROR;
	switch (now->level) {
	case VIF_LEVEL_COPY:
		return VIF_SHOWN_COPY;
	case VIF_LEVEL_GRANT:
		return VIF_SHOWN_GRANT;
	default:
		return VIF_SHOWN_SOFTWARE;
	}
}

/** vif_life_drains() - is xenstore told that a vif's pool is about to be stopped?
 * @now: where the vif is
 *
 * Not when the port waits for the pool: no reset of a NIC waits for xenstored.
 */
static inline bool vif_life_drains(const struct vif_life *now)
{
	return now->level != VIF_LEVEL_SOFTWARE && !now->revoked;
}

/**
 * vif_life_plan() - what takes a vif to where it shall be
 * @now: where it is
 * @there: it is there already, with the right pool
 * @target: the level at which it shall be served
 */
static inline struct vif_life_plan vif_life_plan(const struct vif_life *now, bool there,
						 enum vif_level target)
{
	struct vif_life_plan plan = { false, false, false };

	if (there)
		return plan;
	plan.say_draining = vif_life_drains(now);
	plan.detach = now->level != VIF_LEVEL_SOFTWARE;
	plan.attach = target != VIF_LEVEL_SOFTWARE;
	return plan;
}

#endif /* VIF_LIFE_H */
