# SPDX-License-Identifier: GPL-2.0
"""Segmentation and checksums stay offloaded on every way between a guest and others.

TCP and UDP over IPv4 and IPv6 between a guest and dom0, another guest and the wire's far
end; every byte is checked at the other end, and the frames are looked at where they pass
the vif. Would fail if a frame longer than a page were not taken whole, if
large TCP frames were segmented where stock does not, if checksums were filled in where
stock leaves them blank, or if a byte were spoilt.
"""

import flow
import story
from flow import FAMILIES, data_scene
from parity import OURS, STOCK, compare

SETUP = "vmdq"
LAB = flow.LAB
PAGE = 4096


def offloads(seen, way, protocol, family):
    """What was left to do of a protocol's frames at the vif."""
    count = seen["in" if way == "from" else "out"][protocol + family[1]]
    said = ["segmentation"] if count["gso"] else []
    if count["blank"]:
        said.append("checksum")
    said = ["intact", (" and ".join(said) or "nothing") + " offloaded"]
    if count["max"] > PAGE:
        said.append("frames longer than a page")
    return ", ".join(said)


def compare_ways(data, place):
    seen = {backend: data.talk(backend, place) for backend in (STOCK, OURS)}
    for way in ("from", "to"):
        for family in FAMILIES:
            for protocol in ("tcp", "udp"):
                compare(f"{protocol.upper()}{family} {way} a guest, {place} at the other end",
                        lambda backend: offloads(seen[backend], way, protocol, family))


def test_dom0(scene):
    compare_ways(data_scene(scene), "dom0")


def test_guest(scene):
    compare_ways(data_scene(scene), "another guest")


def with_wire(scene, data, backend, level=None):
    """What the guest left to the NIC, and whether what came from there was intact."""
    guest = data.guest[backend]
    if level:
        scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
        story.wait_level(scene.lab, guest, level)
    seen = data.talk(backend, "the wire")
    return {family: offloads(seen, "from", "tcp", family) for family in FAMILIES}


def test_wire(scene):
    data = data_scene(scene)
    stock = with_wire(scene, data, STOCK)
    ours = [with_wire(scene, data, OURS, level) for level in ("software", "copy", "grant")]
    scene.dom0.run(f"vmdqctl level {data.guest[OURS].vif} auto")
    for family in FAMILIES:
        compare(f"TCP{family} and UDP{family} both ways, the wire at the other end",
                {STOCK: stock[family], OURS: " / ".join(sorted({o[family] for o in ours}))}.get)
