// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI driver: probe, remove, shutdown.
 *
 * The ID table is empty, so that loading the module takes no network card from
 * anybody: a port is given to it by name, through driver_override in sysfs.
 */
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/mii.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#include "vmdq_igb.h"

/* What the driver knows how to run; probe looks here, the PCI core does not. */
static const struct {
	u16 device;
	const char *name;
} supported[] = {
	{ 0x10c9, "82576" },
	{ 0x10e8, "82576 quad port" },
	{ 0x150a, "82576NS" },
	{ 0x1526, "82576 quad port ET2" },
};

static bool is_supported(const struct pci_dev *pdev)
{
	unsigned int i;

	if (pdev->vendor != PCI_VENDOR_ID_INTEL)
		return false;
	for (i = 0; i < ARRAY_SIZE(supported); i++)
		if (supported[i].device == pdev->device)
			return true;

	return false;
}

static void say_unsupported(struct pci_dev *pdev)
{
	char list[160];
	size_t n = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(supported); i++)
		n += scnprintf(list + n, sizeof(list) - n, "%s8086:%04x (%s)", i ? ", " : "",
			       supported[i].device, supported[i].name);
	dev_err(&pdev->dev,
		"device %04x:%04x is not supported; supported are %s. To give it back: echo > /sys/bus/pci/devices/%s/driver_override, then write its address to /sys/bus/pci/drivers_probe\n",
		pdev->vendor, pdev->device, list, pci_name(pdev));
}

static int set_dma_mask(struct vigb_adapter *ad)
{
	struct device *dev = &ad->pdev->dev;
	int err;

	ad->port.dma_mask = DMA_BIT_MASK(64);
	err = dma_set_mask_and_coherent(dev, ad->port.dma_mask);
	if (err) {
		ad->port.dma_mask = DMA_BIT_MASK(32);
		err = dma_set_mask_and_coherent(dev, ad->port.dma_mask);
	}
	if (err)
		dev_err(dev, "no usable DMA configuration (%d)\n", err);

	return err;
}

static void init_adapter(struct vigb_adapter *ad)
{
	unsigned int n;

	ad->rx_count = VIGB_RX_RING;
	ad->tx_count = VIGB_TX_RING;
	ad->adaptive = true;
	ad->usecs = VIGB_USECS_DEFAULT;
	ad->msg_enable = NETIF_MSG_DRV | NETIF_MSG_PROBE | NETIF_MSG_LINK;
	ad->advertising = ADVERTISE_ALL | ADVERTISE_CSMA;
	ad->advertising_1000 = ADVERTISE_1000FULL;
	spin_lock_init(&ad->steer_lock);
	spin_lock_init(&ad->stats_lock);
	mutex_init(&ad->phy_lock);
	vigb_filter_init(&ad->filters);
	INIT_DELAYED_WORK(&ad->watchdog, vigb_watchdog);
	INIT_WORK(&ad->reset_work, vigb_reset_work);
	u64_stats_init(&ad->rx.syncp);
	for (n = 0; n < VIGB_N_POOLS; n++)
		u64_stats_init(&ad->pool[n].tx.syncp);
	vigb_layout(ad);
}

/* Finds out whether the hardware answers, and who it is. */
static int init_hw(struct vigb_adapter *ad)
{
	struct device *dev = &ad->pdev->dev;
	u8 addr[ETH_ALEN];
	int err;

	err = vigb_hw_reset(ad);
	if (err)
		return err;

	if (!vigb_link_is_copper(ad)) {
		dev_err(dev, "this port's link is SerDes, SGMII or backplane; only the internal copper PHY is supported so far: give the port back to igb\n");
		return -EOPNOTSUPP;
	}

	if (vigb_hw_read_mac(ad, addr)) {
		eth_random_addr(addr);
		dev_warn(dev, "no MAC address in the NVM, using %pM\n", addr);
		eth_hw_addr_set(ad->netdev, addr);
		ad->netdev->addr_assign_type = NET_ADDR_RANDOM;
	} else {
		eth_hw_addr_set(ad->netdev, addr);
		ether_addr_copy(ad->netdev->perm_addr, addr);
	}

	return vigb_steer_own_mac(ad, addr);
}

/* Makes the port known to the core; the netdev may be up already. */
static int register_port(struct vigb_adapter *ad)
{
	struct vmdq_port *port = &ad->port;
	int err;

	strscpy(port->name, pci_name(ad->pdev), sizeof(port->name));
	port->driver = VIGB_NAME;
	port->netdev = ad->netdev;
	port->dev = &ad->pdev->dev;
	port->ops = &vigb_port_ops;
	port->n_pools = VIGB_N_POOLS;
	port->ring_size = VIGB_POOL_RING;
	port->max_frame = VIGB_FRAME_MAX;

	err = vmdq_port_register(port);
	if (err) {
		dev_err(port->dev, "the vmdq core does not accept the port (%d)\n", err);
		return err;
	}

	rtnl_lock();
	set_bit(VIGB_PORT_REGISTERED, &ad->flags);
	if (test_bit(VIGB_UP, &ad->flags))
		vmdq_port_set_up(port);
	rtnl_unlock();

	return 0;
}

