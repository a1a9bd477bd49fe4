// SPDX-License-Identifier: GPL-2.0
/*
 * Bringing the 82576 up in VMDq mode, and stopping it (datasheet 4.5).  The
 * steps are numbered; other files name the numbers of the steps they do.
 */
#include <linux/build_bug.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/iopoll.h>

#include "vmdq_igb.h"

#define MASTER_TIMEOUT_US	80000
#define NVM_TIMEOUT_US		20000
#define TX_COLLISION_THRESHOLD	15
#define TX_COLLISION_DISTANCE	64

/* Step 1: no more interrupts, no more frames, no more DMA */
static int hw_quiesce(struct vigb_adapter *ad)
{
	u32 status;
	int err;

	vigb_wr(ad, VIGB_CTRL, vigb_rd(ad, VIGB_CTRL) | CTRL_GIO_MASTER_DIS);
	err = readl_poll_timeout(ad->regs + VIGB_STATUS, status,
				 !(status & STATUS_GIO_MASTER), 100, MASTER_TIMEOUT_US);

	vigb_wr(ad, VIGB_IMC, ~0);
	vigb_wr(ad, VIGB_EIMC, ~0);
	vigb_wr(ad, VIGB_RCTL, 0);
	vigb_wr(ad, VIGB_TCTL, TCTL_PSP);
	vigb_flush(ad);
	usleep_range(10000, 11000);

	return err;
}

/**
 * vigb_hw_reset() - resets the port
 * @ad: the adapter
 *
 * Steps 1 and 2.  When it returns, the hardware does no DMA and raises no
 * interrupt.  The PHY is reset too, so the link is lost for a while.
 *
 * Context: process, sleeps.  Return: 0, or -ENODEV if the device answers no
 * longer.
 */
int vigb_hw_reset(struct vigb_adapter *ad)
{
	u32 val;

	if (hw_quiesce(ad))
		dev_dbg(&ad->pdev->dev, "DMA did not end before the reset\n");

	/* 2. reset */
	vigb_wr(ad, VIGB_CTRL, vigb_rd(ad, VIGB_CTRL) | CTRL_RST);
	usleep_range(1000, 2000);
	/* Not fatal: without an NVM, as in QEMU, the bit is never set */
	readl_poll_timeout(ad->regs + VIGB_EECD, val, val & EECD_AUTO_RD, 1000, NVM_TIMEOUT_US);

	vigb_wr(ad, VIGB_IMC, ~0);
	vigb_wr(ad, VIGB_EIMC, ~0);
	vigb_rd(ad, VIGB_ICR);

	if (vigb_rd(ad, VIGB_STATUS) == ~0) {
		dev_err(&ad->pdev->dev, "the device does not answer: all registers read as ones\n");
		return -ENODEV;
	}

	return 0;
}

static int nvm_read(struct vigb_adapter *ad, u32 word, u16 *val)
{
	u32 eerd;
	int err;

	vigb_wr(ad, VIGB_EERD, word << EERD_ADDR_SHIFT | EERD_START);
	err = readl_poll_timeout(ad->regs + VIGB_EERD, eerd, eerd & EERD_DONE,
				 10, NVM_TIMEOUT_US);
	if (!err)
		*val = eerd >> EERD_DATA_SHIFT;

	return err;
}

/**
 * vigb_hw_read_mac() - the permanent MAC address
 * @ad: the adapter, just reset
 * @addr: where to
 *
 * Step 3.  The reset has loaded it from the NVM into receive-address slot 0;
 * if that is empty, the NVM's first three words are asked.
 *
 * Context: process, sleeps.  Return: 0 or -EADDRNOTAVAIL.
 */
int vigb_hw_read_mac(struct vigb_adapter *ad, u8 *addr)
{
	unsigned int i;
	u16 word;
	int err;

	put_unaligned_le32(vigb_rd(ad, vigb_ral(0)), addr);
	put_unaligned_le16(vigb_rd(ad, vigb_rah(0)), addr + 4);
	if (is_valid_ether_addr(addr))
		return 0;

	err = vigb_sem_take(ad, SW_FW_EEP);
	if (err)
		return -EADDRNOTAVAIL;
	for (i = 0; i < ETH_ALEN / 2 && !err; i++) {
		err = nvm_read(ad, i, &word);
		if (!err)
			put_unaligned_le16(word, addr + 2 * i);
	}
	vigb_sem_give(ad, SW_FW_EEP);

	return !err && is_valid_ether_addr(addr) ? 0 : -EADDRNOTAVAIL;
}

/**
 * vigb_hw_drv_load() - tells the firmware whether a driver is in charge
 * @ad: the adapter
 * @loaded: it is
 */
void vigb_hw_drv_load(struct vigb_adapter *ad, bool loaded)
{
	u32 val = vigb_rd(ad, VIGB_CTRL_EXT);

	vigb_wr(ad, VIGB_CTRL_EXT, loaded ? val | CTRL_EXT_DRV_LOAD : val & ~CTRL_EXT_DRV_LOAD);
}

