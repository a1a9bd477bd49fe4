/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers and descriptors of the Intel 82576 that this driver uses, with the
 * section of the 82576EB datasheet that describes each group.
 */
#ifndef VIGB_REGS_H
#define VIGB_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

/* 8.2 General: control, status, EEPROM, MDIO */
#define VIGB_CTRL		0x00000
#define   CTRL_FD		BIT(0)
#define   CTRL_GIO_MASTER_DIS	BIT(2)
#define   CTRL_SLU		BIT(6)
#define   CTRL_FRCSPD		BIT(11)
#define   CTRL_FRCDPX		BIT(12)
#define   CTRL_RST		BIT(26)
#define   CTRL_RFCE		BIT(27)
#define   CTRL_TFCE		BIT(28)
#define   CTRL_VME		BIT(30)
#define VIGB_STATUS		0x00008
#define   STATUS_FD		BIT(0)
#define   STATUS_LU		BIT(1)
#define   STATUS_FUNC		GENMASK(3, 2)
#define   STATUS_SPEED		GENMASK(7, 6)
#define     STATUS_SPEED_10	0
#define     STATUS_SPEED_100	1
#define   STATUS_GIO_MASTER	BIT(19)
#define VIGB_EECD		0x00010
#define   EECD_AUTO_RD		BIT(9)
#define VIGB_EERD		0x00014
#define   EERD_START		BIT(0)
#define   EERD_DONE		BIT(1)
#define   EERD_ADDR_SHIFT	2
#define   EERD_DATA_SHIFT	16
#define VIGB_CTRL_EXT		0x00018
#define   CTRL_EXT_LINK_MODE	GENMASK(23, 22)
#define   CTRL_EXT_DRV_LOAD	BIT(28)
#define VIGB_MDIC		0x00020
#define   MDIC_DATA		GENMASK(15, 0)
#define   MDIC_REG_SHIFT	16
#define   MDIC_PHY_SHIFT	21
#define   MDIC_OP_WRITE		BIT(26)
#define   MDIC_OP_READ		BIT(27)
#define   MDIC_READY		BIT(28)
#define   MDIC_ERROR		BIT(30)
#define VIGB_SWSM		0x05B50
#define   SWSM_SMBI		BIT(0)
#define   SWSM_SWESMBI		BIT(1)
#define VIGB_SW_FW_SYNC		0x05B5C
#define   SW_FW_EEP		BIT(0)
#define   SW_FW_PHY0		BIT(1)
#define   SW_FW_PHY1		BIT(2)
#define   SW_FW_FW_SHIFT	16

/* 8.2.4 Flow control: kept off, see vigb_hw_start() */
#define VIGB_FCAL		0x00028
#define VIGB_FCAH		0x0002C
#define VIGB_FCT		0x00030
#define VIGB_FCTTV		0x00170
#define VIGB_FCRTL0		0x02160
#define VIGB_FCRTH0		0x02168

/* 8.8 Interrupts; 7.3 describes their use with MSI-X */
#define VIGB_ICR		0x000C0
#define VIGB_IMS		0x000D0
#define VIGB_IMC		0x000D8
#define   ICR_LSC		BIT(2)
#define VIGB_GPIE		0x01514
#define   GPIE_NSICR		BIT(0)
#define   GPIE_MSIX_MODE	BIT(4)
#define   GPIE_EIAME		BIT(30)
#define   GPIE_PBA		BIT(31)
#define VIGB_EICS		0x01520
#define VIGB_EIMS		0x01524
#define VIGB_EIMC		0x01528
#define VIGB_EIAC		0x0152C
#define VIGB_EIAM		0x01530
#define VIGB_EICR		0x01580
#define VIGB_EITR(v)		(0x01680 + 4 * (v))
#define   EITR_USECS_SHIFT	2	/* the interval lies in bits 14:2, in us */
#define   EITR_USECS_MAX	0x1FFF
#define   EITR_CNT_IGNR		BIT(31)	/* leave the running counter alone */
#define VIGB_IVAR(q)		(0x01700 + 4 * (q))	/* queues q and q + 8 */
#define   IVAR_RX_SHIFT		0
#define   IVAR_TX_SHIFT		8
#define   IVAR_VALID		BIT(7)
#define VIGB_IVAR_MISC		0x01740
#define   IVAR_MISC_OTHER_SHIFT	8

