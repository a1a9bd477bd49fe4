# SPDX-License-Identifier: GPL-2.0
"""Pools of two ports serve vifs of two bridges, and a vif moves from one port to the other.

Would fail if a vif had a pool of the wrong port, if a frame of one wire reached a vif of
the other, if the pool of the port that was left stayed taken or kept its filter, or if a
frame was lost or doubled that came when the vif had already moved.
"""

import story
from lab import nic_bdf
from scene import check, check_intact

SETUP = "vmdq"
LAB = {"nics": 2}
MACS = ("02:7c:00:00:00:01", "02:7c:00:00:00:02")
COUNT = 300


def listed(scene, domid):
    listing = story.listing(scene.lab)
    vifs = {v["handle"]: v for v in listing["vifs"] if v["domid"] == domid}
    return vifs, {p["port"]: p["pools_free"] for p in listing["ports"]}


def from_wire(scene, number, mac, receiver, count=COUNT):
    """Frames from one wire to an address: how many of them the receiver gets."""
    sending = scene.lab.wires[number].send(mac, COUNT, rate=1000)
    got = receiver.expect(sending.stream, count, timeout=30 if count else 0.1)
    if count:
        check_intact(got, count, f"wire {number} to {receiver.name}")
    return got["received"]


def test_two_ports(scene):
    lab = scene.lab
    other = lab.bridge_up("vmdq_igb", "xenbr1", 1)
    guest = lab.guest_create("both", vcpus=2, mac=MACS[0], vifs=[
        f"mac={mac},bridge=xenbr{n},script=vif-vmdq" for n, mac in enumerate(MACS)])
    guest.run("ip link set eth1 up")
    for n in (0, 1):
        scene.dom0.wait_for(f'[ "$(xenstore-read vmdq/vif/{guest.domid}/{n}/state)" = grant ]')
    vifs, free = listed(scene, guest.domid)
    for n in (0, 1):
        check(vifs[n]["port"] == nic_bdf(n), f"vif {n} has a pool of", vifs[n]["port"])
        check(free[nic_bdf(n)] == 6, "free pools:", free)

    receivers = [guest.receiver(f"eth{n}") for n in (0, 1)]
    for n in (0, 1):
        from_wire(scene, n, MACS[n], receivers[n])

    # One vif leaves for the other port, where its sibling goes on undisturbed.
    beside = lab.wires[1].start(MACS[1], rate=200)
    scene.dom0.run(f"ip link set {guest.vif} master xenbr1 && vmdqctl assign {guest.vif} {other}")
    vifs, free = listed(scene, guest.domid)
    check(vifs[0]["port"] == nic_bdf(1) and vifs[0]["state"] == "grant", "has not moved:", vifs[0])
    check(free == {nic_bdf(0): 7, nic_bdf(1): 5}, "free pools:", free)
    had = vifs[0]["counters"]["rx_pool_frames"]
    from_wire(scene, 1, MACS[0], receivers[0])
    check(listed(scene, guest.domid)[0][0]["counters"]["rx_pool_frames"] - had >= COUNT,
          "not by the new port's pool")
    check(from_wire(scene, 0, MACS[0], receivers[0], 0) == 0, "still gets frames of the old wire")

    scene.dom0.run(f"ip link set {guest.vif} master xenbr0 &&"
                   f"vmdqctl assign {guest.vif} {scene.dev}")
    sent = beside.stop()
    check_intact(receivers[1].expect(beside.stream, sent), sent, "the vif beside it")
    from_wire(scene, 0, MACS[0], receivers[0])
    vifs, free = listed(scene, guest.domid)
    check(free == {nic_bdf(0): 6, nic_bdf(1): 6}, "free pools:", free)
    for receiver in receivers:
        receiver.stop()
    guest.destroy()
    lab.bridge_down("xenbr1")
