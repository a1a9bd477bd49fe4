# SPDX-License-Identifier: GPL-2.0
"""The core keeps its contracts on a port without hardware, and can be unloaded after.

tests/modules/selftest.c says what each of its checks shows: who may have a pool and who is
refused why, that no poll and no buffer outlives a stop, and that a port goes down only when
its last pool is back, also while others take and give back pools all the time. Would fail
if one of them did, if it took longer than a minute, or if a module stayed in use.
"""

from scene import check

SETUP = "bare"


def test_core(scene):
    loaded = scene.dom0.run("dmesg -c >/dev/null; modprobe vmdq_selftest", timeout=60, check=False)
    log = scene.dom0.run("dmesg | grep vmdq").out
    check(loaded.status == 0 and " passed, 0 failed" in log, loaded.err, log)
    scene.dom0.run("rmmod vmdq_selftest vmdq")
    left = scene.dom0.run("lsmod | grep vmdq || true").out
    check(not left, "still loaded:", left)
