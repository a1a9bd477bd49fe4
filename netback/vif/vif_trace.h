/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints "vmdq_vif:*": a vif and its pool.  Those on the path of frames,
 * vif_post and vif_complete, are one for each batch of up to VIF_POOL_BATCH
 * buffers, and a jump that is not taken while nobody listens.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmdq_vif

#if !defined(VIF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VIF_TRACE_H

#include <linux/tracepoint.h>

#include "vif.h"

#ifndef VIF_TRACE_WHAT
#define VIF_TRACE_WHAT
/**
 * enum vif_trace_error - what went wrong, for trace_vif_error()
 * @VIF_ERROR_ATTACH: the pool could not be taken; the code is an errno
 * @VIF_ERROR_STOP: the pool did not stop by itself; an errno
 * @VIF_ERROR_MAP: a buffer of the guest's could not be mapped; GNTST_*
 * @VIF_ERROR_UNMAP: a page of the guest's could not be unmapped; GNTST_*
 * @VIF_ERROR_ADDRESS: the NIC cannot or may not write to a buffer; 0
 * @VIF_ERROR_HYPERCALL: Xen refused a batch; an errno
 * @VIF_ERROR_FRAME: a frame of the pool was damaged, or a buffer of it lost; the
 *	number of its buffers
 * @VIF_ERROR_PROTOCOL: the guest broke the ring protocol: its vif is disabled; 0
 */
enum vif_trace_error {
	VIF_ERROR_ATTACH,
	VIF_ERROR_STOP,
	VIF_ERROR_MAP,
	VIF_ERROR_UNMAP,
	VIF_ERROR_ADDRESS,
	VIF_ERROR_HYPERCALL,
	VIF_ERROR_FRAME,
	VIF_ERROR_PROTOCOL,
};
#endif

TRACE_DEFINE_ENUM(VIF_LEVEL_SOFTWARE);
TRACE_DEFINE_ENUM(VIF_LEVEL_COPY);
TRACE_DEFINE_ENUM(VIF_LEVEL_GRANT);
TRACE_DEFINE_ENUM(VIF_ERROR_ATTACH);
TRACE_DEFINE_ENUM(VIF_ERROR_STOP);
TRACE_DEFINE_ENUM(VIF_ERROR_MAP);
TRACE_DEFINE_ENUM(VIF_ERROR_UNMAP);
TRACE_DEFINE_ENUM(VIF_ERROR_ADDRESS);
TRACE_DEFINE_ENUM(VIF_ERROR_HYPERCALL);
TRACE_DEFINE_ENUM(VIF_ERROR_FRAME);
TRACE_DEFINE_ENUM(VIF_ERROR_PROTOCOL);

#define vif_trace_level(level)					\
	__print_symbolic(level,					\
			 { VIF_LEVEL_SOFTWARE, "software" },	\
			 { VIF_LEVEL_COPY, "copy" },		\
			 { VIF_LEVEL_GRANT, "grant" })

#define vif_trace_error_name(what)				\
	__print_symbolic(what,					\
			 { VIF_ERROR_ATTACH, "attach" },	\
			 { VIF_ERROR_STOP, "stop" },		\
			 { VIF_ERROR_MAP, "map" },		\
			 { VIF_ERROR_UNMAP, "unmap" },		\
			 { VIF_ERROR_ADDRESS, "address" },	\
			 { VIF_ERROR_HYPERCALL, "hypercall" },	\
			 { VIF_ERROR_FRAME, "frame" },		\
			 { VIF_ERROR_PROTOCOL, "protocol" })

/* A vif's pool comes, when frames are steered to it, or goes, when all is given back */
DECLARE_EVENT_CLASS(vif_pool,
	TP_PROTO(const struct vif *vif, const struct vmdq_pool *pool, enum vif_level level),
	TP_ARGS(vif, pool, level),
	TP_STRUCT__entry(
		__array(char, vif, IFNAMSIZ)
		__field(unsigned int, domid)
		__array(char, port, VMDQ_PORT_NAME_LEN)
		__field(unsigned int, pool)
		__field(int, level)
	),
	TP_fast_assign(
		strscpy(__entry->vif, vif->dev->name, IFNAMSIZ);
		__entry->domid = vif->domid;
		strscpy(__entry->port, pool->port->name, VMDQ_PORT_NAME_LEN);
		__entry->pool = pool->index;
		__entry->level = level;
	),
	TP_printk("vif=%s domid=%u port=%s pool=%u level=%s", __entry->vif, __entry->domid,
		  __entry->port, __entry->pool, vif_trace_level(__entry->level))
);

DEFINE_EVENT(vif_pool, vif_attach,
	TP_PROTO(const struct vif *vif, const struct vmdq_pool *pool, enum vif_level level),
	TP_ARGS(vif, pool, level)
);

DEFINE_EVENT(vif_pool, vif_detach,
	TP_PROTO(const struct vif *vif, const struct vmdq_pool *pool, enum vif_level level),
	TP_ARGS(vif, pool, level)
);

/* A batch of buffers goes to the pool's ring, or comes from it; @posted is how many
 * the ring has then
 */
DECLARE_EVENT_CLASS(vif_batch,
	TP_PROTO(const struct vif_queue *queue, unsigned int bufs),
	TP_ARGS(queue, bufs),
	TP_STRUCT__entry(
		__array(char, vif, IFNAMSIZ)
		__field(unsigned int, domid)
		__field(unsigned int, queue)
		__field(unsigned int, pool)
		__field(unsigned int, bufs)
		__field(unsigned int, posted)
		__field(u64, frames)
	),
	TP_fast_assign(
		strscpy(__entry->vif, queue->vif->dev->name, IFNAMSIZ);
		__entry->domid = queue->vif->domid;
		__entry->queue = queue->id;
		__entry->pool = queue->pool->index;
		__entry->bufs = bufs;
		__entry->posted = queue->pool->posted;
		__entry->frames = queue->stats.rx_pool_frames;
	),
	TP_printk("vif=%s domid=%u queue=%u pool=%u bufs=%u posted=%u frames=%llu",
		  __entry->vif, __entry->domid, __entry->queue, __entry->pool, __entry->bufs,
		  __entry->posted, __entry->frames)
);

DEFINE_EVENT(vif_batch, vif_post,
	TP_PROTO(const struct vif_queue *queue, unsigned int bufs),
	TP_ARGS(queue, bufs)
);

DEFINE_EVENT(vif_batch, vif_complete,
	TP_PROTO(const struct vif_queue *queue, unsigned int bufs),
	TP_ARGS(queue, bufs)
);

TRACE_EVENT(vif_error,
	TP_PROTO(const struct vif *vif, enum vif_trace_error what, int code),
	TP_ARGS(vif, what, code),
	TP_STRUCT__entry(
		__array(char, vif, IFNAMSIZ)
		__field(unsigned int, domid)
		__field(int, what)
		__field(int, code)
	),
	TP_fast_assign(
		strscpy(__entry->vif, vif->dev->name, IFNAMSIZ);
		__entry->domid = vif->domid;
		__entry->what = what;
		__entry->code = code;
	),
	TP_printk("vif=%s domid=%u what=%s code=%d", __entry->vif, __entry->domid,
		  vif_trace_error_name(__entry->what), __entry->code)
);

#endif /* VIF_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE vif_trace
#include <trace/define_trace.h>
