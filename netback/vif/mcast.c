// SPDX-License-Identifier: GPL-2.0
/*
 * Multicast control: a frontend that asks for it (request-multicast-control)
 * gets multicast frames only for the addresses that it has named, by extra-info
 * segments on its TX ring.  It may ask when it connects, or at any time later.
 * Without it, a guest gets all multicast that its bridge has for it.
 *
 * A pool's filter is the vif's own MAC, so all multicast comes by software.
 */
#include "vif.h"
#include "vmdq_xenstore.h"

/**
 * vif_mcast_wants() - does the guest want a multicast frame?
 * @vif: with mcast_control
 * @addr: destination, a multicast address and not broadcast
 *
 * Context: softirq.
 */
bool vif_mcast_wants(struct vif *vif, const u8 *addr)
{
	bool wanted;

	spin_lock_bh(&vif->mcast_lock);
	wanted = mcast_find(&vif->mcast, addr) >= 0;
	spin_unlock_bh(&vif->mcast_lock);
	return wanted;
}

/**
 * vif_mcast_change() - the guest names an address, or drops one
 * @vif: its vif
 * @type: XEN_NETIF_EXTRA_TYPE_MCAST_ADD or XEN_NETIF_EXTRA_TYPE_MCAST_DEL
 * @addr: the address
 *
 * Context: a TX NAPI.  Return: 0, -EINVAL for an address that is not multicast,
 * -ENOSPC when there are too many.
 */
int vif_mcast_change(struct vif *vif, u8 type, const u8 *addr)
{
	int err = 0;

	spin_lock(&vif->mcast_lock);
	if (type == XEN_NETIF_EXTRA_TYPE_MCAST_ADD)
		err = mcast_add(&vif->mcast, addr);
	else
		mcast_del(&vif->mcast, addr);
	spin_unlock(&vif->mcast_lock);

	if (err && net_ratelimit())
		netdev_warn(vif->dev, "guest %u: cannot add multicast address %pM: %s\n",
			    vif->domid, addr,
			    err == -ENOSPC ? "it has 64 already" : "it is none");
	return err;
}

static void vif_mcast_read(struct vif *vif)
{
	WRITE_ONCE(vif->mcast_control,
		   !!xenbus_read_unsigned(vif->xdev->otherend,
					VMDQ_XS_FE_REQUEST_MULTICAST_CONTROL, 0));
}

static void vif_mcast_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	vif_mcast_read(container_of(watch, struct vif, mcast_watch));
}

/* The guest writes the node, as often as it likes: one event is enough (XSA-349). */
static bool vif_mcast_will_handle(struct xenbus_watch *watch, const char *path, const char *token)
{
	return !watch->nr_pending;
}

/**
 * vif_mcast_connect() - follow what a frontend asks for
 * @vif: being connected
 *
 * Context: xenbus thread.  Return: 0, or an error that was told to the toolstack.
 */
int vif_mcast_connect(struct vif *vif)
{
	int err;

	vif_mcast_disconnect(vif);
	spin_lock_bh(&vif->mcast_lock);
	vif->mcast.n = 0;
	spin_unlock_bh(&vif->mcast_lock);
	vif_mcast_read(vif);

	err = xenbus_watch_pathfmt(vif->xdev, &vif->mcast_watch, vif_mcast_will_handle,
				   vif_mcast_changed, "%s/" VMDQ_XS_FE_REQUEST_MULTICAST_CONTROL,
				   vif->xdev->otherend);
	if (err)
		vif->mcast_watch.node = NULL;
	return err;
}

/**
 * vif_mcast_disconnect() - follow no more
 * @vif: connected, or not
 *
 * Context: process.
 */
void vif_mcast_disconnect(struct vif *vif)
{
	if (!vif->mcast_watch.node)
		return;
	unregister_xenbus_watch(&vif->mcast_watch);
	kfree(vif->mcast_watch.node);
	vif->mcast_watch.node = NULL;
}