/* 8.10 Receive */
#define VIGB_RCTL		0x00100
#define   RCTL_EN		BIT(1)
#define   RCTL_UPE		BIT(3)
#define   RCTL_MPE		BIT(4)
#define   RCTL_LPE		BIT(5)
#define   RCTL_BAM		BIT(15)
#define   RCTL_SECRC		BIT(26)
#define VIGB_QDE		0x02408
#define VIGB_RXCSUM		0x05000
#define   RXCSUM_IPOFLD		BIT(8)
#define   RXCSUM_TUOFLD		BIT(9)
#define   RXCSUM_CRCOFL		BIT(11)
#define VIGB_RLPML		0x05004
#define VIGB_MTA(n)		(0x05200 + 4 * (n))
#define VIGB_RAL_LOW(n)		(0x05400 + 8 * (n))	/* slots 0 to 15 */
#define VIGB_RAL_HIGH(n)	(0x05460 + 8 * (n))	/* slots 16 to 23 at 0x54E0 */
#define   RAH_POOL_SHIFT	18
#define   RAH_AV		BIT(31)
#define VIGB_VFTA(n)		(0x05600 + 4 * (n))
#define VIGB_UTA(n)		(0x0A000 + 4 * (n))
#define VIGB_N_HASH_REGS	128	/* MTA, VFTA and UTA alike */
#define VIGB_MRQC		0x05818
#define   MRQC_VMDQ		3

#define VIGB_RDBAL(q)		(0x0C000 + 0x40 * (q))
#define VIGB_RDBAH(q)		(0x0C004 + 0x40 * (q))
#define VIGB_RDLEN(q)		(0x0C008 + 0x40 * (q))
#define VIGB_SRRCTL(q)		(0x0C00C + 0x40 * (q))
#define   SRRCTL_BSIZEPKT_KB	1024
#define   SRRCTL_ONE_BUFFER	BIT(25)
#define   SRRCTL_DROP_EN	BIT(31)
#define VIGB_RDH(q)		(0x0C010 + 0x40 * (q))
#define VIGB_RDT(q)		(0x0C018 + 0x40 * (q))
#define VIGB_RXDCTL(q)		(0x0C028 + 0x40 * (q))
#define VIGB_RQDPC(q)		(0x0C030 + 0x40 * (q))
#define   RQDPC_COUNT		GENMASK(11, 0)
#define   DCTL_PTHRESH_SHIFT	0
#define   DCTL_HTHRESH_SHIFT	8
#define   DCTL_WTHRESH_SHIFT	16
#define   DCTL_ENABLE		BIT(25)	/* RXDCTL and TXDCTL alike */

/* 8.12 Transmit */
#define VIGB_TCTL		0x00400
#define   TCTL_EN		BIT(1)
#define   TCTL_PSP		BIT(3)
#define   TCTL_CT_SHIFT		4
#define   TCTL_COLD_SHIFT	12
#define   TCTL_RTLC		BIT(24)
#define VIGB_DTXCTL		0x03590
#define   DTXCTL_VLAN_ADDED	BIT(3)
#define VIGB_TDBAL(q)		(0x0E000 + 0x40 * (q))
#define VIGB_TDBAH(q)		(0x0E004 + 0x40 * (q))
#define VIGB_TDLEN(q)		(0x0E008 + 0x40 * (q))
#define VIGB_TDH(q)		(0x0E010 + 0x40 * (q))
#define VIGB_TDT(q)		(0x0E018 + 0x40 * (q))
#define VIGB_TXDCTL(q)		(0x0E028 + 0x40 * (q))
#define VIGB_TDWBAL(q)		(0x0E038 + 0x40 * (q))
#define VIGB_TDWBAH(q)		(0x0E03C + 0x40 * (q))

