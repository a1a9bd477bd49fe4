# SPDX-License-Identifier: GPL-2.0
"""A vif has one, two or four queues, and each of them carries frames both ways.

The guest loads netfront with another number of queues; then 64 flows of UDP go between it
and dom0, and the guest's interrupts tell which queues carried. With a pool, queue 1 is the
pool's: software frames stay off it, frames from the wire come by it, and the queues beyond
carry too. Would fail if a queue were not served, or if flows were not spread.
"""

import re

import flow
import story
from flow import data_scene
from parity import OURS, compare
from scene import check, check_intact

SETUP = "vmdq"
LAB = flow.LAB
FLOWS = 64


def interrupts(guest):
    """{(queue, direction): interrupts of it so far} of eth0."""
    found = {}
    for line in guest.run("cat /proc/interrupts").out.splitlines():
        match = re.search(r"-q(\d+)-(tx|rx)$", line)
        if match:
            numbers = re.match(r"\s*\d+:((?:\s+\d+)+)\s", line)[1].split()
            found[int(match[1]), match[2]] = sum(int(n) for n in numbers)
    return found


def carried(before, after, way):
    return sorted(queue for queue, d in after if d == way and
                  after[queue, d] > before.get((queue, d), 0) + 1)


def spread(data, guest, n):
    before = interrupts(guest)
    check(len(before) == 2 * n, f"{guest.name}: interrupts of {n} queues", before)
    flow.flow(guest, "udp", data.address["dom0"], size=200, count=6 * FLOWS, flows=FLOWS)
    return carried(before, interrupts(guest), "rx")


def sent_by(scene, data, guest, n):
    """Queues by which dom0 was told of frames."""
    found = set()
    for line in scene.dom0.run(f"grep {guest.vif}-q /proc/interrupts").out.splitlines():
        match = re.search(r"-q(\d+)-tx$", line)
        if match and int(re.match(r"\s*\d+:\s+(\d+)", line)[1]) > 1:
            found.add(int(match[1]))
    return sorted(found)


def queues(scene, data, backend, n, pool):
    guest = data.guest[backend]
    data.reload(guest, options=f"max_queues={n}")
    if backend is OURS:
        if not pool:
            scene.dom0.run(f"vmdqctl level {guest.vif} software")
        story.wait_level(scene.lab, guest, pool or "software")
    to = spread(data, guest, n)
    said = f"to the guest by queues {to}, from it by {sent_by(scene, data, guest, n)}"
    if backend is OURS and pool:
        said += f"; the pool's is {by_pool(scene, guest)}"
    return said


def by_pool(scene, guest):
    """The queue by which frames from the wire come."""
    before = interrupts(guest)
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.send(guest.mac, 200, rate=500)
        check_intact(receiver.expect(sending.stream, 200), 200, "by the pool")
    finally:
        receiver.stop()
    return carried(before, interrupts(guest), "rx")


def test_parity_queues(scene):
    data = data_scene(scene)
    try:
        for n in (1, 2, 4):
            compare(f"{n} queue{'s' * (n > 1)}", lambda b: queues(scene, data, b, n, None))
        scene.dom0.run(f"vmdqctl level {data.guest[OURS].vif} auto")
        compare("4 queues with a pool, level grant",
                lambda b: queues(scene, data, b, 4, "grant"),
                better="to the guest by queues [0, 2, 3], from it by [0, 1, 2, 3]; "
                       "the pool's is [1]")
    finally:
        scene.dom0.run(f"vmdqctl level {data.guest[OURS].vif} auto")
        for guest in data.guest.values():
            data.reload(guest, options="max_queues=2")
