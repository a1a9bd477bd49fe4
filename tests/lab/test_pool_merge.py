# SPDX-License-Identifier: GPL-2.0
"""At level copy, TCP segments reach the guest as few long frames, and are what was sent.

From the wire, over IPv4 and IPv6, with every byte checked; also by way of the guest, which
forwards to another one: its stack cuts the frames again. Would fail if hardly any were
merged, if the guest had to mend what it was told of a frame, if a byte or a checksum were
wrong, or if it went on where segmentation offload of the vif is off.
"""

import json
import os
import shlex

import flow
import image
import story
from flow import data_scene
from parity import OURS
from scene import check

SETUP = "vmdq"
LAB = flow.LAB
BEYOND = "10.88.0.1"        # an address of the far guest, which the wire reaches by ours


def counters(scene, guest):
    """Of the vif, and what the guest found wrong: by name."""
    vif = scene.dom0.run(f"ethtool -S {guest.vif} | grep -E 'rx_(pool|sw|errors)'").out
    front = guest.run("ethtool -S eth0 | grep rx_gso_checksum_fixup; "
                      "awk '/^Tcp: [0-9]/ {print \"InCsumErrors: \" $NF}' /proc/net/snmp").out
    return {name.strip(): int(value) for name, _, value in
            (line.partition(":") for line in (vif + front).splitlines())}


def during(scene, guest, action):
    """What action() did to the counters."""
    before = counters(scene, guest)
    action()
    after = counters(scene, guest)
    change = {name: after[name] - before[name] for name in before}
    for name in ("rx_errors", "rx_gso_checksum_fixup", "InCsumErrors"):
        check(change[name] == 0, f"{guest.vif}: {name}:", change)
    return change


def check_merged(change):
    """Much of what came by the pool came in frames of several."""
    check(4 * change["rx_pool_merged"] > change["rx_pool_frames"], "hardly merged:", change)


def test_both_families(scene):
    data = data_scene(scene)
    guest = data.guest[OURS]
    with story.at_level(scene.lab, guest, "copy"):
        for family in flow.FAMILIES:
            address = flow.address_of(data.address["the wire"], family)
            change = during(scene, guest, lambda to=address: flow.flow(
                guest, "tcp", to, bytes=4 * flow.TCP_BYTES))
            print(f"       {family}: {change}", flush=True)
            check_merged(change)

        scene.dom0.run(f"ethtool -K {guest.vif} tso off")
        try:
            change = during(scene, guest, lambda: flow.flow(
                guest, "tcp", data.address["the wire"], bytes=flow.TCP_BYTES))
            check(change["rx_pool_merged"] == 0, "merged although that is off:", change)
        finally:
            scene.dom0.run(f"ethtool -K {guest.vif} tso on")


def test_forwarded(scene):
    data = data_scene(scene)
    guest, far, peer = data.guest[OURS], data.far, scene.lab.peer
    program = shlex.quote(os.path.join(image.LAB, "flowcheck"))
    redirects = "/proc/sys/net/ipv4/conf/{}/send_redirects"
    with story.at_level(scene.lab, guest, "copy"):
        guest.run(f"echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >{redirects.format('all')};"
                  f"echo 0 >{redirects.format('eth0')}; ip route add {BEYOND} via {far.address}")
        far.run(f"ip addr add {BEYOND}/32 dev lo")
        peer.run(f"ip route add {BEYOND} via {guest.address}")
        try:
            said = []
            change = during(scene, guest, lambda: said.append(peer.run(
                f"{program} tcp to={BEYOND} bytes={4 * flow.TCP_BYTES}", timeout=120).out))
            got = json.loads(said[0])
            check(got["received"] == got["sent"] and not got["wrong"], "by way of the guest:", got)
            print(f"       {change}", flush=True)
            check_merged(change)
        finally:
            peer.run(f"ip route del {BEYOND}")
            far.run(f"ip addr del {BEYOND}/32 dev lo")
            guest.run(f"echo 0 >/proc/sys/net/ipv4/ip_forward; ip route del {BEYOND}")
