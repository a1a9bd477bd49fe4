// SPDX-License-Identifier: GPL-2.0
/* Shows that each state of a vif has its own answer, and one that says what would help */
#include <string.h>

#include "parse.h"
#include "suite.h"
#include "why.h"

#define PORT	"0000:00:03.0"

static struct vmdq_pool_info pools[2];
static struct vmdq_port_info port;

/* A vif of ours with a pool at level grant: the best that there is */
static void best(struct vmdq_facts *f)
{
	memset(f, 0, sizeof(*f));
	memset(pools, 0, sizeof(pools));
	pools[0].index = 1;
	pools[0].state = VMDQ_POOL_ACTIVE;
	strcpy(pools[0].owner, "vif1.0");
	pools[1].index = 2;
	port = (struct vmdq_port_info){
		.name = PORT, .netdev = "eth0", .up = true, .n_pools = 3, .pools = pools,
		.n_pool_infos = 2, .max_frame = 9238,
	};
	f->ports = (struct vmdq_ports){ .port = &port, .n = 1 };
	f->driver = VMDQ_BACKEND_VMDQ;
	f->dom0_pv = true;
	f->has_link = true;
	f->link = (struct vmdq_link){ .mtu = 1500, .up = true, .bridge = "xenbr0" };
	f->device.has_hotplug_status = true;
	strcpy(f->device.hotplug_status, "connected");
	f->device.frontend = VMDQ_XENBUS_CONNECTED;
	f->device.backend = VMDQ_XENBUS_CONNECTED;
	f->device.n_queues = 2;
	f->vif.domid = 1;
	strcpy(f->vif.netdev, "vif1.0");
	strcpy(f->vif.script, "vif-vmdq");
	f->vif.ours = true;
	f->vif.request.mode = VMDQ_MODE_AUTO;
	f->vif.assigned = (struct vmdq_pool_id){ .port = PORT, .pool = 1 };
	f->vif.state = VMDQ_VIF_GRANT;
}

/* By software, with a pool assigned */
static void software(struct vmdq_facts *f)
{
	f->vif.state = VMDQ_VIF_SOFTWARE;
	pools[0].owner[0] = '\0';
}

/* By software, with none */
static void unassigned(struct vmdq_facts *f)
{
	software(f);
	memset(&f->vif.assigned, 0, sizeof(f->vif.assigned));
}

static void no_driver(struct vmdq_facts *f)
{
	f->driver = VMDQ_BACKEND_NONE;
}

static void given_back(struct vmdq_facts *f)
{
	f->driver = VMDQ_BACKEND_STOCK;
	f->vif.said = VMDQ_BACKEND_STOCK;
	f->vif.ours = false;
}

static void loaded_late(struct vmdq_facts *f)
{
	f->driver = VMDQ_BACKEND_STOCK;
}

static void other_backend(struct vmdq_facts *f)
{
	f->driver = VMDQ_BACKEND_STOCK;
	f->vif.ours = false;
	strcpy(f->vif.script, "vif-bridge");
}

static void copy(struct vmdq_facts *f)
{
	f->vif.state = VMDQ_VIF_COPY;
}

static void copy_asked(struct vmdq_facts *f)
{
	copy(f);
	f->vif.request.level = VMDQ_LEVEL_COPY;
}

static void one_queue(struct vmdq_facts *f)
{
	copy(f);
	f->device.n_queues = 1;
}

static void one_queue_grant(struct vmdq_facts *f)
{
	one_queue(f);
	f->vif.request.level = VMDQ_LEVEL_GRANT;
}

static void not_pv(struct vmdq_facts *f)
{
	copy(f);
	f->dom0_pv = false;
}

static void xdp(struct vmdq_facts *f)
{
	copy(f);
	f->device.headroom = 256;
}

static void disabled(struct vmdq_facts *f)
{
	f->vif.state = VMDQ_VIF_ERROR;
}

static void draining(struct vmdq_facts *f)
{
	f->vif.state = VMDQ_VIF_DRAINING;
}

static void level_software(struct vmdq_facts *f)
{
	software(f);
	f->vif.request.level = VMDQ_LEVEL_SOFTWARE;
}

static void mode_off(struct vmdq_facts *f)
{
	unassigned(f);
	f->vif.request.mode = VMDQ_MODE_OFF;
}

static void no_script_run(struct vmdq_facts *f)
{
	software(f);
	f->device.has_hotplug_status = false;
}

static void script_failed(struct vmdq_facts *f)
{
	software(f);
	strcpy(f->device.hotplug_status, "error");
	strcpy(f->device.hotplug_error, "no bridge br7");
}

static void no_guest(struct vmdq_facts *f)
{
	software(f);
	f->device.frontend = 1;
}

static void link_down(struct vmdq_facts *f)
{
	software(f);
	f->link.up = false;
}

static void not_assigned(struct vmdq_facts *f)
{
	unassigned(f);
}

static void pick_fails(struct vmdq_facts *f, enum vmdq_status status, const char *text)
{
	unassigned(f);
	f->pick.status = status;
	strcpy(f->pick.text, text);
}

static void released(struct vmdq_facts *f)
{
	unassigned(f);
	f->vif.hold.set = true;
}

static void port_drained(struct vmdq_facts *f)
{
	pick_fails(f, VMDQ_S_DRAINED, "is being drained");
}

static void drained_first(struct vmdq_facts *f)
{
	software(f);
	port.drained = true;
}

