# SPDX-License-Identifier: GPL-2.0
"""VLAN tags from inside the guest: TCP, UDP and single frames pass with their tag, both ways.

The guest and dom0 have an interface of VLAN 5 above eth0 and above the bridge; test frames
with a tag go to the wire and come from it, by software and, for ours, by the pool at each
level. Would fail if a tag were lost, or if a tagged frame that the guest left to be
segmented or checksummed were spoilt.
"""

import flow
import story
from flow import allow_ip6, data_scene
from parity import OURS, compare
from scene import check, check_intact
from traffic import start_sending

SETUP = "vmdq"
LAB = flow.LAB
VLAN = 5
COUNT = 300
BYTES = 300_000


def vlan_up(runner, dev, address):
    runner.run(f"modprobe 8021q; ip link add link {dev} name {dev}.{VLAN} type vlan id {VLAN} &&"
               f"ip addr add {address}/24 dev {dev}.{VLAN} && ip link set {dev}.{VLAN} up")
    allow_ip6(runner, f"{dev}.{VLAN}", address, "fd83::")


def with_dom0(scene, data, backend):
    guest = data.guest[backend]
    address = guest.address.replace("10.77.0", "10.83.0")
    vlan_up(guest, "eth0", address)
    vif = flow.Watch(scene.dom0, guest.vif)
    try:
        for there in ("10.83.0.2", "fd83::2"):
            flow.flow(guest, "tcp", there, bytes=BYTES)
            flow.flow(guest, "udp", there, size=8000, count=5)
    finally:
        seen = vif.stop()
        guest.run(f"ip link del eth0.{VLAN}")
    said = []
    for way, name in (("in", "from the guest"), ("out", "to the guest")):
        kinds = [seen[way][kind] for kind in ("tcp4", "tcp6", "udp4", "udp6")]
        check(all(k["tagged"] >= 5 for k in kinds), f"{backend}: frames without tag {name}", seen)
        what = [word for word, key in (("segmentation", "gso"), ("checksum", "blank"))
                if any(k[key] for k in kinds)]
        said.append(f"{name}: {' and '.join(what) or 'nothing'} offloaded")
    return "intact; " + "; ".join(said)


def with_wire(scene, data, backend, level):
    """Tagged test frames both ways; by the pool where there is one."""
    guest = data.guest[backend]
    if level:
        scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
        story.wait_level(scene.lab, guest, level)
        before = story.counters(scene.lab, guest)["rx_pool_frames"]
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.send(guest.mac, COUNT, rate=500, vlan=VLAN)
        got = receiver.expect(sending.stream, COUNT)
    finally:
        receiver.stop()
    check_intact(got, COUNT, f"{backend} {level}: wire to guest")
    check(got["tagged"] == COUNT and got["vlan"] == VLAN, f"{backend} {level}: tags", got)
    if level:
        pooled = story.counters(scene.lab, guest)["rx_pool_frames"] - before
        check((pooled >= COUNT) == (level != "software"), level, "frames by the pool:", pooled)
    process, stream = start_sending(guest, scene.lab.wire.mac, COUNT, vlan=VLAN)
    process.wait()
    got = scene.lab.wire.expect(stream, COUNT)
    check_intact(got, COUNT, f"{backend} {level}: guest to wire")
    check(got["tagged"] == COUNT and got["vlan"] == VLAN, f"{backend} {level}: tags", got)


def wire_row(scene, data, backend):
    for level in ("software", "copy", "grant") if backend is OURS else (None,):
        with_wire(scene, data, backend, level)
    return "intact, tagged"


def test_parity_vlan(scene):
    data = data_scene(scene)
    vlan_up(scene.dom0, "xenbr0", "10.83.0.2")
    try:
        compare("VLAN inside the guest, TCP and UDP with dom0",
                lambda backend: with_dom0(scene, data, backend))
    finally:
        scene.dom0.run(f"ip link del xenbr0.{VLAN}")
    try:
        compare("VLAN inside the guest, frames to and from the wire",
                lambda backend: wire_row(scene, data, backend))
    finally:
        scene.dom0.run(f"vmdqctl level {data.guest[OURS].vif} auto")
