# SPDX-License-Identifier: GPL-2.0
"""A guest that breaks the ring protocol is disabled, and only that guest.

Each attack is what no honest frontend does: impossible producer indices, chains that do
not end, slots that leave their page. The vif is disabled with a line that names it and
says why; it works again when the guest reconnects; every page is given back; another
guest's traffic, by its pool and by software, goes on without a loss. Would fail if dom0
believed such a ring, crashed, warned, or kept a grant.
"""

import json
import struct

import story
from front import (CONNECTED, EXTRA_INFO, EXTRA_MORE, MORE_DATA, RSP_ERROR, RSP_OKAY, Complaints,
                   actors, extra, gso_extra, mac_bytes, rx, tx, tx_request)
from scene import check
from witness import Witness

SETUP = "vmdq"


def frame_to(mac, attacker, length=60):
    """A frame of the experimental Ethertype."""
    return (mac_bytes(mac) + mac_bytes(attacker.mac) + b"\x88\xb5").ljust(length, b"\x5a")


def segments(scene, attacker, protocol=6, header=20):
    """An IPv4 frame of 1,000 bytes to the wire, as of TCP whose header is of that length."""
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 986, 0, 0, 64, protocol, 0,
                     b"\x0a\x52\0\x01", b"\x0a\x52\0\x02")
    tcp = struct.pack(">HHIIBBHHH", 7, 7, 0, 0, header // 4 << 4, 0x10, 1000, 0, 0)
    return (mac_bytes(scene.lab.wire.mac) + mac_bytes(attacker.mac) + b"\x08\0" + ip +
            tcp).ljust(1000, b"\x5a")


# -- what is done to the TX ring; (what, function of (front, reference of a page)) --------

def chain(n, ref, size=100):
    """A frame of n slots of one page."""
    return ([tx_request(ref, 0, n * size, MORE_DATA)] +
            [tx_request(ref, 0, size, MORE_DATA)] * (n - 2) + [tx_request(ref, 0, size)])


TX_ATTACKS = [
    ("impossible TX producer index", lambda ref: ("prod", 257)),
    ("impossible TX producer index", lambda ref: ("prod", 0x80000000)),
    ("impossible TX producer index", lambda ref: ("prod", -1)),
    ("bad chain of TX slots", lambda ref: chain(30, ref)),
    ("bad chain of TX slots", lambda ref: [tx_request(ref, 4000, 200)]),
    ("bad chain of TX slots", lambda ref: [tx_request(ref, 0xffff, 0xffff)]),
    ("bad chain of TX slots", lambda ref: [tx_request(ref, 0, 200, MORE_DATA),
                                           tx_request(ref, 4090, 7)]),
    ("bad chain of TX slots", lambda ref: [tx_request(ref, 0, 200, MORE_DATA)]),
    ("bad TX extra info", lambda ref: [tx_request(ref, 0, 60, EXTRA_INFO)] +
     [gso_extra(1, 1000, EXTRA_MORE)] * 20),
    ("bad TX extra info", lambda ref: [tx_request(ref, 0, 60, EXTRA_INFO)]),
    ("bad TX extra info", lambda ref: [tx_request(ref, 0, 60, EXTRA_INFO), extra(77)]),
    ("bad TX extra info", lambda ref: [tx_request(ref, 0, 60, EXTRA_INFO), extra(0)]),
    ("bad TX extra info", lambda ref: [tx_request(ref, 0, 60, EXTRA_INFO), gso_extra(1, 0)]),
    ("bad TX extra info", lambda ref: [tx_request(ref, 0, 60, EXTRA_INFO), gso_extra(9, 1000)]),
]


def attack(scene, front, commands, why):
    """Reconnect, do it, and wait for the complaint."""
    seen = Complaints(scene.lab)
    front.reconnect(*commands)
    seen.expect(rf"{front.guest.vif}: .*{why}.*disabled")


def test_tx(scene):
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    ref, = front.data(frame_to(scene.lab.wire.mac, attacker))
    with Witness(scene, victim):
        for number, (why, slots_of) in enumerate(TX_ATTACKS):
            ring = tx(number % 2)
            slots = slots_of(ref)
            if slots[0] == "prod":
                commands = [f"prod {ring} {slots[1]}", f"kick {ring}"]
            else:
                commands = [f"put {ring} " + " ".join(slots), f"push {ring} {ring}"]
            attack(scene, front, commands, why)
        front.reconnect()
        check(front.transmit(frame_to(scene.lab.wire.mac, attacker)) == RSP_OKAY,
              "the vif does not work again")
    front.close()


def test_rx(scene):
    """The RX ring of a software queue, and of a pool's."""
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    with Witness(scene, victim):
        for queue in (0, 1):
            for index in (257, 0x80000000, -1):
                # The witness' broadcasts have the software queue looked at.
                attack(scene, front, [f"prod {rx(queue)} {index}", f"kick {rx(queue)}"],
                       "impossible RX producer index")
        # With pages posted to the pool, too
        front.reconnect()
        story.wait_level(scene.lab, attacker, "grant")
        front.post(64, queue=1)
        seen = Complaints(scene.lab)
        front.do(f"prod {rx(1)} 400", f"kick {rx(1)}")
        seen.expect(rf"{attacker.vif}: .*impossible RX producer index.*disabled")
    front.close()


def dropped(scene, vif):
    """Frames of the guest that the vif did not take, and frames that the NIC did not."""
    nic = json.loads(scene.dom0.run(f"ip -s -j link show {scene.dev}").out)[0]
    row = next(v for v in story.listing(scene.lab)["vifs"] if v["vif"] == vif)
    return row["counters"]["tx_errors"], nic["stats64"]["tx"]["dropped"]


def test_segments(scene):
    """What the NIC is told to cut up is TCP, with a header, into frames that it can send."""
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    good = segments(scene, attacker)
    with Witness(scene, victim):
        for what, frame, gso, vif, nic in (
                ("as it should be", good, (1, 100), 0, 0),
                ("a TCP header of no length", segments(scene, attacker, header=0), (1, 100), 1, 0),
                ("UDP", segments(scene, attacker, protocol=17), (1, 100), 1, 0),
                ("IPv4, said to be IPv6", good, (2, 100), 1, 0),
                ("longer than a frame", good, (1, 60000), 0, 1)):
            before = dropped(scene, attacker.vif)
            ref, = front.data(frame)
            front.put_tx(tx_request(ref, 0, 1000, EXTRA_INFO | 1), gso_extra(*gso))
            statuses = sorted(status for _, status in front.answers(2))
            check(statuses == [RSP_OKAY, 1], f"{what}: answers", statuses)
            # What comes behind it has left: the NIC has seen it, too.
            check(front.transmit(frame_to(scene.lab.wire.mac, attacker)) == RSP_OKAY, what)
            after = dropped(scene, attacker.vif)
            found = (after[0] - before[0], after[1] - before[1])
            check(found == (vif, nic), f"{what}: dropped by vif and NIC", found)
    front.close()


def test_harmless(scene):
    """Frames that are wrong but do no harm are answered with an error, and that is all."""
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    with Witness(scene, victim):
        frame = frame_to(scene.lab.wire.mac, attacker, 1000)
        ref, other = front.data(frame, frame)
        cases = [
            ("no bytes", [tx_request(ref, 0, 0)], [RSP_ERROR]),
            ("shorter than an Ethernet header", [tx_request(ref, 0, 13)], [RSP_ERROR]),
            ("slots longer than the frame",
             [tx_request(ref, 0, 100, MORE_DATA), tx_request(other, 0, 200)], [RSP_ERROR] * 2),
            ("19 slots", chain(19, ref), [RSP_ERROR] * 19),
            ("a bad grant, copied", [tx_request(0xffffff, 0, 60)], [RSP_ERROR]),
            ("a bad grant, mapped", [tx_request(0x7fffffff, 0, 1000)], [RSP_ERROR]),
            ("a bad grant in the middle", [tx_request(ref, 0, 1000, MORE_DATA),
                                           tx_request(500000, 0, 400, MORE_DATA),
                                           tx_request(other, 0, 400)], [RSP_ERROR] * 3),
            ("an empty slot in the middle", [tx_request(ref, 0, 1000, MORE_DATA),
                                             tx_request(other, 0, 0, MORE_DATA),
                                             tx_request(other, 0, 400)], [RSP_OKAY] * 3),
            ("an empty first slot", [tx_request(ref, 0, 400, MORE_DATA),
                                     tx_request(other, 0, 400)], [RSP_OKAY] * 2),
            ("TCP segments that are no TCP", [tx_request(ref, 0, 1000, EXTRA_INFO | 1),
                                              gso_extra(1, 100)], [RSP_OKAY, 1]),
        ]
        for queue in (0, 1):
            for what, slots, expected in cases:
                front.put_tx(*slots, queue=queue)
                said = sorted(status for _, status in front.answers(len(slots), queue))
                check(said == sorted(expected), f"{what}, queue {queue}: answers", said)
        check(front.transmit(frame) == RSP_OKAY, "the vif does not work any more")
        state, = front.numbers("state")
        check(state == CONNECTED, "the vif's state is", state)
    front.close()
