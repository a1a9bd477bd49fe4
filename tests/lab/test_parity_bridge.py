# SPDX-License-Identifier: GPL-2.0
"""A vif that dom0 takes out of its bridge is cut off, with a pool as without, and comes back.

Likewise one whose interface or whose bridge is down, and one whose bridge is deleted; a
vif that is renamed works on. Would fail if the NIC's filter went on delivering what the
bridge would not, or if a vif did not get its pool back, or if vmdqctl did not say why.
"""

from pair import get_pair
from parity import compare
from scene import check

SETUP = "vmdq"
LEVELS = ("software", "grant")
COUNT = 20


def arrived(scene, side, cut, mend, why):
    """How many frames arrive while it is cut off, and how many after it is mended."""
    receiver = side.guest.receiver(side.dev)
    uplink = scene.lab.receiver(scene.dev, promisc=True)
    try:
        scene.dom0.run(cut.format(vif=side.vif))
        side.wait_level("software")
        if side.level == "grant":
            error = side.row()["error"]
            check(why in error, side, "says why:", error)
        before = scene.lab.wire.send(side.mac, COUNT)
        uplink.expect(before.stream, COUNT)
        scene.dom0.run(mend.format(vif=side.vif))
        scene.dom0.wait_for(f"[ $(cat /sys/class/net/{side.vif}/brport/state) = 3 ]",
                            what=f"{side.vif} forwarding")
        side.wait_level()
        after = scene.lab.wire.send(side.mac, COUNT)
        mended = receiver.expect(after.stream, COUNT)
        return receiver.received(before.stream)["received"], mended["received"]
    finally:
        receiver.stop()
        uplink.stop()


def cut_off(scene, feature, cut, mend, why):
    """The same for each vif: those of ours agree whatever their level."""
    _, sides = get_pair(scene, "pair", levels=LEVELS)

    def row(backend):
        said = {arrived(scene, s, cut, mend, why) for s in sides if s.backend is backend}
        check(len(said) == 1, feature, "differs by level:", said)
        return "of {0} frames {1} arrive, then {2}".format(COUNT, *said.pop())

    compare(feature, row)
    for side in sides:
        side.wait_reached()


def test_taken_from_bridge(scene):
    cut_off(scene, "vif taken from its bridge, and put back", "ip link set {vif} nomaster",
            "ip link set {vif} master xenbr0", "is in no bridge")


def test_down(scene):
    cut_off(scene, "vif set down, and up", "ip link set {vif} down", "ip link set {vif} up",
            "is down")


def test_bridge_down(scene):
    cut_off(scene, "bridge set down, and up", "ip link set xenbr0 down",
            "ip link set xenbr0 up", "bridge xenbr0")


def test_renamed(scene):
    guest, sides = get_pair(scene, "pair", levels=LEVELS)

    def row(backend):
        for side in (s for s in sides if s.backend is backend):
            name = f"web{side.number}"
            scene.dom0.run(f"ip link set {side.vif} down && ip link set {side.vif} name {name} &&"
                           f"ip link set {name} up")
            side.wait_level()
            side.wait_reached()
            check(guest.name in scene.dom0.run("xentop -b -f -n -i1").out, "not in xentop")
            scene.dom0.run(f"ip link set {name} down && ip link set {name} name {side.vif} &&"
                           f"ip link set {side.vif} up")
            side.wait_level()
            side.wait_reached()
        return "works on"

    compare("vif renamed in dom0", row)


def test_bridge_deleted(scene):
    guest, sides = get_pair(scene, "pair", levels=LEVELS)
    ports = scene.dom0.run("ls /sys/class/net/xenbr0/brif").out.split()
    scene.dom0.run("ip link del xenbr0")
    for side in sides:
        side.wait_level("software")
    said = {s: s.reached() for s in sides}
    check(not any(said.values()), "without a bridge somebody is reached:", said)
    guest.run("true")
    scene.lab.bridge_up("vmdq_igb")
    scene.dom0.run("; ".join(f"ip link set {p} master xenbr0" for p in ports))
    for side in sides:
        side.wait_level()
        side.wait_reached()
    compare("bridge deleted, and made again", lambda backend: "cut off, then works again")
