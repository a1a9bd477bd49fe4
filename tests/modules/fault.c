// SPDX-License-Identifier: GPL-2.0
/*
 * vmdq_fault: makes an 82576 misbehave in ways that an emulated one never does.
 * For the lab alone; the drivers have no hooks for it, it probes their functions.
 *
 * Parameters, to be written while the module is loaded:
 *	stuck=N		the next stop of receive queue N finds that the queue does
 *			not confirm: it was not even told, and goes on
 *	hang_tx=N	transmit queue N stands still from now on
 * and to be read:
 *	safe		pages given back after a queue was stuck, when the device could
 *			no longer write to them
 *	early		the same, when it still could
 *
 * Pages are looked at when the netback begins to give back those of a pool.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "igb/vmdq_igb.h"

static int stuck = -1;
module_param(stuck, int, 0600);

static unsigned int safe;
module_param(safe, uint, 0400);

static unsigned int early;
module_param(early, uint, 0400);

/* The pool whose queue was stuck, until its pages are given back */
static struct vigb_pool *stuck_pool;

/* What runs in the place of vigb_rx_queue_stop() */
static notrace noinline int queue_does_not_stop(struct vigb_pool *pool)
{
	return -ETIMEDOUT;
}

static int queue_stop_entered(struct kprobe *probe, struct pt_regs *regs)
{
	struct vigb_pool *pool = (void *)regs->di;

	if ((int)pool->rx_queue != READ_ONCE(stuck))
		return 0;
	WRITE_ONCE(stuck, -1);
	stuck_pool = pool;
	regs->ip = (unsigned long)queue_does_not_stop;
	return 1;
}

static int give_back_entered(struct kprobe *probe, struct pt_regs *regs)
{
	struct vigb_pool *pool = stuck_pool;
	u32 rxdctl;
	u16 command;

	if (!pool)
		return 0;
	stuck_pool = NULL;
	rxdctl = readl(pool->ad->regs + VIGB_RXDCTL(pool->rx_queue));
	pci_read_config_word(pool->ad->pdev, PCI_COMMAND, &command);
	if ((rxdctl & DCTL_ENABLE) || (command & PCI_COMMAND_MASTER))
		early++;
	else
		safe++;
	return 0;
}

static struct kprobe probes[] = {
	{ .symbol_name = "vigb_rx_queue_stop", .pre_handler = queue_stop_entered },
	{ .symbol_name = "vif_pool_grant_stop", .pre_handler = give_back_entered },
	{ .symbol_name = "vif_pool_copy_stop", .pre_handler = give_back_entered },
};

static int hang_tx_set(const char *value, const struct kernel_param *param)
{
	struct pci_dev *pdev;
	void __iomem *regs;
	unsigned int queue;
	int err;

	err = kstrtouint(value, 0, &queue);
	if (err || queue >= VIGB_N_POOLS)
		return err ?: -ERANGE;
	pdev = pci_get_device(PCI_VENDOR_ID_INTEL, 0x10c9, NULL);
	if (!pdev)
		return -ENODEV;
	regs = ioremap(pci_resource_start(pdev, 0), pci_resource_len(pdev, 0));
	if (regs) {
		writel(0, regs + VIGB_TXDCTL(queue));
		iounmap(regs);
	}
	pci_dev_put(pdev);
	return regs ? 0 : -ENOMEM;
}

static const struct kernel_param_ops hang_tx_ops = { .set = hang_tx_set };
module_param_cb(hang_tx, &hang_tx_ops, NULL, 0200);

static int __init fault_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_kprobe(&probes[i]);
		if (err) {
			pr_err("vmdq_fault: no probe of %s: %d\n", probes[i].symbol_name, err);
			while (i--)
				unregister_kprobe(&probes[i]);
			return err;
		}
	}
	return 0;
}
module_init(fault_init);

static void __exit fault_exit(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		unregister_kprobe(&probes[i]);
}
module_exit(fault_exit);

MODULE_DESCRIPTION("Faults of an 82576, for the tests of vmdq_igb");
MODULE_LICENSE("GPL");
