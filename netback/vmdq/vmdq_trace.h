/* SPDX-License-Identifier: GPL-2.0 */
/* Tracepoints "vmdq:*": the life of a pool.  None is on the path of a frame. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmdq

#if !defined(VMDQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMDQ_TRACE_H

#include <linux/tracepoint.h>

#include "vmdq.h"

DECLARE_EVENT_CLASS(vmdq_pool,
	TP_PROTO(const struct vmdq_pool *pool, int err),
	TP_ARGS(pool, err),
	TP_STRUCT__entry(
		__array(char, port, VMDQ_PORT_NAME_LEN)
		__field(unsigned int, index)
		__array(char, owner, VMDQ_OWNER_NAME_LEN)
		__field(unsigned int, posted)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->port, pool->port->name, VMDQ_PORT_NAME_LEN);
		__entry->index = pool->index;
		strscpy(__entry->owner, pool->owner ? pool->owner->name : "", VMDQ_OWNER_NAME_LEN);
		__entry->posted = pool->posted;
		__entry->err = err;
	),
	TP_printk("port=%s pool=%u owner=%s posted=%u err=%d", __entry->port,
		  __entry->index, __entry->owner, __entry->posted, __entry->err)
);

DEFINE_EVENT(vmdq_pool, vmdq_pool_take,
	TP_PROTO(const struct vmdq_pool *pool, int err),
	TP_ARGS(pool, err)
);

DEFINE_EVENT(vmdq_pool, vmdq_pool_stop,
	TP_PROTO(const struct vmdq_pool *pool, int err),
	TP_ARGS(pool, err)
);

DEFINE_EVENT(vmdq_pool, vmdq_pool_revoke,
	TP_PROTO(const struct vmdq_pool *pool, int err),
	TP_ARGS(pool, err)
);

DEFINE_EVENT(vmdq_pool, vmdq_pool_release,
	TP_PROTO(const struct vmdq_pool *pool, int err),
	TP_ARGS(pool, err)
);

TRACE_EVENT(vmdq_pool_filter,
	TP_PROTO(const struct vmdq_pool *pool, const struct vmdq_filter *filter, int err),
	TP_ARGS(pool, filter, err),
	TP_STRUCT__entry(
		__array(char, port, VMDQ_PORT_NAME_LEN)
		__field(unsigned int, index)
		__array(char, owner, VMDQ_OWNER_NAME_LEN)
		__field(bool, set)
		__array(u8, addr, ETH_ALEN)
		__field(u16, vlan)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->port, pool->port->name, VMDQ_PORT_NAME_LEN);
		__entry->index = pool->index;
		strscpy(__entry->owner, pool->owner ? pool->owner->name : "", VMDQ_OWNER_NAME_LEN);
		__entry->set = filter;
		if (filter)
			ether_addr_copy(__entry->addr, filter->addr);
		else
			eth_zero_addr(__entry->addr);
		__entry->vlan = filter ? filter->vlan : VMDQ_NO_VLAN;
		__entry->err = err;
	),
	TP_printk("port=%s pool=%u owner=%s %s mac=%pM vlan=%d err=%d", __entry->port,
		  __entry->index, __entry->owner, __entry->set ? "set" : "clear", __entry->addr,
		  __entry->vlan == VMDQ_NO_VLAN ? -1 : __entry->vlan, __entry->err)
);

#endif /* VMDQ_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE vmdq_trace
#include <trace/define_trace.h>
