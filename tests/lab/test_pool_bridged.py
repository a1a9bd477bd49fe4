# SPDX-License-Identifier: GPL-2.0
"""A guest gets all that the bridge would deliver to it, at every level alike.

Not only frames to its own address: those to a station behind a bridge inside the guest, to
an address that the guest has taken for itself since, to strangers and to groups while it
listens to everything, and frames with a VLAN tag, which must arrive with it. Would fail if
a pool's filter, or the queue that software frames use beside a pool, hid one of them.
"""

import story
from scene import check, check_intact
from traffic import BROADCAST, start_sending

SETUP = "vmdq"
LEVELS = ("software", "copy", "grant")
COUNT = 100
BEHIND = "02:7a:00:00:00:01"
CHANGED = "02:7a:00:00:00:02"
STRANGER = "02:7a:00:00:00:03"
GROUP = "01:00:5e:7a:00:01"
INNER = "10.84.0.2"


def at_each_level(scene):
    """The guest, once at each level; it is left at the best."""
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    try:
        for level in LEVELS:
            scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
            yield level, guest
    finally:
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")
        story.wait_level(scene.lab, guest, "grant")


def learn(scene, guest, mac, dev="eth0"):
    """The bridge learns where an address is, as the guest sends from it."""
    process, _ = start_sending(guest, scene.lab.wire.mac, count=1, size=60, dev=dev)
    process.wait(30)
    scene.dom0.wait_for(f"bridge fdb show br xenbr0 | grep {mac} | grep -q {guest.vif}",
                        what=f"the bridge to know {mac}")


def send(scene, receiver, what, dst, **options):
    """Frames to an address arrive; returns what the receiver says."""
    sending = scene.lab.wire.send(dst, COUNT, rate=1000, **options)
    got = receiver.expect(sending.stream, COUNT)
    check_intact(got, COUNT, what)
    return got


def test_tags(scene):
    for level, guest in at_each_level(scene):
        before = story.counters(scene.lab, guest)["rx_pool_frames"]
        receiver = guest.receiver()
        try:
            for vlan, dst, size in ((0, guest.mac, 60), (5, guest.mac, (64, 1518)),
                                    (4094, guest.mac, 1518), (6, BROADCAST, (64, 1518))):
                what = f"VLAN {vlan} to {dst} at level {level}"
                got = send(scene, receiver, what, dst, vlan=vlan, size=size)
                check(got["tagged"] == COUNT and got["vlan"] == vlan, what, "is tagged:", got)
        finally:
            receiver.stop()
        by_pool = story.counters(scene.lab, guest)["rx_pool_frames"] - before
        expected = 0 if level == "software" else 3 * COUNT
        check(expected <= by_pool <= expected + 10, level, "frames by the pool:", by_pool)


def test_promiscuous(scene):
    for level, guest in at_each_level(scene):
        receiver = guest.receiver(promisc=True)
        try:
            for what, dst in (("own address", guest.mac), ("unknown unicast", STRANGER),
                              ("multicast", GROUP), ("broadcast", BROADCAST)):
                got = send(scene, receiver, f"{what} at level {level}", dst)
                check(got["misdirected"] == (COUNT if dst == STRANGER else 0), what, got)
        finally:
            receiver.stop()


def test_changed_address(scene):
    for level, guest in at_each_level(scene):
        receiver = None
        guest.run(f"ip link set eth0 down; ip link set eth0 address {CHANGED}; ip link set eth0 up")
        try:
            learn(scene, guest, CHANGED)
            receiver = guest.receiver()
            send(scene, receiver, f"new address at level {level}", CHANGED)
            # As by a bridge, where the old address is still known to be
            got = send(scene, receiver, f"old address at level {level}", guest.mac)
            check(got["misdirected"] == COUNT, "the guest still answers to its old address:", got)
            guest.run(f"ping -c 2 -i 0.2 -W 5 {scene.lab.peer.address}")
        finally:
            if receiver:
                receiver.stop()
            guest.run(f"ip link set eth0 down; ip link set eth0 address {guest.mac};"
                      "ip link set eth0 up")
            learn(scene, guest, guest.mac)
            scene.lab.peer.run("ip neigh flush dev wire0")      # it knows the other MAC
        check(story.vif_row(scene.lab, guest)["state"] == level, "the level has changed")
        row = story.deliver(scene.lab, guest, COUNT)
        check(row["received"] == COUNT, "its own address again:", row)


def test_nested_bridge(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    guest.run("modprobe bridge && modprobe veth")
    # busybox's shell prefers its own ip, which knows less
    guest.run("".join(f"/usr/bin/ip {command} &&" for command in (
        "link add br0 type bridge stp_state 0 forward_delay 0", "link set br0 up",
        f"link add inner address {BEHIND} type veth peer name outer",
        "link set outer master br0 up", "link set inner up",
        f"addr add {INNER}/24 dev inner", "link set eth0 master br0")) +
        # br0 is not to answer for inner
        "echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore")
    scene.lab.peer.run("ip addr add 10.84.0.1/24 dev wire0")
    try:
        for level, guest in at_each_level(scene):
            learn(scene, guest, BEHIND, dev="inner")
            receiver = guest.receiver("inner")
            try:
                got = send(scene, receiver, f"station behind at level {level}", BEHIND)
                check(got["misdirected"] == 0, "frames for another station:", got)
            finally:
                receiver.stop()
            scene.lab.peer.run(f"ping -c 3 -i 0.2 -W 5 {INNER}")
    finally:
        scene.lab.peer.run("ip addr del 10.84.0.1/24 dev wire0")
        guest.run("for c in 'set eth0 nomaster' 'del br0' 'del inner'; do /usr/bin/ip link $c; done;"
                  "rmmod veth bridge; ip link set eth0 up;"
                  "echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore")
    scene.lab.peer.run(f"ping -c 2 -i 0.2 -W 5 {guest.address}")
