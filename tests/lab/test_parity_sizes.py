# SPDX-License-Identifier: GPL-2.0
"""Packets of every size: IP fragments, and an MTU of up to 65,517 on the software queue.

The largest frame of the protocol has 65,535 bytes, so both netfront and xen-netback take
an MTU of up to 65,517 beside an Ethernet header with a tag. UDP and TCP between a guest
and dom0, every byte checked. Would fail if a fragment were lost or spoilt, or if a frame
that takes all slots of a packet did not pass whole.
"""

import flow
import story
from flow import FAMILIES, Watch, address_of, allow_ip6, data_scene
from parity import OURS, compare

SETUP = "vmdq"
LAB = flow.LAB
MTU = 65517
FRAGMENTED = 8000


def fragments(scene, data, backend, place, family):
    guest = data.guest[backend]
    if backend is OURS:
        story.wait_level(scene.lab, guest, "grant")
    watch = Watch(guest, "eth0")
    flow.flow(guest, "udp", address_of(data.address[place], family), size=FRAGMENTED, count=20)
    seen = watch.stop()
    cut = [way for way in ("out", "in") if seen[way]["udp" + family[1]]["fragments"] >= 100]
    return f"intact, in fragments {' and '.join(cut) or 'never'}"


def test_fragments(scene):
    data = data_scene(scene)
    for place in ("dom0", "the wire"):
        for family in FAMILIES:
            compare(f"IP{family} fragments, {place} at the other end",
                    lambda backend: fragments(scene, data, backend, place, family))


def largest(scene, data, backend):
    """The guest's vif on a bridge without a NIC, with the largest MTU at both ends."""
    guest = data.guest[backend]
    scene.dom0.run(f"ip link set {guest.vif} mtu {MTU} master big")
    if backend is OURS:
        story.wait_level(scene.lab, guest, "software")
    guest.run(f"ip link set eth0 mtu {MTU}; ip addr add 10.82.0.10/24 dev eth0;"
              "ip addr add fd82::10/64 dev eth0")
    scene.dom0.wait_for(f"[ $(cat /sys/class/net/big/mtu) = {MTU} ]")
    watch = Watch(guest, "eth0")
    try:
        for address in ("10.82.0.2", "fd82::2"):
            flow.flow(guest, "udp", address, size=60000, count=5)
            flow.flow(guest, "udp", address, size=65000, count=5)
            flow.flow(guest, "udp", address, size=65507, count=5)
            flow.flow(guest, "tcp", address, bytes=1 << 20)
        guest.run("ping -c 2 -s 65000 -W 10 10.82.0.2")
    finally:
        seen = watch.stop()
        guest.run("ip addr del 10.82.0.10/24 dev eth0; ip addr del fd82::10/64 dev eth0;"
                  "ip link set eth0 mtu 1500")
        scene.dom0.run(f"ip link set {guest.vif} mtu 1500 master xenbr0")
    if backend is OURS:
        story.wait_level(scene.lab, guest, "grant")
    frames = {way: max(seen[way]["udp4"]["max"], seen[way]["udp6"]["max"])
              for way in ("out", "in")}
    return f"intact, UDP in frames of {frames['out']} bytes out and {frames['in']} in"


def test_mtu(scene):
    data = data_scene(scene)
    scene.dom0.run(f"ip link add big type bridge stp_state 0 forward_delay 0;"
                   f"ip link set big mtu {MTU} up; ip addr add 10.82.0.2/24 dev big")
    allow_ip6(scene.dom0, "big", "10.82.0.2", "fd82::")
    try:
        compare(f"MTU of {MTU}, UDP and TCP with dom0",
                lambda backend: largest(scene, data, backend))
    finally:
        scene.dom0.run("ip link del big")


def by_hand(scene, data, backend):
    """dom0's ip link, with the guest connected; the vif's pool follows."""
    guest = data.guest[backend]
    for mtu in (9000, 1500):
        scene.dom0.run(f"ip link set {guest.vif} mtu {mtu}")
        if backend is OURS:
            story.wait_max_frame(scene.lab, guest, mtu + 22)
            story.wait_level(scene.lab, guest, "grant")
        flow.flow(guest, "tcp", data.address["the wire"], bytes=300_000)
    return "intact"


def test_by_hand(scene):
    data = data_scene(scene)
    compare("MTU of a vif changed by hand, and back", lambda b: by_hand(scene, data, b))
