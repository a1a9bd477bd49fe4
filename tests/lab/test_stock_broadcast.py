# SPDX-License-Identifier: GPL-2.0
"""A broadcast from the wire reaches dom0 and every guest, exactly once.

Would fail if the bridge or the wire duplicated or dropped broadcasts.
"""

from scene import check_intact
from traffic import BROADCAST

COUNT = 200


def test_stock_broadcast(scene):
    guests = scene.guests(a={}, b={})
    receivers = [scene.lab.receiver("xenbr0")] + [g.receiver() for g in guests]
    try:
        sending = scene.lab.wire.send(BROADCAST, COUNT, rate=500)
        for receiver in receivers:
            check_intact(receiver.expect(sending.stream, COUNT), COUNT, receiver.name)
    finally:
        for receiver in receivers:
            receiver.stop()
