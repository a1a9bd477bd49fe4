// SPDX-License-Identifier: GPL-2.0
/*
 * The device's state machine: what the toolstack and the frontend want, and
 * what the frontend is shown.
 *
 *	Initialising --> InitWait --> Connected
 *	                  ^     \        |
 *	                  |      v       v
 *	               Closed <---- Closing
 */
#include <linux/module.h>

#include "vif.h"
#include "vmdq_xenstore.h"

/* Vifs that name this hotplug script are ours, all others are xen-netback's,
 * unless request/backend says otherwise.
 */
#define VIF_SCRIPT	"vif-vmdq"

static bool separate_tx_rx_irq = true;
module_param(separate_tx_rx_irq, bool, 0644);
MODULE_PARM_DESC(separate_tx_rx_irq, "Offer frontends an event channel for each direction of a queue (Y)");

/* The next state on the way to @goal, by the picture above */
static enum xenbus_state vif_next_state(enum xenbus_state now, enum xenbus_state goal)
{
	switch (now) {
	case XenbusStateInitialising:
		return goal == XenbusStateClosed ? XenbusStateClosed : XenbusStateInitWait;
	case XenbusStateInitWait:
		return goal == XenbusStateConnected ? XenbusStateConnected : XenbusStateClosing;
	case XenbusStateConnected:
		return XenbusStateClosing;
	case XenbusStateClosed:
		return goal == XenbusStateClosing ? XenbusStateClosing : XenbusStateInitWait;
	default:
		return XenbusStateClosed;
	}
}

/* Called by the watch itself, and by who unbinds the device, which may be at once: one of
 * them does it.
 */
static void vif_hotplug_forget(struct vif *vif)
{
	if (!xchg(&vif->have_hotplug_watch, false))
		return;
	unregister_xenbus_watch(&vif->hotplug_watch);
	kfree(vif->hotplug_watch.node);
}

/* The frontend sees Connected only when the hotplug script has connected the
 * vif to its bridge: until then, what it sends would be lost.
 */
static void vif_hotplug_changed(struct xenbus_watch *watch, const char *path, const char *token)
{
	struct vif *vif = container_of(watch, struct vif, hotplug_watch);
	char *status = xenbus_read(XBT_NIL, vif->xdev->nodename, VMDQ_XS_BE_HOTPLUG_STATUS, NULL);

	if (IS_ERR(status))
		return;
	if (!strcmp(status, "connected")) {
		xenbus_switch_state(vif->xdev, vif->state);
		vif_hotplug_forget(vif);
	}
	kfree(status);
}

static void vif_hotplug_wait(struct vif *vif)
{
	vif_hotplug_forget(vif);
	if (!xenbus_watch_pathfmt(vif->xdev, &vif->hotplug_watch, NULL, vif_hotplug_changed,
				  "%s/" VMDQ_XS_BE_HOTPLUG_STATUS, vif->xdev->nodename))
		vif->have_hotplug_watch = true;
}

static void vif_enter_state(struct vif *vif, enum xenbus_state state)
{
	vif->state = state;
	if (state == XenbusStateConnected)
		vif_hotplug_wait(vif);
	if (state != XenbusStateConnected || !vif->have_hotplug_watch) {
		vif_hotplug_forget(vif);
		xenbus_switch_state(vif->xdev, state);
	}
}

static void vif_go_to_state(struct vif *vif, enum xenbus_state goal)
{
	while (vif->state != goal) {
		enum xenbus_state next = vif_next_state(vif->state, goal);

		if (vif->state == XenbusStateConnected)
			vif_disconnect(vif);
		if (next == XenbusStateConnected && vif_connect(vif)) {
			/* vif_refuse() has told the toolstack and shows
			 * Closing.
			 */
			vif->state = XenbusStateClosing;
			return;
		}
		vif_enter_state(vif, next);
	}
}

/* A vif that was refused at probe stays ours, or xen-netback would get it and
 * hide the mistake.  Only its end matters.
 */
static void vif_refused_changed(struct xenbus_device *xdev, enum xenbus_state frontend)
{
	if (frontend != XenbusStateClosed && frontend != XenbusStateUnknown)
		return;
	xenbus_switch_state(xdev, XenbusStateClosed);
	if (frontend == XenbusStateUnknown || !xenbus_dev_is_online(xdev))
		device_unregister(&xdev->dev);
}

/* Return: whether the frontend has the headroom that it wants now */
static bool vif_follow_headroom(struct vif *vif)
{
	int headroom = vif_read_headroom(vif);

	if (headroom < 0)
		return false;
	vif_assign_set_headroom(vif, headroom);
	return true;
}

