# SPDX-License-Identifier: GPL-2.0
"""Frames longer than a page come by the pool, at level grant and copy, intact and whole.

With MTU 9000 a frame fills up to three of the guest's buffers. Would fail if one were lost,
came by software, were delivered in parts, or if the buffers, grants or frames were counted
wrong; if half a frame stayed in a ring when the vif changes its level or its MTU; if a frame
that is longer than the MTU allows reached the guest, or vanished uncounted; or if a vif
with MTU 1500 noticed anything of its neighbour.
"""

import contextlib

import story
from scene import check, check_intact

SETUP = "vmdq"
GUESTS = {"a": {"vcpus": 2, "script": "vif-vmdq"}, "b": {"vcpus": 1, "script": "vif-vmdq"}}
LONGEST = 9018      # MTU 9000, the header, a tag
PAGE = 4096
SLACK = 10          # others may send to the guest too, an ARP request for one
RATE = 400          # the pool's ring holds 85 of the longest frames: a fifth of a second


def set_mtu(scene, guest, mtu):
    """Change the vif's MTU, and wait until its pool has followed."""
    scene.dom0.run(f"ip link set {guest.vif} mtu {mtu}")
    story.wait_max_frame(scene.lab, guest, mtu + 22)


@contextlib.contextmanager
def jumbo(scene, *guests):
    """Dom0's network, and these guests' vifs, with MTU 9000."""
    network = (scene.dev, "xenbr0")
    try:
        for dev in network:
            scene.dom0.run(f"ip link set {dev} mtu 9000")
        for guest in guests:
            set_mtu(scene, guest, 9000)
        yield
    finally:
        for guest in guests:
            set_mtu(scene, guest, 1500)
        for dev in network:
            scene.dom0.run(f"ip link set {dev} mtu 1500")


def oversize(scene):
    line = scene.dom0.run(f"ethtool -S {scene.dev} | grep hw_rx_oversize").out
    return int(line.split()[-1])


def check_row(row, level, buffers=None):
    """A row of story.deliver(); buffers is how many each frame fills, if it is known."""
    check(row["level"] == level, f"served at level {row['level']}, not {level}")
    check(row["received"] == row["sent"] and not row["lost"] + row["duplicated"] + row["corrupt"],
          "frames spoilt:", row)
    check(row["sent"] <= row["via_pool"] <= row["sent"] + SLACK, "not by the pool:", row)
    check(row["via_software"] <= SLACK, "by software:", row)
    used, unused = "grant_unmaps", "grant_copies"
    if level == "copy":
        used, unused = unused, "grant_maps"
    check(row[unused] == 0, unused, "at level", level, row)
    if buffers:
        check(0 <= row[used] - buffers * row["sent"] <= SLACK, f"not {buffers} each:", row)


def all_sizes(scene, guest, level):
    with jumbo(scene, guest):
        story.wait_level(scene.lab, guest, level)
        check_row(story.deliver(scene.lab, guest, 400, size=(60, LONGEST), rate=RATE), level)
        for size, buffers in ((PAGE, 1), (PAGE + 1, 2), (2 * PAGE, 2), (2 * PAGE + 1, 3),
                              (LONGEST, 3)):
            check_row(story.deliver(scene.lab, guest, 40, size=size, rate=RATE), level, buffers)


def test_grant(scene):
    guest, _ = scene.guests(**GUESTS)
    all_sizes(scene, guest, "grant")


def test_copy(scene):
    _, guest = scene.guests(**GUESTS)
    all_sizes(scene, guest, "copy")


def test_changes(scene):
    """Levels, and the pool itself, change while long and short frames arrive."""
    guest, _ = scene.guests(**GUESTS)
    with jumbo(scene, guest):
        story.wait_level(scene.lab, guest, "grant")
        steps = story.levels_and_back(guest) + story.pool_away_and_back(guest, "grant")
        outcome = story.under_traffic(scene.lab, guest, 1, steps, rate=200, size=(60, LONGEST))
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")
        story.wait_level(scene.lab, guest, "grant")
    story.check_unharmed(outcome, "level changes")


def test_mtu_on_the_fly(scene):
    """The MTU changes while frames arrive that fit either; the pool follows."""
    guest, _ = scene.guests(**GUESTS)
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.start(guest.mac, rate=300)
        receiver.expect(sending.stream, 1)
        for mtu in (9000, 1500) * 2:
            set_mtu(scene, guest, mtu)
        sent = sending.stop()
        check_intact(receiver.expect(sending.stream, sent), sent, "MTU changes")
    finally:
        receiver.stop()
        set_mtu(scene, guest, 1500)
    story.wait_level(scene.lab, guest, "grant")


def check_dropped(scene, guest, fits, too_long, count=50):
    """Frames of one size arrive, those of another are dropped and counted."""
    before = oversize(scene)
    receiver = guest.receiver()
    try:
        lost = scene.lab.wire.send(guest.mac, count, size=too_long, rate=RATE)
        kept = scene.lab.wire.send(guest.mac, count, size=fits, rate=RATE)
        check_intact(receiver.expect(kept.stream, count), count, f"{guest.vif}: {fits} bytes")
        got = receiver.received(lost.stream)
    finally:
        receiver.stop()
    check(got["received"] == 0, f"{guest.vif}: got frames of {too_long} bytes:", got)
    check(oversize(scene) - before == count, f"{count} too long; hw_rx_oversize rose by",
          oversize(scene) - before)


def test_longer_than_mtu(scene):
    """What no MTU allows is dropped by the NIC; each vif's own MTU counts."""
    a, b = scene.guests(**GUESTS)
    with jumbo(scene, a):
        check_dropped(scene, a, LONGEST, LONGEST + 50)
        check_dropped(scene, b, 1514, 4000)
        story.check_delivered(story.deliver(scene.lab, b, 200), "copy")
        check_row(story.deliver(scene.lab, a, 300, size=(60, LONGEST), rate=RATE), "grant")
