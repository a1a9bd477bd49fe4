# SPDX-License-Identifier: GPL-2.0
"""Xen boots with a PV dom0 whose toolstack works, and the NIC has no driver yet.

Would fail if Xen, the kernel or the image did not fit together, if the toolstack's
daemons were not up, or if a driver took the NIC before a test asked for one.
"""

from lab import BDF
from scene import check

SETUP = "bare"


def test_boot(scene):
    info = scene.dom0.run("xl info").out
    check("xen_version            : 4.17" in info, "not Xen 4.17:", info)
    capabilities = scene.dom0.run("cat /proc/xen/capabilities").out
    check("control_d" in capabilities, "not the control domain:", capabilities)
    scene.dom0.run(f"[ -e /sys/bus/pci/devices/{BDF} ] && [ ! -e /sys/bus/pci/devices/{BDF}/driver ]")
    device = scene.dom0.run(f"cat /sys/bus/pci/devices/{BDF}/device").out.strip()
    check(device == "0x10c9", "the NIC is no 82576:", device)
