// SPDX-License-Identifier: GPL-2.0
/*
 * The internal copper PHY: access by MDIC (82576 datasheet 8.2) under the
 * semaphore that is shared with the firmware, start of autonegotiation, and the
 * state of the link.
 */
#include <linux/bitfield.h>
#include <linux/ethtool.h>
#include <linux/iopoll.h>
#include <linux/mii.h>

#include "vmdq_igb.h"

#define PHY_ADDR		1	/* of the internal PHY, in both functions */
#define MDIC_TIMEOUT_US		10000
#define SEM_TIMEOUT_US		100000

/* Reading SMBI as 0 takes it. */
static int take_smbi(struct vigb_adapter *ad)
{
	u32 val;

	return readl_poll_timeout(ad->regs + VIGB_SWSM, val, !(val & SWSM_SMBI),
				  50, SEM_TIMEOUT_US);
}

/**
 * vigb_sem_take() - takes resources that are shared with the firmware
 * @ad: the adapter; its phy_lock is held, or it is not registered yet
 * @mask: SW_FW_* bits
 *
 * Firmware and both ports share one semaphore (datasheet 8.7): SWSM guards
 * SW_FW_SYNC, and a bit in the latter guards each resource.
 *
 * Context: process, sleeps.  Return: 0 or -EBUSY.
 */
int vigb_sem_take(struct vigb_adapter *ad, u32 mask)
{
	unsigned int tries;
	u32 val;

	for (tries = 0; tries < 50; tries++) {
		if (take_smbi(ad)) {
			if (ad->sem_cleared)
				return -EBUSY;
			/* a driver before us died holding it */
			ad->sem_cleared = true;
			vigb_wr(ad, VIGB_SWSM, 0);
			continue;
		}
		vigb_wr(ad, VIGB_SWSM, vigb_rd(ad, VIGB_SWSM) | SWSM_SWESMBI);
		val = mask;
		if (vigb_rd(ad, VIGB_SWSM) & SWSM_SWESMBI)
			val = vigb_rd(ad, VIGB_SW_FW_SYNC);
		if (!(val & (mask | mask << SW_FW_FW_SHIFT))) {
			vigb_wr(ad, VIGB_SW_FW_SYNC, val | mask);
			vigb_wr(ad, VIGB_SWSM, 0);
			return 0;
		}
		vigb_wr(ad, VIGB_SWSM, 0);
		usleep_range(5000, 10000);
	}

	return -EBUSY;
}

/**
 * vigb_sem_give() - gives them back
 * @ad: the adapter
 * @mask: as taken
 *
 * A time-out is ignored, because never giving them back would be worse.
 */
void vigb_sem_give(struct vigb_adapter *ad, u32 mask)
{
	take_smbi(ad);
	vigb_wr(ad, VIGB_SW_FW_SYNC, vigb_rd(ad, VIGB_SW_FW_SYNC) & ~mask);
	vigb_wr(ad, VIGB_SWSM, 0);
}

static int phy_access(struct vigb_adapter *ad, u32 cmd, u16 *val)
{
	u32 mask = FIELD_GET(STATUS_FUNC, vigb_rd(ad, VIGB_STATUS)) ? SW_FW_PHY1 : SW_FW_PHY0;
	u32 mdic;
	int err;

	mutex_lock(&ad->phy_lock);
	err = vigb_sem_take(ad, mask);
	if (err)
		goto out;

	vigb_wr(ad, VIGB_MDIC, cmd | PHY_ADDR << MDIC_PHY_SHIFT);
	err = readl_poll_timeout(ad->regs + VIGB_MDIC, mdic, mdic & MDIC_READY,
				 50, MDIC_TIMEOUT_US);
	if (!err && (mdic & MDIC_ERROR))
		err = -EIO;
	if (!err && val)
		*val = mdic & MDIC_DATA;
	vigb_sem_give(ad, mask);
out:
	mutex_unlock(&ad->phy_lock);
	return err;
}

/**
 * vigb_phy_read() - reads a PHY register
 * @ad: the adapter
 * @reg: MII register
 * @val: where to
 *
 * Context: process, sleeps.  Return: 0, -EBUSY if the firmware keeps the PHY,
 * -ETIMEDOUT, -EIO.
 */
int vigb_phy_read(struct vigb_adapter *ad, unsigned int reg, u16 *val)
{
	return phy_access(ad, MDIC_OP_READ | reg << MDIC_REG_SHIFT, val);
}

/**
 * vigb_phy_write() - writes a PHY register
 * @ad: the adapter
 * @reg: MII register
 * @val: the value
 *
 * Context and errors as vigb_phy_read().
 */
int vigb_phy_write(struct vigb_adapter *ad, unsigned int reg, u16 val)
{
	return phy_access(ad, MDIC_OP_WRITE | reg << MDIC_REG_SHIFT | val, NULL);
}

/**
 * vigb_phy_start() - powers the PHY up and restarts autonegotiation
 * @ad: the adapter
 *
 * The driver before us may have left the PHY powered down, so BMCR is written
 * as a whole.  The link follows seconds later and says so by an interrupt.
 *
 * Context: process, sleeps.  Return: as vigb_phy_read().
 */
int vigb_phy_start(struct vigb_adapter *ad)
{
	int err;

	err = vigb_phy_write(ad, MII_ADVERTISE, ad->advertising);
	if (!err)
		err = vigb_phy_write(ad, MII_CTRL1000, ad->advertising_1000);
	if (!err)
		err = vigb_phy_write(ad, MII_BMCR, BMCR_ANENABLE | BMCR_ANRESTART);
	if (err)
		netdev_err(ad->netdev, "cannot reach the PHY (%d): no link\n", err);

	return err;
}

/**
 * vigb_link_is_copper() - is the link the internal copper PHY's
 * @ad: the adapter
 *
 * Return: false for SerDes, SGMII and backplane links, which this driver does
 * not know.
 */
bool vigb_link_is_copper(struct vigb_adapter *ad)
{
	return !(vigb_rd(ad, VIGB_CTRL_EXT) & CTRL_EXT_LINK_MODE);
}

static void link_read_mode(struct vigb_adapter *ad, u32 status)
{
	switch (FIELD_GET(STATUS_SPEED, status)) {
	case STATUS_SPEED_10:
		ad->speed = SPEED_10;
		break;
	case STATUS_SPEED_100:
		ad->speed = SPEED_100;
		break;
	default:
		ad->speed = SPEED_1000;
	}
	ad->duplex = status & STATUS_FD ? DUPLEX_FULL : DUPLEX_HALF;
}

/**
 * vigb_link_check() - tells the network stack if the link changed
 * @ad: the adapter
 *
 * Context: the watchdog's work.
 */
void vigb_link_check(struct vigb_adapter *ad)
{
	u32 status = vigb_rd(ad, VIGB_STATUS);
	bool up = status & STATUS_LU;

	if (up == ad->link_up)
		return;

	if (up) {
		link_read_mode(ad, status);
		/* The PHY may have asked for pause; see vigb_hw_start() */
		vigb_wr(ad, VIGB_CTRL, vigb_rd(ad, VIGB_CTRL) & ~(CTRL_RFCE | CTRL_TFCE));
		netdev_info(ad->netdev, "link up, %u Mb/s, %s duplex\n", ad->speed,
			    ad->duplex == DUPLEX_FULL ? "full" : "half");
		netif_carrier_on(ad->netdev);
	} else {
		netdev_info(ad->netdev, "link down\n");
		netif_carrier_off(ad->netdev);
	}
	ad->link_up = up;
}
