# SPDX-License-Identifier: GPL-2.0
"""TCP connections live through save and restore, a checkpoint, and a save that fails.

One guest has a vif of xen-netback and one of ours at each level, each with a connection
to the wire's far end that echoes a stream of bytes. Would fail if a connection broke or
stood still, if a byte came back wrong, or if a vif that had a pool were without after it.
"""

import contextlib

from pair import make_pair
from parity import OURS, STOCK, compare
from scene import check
from transfer import EchoServer, Transfer

SETUP = "vmdq"
LEVELS = ("software", "copy", "grant")
RATE = 40_000       # of each connection, so that an emulated machine takes them all


def by_pool(sides):
    """Pool frames of each side, of those that have a pool."""
    return {s.number: s.pool_frames() for s in sides if s.level in ("copy", "grant")}


def all_flow(sides, transfers):
    """Each connection goes on, and by its pool where there is one."""
    for side in sides:
        side.wait_level()
    before = by_pool(sides)
    for side in sides:
        transfers[side].flows()
    after = by_pool(sides)
    check(all(after[n] > before[n] + 5 for n in before), "not by the pool: vif, frames", before,
          after)
    check(all(s.pool_frames() == 0 for s in sides if s.level == "software"), "software by a pool")


def save_and_restore(scene, guest):
    old = guest.domid
    guest.save("/tmp/image")
    check(not scene.dom0.run(f"ls -d /sys/class/net/vif{old}.* || true").out, "vifs are left")
    guest.restore("/tmp/image")
    scene.dom0.run("rm /tmp/image")
    check(guest.domid != old, "the domain was not another")


def idle(scene, guest, sides, transfers):
    for side in sides:
        transfers[side].pause()
    save_and_restore(scene, guest)
    for side in sides:
        transfers[side].go_on()
    all_flow(sides, transfers)


def under_traffic(scene, guest, sides, transfers):
    save_and_restore(scene, guest)
    all_flow(sides, transfers)


def checkpoint(scene, guest, sides, transfers):
    old = guest.domid
    scene.dom0.run(f"xl save -c {guest.name} /tmp/image && rm /tmp/image", timeout=180)
    check(int(scene.dom0.run(f"xl domid {guest.name}").out) == old, "another domain goes on")
    all_flow(sides, transfers)


def fails(scene, guest, sides, transfers):
    old = guest.domid
    said = scene.dom0.run("mkdir -p /small && mount -t tmpfs -o size=8m small /small &&"
                          f"xl save {guest.name} /small/image", check=False, timeout=180)
    scene.dom0.run("umount /small")
    check(said.status != 0 and "No space left" in said.err, "the save did not fail:", said)
    check(int(scene.dom0.run(f"xl domid {guest.name}").out) == old, "another domain goes on")
    all_flow(sides, transfers)


def test_parity_save(scene):
    guest, sides = make_pair(scene, "saved", LEVELS)
    server = EchoServer(guest)
    with contextlib.ExitStack() as stack:
        transfers = {s: stack.enter_context(Transfer(scene.lab.peer, s.address, rate=RATE,
                                                     seed=s.number)) for s in sides}
        all_flow(sides, transfers)
        for feature, step in (("xl save and restore, idle", idle),
                              ("xl save and restore, with traffic", under_traffic),
                              ("xl save -c (checkpoint)", checkpoint),
                              ("xl save to a full disk: the guest goes on", fails)):
            step(scene, guest, sides, transfers)
            compare(feature, dict.fromkeys((STOCK, OURS), "TCP goes on").get)
        for transfer in transfers.values():
            transfer.finish()
    compare("a stream across save, restore and checkpoint",
            dict.fromkeys((STOCK, OURS), "intact").get)
    server.stop()
    guest.destroy()
