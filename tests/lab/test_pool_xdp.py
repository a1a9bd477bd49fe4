# SPDX-License-Identifier: GPL-2.0
"""A guest that loads an XDP program gets its frames behind the headroom that it asked for.

By its pool at level copy, as grant gives no headroom, and by software; with one queue and
with two; and the level is what it was when the program goes. Would fail if a frame lay
elsewhere in its buffer, were longer than it was on the wire, or were lost, or if the vif
stayed at a level that its guest can no longer have.
"""

import json

import story
import xdp
from scene import check, check_intact

SETUP = "vmdq"
COUNT = 300


def why(scene, guest):
    said = scene.dom0.run(f"vmdqctl --json why {guest.vif}", check=False)
    return json.loads(said.out)["code"]


def by_software(scene, guest):
    """Numbered frames of all lengths by the software path, each as it was sent."""
    scene.dom0.run(f"vmdqctl level {guest.vif} software")
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.send(guest.mac, COUNT, size=(60, 1514), rate=500)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, "by software")
    finally:
        receiver.stop()
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")


def test_xdp(scene):
    a, b = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                        b={"vcpus": 1, "script": "vif-vmdq"})
    for guest, level, code in ((a, "grant", "xdp"), (b, "copy", "one-queue")):
        story.wait_level(scene.lab, guest, level)
        guest.put("/tmp/pass.o", xdp.object_file())
        guest.run("/usr/bin/ip link set dev eth0 xdpdrv object /tmp/pass.o section xdp")
        story.wait_level(scene.lab, guest, "copy")
        check(why(scene, guest) == code, "why says", why(scene, guest))
        scene.lab.peer.run(f"ping -c 3 -i 0.2 -W 5 {guest.address}")
        story.check_delivered(story.deliver(scene.lab, guest, COUNT, rate=500), "copy")
        by_software(scene, guest)
        story.wait_level(scene.lab, guest, "copy")
        guest.run("/usr/bin/ip link set dev eth0 xdpdrv off")
        story.wait_level(scene.lab, guest, level)
        story.check_delivered(story.deliver(scene.lab, guest, COUNT, rate=500), level)
