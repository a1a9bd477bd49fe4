# SPDX-License-Identifier: GPL-2.0
"""Frames of every size pass between the wire and a guest intact, both ways.

On the stock drivers, so it is the lab that is shown. Would fail if the wire, the
emulated NIC, the bridge, the guest's receiver or the checker lost or spoilt frames.
"""

from scene import check, check_intact
from traffic import start_sending

COUNT = 3000


def test_stock_frames(scene):
    guest = scene.guest("a")
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.send(guest.mac, COUNT)
        got = receiver.expect(sending.stream, COUNT)
        check_intact(got, COUNT, "wire to guest")
        check(not got["kernel_drops"] and not got["misdirected"], "wire to guest:", got)
        process, stream = start_sending(guest, scene.lab.wire.mac, COUNT)
        process.wait()
        check_intact(scene.lab.wire.expect(stream, COUNT), COUNT, "guest to wire")
    finally:
        receiver.stop()