static void unregister_port(struct vigb_adapter *ad)
{
	/* the interface is not taken down, and its rings with it, while pools are out */
	rtnl_lock();
	clear_bit(VIGB_PORT_REGISTERED, &ad->flags);
	/* interrupts, polls and transmits that saw the bit are over after this */
	synchronize_net();
	vmdq_port_unregister(&ad->port);
	rtnl_unlock();
}

static int vigb_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *netdev;
	struct vigb_adapter *ad;
	int err;

	if (!is_supported(pdev)) {
		say_unsupported(pdev);
		return -ENODEV;
	}
	if (pci_num_vf(pdev)) {
		dev_err(&pdev->dev, "virtual functions are on, and own the queues: write 0 to sriov_numvfs first\n");
		return -EBUSY;
	}

	netdev = alloc_etherdev_mqs(sizeof(*ad), VIGB_N_POOLS, 1);
	if (!netdev)
		return -ENOMEM;
	SET_NETDEV_DEV(netdev, &pdev->dev);
	ad = netdev_priv(netdev);
	ad->netdev = netdev;
	ad->pdev = pdev;

	err = pci_enable_device_mem(pdev);
	if (err)
		goto out_netdev;
	err = set_dma_mask(ad);
	if (err)
		goto out_disable;
	err = pci_request_mem_regions(pdev, VIGB_NAME);
	if (err)
		goto out_disable;
	ad->regs = pci_ioremap_bar(pdev, 0);
	if (!ad->regs) {
		err = -EIO;
		goto out_regions;
	}
	pci_set_master(pdev);
	pci_set_drvdata(pdev, ad);

	init_adapter(ad);
	err = init_hw(ad);
	if (err)
		goto out_unmap;
	vigb_netdev_init(netdev);
	err = vigb_irq_init(ad);
	if (err)
		goto out_unmap;

	netif_carrier_off(netdev);
	err = register_netdev(netdev);
	if (err)
		goto out_irq;
	err = register_port(ad);
	if (err)
		goto out_unregister;

	netdev_info(netdev, "a port with %u pools, %pM\n", VIGB_N_POOLS, netdev->dev_addr);
	return 0;

out_unregister:
	set_bit(VIGB_REMOVING, &ad->flags);
	unregister_netdev(netdev);
	cancel_work_sync(&ad->reset_work);
out_irq:
	vigb_irq_fini(ad);
out_unmap:
	iounmap(ad->regs);
out_regions:
	pci_release_mem_regions(pdev);
out_disable:
	pci_disable_device(pdev);
out_netdev:
	free_netdev(netdev);
	return err;
}

static void vigb_remove(struct pci_dev *pdev)
{
	struct vigb_adapter *ad = pci_get_drvdata(pdev);

	/* Pools first, while the hardware runs: their owners stop them in the
	 * ordinary way.  A reset under way waits for rtnl or has it, and ends.
	 */
	set_bit(VIGB_REMOVING, &ad->flags);
	cancel_work_sync(&ad->reset_work);
	unregister_port(ad);
	unregister_netdev(ad->netdev);
	/* Who saw the port before it was being removed may have asked for one more;
	 * nobody is left who could.
	 */
	cancel_work_sync(&ad->reset_work);

	/* The next driver finds a port that was just reset, with its own MAC */
	pci_set_master(pdev);
	vigb_hw_reset(ad);
	vigb_hw_drv_load(ad, false);
	vigb_irq_fini(ad);
	iounmap(ad->regs);
	pci_release_mem_regions(pdev);
	pci_disable_device(pdev);
	free_netdev(ad->netdev);
}

/* At power-off and kexec nobody is asked for a pool; no DMA may go on. */
static void vigb_shutdown(struct pci_dev *pdev)
{
	struct vigb_adapter *ad = pci_get_drvdata(pdev);

	/* a reset that waits for rtnl must not start it again */
	set_bit(VIGB_REMOVING, &ad->flags);
	rtnl_lock();
	netif_device_detach(ad->netdev);
	vigb_hw_kill(ad);
	vigb_hw_drv_load(ad, false);
	rtnl_unlock();
}

static const struct pci_device_id no_ids[] = { { 0 } };

static struct pci_driver vigb_driver = {
	.name		= VIGB_NAME,
	.id_table	= no_ids,
	.probe		= vigb_probe,
	.remove		= vigb_remove,
	.shutdown	= vigb_shutdown,
};
module_pci_driver(vigb_driver);

MODULE_DESCRIPTION("Intel 82576 with VMDq pools");
MODULE_LICENSE("GPL");
