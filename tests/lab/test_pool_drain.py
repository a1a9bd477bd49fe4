# SPDX-License-Identifier: GPL-2.0
"""A port that is drained is emptied, gives no pool until that ends, and is shown as drained.

Without vmdqd: a guest with a pool goes on by software, and a vif that comes gets none. Would
fail if a pool stayed held or was given, if list, why or check did not say what is going on,
if frames were lost afterwards, or if the port stayed unused when it is over.
"""

import json

import story
from lab import BDF
from scene import check

SETUP = "vmdq"
DRAINED, LESS, DEVIATES = 16, 13, 15


def why(scene, guest):
    said = scene.dom0.run(f"vmdqctl --json why {guest.vif}", check=False)
    check(said.status == LESS, "why ends with", said.status, said.out)
    return json.loads(said.out)


def deviations(scene):
    said = scene.dom0.run("vmdqctl --json check", check=False)
    return [(d["path"], d["kind"]) for d in json.loads(said.out)["deviations"]]


def test_drain(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    dom0 = scene.dom0
    story.wait_level(scene.lab, guest, "grant")
    check(story.listing(scene.lab)["ports"][0]["state"] == "up", "before it is drained")
    served = [row["vif"] for row in story.listing(scene.lab)["vifs"] if row["pool"] is not None]
    dom0.run("vmdqctl drain eth0")
    try:
        port = story.listing(scene.lab)["ports"][0]
        check(port["state"] == "drained" and port["up"], "the port:", port)
        check(port["pools_free"] == port["pools_total"], "held:", port)
        check(" drained " in dom0.run("vmdqctl list").out, "list does not show it")
        check(not deviations(scene), "deviations:", dom0.run("vmdqctl check", check=False).out)
        story.wait_level(scene.lab, guest, "software")
        guest.run(f"ping -c 2 -i 0.2 -W 5 {scene.lab.peer.address}")
        answer = why(scene, guest)
        check(answer["code"] == "drained" and "drain eth0 off" in answer["reason"], answer)
        for wanted in ("", f"{BDF}/2"):
            said = dom0.run(f"vmdqctl assign {guest.vif} {wanted}", check=False)
            check(said.status == DRAINED and guest.vif in said.err, said.status, said.err)
        # What the hotplug script does for a vif that comes
        dom0.run(f"XENBUS_PATH=backend/vif/{guest.domid}/0 vmdqctl hotplug online")
        check(story.vif_row(scene.lab, guest)["pool"] is None, "it got a pool")

        # Whoever assigns one all the same is found
        assign = f"vmdq/vif/{guest.domid}/0/assign"
        dom0.run(f"xenstore-write {assign} {BDF}/1")
        story.wait_level(scene.lab, guest, "grant")
        check(deviations(scene) == [(assign, "contradiction")], deviations(scene))
        dom0.run("vmdqctl drain eth0")
        story.wait_level(scene.lab, guest, "software")
    finally:
        dom0.run("vmdqctl drain eth0 off")
    check(story.listing(scene.lab)["ports"][0]["state"] == "up", "after it was drained")
    check(not dom0.run("xenstore-ls vmdq/port", check=False).out, "something is left")
    for vif in served:      # other tests' guests too
        dom0.run(f"vmdqctl assign {vif} auto")
    story.wait_level(scene.lab, guest, "grant")
    check(story.deliver(scene.lab, guest, 50)["lost"] == 0, "frames are lost")