static void vif_frontend_changed(struct xenbus_device *xdev, enum xenbus_state frontend)
{
	struct vif *vif = dev_get_drvdata(&xdev->dev);

	if (!vif) {
		vif_refused_changed(xdev, frontend);
		return;
	}
	switch (frontend) {
	case XenbusStateInitialising:
		vif_go_to_state(vif, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
		break;
	case XenbusStateConnected:
		vif_go_to_state(vif, XenbusStateConnected);
		/* Linux writes the headroom only after it said Reconfiguring: what
		 * was read then may be what was before.
		 */
		if (vif->state == XenbusStateConnected && vif_follow_headroom(vif) &&
		    xdev->state == XenbusStateReconfigured)
			xenbus_switch_state(xdev, XenbusStateConnected);
		break;
	case XenbusStateReconfiguring:
		/* An XDP program comes or goes. */
		if (!vif_follow_headroom(vif))
			break;
		xenbus_switch_state(xdev, XenbusStateReconfigured);
		break;
	case XenbusStateClosing:
		vif_go_to_state(vif, XenbusStateClosing);
		break;
	case XenbusStateClosed:
		vif_go_to_state(vif, XenbusStateClosed);
		if (xenbus_dev_is_online(xdev))
			break;
		fallthrough;
	case XenbusStateUnknown:
		/* The guest is gone, its directory removed. */
		vif_go_to_state(vif, XenbusStateClosed);
		device_unregister(&xdev->dev);
		break;
	default:
		vif_refuse(vif, -EINVAL, "frontend in state %d", frontend);
	}
}

static int vif_uevent(COMPAT_UEVENT_CONST struct xenbus_device *xdev, struct kobj_uevent_env *env)
{
	struct vif *vif = dev_get_drvdata(&xdev->dev);

	if (!vif)
		return 0;
	return add_uevent_var(env, "script=%s", vif->script) ?:
	       add_uevent_var(env, "vif=%s", vif->dev->name);
}

/* A person's word on whose the vif is, from vmdqctl takeover or giveback.
 * Return: 1 ours, 0 xen-netback's, -1 nothing was said.
 */
static int vif_own_request(struct xenbus_device *xdev)
{
	unsigned int handle;
	char dir[32], *backend;
	int ours = -1;

	if (xenbus_scanf(XBT_NIL, xdev->nodename, VMDQ_XS_BE_HANDLE, "%u", &handle) != 1)
		return -1;
	snprintf(dir, sizeof(dir), VMDQ_XS_VIF, xdev->otherend_id, handle);
	backend = xenbus_read(XBT_NIL, dir, VMDQ_XS_REQUEST_BACKEND, NULL);
	if (IS_ERR(backend))
		return -1;
	if (!strcmp(backend, VMDQ_XS_BACKEND_VMDQ))
		ours = 1;
	else if (!strcmp(backend, VMDQ_XS_BACKEND_STOCK))
		ours = 0;
	else
		dev_warn(&xdev->dev, "%s/%s \"%.20s\" is neither %s nor %s\n", dir,
			 VMDQ_XS_REQUEST_BACKEND, backend, VMDQ_XS_BACKEND_VMDQ,
			 VMDQ_XS_BACKEND_STOCK);
	kfree(backend);
	return ours;
}

/* Is the vif for us?  Return: its script, to be freed, or an ERR_PTR. */
static char *vif_own_script(struct xenbus_device *xdev)
{
	char *script = xenbus_read(XBT_NIL, xdev->nodename, VMDQ_XS_BE_SCRIPT, NULL);
	int ours = vif_own_request(xdev);

	if (IS_ERR(script))
		return script;
	if (ours < 0)
		ours = !strcmp(kbasename(script), VIF_SCRIPT);
	if (ours)
		return script;
	kfree(script);
	return ERR_PTR(-ENODEV);
}

/* What the toolstack says about the vif: domain, number, the guest's MAC */
static struct vif *vif_create_from_xenstore(struct xenbus_device *xdev, char *script)
{
	unsigned int handle;
	struct vif *vif;
	u8 mac[ETH_ALEN];
	char *text;

	if (xenbus_scanf(XBT_NIL, xdev->nodename, VMDQ_XS_BE_HANDLE, "%u", &handle) != 1) {
		xenbus_dev_fatal(xdev, -EINVAL, "reading %s/handle", xdev->nodename);
		return ERR_PTR(-EINVAL);
	}
	text = xenbus_read(XBT_NIL, xdev->nodename, VMDQ_XS_BE_MAC, NULL);
	if (IS_ERR(text) || !mac_pton(text, mac) || !is_valid_ether_addr(mac)) {
		xenbus_dev_fatal(xdev, -EINVAL,
				 "vif %u.%u: mac \"%s\" is not a unicast MAC address as 00:16:3e:00:00:01",
				 xdev->otherend_id, handle, IS_ERR(text) ? "" : text);
		if (!IS_ERR(text))
			kfree(text);
		return ERR_PTR(-EINVAL);
	}
	kfree(text);

	vif = vif_create(xdev, xdev->otherend_id, handle);
	if (IS_ERR(vif)) {
		xenbus_dev_fatal(xdev, PTR_ERR(vif), "creating vif%u.%u", xdev->otherend_id,
				 handle);
		return vif;
	}
	ether_addr_copy(vif->mac, mac);
	vif->script = script;
	vif->state = XenbusStateInitialising;
	return vif;
}

/* What we can do; the frontend chooses from it.  In one transaction, so that
 * it never sees half of it.
 */
static int vif_write_features(struct xenbus_device *xdev)
{
	const struct {
		const char *name;
		unsigned int value;
	} features[] = {
		{ VMDQ_XS_BE_FEATURE_SG, 1 },
		{ VMDQ_XS_BE_FEATURE_GSO_TCPV4, 1 },
		{ VMDQ_XS_BE_FEATURE_GSO_TCPV6, 1 },
		{ VMDQ_XS_BE_FEATURE_IPV6_CSUM_OFFLOAD, 1 },
		{ VMDQ_XS_BE_FEATURE_RX_COPY, 1 },
		{ VMDQ_XS_BE_FEATURE_RX_FLIP, 0 },
		{ VMDQ_XS_BE_FEATURE_XDP_HEADROOM, 1 },
		{ VMDQ_XS_BE_FEATURE_MULTICAST_CONTROL, 1 },
		{ VMDQ_XS_BE_FEATURE_DYNAMIC_MULTICAST_CONTROL, 1 },
		{ VMDQ_XS_BE_FEATURE_SPLIT_EVENT_CHANNELS, separate_tx_rx_irq },
		{ VMDQ_XS_BE_FEATURE_CTRL_RING, 1 },
	};
	struct xenbus_transaction xbt;
	unsigned int i;
	int err;

	do {
		err = xenbus_transaction_start(&xbt);
		if (err)
			return err;
		for (i = 0; i < ARRAY_SIZE(features) && !err; i++)
			err = xenbus_printf(xbt, xdev->nodename, features[i].name, "%u",
					    features[i].value);
		if (!err)
			err = xenbus_printf(xbt, xdev->nodename, VMDQ_XS_BE_MAX_QUEUES, "%u",
					    vif_max_queues);
		if (err) {
			xenbus_transaction_end(xbt, 1);
			return err;
		}
		err = xenbus_transaction_end(xbt, 0);
	} while (err == -EAGAIN);

	return err;
}

static void vif_remove(struct xenbus_device *xdev)
{
	struct vif *vif = dev_get_drvdata(&xdev->dev);

	if (!vif)
		return;
	vif_hotplug_forget(vif);
	xenbus_rm(XBT_NIL, xdev->nodename, VMDQ_XS_BE_HOTPLUG_STATUS);
	kobject_uevent(&xdev->dev.kobj, KOBJ_OFFLINE);
	vif_disconnect(vif);
	vif_rate_exit(vif);
	vif_assign_exit(vif);
	dev_set_drvdata(&xdev->dev, NULL);
	vif_destroy(vif);
}

static int vif_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id)
{
	char *script = vif_own_script(xdev);
	struct vif *vif;
	int err;

	if (IS_ERR(script))
		return PTR_ERR(script);

	vif = vif_create_from_xenstore(xdev, script);
	if (IS_ERR(vif)) {
		kfree(script);
		return 0;	/* see vif_refused_changed() */
	}
	dev_set_drvdata(&xdev->dev, vif);

	err = vif_write_features(xdev);
	if (err) {
		xenbus_dev_fatal(xdev, err, "writing the features");
		goto remove;
	}
	err = vif_assign_init(vif);
	if (err) {
		xenbus_dev_fatal(xdev, err, "watching vmdq/vif/%u/%u", vif->domid, vif->handle);
		goto remove;
	}
	err = vif_rate_init(vif);
	if (err)
		goto remove;

	/* Starts the hotplug script. */
	vif_enter_state(vif, XenbusStateInitWait);
	kobject_uevent(&xdev->dev.kobj, KOBJ_ONLINE);
	return 0;

remove:
	vif_remove(xdev);
	return err;
}

static const struct xenbus_device_id vif_ids[] = {
	{ "vif" },
	{ "" }
};

/* Named apart from xen-netback's "vif": both serve the same dom0. */
static struct xenbus_driver vif_driver = {
	.name = "vif-vmdq",
	.ids = vif_ids,
	.probe = vif_probe,
	.remove = vif_remove,
	.uevent = vif_uevent,
	.otherend_changed = vif_frontend_changed,
	.allow_rebind = true,
};

/**
 * vif_xenbus_init() - offer to serve vifs
 *
 * Return: 0 or an error.
 */
int vif_xenbus_init(void)
{
	return xenbus_register_backend(&vif_driver);
}

/**
 * vif_xenbus_exit() - serve no more
 */
void vif_xenbus_exit(void)
{
	xenbus_unregister_driver(&vif_driver);
}
