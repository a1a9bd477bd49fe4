# SPDX-License-Identifier: GPL-2.0
"""A PVH guest receives by its pool at every level, as a PV guest beside it does.

Its frame numbers are not the machine's: the NIC must be given what the map returned as
bus address, and the unmap must name it again. Would fail if a frame went to another
page, were lost, doubled or spoilt, if a grant stayed mapped when the pool is given
back, or if a guest that is destroyed under traffic left anything behind.
"""

import story
from scene import check, check_intact

SUITE = "hvm"
SETUP = "vmdq"
LAB = {"hypervisor": "shadow"}
COUNT = 800
RATE = 400      # a second: shadow paging makes an emulated guest slow
SLOW = 100      # where the guest must have buffers for seconds, dom0 being busy too
CYCLES = 4
LIVES = 2
TWO = {"kind": "pvh", "vcpus": 2, "script": "vif-vmdq"}
ONE = {"kind": "pvh", "vcpus": 1, "script": "vif-vmdq"}
PV = {"vcpus": 2, "script": "vif-vmdq"}


def test_grant(scene):
    two, pv = scene.guests(two=TWO, pv=PV)
    for guest in (two, pv):
        story.wait_level(scene.lab, guest, "grant")
        story.check_delivered(story.deliver(scene.lab, guest, COUNT, rate=RATE), "grant")


def test_copy(scene):
    two, one = scene.guests(two=TWO, one=ONE)
    scene.dom0.run(f"vmdqctl level {two.vif} copy")
    for guest in (two, one):
        story.wait_level(scene.lab, guest, "copy")
        story.check_delivered(story.deliver(scene.lab, guest, COUNT, rate=RATE), "copy")
    scene.dom0.run(f"vmdqctl level {two.vif} auto")
    story.wait_level(scene.lab, two, "grant")


def test_software(scene):
    two, one = scene.guests(two=TWO, one=ONE)
    for guest in (two, one):
        scene.dom0.run(f"vmdqctl level {guest.vif} software")
        receiver = guest.receiver()
        sending = scene.lab.wire.send(guest.mac, COUNT, size=(60, 1514), rate=RATE)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, guest.name)
        receiver.stop()
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")


def test_reach(scene):
    """PVH and PV guests, each by its pool, dom0 and the wire: all to all, by ping and TCP."""
    guests = scene.guests(two=TWO, one=ONE, pv=PV)
    for guest, level in zip(guests, ("grant", "copy", "grant")):
        story.wait_level(scene.lab, guest, level)
    story.reach_all(scene.lab, guests)


def test_changes(scene):
    two, = scene.guests(two=TWO)
    story.wait_level(scene.lab, two, "grant")
    for steps in (story.pool_away_and_back(two, "grant"), story.levels_and_back(two)):
        outcome = story.under_traffic(scene.lab, two, CYCLES, steps, SLOW)
        scene.dom0.run(f"vmdqctl level {two.vif} auto")
        story.wait_level(scene.lab, two, "grant")
        story.check_unharmed(outcome, str(steps))


def test_nothing_mapped(scene):
    """The pool's grants are in use while it has them, and not one of them afterwards."""
    two, = scene.guests(two=TWO)
    story.wait_level(scene.lab, two, "grant")
    before = story.grants_in_use(scene.lab)[str(two.domid)]
    scene.dom0.run(f"vmdqctl release {two.vif}")
    without = story.grants_in_use(scene.lab)[str(two.domid)]
    c = story.counters(scene.lab, two)
    scene.dom0.run(f"vmdqctl assign {two.vif}")
    story.wait_level(scene.lab, two, "grant")
    check(c["pool_grant_maps"] == c["pool_grant_unmaps"], "maps and unmaps differ:", c)
    # What is left are rings and the like, of two queues.
    check(before > 128 and without < 16, "grants in use with the pool and without:", before,
          without)


def test_recreate(scene):
    scene.lab.destroy_guests()
    describe = dict(TWO, name="phoenix")
    guest = scene.lab.guest_create(**describe)
    story.wait_level(scene.lab, guest, "grant")
    guest, found = story.recreate(scene.lab, dict(describe, wait=False), LIVES, "grant")
    guest.destroy()
    check(found == {"cycles": LIVES, "zombies": 0, "grants_left": 0}, "left over:", found)