static void no_pool(struct vmdq_facts *f)
{
	pick_fails(f, VMDQ_S_NO_POOL, "all 2 pools are taken");
}

static void no_module(struct vmdq_facts *f)
{
	pick_fails(f, VMDQ_S_NO_MODULE, "not loaded");
}

static void no_port(struct vmdq_facts *f)
{
	pick_fails(f, VMDQ_S_NO_PORT, "found only: vif1.0 eth7");
}

static void bad_mac(struct vmdq_facts *f)
{
	pick_fails(f, VMDQ_S_BAD_MAC, "group address");
}

static void port_gone(struct vmdq_facts *f)
{
	software(f);
	f->ports.n = 0;
}

static void port_down(struct vmdq_facts *f)
{
	software(f);
	port.up = false;
}

static void big_mtu(struct vmdq_facts *f)
{
	software(f);
	f->link.mtu = 9217;
}

/* vmdqd has taken its pool back for that; one is free */
static void big_mtu_unassigned(struct vmdq_facts *f)
{
	unassigned(f);
	f->would = (struct vmdq_pool_id){ .port = PORT, .pool = 1 };
	f->coordinated = true;
	f->vif.asked = true;
	f->link.mtu = 9300;
}

/* another vif has got it */
static void big_mtu_no_pool(struct vmdq_facts *f)
{
	no_pool(f);
	f->link.mtu = 9300;
}

static void mac_taken(struct vmdq_facts *f)
{
	big_mtu_unassigned(f);
	f->link.mtu = 1500;
	strcpy(f->vif.mac, "00:16:3E:00:00:01");
	strcpy(pools[1].owner, "vif9.0");
	pools[1].has_mac = true;
	vmdq_parse_mac(f->vif.mac, pools[1].mac);
}

/* for a reason that only the backend knew */
static void to_be_tried_again(struct vmdq_facts *f)
{
	big_mtu_unassigned(f);
	f->link.mtu = 1500;
}

static void pool_taken(struct vmdq_facts *f)
{
	software(f);
	strcpy(pools[0].owner, "vif9.0");
}

static void refused(struct vmdq_facts *f)
{
	software(f);
	strcpy(f->vif.error, "the guest broke the ring protocol");
}

static const struct {
	void (*change)(struct vmdq_facts *f);
	const char *code;
	bool less;
	const char *says;	/* in the reason or the help */
} answers[] = {
	{ NULL, "grant", false, "guest's own pages" },
	{ no_driver, "no-driver", true, "modprobe vmdq_netback" },
	{ given_back, "given-back", true, "vmdqctl takeover vif1.0" },
	{ loaded_late, "loaded-late", true, "vmdqctl rebind vif1.0" },
	{ other_backend, "other-backend", true, "vif-bridge" },
	{ copy_asked, "level-copy", false, "asked for" },
	{ one_queue, "one-queue", false, "vcpus = 2" },
	{ one_queue_grant, "one-queue", true, "vcpus = 2" },
	{ not_pv, "dom0-not-pv", false, "PV dom0" },
	{ xdp, "xdp", false, "256 bytes" },
	{ draining, "draining", true, "" },
	{ disabled, "disabled", true, "load the guest's driver" },
	{ level_software, "level-software", false, "vmdqctl level vif1.0 auto" },
	{ mode_off, "mode-off", false, "mode = auto" },
	{ no_script_run, "no-hotplug", true, "vmdqctl rebind vif1.0" },
	{ script_failed, "no-hotplug", true, "no bridge br7" },
	{ no_guest, "no-guest", true, "state 1" },
	{ link_down, "link-down", true, "ip link set vif1.0 up" },
	{ not_assigned, "not-assigned", true, "vmdqctl assign vif1.0" },
	{ released, "released", true, "vmdqctl assign vif1.0 auto" },
	{ port_drained, "drained", true, "is being drained" },
	{ drained_first, "drained", true, "vmdqctl drain eth0 off" },
	{ no_pool, "no-pool", true, "all 2 pools" },
	{ no_module, "no-module", true, "modprobe vmdq_igb" },
	{ no_port, "no-port", true, "eth7" },
	{ bad_mac, "bad-mac", true, "group address" },
	{ port_gone, "port-gone", true, PORT "/1" },
	{ port_down, "port-down", true, "ip link set eth0 up" },
	{ big_mtu, "mtu", true, "mtu 9216" },
	{ big_mtu_unassigned, "mtu", true, "mtu 9216" },
	{ big_mtu_no_pool, "mtu", true, "mtu 9216" },
	{ mac_taken, "mac-taken", true, "vif9.0" },
	{ to_be_tried_again, "not-assigned", true, "the log of vmdqd" },
	{ pool_taken, "pool-taken", true, "vif9.0" },
	{ refused, "refused", true, "broke the ring protocol" },
};

START_TEST(answer)
{
	struct vmdq_verdict v;
	struct vmdq_facts f;

	best(&f);
	if (answers[_i].change)
		answers[_i].change(&f);
	vmdq_why(&f, &v);
	ck_assert_str_eq(v.code, answers[_i].code);
	ck_assert_msg(v.less == answers[_i].less, "%s: less is %d", v.code, v.less);
	ck_assert_msg(strstr(v.reason, answers[_i].says) || strstr(v.help, answers[_i].says),
		      "%s: it says: %s; %s", v.code, v.reason, v.help);
	ck_assert_str_ne(v.reason, "");
}

Suite *unit_suite(void)
{
	Suite *s = suite_create("why");

	unit_table(s, "answers", answers, answer);

	return s;
}
