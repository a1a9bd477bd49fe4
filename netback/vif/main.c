// SPDX-License-Identifier: GPL-2.0
/*
 * vmdq_netback: a Xen network backend whose vifs can own a VMDq pool.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <xen/xen.h>

#include "vif.h"

unsigned int vif_max_queues;
module_param_named(max_queues, vif_max_queues, uint, 0444);
MODULE_PARM_DESC(max_queues, "Most queues of a vif, 1 to 8; by default the CPUs of dom0, and at least the 2 that level grant needs");

/* Software frames spread over this many queues of a vif: the one more that a dom0 of one
 * CPU offers is for a pool, and would cost a hash of each frame for nothing.
 */
unsigned int vif_spread_queues;

static int __init vmdq_netback_init(void)
{
	int err;

	if (!xen_domain()) {
		pr_err("this kernel does not run on Xen: there are no guests to serve\n");
		return -ENODEV;
	}
	if (!xen_pv_domain())
		pr_info("level grant needs a PV dom0, this one is not: vifs are served at level copy and by software\n");

	vif_spread_queues = vif_max_queues ? vif_max_queues : num_online_cpus();
	if (!vif_max_queues)
		vif_max_queues = max(2U, num_online_cpus());
	vif_max_queues = min(vif_max_queues, VIF_MAX_QUEUES);

	err = vif_assign_register();
	if (err)
		return err;
	err = vif_bridge_register();
	if (err)
		goto assign;
	vif_debugfs_register();
	vif_ram_init();
	err = vif_xenbus_init();
	if (err)
		goto ram;
	return 0;

ram:
	vif_ram_exit();
	vif_debugfs_unregister();
	vif_bridge_unregister();
assign:
	vif_assign_unregister();
	return err;
}
module_init(vmdq_netback_init);

static void __exit vmdq_netback_exit(void)
{
	vif_xenbus_exit();
	vif_ram_exit();
	vif_debugfs_unregister();
	vif_bridge_unregister();
	vif_assign_unregister();
}
module_exit(vmdq_netback_exit);

MODULE_DESCRIPTION("Xen network backend with VMDq pools");
MODULE_LICENSE("GPL");
/* A vif goes to the first driver that takes it, and xen-netback takes all. */
MODULE_ALIAS("xen-backend:vif");
