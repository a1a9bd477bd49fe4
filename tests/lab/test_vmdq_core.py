# SPDX-License-Identifier: GPL-2.0
"""The core keeps its contracts on a port without hardware, and tells what happens to it.

tests/modules/selftest.c says what each of its checks shows: who may have a pool and who is
refused why, that no poll and no buffer outlives a stop, and that a port goes down only when
its last pool is back, also while others take and give back pools all the time. Would fail
if one of them did, or if a module stayed in use.

Meanwhile a listener follows the netlink events. Would fail if an event was missing, out of
order, or told of a pool what cannot be: each pool's states must be a walk through its life,
with an owner unless free and an address only while active, and no pool may be in use when
its port is said to be down.
"""

import re

from events import Events
from scene import check

SETUP = "bare"
PORT = "ffff:00:00.0"
POOLS = 8
FREE, IDLE, ACTIVE, STOPPED = range(4)
# A step that fails tells nothing, and a filter that is replaced tells of the same state.
NEXT = {FREE: {IDLE}, IDLE: {ACTIVE, STOPPED}, ACTIVE: {ACTIVE, IDLE, STOPPED}, STOPPED: {FREE}}


def follow(lines):
    """Hold the events against each other; return how many of each kind there were."""
    states = dict.fromkeys(range(1, POOLS), FREE)
    count = {}
    for line in lines:
        event, *fields = line.split()
        count[event] = count.get(event, 0) + 1
        fields = dict(field.split("=", 1) for field in fields)
        if event != "pool-change":
            check(fields["name"] == PORT, "another port:", line)
            free = list(states.values()).count(FREE)
            check(int(fields["free"]) == free, "free pools:", free, "but:", line)
            check(fields["up"] == str(int(event == "port-up")), "up or down?", line)
            continue
        index, state = int(fields["index"]), int(fields["state"])
        check(state in NEXT[states[index]], "from state", states[index], "to:", line)
        check(bool(fields["owner"]) == (state != FREE), "owner:", line)
        check((fields["mac"] == "1") == (state == ACTIVE), "address:", line)
        states[index] = state
    return count


def test_core(scene):
    scene.dom0.run("dmesg -c >/dev/null; modprobe vmdq")
    events = Events(scene)

    loaded = scene.dom0.run("modprobe vmdq_selftest", timeout=60, check=False)
    log = scene.dom0.run("dmesg | grep vmdq").out
    check(loaded.status == 0 and re.search(r" passed, 0 failed", log), loaded.err, log)
    count = follow(events.wait())
    for event in ("port-add", "port-del"):
        check(count.get(event) == 1, event, "in:", count)
    check(count["port-up"] == count["port-down"] > 10, "ups and downs:", count)
    check(count["pool-change"] > 100, "changes of pools:", count)

    scene.dom0.run("rmmod vmdq_selftest vmdq; rm /tmp/events")
    left = scene.dom0.run("lsmod | grep vmdq || true").out
    check(not left, "still loaded:", left)
