// SPDX-License-Identifier: GPL-2.0
/*
 * The control ring: what a frontend asks of its backend beside frames, which
 * is how they are to be spread over its queues (xen/interface/io/netif.h,
 * "Control messages").
 *
 * Served by an interrupt thread, as a request may have dom0 copy from the
 * guest and nobody is in a hurry.  Each request is copied out of the ring once
 * and answered at once.
 */
#include <asm/xen/hypercall.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "vif.h"
#include "vmdq_xenstore.h"

/**
 * struct vif_ctrl - a control ring
 * @vif: owner
 * @ring: shared with the frontend
 * @irq: its event channel, or 0
 * @name: for /proc/interrupts
 * @n_queues: of the vif, which a table of queues must keep to
 * @stopping: the thread is to end, however much the guest has to ask
 * @mapping: queue numbers, copied from the guest; too large for a stack
 */
struct vif_ctrl {
	struct vif *vif;
	struct xen_netif_ctrl_back_ring ring;
	unsigned int irq;
	char name[IFNAMSIZ + 8];
	unsigned int n_queues;
	bool stopping;
	u32 mapping[VIF_HASH_MAPPING_SIZE];
};

/* Copies from the beginning of a page of the guest; @to lies within one page.
 * Raw, as in vif_rx_copy_flush().
 */
static bool vif_ctrl_copy(struct vif *vif, void *to, grant_ref_t gref, unsigned int len)
{
	struct gnttab_copy op = {
		.flags = GNTCOPY_source_gref,
		.source = { .domid = vif->domid, .u.ref = gref },
		.dest = {
			.domid = DOMID_SELF,
			.u.gmfn = virt_to_gfn(to),
			.offset = xen_offset_in_page(to),
		},
		.len = len,
	};

	if (!len)
		return true;
	if (HYPERVISOR_grant_table_op(GNTTABOP_copy, &op, 1))
		return false;
	return op.status == GNTST_okay;
}

static u32 vif_ctrl_set_key(struct vif_ctrl *ctrl, struct vif_hash *hash, grant_ref_t gref, u32 len)
{
	u8 *key = (u8 *)ctrl->mapping;

	BUILD_BUG_ON(sizeof(ctrl->mapping) < VIF_HASH_KEY_SIZE);
	if (len > VIF_HASH_KEY_SIZE || !vif_ctrl_copy(ctrl->vif, key, gref, len))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	return vif_hash_set_key(hash, key, len);
}

static u32 vif_ctrl_set_mapping(struct vif_ctrl *ctrl, struct vif_hash *hash, grant_ref_t gref,
				u32 len, u32 offset)
{
	u32 status = vif_hash_check_mapping(hash, len, offset);

	if (status != XEN_NETIF_CTRL_STATUS_SUCCESS)
		return status;
	if (!vif_ctrl_copy(ctrl->vif, ctrl->mapping, gref, len * sizeof(ctrl->mapping[0])))
		return XEN_NETIF_CTRL_STATUS_INVALID_PARAMETER;
	return vif_hash_set_mapping(hash, ctrl->mapping, len, offset, ctrl->n_queues);
}

/* Carries out a request on @hash.  Return: XEN_NETIF_CTRL_STATUS_* */
static u32 vif_ctrl_request(struct vif_ctrl *ctrl, struct vif_hash *hash,
			    const struct xen_netif_ctrl_request *req, u32 *data)
{
	switch (req->type) {
	case XEN_NETIF_CTRL_TYPE_SET_HASH_ALGORITHM:
		return vif_hash_set_algorithm(hash, req->data[0]);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_FLAGS:
		return vif_hash_get_flags(hash, data);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_FLAGS:
		return vif_hash_set_flags(hash, req->data[0]);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_KEY:
		return vif_ctrl_set_key(ctrl, hash, req->data[0], req->data[1]);
	case XEN_NETIF_CTRL_TYPE_GET_HASH_MAPPING_SIZE:
		*data = VIF_HASH_MAPPING_SIZE;
		return XEN_NETIF_CTRL_STATUS_SUCCESS;
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING_SIZE:
		return vif_hash_set_size(hash, req->data[0]);
	case XEN_NETIF_CTRL_TYPE_SET_HASH_MAPPING:
		return vif_ctrl_set_mapping(ctrl, hash, req->data[0], req->data[1], req->data[2]);
	default:
		return XEN_NETIF_CTRL_STATUS_NOT_SUPPORTED;
	}
}

/* Carries out a request on a copy of how frames are spread, and replaces it
 * where that succeeded.
 */