/*
 * Pause frames stay off in both directions: one slow guest's full ring would
 * otherwise stop the wire for all pools.  Every queue drops instead (QDE,
 * SRRCTL.DROP_EN).
 */
static void hw_no_pause(struct vigb_adapter *ad)
{
	vigb_wr(ad, VIGB_FCAL, 0);
	vigb_wr(ad, VIGB_FCAH, 0);
	vigb_wr(ad, VIGB_FCT, 0);
	vigb_wr(ad, VIGB_FCTTV, 0);
	vigb_wr(ad, VIGB_FCRTL0, 0);
	vigb_wr(ad, VIGB_FCRTH0, 0);
}

static void hw_start_tx(struct vigb_adapter *ad)
{
	unsigned int n;

	/* 7. transmit queues */
	for (n = 0; n < VIGB_N_POOLS; n++)
		if (vigb_tx_queue_start(&ad->pool[n]))
			netdev_err(ad->netdev, "transmit queue %u does not start\n", n);

	vigb_wr(ad, VIGB_DTXCTL, vigb_rd(ad, VIGB_DTXCTL) | DTXCTL_VLAN_ADDED);
	vigb_wr(ad, VIGB_TCTL, TCTL_EN | TCTL_PSP | TCTL_RTLC |
		TX_COLLISION_THRESHOLD << TCTL_CT_SHIFT |
		TX_COLLISION_DISTANCE << TCTL_COLD_SHIFT);
}

static void hw_start_vmdq(struct vigb_adapter *ad)
{
	unsigned int n;

	/* 8. checksums, VMDq mode, no switching between pools */
	vigb_wr(ad, VIGB_RXCSUM, RXCSUM_IPOFLD | RXCSUM_TUOFLD | RXCSUM_CRCOFL);
	vigb_wr(ad, VIGB_MRQC, MRQC_VMDQ);
	vigb_wr(ad, VIGB_VT_CTL, VT_CTL_REPL_EN | 0 << VT_CTL_DEF_POOL_SHIFT);
	vigb_wr(ad, VIGB_DTXSWC, 0);
	vigb_wr(ad, VIGB_QDE, 0xffff);
	for (n = 0; n < VIGB_N_POOLS; n++)
		vigb_wr(ad, VIGB_VMVIR(n), 0);
	vigb_wr(ad, VIGB_RLPML, VIGB_FRAME_MAX + ETH_FCS_LEN);
}

/**
 * vigb_hw_start() - sets the port up in VMDq mode
 * @ad: the adapter, just reset; its rings have memory, its interrupts handlers
 *
 * Steps 3 to 10 of the start-up sequence.  Receiving starts with
 * vigb_hw_enable_rx(), interrupts with vigb_irq_enable().
 *
 * Context: process, sleeps, under rtnl.
 */
void vigb_hw_start(struct vigb_adapter *ad)
{
	unsigned int n;
	u32 ctrl;

	/* 3. */
	vigb_hw_drv_load(ad, true);

	/* 4. every filter off, every pool off */
	for (n = 0; n < VIGB_N_HASH_REGS; n++) {
		vigb_wr(ad, VIGB_VFTA(n), 0);
		vigb_wr(ad, VIGB_MTA(n), 0);
		vigb_wr(ad, VIGB_UTA(n), 0);
	}
	for (n = 0; n < 32; n++)
		vigb_wr(ad, VIGB_VLVF(n), 0);
	for (n = 0; n < VIGB_N_RAR; n++)
		vigb_wr(ad, vigb_rah(n), 0);
	for (n = 0; n < VIGB_N_POOLS; n++)
		vigb_wr(ad, VIGB_VMOLR(n), 0);
	vigb_wr(ad, VIGB_VFRE, 0);
	vigb_wr(ad, VIGB_VFTE, 0);

	/* 5. link; VME is needed for inserting tags, stripping is per pool */
	ctrl = vigb_rd(ad, VIGB_CTRL);
	ctrl &= ~(CTRL_FRCSPD | CTRL_FRCDPX | CTRL_RFCE | CTRL_TFCE | CTRL_GIO_MASTER_DIS);
	vigb_wr(ad, VIGB_CTRL, ctrl | CTRL_SLU | CTRL_FD | CTRL_VME);
	hw_no_pause(ad);
	vigb_phy_start(ad);

	/* 6. vectors */
	vigb_irq_setup(ad);

	vigb_hw_forget_stats(ad);
	hw_start_tx(ad);
	hw_start_vmdq(ad);

	/* 9. what pool 0 accepts, whom the filters serve */
	vigb_steer_start(ad);

	/* 10. receive queues: the default pool's here, the others' when taken;
	 * queue 0 comes out of the reset enabled
	 */
	for (n = 1; n < VIGB_N_POOLS; n++)
		vigb_wr(ad, VIGB_RXDCTL(ad->pool[n].rx_queue), 0);
	if (vigb_rx_queue_start(&ad->pool[0], VIGB_RX_BUF_SIZE))
		netdev_err(ad->netdev, "the default pool's receive queue does not start\n");
}

