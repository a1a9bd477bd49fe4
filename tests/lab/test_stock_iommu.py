# SPDX-License-Identifier: GPL-2.0
"""The lab works with VT-d on and dom0 confined to what it was given (dom0-iommu=strict).

Would fail if the NIC, the channel to dom0 or the bridge did not get along with an
IOMMU, or if it were not on at all.
"""

from scene import check, check_intact

LAB = {"iommu": "strict"}
COUNT = 1000


def test_stock_iommu(scene):
    messages = scene.dom0.run("xl dmesg").out
    check("I/O virtualisation enabled" in messages, "Xen has no IOMMU")
    check("Dom0 mode: Strict" in messages, "dom0 is not confined")
    guest = scene.guest("a")
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.send(guest.mac, COUNT)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, "wire to guest")
    finally:
        receiver.stop()
