# SPDX-License-Identifier: GPL-2.0
"""A vif that cannot have its pool is told why, and gets it once it can, with nobody asking again.

Two vifs of one MAC, and a vif whose pool another holds. Would fail if both had a pool, if
the reason did not say what has to happen, if a pool that is given back had to be asked for
again, or if frames went to neither.
"""

import story
from lab import BDF
from scene import check, check_intact

SETUP = "vmdq"
MAC = "02:7b:00:00:00:01"
COUNT = 200


def rows(scene, domid):
    """The guest's vifs by number."""
    return {v["handle"]: v for v in story.listing(scene.lab)["vifs"] if v["domid"] == domid}


def wait_state(scene, domid, handle, state):
    scene.dom0.wait_for(f'[ "$(xenstore-read vmdq/vif/{domid}/{handle}/state)" = {state} ]',
                        what=f"vif{domid}.{handle} at level {state}")


def arrive(scene, receiver, mac):
    sending = scene.lab.wire.send(mac, COUNT, rate=1000)
    check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"frames to {receiver.name}")


def by_pool(scene, domid, handle):
    return rows(scene, domid)[handle]["counters"]["rx_pool_frames"]


def test_one_mac_twice(scene):
    guest = scene.lab.guest_create("twins", vcpus=2, mac=MAC, vifs=[
        f"mac={MAC},bridge=xenbr0,script=vif-vmdq"] * 2)
    domid = guest.domid
    guest.run("ip link set eth1 up")
    scene.dom0.wait_for(f"xenstore-read vmdq/vif/{domid}/0/error >/dev/null 2>&1 ||"
                        f"xenstore-read vmdq/vif/{domid}/1/error >/dev/null 2>&1",
                        what="one of them refused")
    second = 1 if rows(scene, domid)[1]["error"] else 0
    first = 1 - second
    wait_state(scene, domid, first, "grant")
    row = rows(scene, domid)[second]
    check(row["state"] == "software", "two pools have one MAC:", row)
    for words in ("MAC", "given back"):
        check(words in row["error"], "the reason does not say", words, "but:", row["error"])
    pool = f"{row['port']}/{row['pool']}"

    receivers = [guest.receiver(f"eth{n}") for n in (0, 1)]
    try:
        had = by_pool(scene, domid, first)
        arrive(scene, receivers[first], MAC)
        check(by_pool(scene, domid, first) - had >= COUNT, "not by the first one's pool")
        receivers[first].stop()
        receivers[first] = None

        scene.dom0.run(f"xl network-detach twins {first}")
        wait_state(scene, domid, second, "grant")
        row = rows(scene, domid)[second]
        check(f"{row['port']}/{row['pool']}" == pool and not row["error"], "not its pool:", row)
        had = by_pool(scene, domid, second)
        arrive(scene, receivers[second], MAC)
        check(by_pool(scene, domid, second) - had >= COUNT, "not by the second one's pool")
    finally:
        for receiver in receivers:
            if receiver:
                receiver.stop()
    guest.destroy()


def test_pool_held(scene):
    a, b = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                        b={"vcpus": 1, "script": "vif-vmdq"})
    story.wait_level(scene.lab, a, "grant")
    story.wait_level(scene.lab, b, "copy")
    pool = story.vif_row(scene.lab, a)["pool"]
    scene.dom0.run(f"xenstore-write vmdq/vif/{b.domid}/0/assign {BDF}/{pool}")
    story.wait_level(scene.lab, b, "software")
    error = story.vif_row(scene.lab, b)["error"]
    check("another vif holds it" in error and "give it back" in error, error)
    scene.dom0.run(f"vmdqctl release {a.vif}")
    story.wait_level(scene.lab, b, "copy")
    row = story.deliver(scene.lab, b, COUNT)
    story.check_delivered(row, "copy")
    check(row["pool"] == f"{BDF}/{pool}", "another pool:", row)
    scene.dom0.run(f"vmdqctl assign {a.vif}")
    story.wait_level(scene.lab, a, "grant")
