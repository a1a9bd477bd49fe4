# SPDX-License-Identifier: GPL-2.0
"""What a guest with a pool sends leaves by the transmit ring of its pool, intact.

Would fail if its frames shared the ring of dom0 and the other guests, where one that
floods would hold up the rest, or if a frame were spoilt between the guest and the wire.
"""

import story
from scene import check, check_intact
from traffic import start_sending

SETUP = "vmdq"
COUNT = 1000


def sent_by_ring(scene):
    """Frames sent by each pool's ring of the NIC."""
    rings = {}
    for line in scene.dom0.run(f"ethtool -S {scene.dev}").out.splitlines():
        name, _, value = line.strip().partition(": ")
        if name.startswith("pool") and name.endswith("_tx_frames") and "hw" not in name:
            rings[int(name[4:].split("_")[0])] = int(value)
    return rings


def test_transmit(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"})
    for guest in guests:
        pool = story.vif_row(scene.lab, guest)["pool"]
        before = sent_by_ring(scene)
        process, stream = start_sending(guest, scene.lab.wire.mac, COUNT)
        process.wait()
        check_intact(scene.lab.wire.expect(stream, COUNT), COUNT, f"{guest.name} to wire")
        change = {n: sent_by_ring(scene)[n] - before[n] for n in before}
        check(change[pool] >= COUNT, f"{guest.name} with pool {pool} sent by rings", change)
        others = sum(change.values()) - change[pool]
        check(others <= 10, f"{guest.name} with pool {pool} sent by rings", change)
