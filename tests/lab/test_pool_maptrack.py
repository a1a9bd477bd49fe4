# SPDX-License-Identifier: GPL-2.0
"""A vif hardly any of whose buffers can be mapped, as dom0 has used up what Xen allows it, is served
at level copy and told why; with room again it can have level grant.

Xen allows dom0 256 mappings here, and the buffers of the first guest take nearly all. Would fail
if the second one's pool stayed with the few that it got, if the reason were not told, or if level grant could not be had later.
"""

import story
from scene import check, check_intact

SETUP = "vmdq"
LAB = {"xen_options": " gnttab_max_maptrack_frames=1"}
COUNT = 500


def arrive(scene, guest, by):
    """Frames from the wire reach the guest, and by its pool."""
    before = story.counters(scene.lab, guest)
    receiver = guest.receiver()
    sending = scene.lab.wire.send(guest.mac, COUNT, rate=1000)
    check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"{by}: frames to {guest.name}")
    receiver.stop()
    after = story.counters(scene.lab, guest)
    check(after["rx_pool_frames"] - before["rx_pool_frames"] >= COUNT, f"{by}: not by the pool:",
          after)


def test_maptrack(scene):
    a, b = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"}, b={"vcpus": 2, "script": "vif-vmdq"})
    for guest, level in ((a, "software"), (b, "software"), (a, "grant")):
        scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
        story.wait_level(scene.lab, guest, level)
    # status 13: it did not reach the level that was asked for
    said = scene.dom0.run(f"vmdqctl level {b.vif} grant", check=False)
    story.wait_level(scene.lab, b, "copy")
    why = scene.dom0.run(f"vmdqctl why {b.vif}", check=False).out
    check("gnttab_max_maptrack_frames" in why, "why says:", why, said.err)
    arrive(scene, b, "no room")
    for guest, level in ((a, "software"), (b, "software"), (b, "grant")):
        scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
        story.wait_level(scene.lab, guest, level)
    arrive(scene, b, "room")