/**
 * vigb_hw_enable_rx() - lets frames in
 * @ad: the adapter
 *
 * Step 11; the caller writes the tail of the receive ring last.
 */
void vigb_hw_enable_rx(struct vigb_adapter *ad)
{
	spin_lock_bh(&ad->steer_lock);
	vigb_wr(ad, VIGB_RCTL, vigb_rd(ad, VIGB_RCTL) | RCTL_EN | RCTL_SECRC | RCTL_LPE | RCTL_BAM);
	vigb_wr(ad, VIGB_VFRE, BIT(0));
	vigb_wr(ad, VIGB_VFTE, GENMASK(VIGB_N_POOLS - 1, 0));
	vigb_flush(ad);
	spin_unlock_bh(&ad->steer_lock);
}

/**
 * vigb_hw_kill() - ends all DMA of a port that does not do as it is told
 * @ad: the adapter
 *
 * Bus mastering is taken away first, so that the promise holds even if the
 * reset does not work.  Nothing works afterwards until the driver restarts the
 * port.
 *
 * Context: process, sleeps.
 */
void vigb_hw_kill(struct vigb_adapter *ad)
{
	pci_clear_master(ad->pdev);
	set_bit(VIGB_DEAD, &ad->flags);
	vigb_hw_reset(ad);
	/* queue 0 comes out of a reset enabled, although its ring is gone */
	vigb_wr(ad, VIGB_RXDCTL(0), 0);
	vigb_wr(ad, VIGB_TXDCTL(0), 0);
	vigb_flush(ad);
}

static void read_pool_stats(struct vigb_adapter *ad, unsigned int n)
{
	struct vigb_pool_hw_stats *s = &ad->hw_stats.pool[n];
	const struct {
		u32 reg;
		u64 *sum;
	} counter[] = {
		{ VIGB_PVFGPRC(n), &s->rx_frames },
		{ VIGB_PVFGORC(n), &s->rx_bytes },
		{ VIGB_PVFGPTC(n), &s->tx_frames },
		{ VIGB_PVFGOTC(n), &s->tx_bytes },
	};
	unsigned int i;

	BUILD_BUG_ON(ARRAY_SIZE(counter) != ARRAY_SIZE(s->last));
	for (i = 0; i < ARRAY_SIZE(counter); i++) {
		u32 now = vigb_rd(ad, counter[i].reg);

		*counter[i].sum += now - s->last[i];
		s->last[i] = now;
	}
	s->rx_dropped += vigb_rd(ad, VIGB_RQDPC(ad->pool[n].rx_queue)) & RQDPC_COUNT;
}

/**
 * vigb_hw_forget_stats() - the hardware counts from 0 again
 * @ad: the adapter, just reset
 */
void vigb_hw_forget_stats(struct vigb_adapter *ad)
{
	unsigned int n;

	spin_lock_bh(&ad->stats_lock);
	for (n = 0; n < VIGB_N_POOLS; n++)
		memset(ad->hw_stats.pool[n].last, 0, sizeof(ad->hw_stats.pool[n].last));
	spin_unlock_bh(&ad->stats_lock);
}

/**
 * vigb_hw_read_stats() - adds up what the hardware has counted
 * @ad: the adapter
 *
 * Context: any but hard interrupt.
 */
void vigb_hw_read_stats(struct vigb_adapter *ad)
{
	struct vigb_hw_stats *s = &ad->hw_stats;
	unsigned int n;

	spin_lock_bh(&ad->stats_lock);
	s->crc_errors += vigb_rd(ad, VIGB_CRCERRS);
	s->align_errors += vigb_rd(ad, VIGB_ALGNERRC);
	s->rx_errors += vigb_rd(ad, VIGB_RXERRC);
	s->missed += vigb_rd(ad, VIGB_MPC);
	s->length_errors += vigb_rd(ad, VIGB_RLEC);
	s->no_buffer += vigb_rd(ad, VIGB_RNBC);
	s->undersize += vigb_rd(ad, VIGB_RUC);
	s->oversize += vigb_rd(ad, VIGB_ROC);
	s->good_rx += vigb_rd(ad, VIGB_GPRC);
	s->good_tx += vigb_rd(ad, VIGB_GPTC);
	s->broadcast_rx += vigb_rd(ad, VIGB_BPRC);
	s->multicast_rx += vigb_rd(ad, VIGB_MPRC);
	for (n = 0; n < VIGB_N_POOLS; n++)
		read_pool_stats(ad, n);
	spin_unlock_bh(&ad->stats_lock);
}
