# SPDX-License-Identifier: GPL-2.0
"""Level auto follows the guest: its number of queues, its MTU; vmdqctl why says so.

Would fail if a vif kept a level that its guest can no longer have, or did not get a better
one back, or if `vmdqctl why` gave another reason.
"""

import json

import story
from scene import check

SETUP = "vmdq"


def why(scene, guest, code, status):
    said = scene.dom0.run(f"vmdqctl --json why {guest.vif}", check=False)
    answer = json.loads(said.out)
    check((answer["code"], said.status) == (code, status), f"why says, with status {said.status}:",
          answer)
    return answer


def ping(scene, guest):
    scene.lab.peer.run(f"ping -c 3 -i 0.2 -W 5 {guest.address}")


def test_why(scene):
    a, b = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                        b={"vcpus": 1, "script": "vif-vmdq"})
    story.wait_level(scene.lab, a, "grant")
    why(scene, a, "grant", 0)
    why(scene, b, "one-queue", 0)
    scene.dom0.run(f"vmdqctl level {b.vif} grant", check=False)
    why(scene, b, "one-queue", 13)
    scene.dom0.run(f"vmdqctl level {b.vif} auto; vmdqctl level {a.vif} copy")
    why(scene, a, "level-copy", 0)
    scene.dom0.run(f"vmdqctl level {a.vif} software")
    why(scene, a, "level-software", 0)
    scene.dom0.run(f"vmdqctl level {a.vif} auto; vmdqctl release {a.vif}")
    said = why(scene, a, "released", 13)
    check(f"vmdqctl assign {a.vif}" in said["help"], said["help"])
    scene.dom0.run(said["help"])
    why(scene, a, "grant", 0)
    text = scene.dom0.run(f"vmdqctl why {a.name}").out
    check("because:" in text and "guest's own pages" in text, text)


def test_queues(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    for queues, level in ((1, "copy"), (2, "grant")):
        # a device that it serves holds the module
        guest.run(f"echo vif-0 >/sys/bus/xen/drivers/vif/unbind; rmmod xen_netfront &&"
                  f"insmod /lib/modules/xen-netfront.ko max_queues={queues}")
        guest.wait_for("[ -e /sys/class/net/eth0 ]", what="eth0 back")
        guest.run(f"ip addr add {guest.address}/24 broadcast + dev eth0; ip link set eth0 up")
        story.wait_level(scene.lab, guest, level)
        ping(scene, guest)


def test_mtu(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    scene.dom0.run(f"ip link set {guest.vif} mtu 9300")
    story.wait_level(scene.lab, guest, "software")
    said = why(scene, guest, "mtu", 13)
    ping(scene, guest)
    scene.dom0.run(said["help"].partition(",")[0])
    story.wait_level(scene.lab, guest, "grant")
    scene.dom0.run(f"ip link set {guest.vif} mtu 1500")
    story.wait_level(scene.lab, guest, "grant")