static u32 vif_ctrl_serve(struct vif_ctrl *ctrl, const struct xen_netif_ctrl_request *req,
			  u32 *data)
{
	/* Only this thread changes it. */
	struct vif_steering *old = rcu_dereference_protected(ctrl->vif->steering, true);
	struct vif_steering *new = kzalloc(sizeof(*new), GFP_KERNEL);
	u32 status;

	if (!new)
		return XEN_NETIF_CTRL_STATUS_BUFFER_OVERFLOW;
	if (old)
		new->hash = old->hash;
	status = vif_ctrl_request(ctrl, &new->hash, req, data);
	if (status != XEN_NETIF_CTRL_STATUS_SUCCESS) {
		kfree(new);
		return status;
	}
	rcu_assign_pointer(ctrl->vif->steering, new);
	if (old)
		kfree_rcu(old, rcu);
	return status;
}

static void vif_ctrl_respond(struct vif_ctrl *ctrl, const struct xen_netif_ctrl_request *req,
			     u32 status, u32 data)
{
	struct xen_netif_ctrl_response *rsp;
	int notify;

	rsp = RING_GET_RESPONSE(&ctrl->ring, ctrl->ring.rsp_prod_pvt++);
	rsp->id = req->id;
	rsp->type = req->type;
	rsp->status = status;
	rsp->data = data;
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&ctrl->ring, notify);
	if (notify)
		notify_remote_via_irq(ctrl->irq);
}

/* Serves the next request.  Return: whether there was one. */
static bool vif_ctrl_next(struct vif_ctrl *ctrl)
{
	struct xen_netif_ctrl_request req;
	u32 data = 0;
	u32 status;
	int n = ring_unconsumed(READ_ONCE(ctrl->ring.sring->req_prod), ctrl->ring.req_cons,
				ctrl->ring.rsp_prod_pvt, RING_SIZE(&ctrl->ring));

	if (unlikely(n < 0)) {
		local_bh_disable();
		vif_fatal(ctrl->vif, "impossible control producer index");
		local_bh_enable();
		return false;
	}
	if (!n)
		return false;
	virt_rmb();	/* the request is read after the index */

	RING_COPY_REQUEST(&ctrl->ring, ctrl->ring.req_cons, &req);
	ctrl->ring.req_cons++;
	status = vif_ctrl_serve(ctrl, &req, &data);
	vif_ctrl_respond(ctrl, &req, status, data);
	return true;
}

/* The thread has a real-time priority, and how many requests there are is the
 * guest's to say: after so many in a row it sleeps, and others have the CPU.
 */
#define VIF_CTRL_IN_A_ROW	64