/* 8.14 Virtualisation; 7.10.3 describes how a frame finds its pool */
#define VIGB_VFRE		0x00C8C
#define VIGB_VFTE		0x00C90
#define VIGB_DTXSWC		0x03500
#define VIGB_VMVIR(p)		(0x03700 + 4 * (p))
#define VIGB_VT_CTL		0x0581C
#define   VT_CTL_DEF_POOL_SHIFT	7
#define   VT_CTL_REPL_EN	BIT(30)
#define VIGB_VMOLR(p)		(0x05AD0 + 4 * (p))
#define   VMOLR_RLPML		GENMASK(13, 0)
#define   VMOLR_LPE		BIT(16)
#define   VMOLR_AUPE		BIT(24)
#define   VMOLR_ROMPE		BIT(25)
#define   VMOLR_ROPE		BIT(26)
#define   VMOLR_BAM		BIT(27)
#define   VMOLR_MPME		BIT(28)
#define   VMOLR_STRVLAN		BIT(30)
#define   VMOLR_STRCRC		BIT(31)
#define VIGB_RPLOLR		0x05AF0
#define   RPLOLR_STRVLAN	BIT(30)
#define   RPLOLR_STRCRC		BIT(31)
#define VIGB_VLVF(n)		(0x05D00 + 4 * (n))

/* 8.19 Statistics; cleared by reading, except those per pool */
#define VIGB_CRCERRS		0x04000
#define VIGB_ALGNERRC		0x04004
#define VIGB_RXERRC		0x0400C
#define VIGB_MPC		0x04010
#define VIGB_RLEC		0x04040
#define VIGB_GPRC		0x04074
#define VIGB_BPRC		0x04078
#define VIGB_MPRC		0x0407C
#define VIGB_GPTC		0x04080
#define VIGB_RNBC		0x040A0
#define VIGB_RUC		0x040A4
#define VIGB_ROC		0x040AC
#define VIGB_PVFGPRC(p)		(0x10010 + 0x100 * (p))
#define VIGB_PVFGPTC(p)		(0x10014 + 0x100 * (p))
#define VIGB_PVFGORC(p)		(0x10018 + 0x100 * (p))
#define VIGB_PVFGOTC(p)		(0x10034 + 0x100 * (p))

/* 7.1.5 Advanced receive descriptor */
union vigb_rx_desc {
	struct {
		__le64 pkt_addr;
		__le64 hdr_addr;	/* the write-back's status lies over it */
	} read;
	struct {
		__le32 info;
		__le32 hash;
		__le32 status_error;
		__le16 length;
		__le16 vlan;
	} wb;
};

#define RXD_DD			BIT(0)
#define RXD_EOP			BIT(1)
#define RXD_VP			BIT(3)	/* tag stripped, in wb.vlan */
#define RXD_L4CS		BIT(5)
#define RXD_L4E			BIT(29)
#define RXD_IPE			BIT(30)
#define RXD_RXE			BIT(31)

/* 7.2.2 Advanced transmit descriptors: data, and context */
struct vigb_tx_desc {
	__le64 addr;
	__le32 cmd_type_len;
	__le32 olinfo_status;	/* bit 0 is DD after write-back */
};

#define TXD_DD			BIT(0)
#define TXD_DTYP_CTXT		(2 << 20)
#define TXD_DTYP_DATA		(3 << 20)
#define TXD_EOP			BIT(24)
#define TXD_IFCS		BIT(25)
#define TXD_RS			BIT(27)
#define TXD_DEXT		BIT(29)
#define TXD_VLE			BIT(30)
#define TXD_TSE			BIT(31)
#define TXD_IXSM		BIT(8)
#define TXD_TXSM		BIT(9)
#define TXD_PAYLEN_SHIFT	14

struct vigb_tx_context {
	__le32 vlan_macip_lens;
	__le32 seqnum_seed;
	__le32 type_tucmd;
	__le32 mss_l4len_idx;
};

#define TXC_IPLEN_MAX		511
#define TXC_MACLEN_SHIFT	9
#define TXC_MACLEN_MAX		127
#define TXC_VLAN_SHIFT		16
#define TXC_IPV4		BIT(10)
#define TXC_L4T_UDP		0
#define TXC_L4T_TCP		BIT(11)
#define TXC_L4T_SCTP		BIT(12)
#define TXC_L4LEN_SHIFT		8
#define TXC_MSS_SHIFT		16

static inline u32 vigb_ral(unsigned int slot)
{
	return slot < 16 ? VIGB_RAL_LOW(slot) : VIGB_RAL_HIGH(slot);
}

static inline u32 vigb_rah(unsigned int slot)
{
	return vigb_ral(slot) + 4;
}

#endif /* VIGB_REGS_H */
