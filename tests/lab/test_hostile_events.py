# SPDX-License-Identifier: GPL-2.0
"""A guest that sends events without work slows down itself.

On every channel, shared by both directions and split. Its frames pass afterwards, and
another guest's traffic goes on without a loss. Would fail if a storm of events kept dom0
from its other work, or if a channel stayed silent after one.
"""

from front import actors, mac_bytes, tx
from scene import check
from witness import Witness

SETUP = "vmdq"


def marked(dst, src, mark):
    """A frame that says which one it is."""
    return (mac_bytes(dst) + mac_bytes(src) + b"\x88\xb5" + bytes([mark])).ljust(100, b"\x5a")


def test_event_storm(scene):
    """Events without work, on every channel, shared by both directions and split."""
    victim, attacker, front = actors(scene)
    with Witness(scene, victim):
        frame = marked(scene.lab.wire.mac, attacker.mac, 1)
        for split in (True, False):
            front.connect(queues=2, split=split)
            events = sorted({tx(q) for q in (0, 1)} | {front.rx_event(q) for q in (0, 1)})
            front.do(*[f"kick {event} 1000" for event in events])
            check(front.transmit(frame) == 0, "no frame passes after a storm, split", split)
            front.close()