static irqreturn_t vif_ctrl_interrupt(int irq, void *data)
{
	struct vif_ctrl *ctrl = data;
	unsigned int served = 0;
	int more = 1;

	while (more && !READ_ONCE(ctrl->stopping) && !READ_ONCE(ctrl->vif->disabled)) {
		while (!READ_ONCE(ctrl->stopping) && vif_ctrl_next(ctrl)) {
			served++;
			if (!(served % VIF_CTRL_IN_A_ROW))
				usleep_range(1000, 2000);
		}
		RING_FINAL_CHECK_FOR_REQUESTS(&ctrl->ring, more);
	}
	/* A guest that was disabled has no more events. */
	if (!READ_ONCE(ctrl->vif->disabled))
		xen_irq_lateeoi(irq, served ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

static int vif_ctrl_map(struct vif_ctrl *ctrl, grant_ref_t ref)
{
	struct xen_netif_ctrl_sring *sring;
	RING_IDX rsp, req;
	void *page;
	int err;

	err = xenbus_map_ring_valloc(ctrl->vif->xdev, &ref, 1, &page);
	if (err)
		return err;
	sring = page;
	rsp = READ_ONCE(sring->rsp_prod);
	req = READ_ONCE(sring->req_prod);
	BACK_RING_ATTACH(&ctrl->ring, sring, rsp, XEN_PAGE_SIZE);
	return req - rsp > RING_SIZE(&ctrl->ring) ? -EIO : 0;
}

static int vif_ctrl_bind(struct vif_ctrl *ctrl, unsigned int port)
{
	int irq = bind_interdomain_evtchn_to_irq_lateeoi(ctrl->vif->xdev, port);
	int err;

	if (irq < 0)
		return irq;
	snprintf(ctrl->name, sizeof(ctrl->name), "%s-ctrl", ctrl->vif->dev->name);
	ctrl->irq = irq;
	err = request_threaded_irq(irq, NULL, vif_ctrl_interrupt, IRQF_ONESHOT, ctrl->name, ctrl);
	if (err) {
		unbind_from_irqhandler(irq, NULL);
		ctrl->irq = 0;
	}
	return err;
}

/**
 * vif_ctrl_connect() - take the frontend's control ring, if it has one
 * @vif: being connected
 * @n_queues: that it has
 *
 * Context: xenbus thread.  Return: 0, or an error that was told to the
 * toolstack through xenbus.
 */
int vif_ctrl_connect(struct vif *vif, unsigned int n_queues)
{
	struct xenbus_device *xdev = vif->xdev;
	unsigned int ref, port;
	struct vif_ctrl *ctrl;
	int err;

	if (xenbus_scanf(XBT_NIL, xdev->otherend, VMDQ_XS_FE_CTRL_RING_REF, "%u", &ref) != 1)
		return 0;
	if (xenbus_scanf(XBT_NIL, xdev->otherend, VMDQ_XS_FE_EVENT_CHANNEL_CTRL, "%u",
			 &port) != 1) {
		vif_refuse(vif, -EINVAL, "reading %s/event-channel-ctrl", xdev->otherend);
		return -EINVAL;
	}

	ctrl = kzalloc(sizeof(*ctrl), GFP_KERNEL);
	if (!ctrl) {
		vif_refuse(vif, -ENOMEM, "setting up the control ring");
		return -ENOMEM;
	}
	ctrl->vif = vif;
	ctrl->n_queues = n_queues;
	vif->ctrl = ctrl;

	err = vif_ctrl_map(ctrl, ref);
	if (err) {
		vif_refuse(vif, err, "mapping control ring %u", ref);
	} else {
		err = vif_ctrl_bind(ctrl, port);
		if (err)
			vif_refuse(vif, err, "binding the control ring's event channel %u", port);
	}
	if (err)
		vif_ctrl_disconnect(vif);
	return err;
}

/**
 * vif_ctrl_disconnect() - give the control ring back, forget what it said
 * @vif: with a control ring, or not
 *
 * Context: xenbus thread.
 */
void vif_ctrl_disconnect(struct vif *vif)
{
	struct vif_steering *steering;
	struct vif_ctrl *ctrl = vif->ctrl;

	if (!ctrl)
		return;
	WRITE_ONCE(ctrl->stopping, true);
	if (ctrl->irq)
		unbind_from_irqhandler(ctrl->irq, ctrl);
	if (ctrl->ring.sring)
		xenbus_unmap_ring_vfree(vif->xdev, ctrl->ring.sring);

	steering = rcu_dereference_protected(vif->steering, true);
	RCU_INIT_POINTER(vif->steering, NULL);
	if (steering)
		kfree_rcu(steering, rcu);
	vif->ctrl = NULL;
	kfree(ctrl);
}

static void vif_ctrl_show_hash(struct seq_file *m, const struct vif_hash *hash)
{
	static const char * const types[] = {
		[VIF_HASH_IPV4] = "IPv4",
		[VIF_HASH_IPV4_TCP] = "IPv4 + TCP",
		[VIF_HASH_IPV6] = "IPv6",
		[VIF_HASH_IPV6_TCP] = "IPv6 + TCP",
	};
	unsigned int i;

	seq_puts(m, "Hash Algorithm: TOEPLITZ\n\nHash Flags:\n");
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (hash->flags & BIT(i))
			seq_printf(m, "- %s\n", types[i]);
	seq_printf(m, "\nHash Key:\n%*ph\n", VIF_HASH_KEY_SIZE, hash->key);
	if (!hash->size)
		return;
	seq_puts(m, "\nHash Mapping:\n");
	for (i = 0; i < hash->size; i++)
		seq_printf(m, "%s%u%s", i % 8 ? " " : "", hash->mapping[i],
			   i % 8 == 7 || i == hash->size - 1 ? "\n" : "");
}

/**
 * vif_ctrl_show() - the control ring, and what the guest has said there
 * @vif: with a control ring, which does not go meanwhile
 * @m: where to
 *
 * Context: process.
 */
void vif_ctrl_show(struct vif *vif, struct seq_file *m)
{
	const struct xen_netif_ctrl_back_ring *ring = &vif->ctrl->ring;
	const struct vif_steering *steering;

	seq_printf(m, "Control ring: nr_ents %u, req prod %u cons %u, rsp prod %u\n\n",
		   RING_SIZE(ring), READ_ONCE(ring->sring->req_prod), READ_ONCE(ring->req_cons),
		   READ_ONCE(ring->sring->rsp_prod));
	rcu_read_lock();
	steering = rcu_dereference(vif->steering);
	if (steering && steering->hash.toeplitz)
		vif_ctrl_show_hash(m, &steering->hash);
	else
		seq_puts(m, "Hash Algorithm: NONE\n");
	rcu_read_unlock();
}
