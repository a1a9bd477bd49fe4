# SPDX-License-Identifier: GPL-2.0
"""rate= of a vif holds for what its guest sends: as much as was asked, and not more.

Measured on the wire, in bytes of Ethernet frames, while the guest sends as fast as it
can; the machine could send many times that. Would fail if the limit were not there or
off by more than 5 %, if a frame were lost to it, if a change of the node in xenstore
were not followed, if a frame longer than the credit of one period never got through,
or if a guest with a limit could not receive at full speed.
"""

import time

import parity
from scene import check, check_intact
from traffic import start_sending

SETUP = "vmdq"
FRAME = 1514
# Milliseconds; a whole number of ticks of dom0's kernel (250 a second), as xen-netback
# counts in these: the 50 that xl takes by itself are 52 for it.
PERIOD = 80
SECONDS = 3
RATES = (4_000_000, 1_000_000)


def set_rate(scene, guest, bits):
    """What xl would have written for rate=<bits>b/s."""
    scene.dom0.run(f"xenstore-write /local/domain/0/backend/vif/{guest.domid}/0/rate "
                   f"{bits // 8 * PERIOD // 1000},{PERIOD * 1000}")


def settle(scene, stream, bits):
    """Wait until what was sent before the rate was set has long arrived."""
    got = scene.lab.wire.received(stream)["received"]
    scene.lab.wire.expect(stream, got + bits // 8 // FRAME)


def measure(scene, stream):
    """Bits a second that arrive on the wire."""
    before, began = scene.lab.wire.received(stream), time.monotonic()
    got, now = before, began
    while now - began < SECONDS:
        got, now = scene.lab.wire.expect(stream, got["received"] + 1), time.monotonic()
    return (got["bytes"] - before["bytes"]) * 8 / (now - began)


def kept(bits, measured):
    """In words; the middle one of three, as a busy machine may stand still for a while."""
    middle = sorted(measured)[len(measured) // 2]
    off = abs(middle - bits) / bits
    every = " ".join(f"{m / 1e6:.3f}" for m in measured)
    return "within 5 %" if off < 0.05 else f"{every} Mb/s, {100 * off:.0f} % off"


def test_rate(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script, vif="rate=4Mb/s@80ms")
        said = []
        process, stream = start_sending(guest, scene.lab.wire.mac, size=FRAME, rate=0)
        for bits in RATES:
            if bits != RATES[0]:
                set_rate(scene, guest, bits)
            settle(scene, stream, bits)
            said.append(f"{bits // 1_000_000} Mb/s: "
                        f"{kept(bits, [measure(scene, stream) for _ in range(3)])}")
        process.signal()
        got = scene.lab.wire.received(stream)
        check(not got["lost"] + got["corrupt"] + got["duplicated"], backend, "spoilt frames:", got)

        receiver = guest.receiver()
        sending = scene.lab.wire.send(guest.mac, 1000, size=1000, rate=1000)
        check_intact(receiver.expect(sending.stream, 1000), 1000, f"{backend}: to the guest")
        receiver.stop()
        guest.destroy()
        return "; ".join(said)

    parity.compare("rate=", row)


def test_long_frames(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script, vif="rate=160Kb/s")
        process, stream = start_sending(guest, scene.lab.wire.mac, 20, size=1514, rate=0)
        check_intact(scene.lab.wire.expect(stream, 20), 20, f"{backend}: frames of 1514 bytes")
        process.wait()
        guest.destroy()
        return "frames longer than a period's credit get through"

    parity.compare("rate= below a frame a period", row)
