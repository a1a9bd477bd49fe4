/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that META names.  compat_config.h says what
 * the kernel at hand offers: netback/compat/probe found out by compiling
 * probes/.  The rest of the tree uses what stands here and asks for no version.
 */
#ifndef VMDQ_COMPAT_H
#define VMDQ_COMPAT_H

#include <linux/skbuff.h>

#include "compat_config.h"

/* The page pool's functions */
#ifdef HAVE_PAGE_POOL_HELPERS
#include <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

/* Qualifier of the device that xenbus_driver.uevent gets */
#ifdef HAVE_XENBUS_UEVENT_CONST
#define COMPAT_UEVENT_CONST	const
#else
#define COMPAT_UEVENT_CONST
#endif

/* How a driver whose pages are an skb's fragments learns that the network stack
 * is done with them: COMPAT_UBUF_OPS(name, done) defines name, which has
 * done(struct ubuf_info *) called, and compat_skb_zcopy_init() uses it.
 */
#ifdef HAVE_UBUF_INFO_OPS
#define COMPAT_UBUF_OPS(name, done)						\
	static void name##_complete(struct sk_buff *skb, struct ubuf_info *ubuf, \
				    bool success)				\
	{									\
		done(ubuf);							\
	}									\
	static const struct ubuf_info_ops name = { .complete = name##_complete }

#define compat_ubuf_set_ops(ubuf, name)		((ubuf)->ops = &(name))
#else
#define COMPAT_UBUF_OPS(name, done)						\
	static void name(struct sk_buff *skb, struct ubuf_info *ubuf, bool success) \
	{									\
		done(ubuf);							\
	}									\
	struct ubuf_info

#define compat_ubuf_set_ops(ubuf, name)		((ubuf)->callback = (name))
#endif

/* The skb's fragments are @ubuf's from now on, until @name's function is called */
#define compat_skb_zcopy_init(skb, ubuf, name)					\
	do {									\
		struct ubuf_info *__ubuf = (ubuf);				\
										\
		compat_ubuf_set_ops(__ubuf, name);				\
		__ubuf->flags = SKBFL_ZEROCOPY_FRAG;				\
		refcount_set(&__ubuf->refcnt, 1);				\
		skb_zcopy_init(skb, __ubuf);					\
	} while (0)

#endif /* VMDQ_COMPAT_H */
