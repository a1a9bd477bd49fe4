# SPDX-License-Identifier: GPL-2.0
"""A guest that takes nothing for a while loses nothing when its pool goes in that time.

It is paused, more frames come than its ring has buffers, its level changes, and it goes on.
At level copy all of them arrive, in order; at level grant as many as it had posted pages.
Would fail if frames that waited in the pool's ring were dropped with it, came twice, or
were overtaken by those that came by software later.
"""

import story
from scene import check, check_intact

SETUP = "vmdq"


def while_paused(scene, guest, count, then=0):
    """Frames before and after the level becomes software, all while the guest is paused."""
    lab = scene.lab
    receiver = guest.receiver()
    before = story.counters(lab, guest)
    try:
        scene.dom0.run(f"xl pause {guest.name}")
        try:
            sending = lab.wire.send(guest.mac, count, rate=1000)
            pool = story.vif_row(lab, guest)["pool"]
            scene.dom0.wait_for(f"[ $(ethtool -S {scene.dev} | grep pool{pool}_hw_rx_frames: |"
                                f" cut -d: -f2) -ge {count} ]", what="frames in the pool")
            scene.dom0.run(f"vmdqctl level {guest.vif} software")
            later = lab.wire.send(guest.mac, then, rate=1000) if then else None
        finally:
            scene.dom0.run(f"xl unpause {guest.name}")
        check_intact(receiver.expect(sending.stream, count), count, "before the change")
        if later:
            check_intact(receiver.expect(later.stream, then), then, "after the change")
        got = receiver.received(sending.stream)
        check(not got["reordered"], "out of order:", got)
    finally:
        receiver.stop()
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")
    after = story.counters(lab, guest)
    return {name: after[name] - before[name] for name in before}


def test_copy(scene):
    guest, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "copy")
    change = while_paused(scene, guest, 400, then=50)
    check(change["rx_sw_frames"] >= 100, "nothing had to wait in software:", change)
    story.wait_level(scene.lab, guest, "copy")


def test_grant(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    change = while_paused(scene, guest, 200, then=50)
    check(change["rx_pool_frames"] >= 200, "not by the pool:", change)
    story.wait_level(scene.lab, guest, "grant")
