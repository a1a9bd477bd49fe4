# SPDX-License-Identifier: GPL-2.0
"""A guest that does without an offload, live or from the start, is not sent what it cannot take.

Live, ethtool in the guest switches off what its netfront uses. From the start, the guest
loads a netfront that does not know one feature: Debian's, with the feature's name spoilt,
so that it neither asks for it nor offers it. TCP and UDP over IPv4 and IPv6 must pass
intact both ways. Would fail if the backend sent large frames, frames of several slots or
blank checksums to a frontend that did not ask for them, or did not connect to one with a
single event channel for both directions.
"""

import os

import flow
import image
from flow import data_scene
from parity import compare
from scene import check

SETUP = "vmdq"
LAB = flow.LAB
PAGE = 4096
BYTES = 300_000
# What netfront is made not to know, by another name of the same length in its place.
SPOILT = {
    "scatter-gather": ("feature-sg", "feature-xx"),
    "TCPv4 segmentation": ("feature-gso-tcpv4", "feature-gso-tcpvx"),
    "TCPv6 segmentation": ("feature-gso-tcpv6", "feature-gso-tcpvx"),
    "IPv6 checksums": ("feature-ipv6-csum-offload", "feature-xxxx-csum-offload"),
    "IPv4 checksums": ("feature-ipv6-csum-offload", "feature-no-csum-offload\0\0"),
    "split event channels": ("feature-split-event-channels", "feature-xxxxx-event-channels"),
}
SIGNED = b"~Module signature appended~\n"


def spoil(guest, name):
    """A netfront in the guest that does not know a feature; returns its path."""
    old, new = (text.encode() for text in SPOILT[name])
    kernel = image.Kernel()
    own = [f for f in image.module_files(["xen-netfront"]) if "netfront" in f]
    module = image.module_data(os.path.join(kernel.modules, own[0]))
    places = [n for n in range(len(module)) if module.startswith(old + b"\0", n)]
    check(places, "netfront does not name", SPOILT[name][0])
    text = "".join(f"\\{byte:03o}" for byte in new)
    # Without its signature, which would be wrong; the kernel takes one that has none.
    size = len(module)
    if module.endswith(SIGNED):
        size -= len(SIGNED) + 12 + int.from_bytes(module[size - len(SIGNED) - 4:][:4], "big")
    guest.run(f"head -c {size} /lib/modules/xen-netfront.ko >/tmp/spoilt.ko;" + "".join(
        f"printf '{text}' | dd of=/tmp/spoilt.ko bs=1 seek={at} conv=notrunc 2>/dev/null;"
        for at in places))
    return "/tmp/spoilt.ko"


def used(seen, way, family):
    """Which offloads TCP frames had at the vif."""
    count = seen[way]["tcp" + family[1]]
    return {"gso": count["gso"] > 0, "blank": count["blank"] > 0, "long": count["max"] > PAGE}


def say(what):
    """What is not offloaded, in words."""
    words = {"gso": "segmentation", "blank": "checksum", "long": "frames longer than a page"}
    off = [words[key] for key in words if not what[key]]
    return "without " + ", ".join(off) if off else "all offloads"


def directions(seen):
    return "; ".join(f"{family} from the guest: {say(used(seen, 'in', family))},"
                     f" to the guest: {say(used(seen, 'out', family))}"
                     for family in flow.FAMILIES)


def channels(scene, guest):
    """Event channels of the vif's first queue, as dom0's interrupts."""
    return int(scene.dom0.run(f"grep -c {guest.vif}-q0 /proc/interrupts").out)


def frontend_without(scene, data, backend, name):
    guest = data.guest[backend]
    data.reload(guest, spoil(guest, name), "max_queues=2")
    seen = data.talk(backend, size=BYTES)
    if name == "split event channels":
        return f"intact, {channels(scene, guest)} event channel a queue"
    return "intact; " + directions(seen)


def test_frontend(scene):
    data = data_scene(scene)
    try:
        for name in SPOILT:
            compare(f"frontend without {name}",
                    lambda backend: frontend_without(scene, data, backend, name))
    finally:
        for guest in data.guest.values():
            data.reload(guest, options="max_queues=2")


def live_without(data, backend, switches):
    guest = data.guest[backend]
    guest.run("ethtool -K eth0 " + " ".join(f"{s} off" for s in switches))
    try:
        return "intact; " + directions(data.talk(backend, size=BYTES))
    finally:
        guest.run("ethtool -K eth0 " + " ".join(f"{s} on" for s in reversed(switches)))


def test_live(scene):
    data = data_scene(scene)
    for name, switches in (("TCP segmentation", ["tso"]), ("scatter-gather", ["tso", "gso", "sg"]),
                           ("checksums", ["tso", "gso", "tx", "rx", "gro"])):
        compare(f"guest switches off {name}, by ethtool",
                lambda backend: live_without(data, backend, switches))


def vif_without(scene, data, backend, switches):
    guest = data.guest[backend]
    scene.dom0.run(f"ethtool -K {guest.vif} " + " ".join(f"{s} off" for s in switches))
    try:
        return "intact; " + directions(data.talk(backend, size=BYTES))
    finally:
        scene.dom0.run(f"ethtool -K {guest.vif} " +
                       " ".join(f"{s} on" for s in reversed(switches)))


def test_vif(scene):
    data = data_scene(scene)
    for name, switches in (("TCP segmentation", ["tso"]), ("all", ["tso", "sg", "tx"])):
        compare(f"dom0 switches off {name} of the vif, by ethtool",
                lambda backend: vif_without(scene, data, backend, switches))
