# SPDX-License-Identifier: GPL-2.0
"""Pools behind an IOMMU that confines dom0 (VT-d, dom0-iommu=strict), at every level.

Frames from the wire, TCP both ways with frames longer than a page, changes of level and
guests destroyed under traffic. Would fail if the NIC were given an address that Xen has
not opened to it, or used one after Xen has closed it: then a frame is lost or spoilt, and
the IOMMU's fault is in Xen's log, which fails any test (logs.py).
"""

import story
from flow import TCP_BYTES, Server, flow
from scene import check

SETUP = "vmdq"
LAB = {"iommu": "strict"}
COUNT = 2000
CYCLES = 2


def guest_at_grant(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    return guest


def counter(scene, guest, name):
    return int(scene.dom0.run(f"ethtool -S {guest.vif} | awk '/ {name}:/ {{print $2}}'").out)


def receive(scene, guest, level):
    row = story.deliver(scene.lab, guest, COUNT)
    if level == "software":
        story.check_unharmed(row, "wire to guest")
    else:
        story.check_delivered(row, level)


def test_levels(scene):
    check("Dom0 mode: Strict" in scene.dom0.run("xl dmesg").out, "dom0 is not confined")
    guest = guest_at_grant(scene)
    # An emulated machine is so slow that TCP would not build large frames.
    guest.run("echo 16 >/proc/sys/net/ipv4/tcp_min_tso_segs")
    server = Server(scene.lab.peer)
    try:
        for level in ("software", "copy", "grant"):
            with story.at_level(scene.lab, guest, level):
                receive(scene, guest, level)
                before = counter(scene, guest, "tx_grant_maps")
                flow(guest, "tcp", scene.lab.peer.address, bytes=TCP_BYTES)
                mapped = counter(scene, guest, "tx_grant_maps") - before
                # What is short, its headers with it, is copied.
                check(2 * mapped * 4096 > TCP_BYTES, f"at level {level} only", mapped,
                      "of the guest's pages went to the NIC")
    finally:
        server.stop()


def test_changes(scene):
    guest = guest_at_grant(scene)
    for steps in (story.pool_away_and_back(guest, "grant"), story.levels_and_back(guest)):
        story.check_unharmed(story.under_traffic(scene.lab, guest, CYCLES, steps, rate=500),
                             "changes")


def test_recreate(scene):
    story.check_recreated(scene.lab, CYCLES)
