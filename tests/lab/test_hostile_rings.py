# SPDX-License-Identifier: GPL-2.0
"""A guest that breaks the ring protocol is disabled, and only that guest.

Each attack is what no honest frontend does: impossible producer indices, chains that do
not end, slots that leave their page. The vif is disabled with a line that names it and
says why; it works again when the guest reconnects; every page is given back; another
guest's traffic, by its pool and by software, goes on without a loss. Would fail if dom0
believed such a ring, crashed, warned, or kept a grant.
"""

import story
from front import (CONNECTED, EXTRA_INFO, EXTRA_MORE, MORE_DATA, RSP_ERROR, RSP_OKAY, Complaints,
                   actors, extra, gso_extra, mac_bytes, rx, tx, tx_request)
from scene import check
from witness import Witness

SETUP = "vmdq"


def frame_to(mac, attacker, length=60):
    """A frame of the experimental Ethertype."""
    return (mac_bytes(mac) + mac_bytes(attacker.mac) + b"\x88\xb5").ljust(length, b"\x5a")


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
