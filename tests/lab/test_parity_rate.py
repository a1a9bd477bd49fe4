# SPDX-License-Identifier: GPL-2.0
"""rate= of a vif holds for what its guest sends: as much as was asked, and not more.

Measured in bytes of Ethernet frames as they leave the vif, by dom0's clock, while the
guest sends as fast as it can; the machine could send many times that. Would fail if the
limit were not there or off by more than 5 %, if a frame were lost to it, if a change of
the node in xenstore were not followed, if a frame longer than the credit of one period
never got through, or if a guest with a limit could not receive at full speed.
"""

import base64
import statistics
import struct

import parity
from parity import OURS, STOCK
from scene import check, check_intact
from traffic import start_sending

SETUP = "vmdq"
FRAME = 1000
# Milliseconds. A whole number of ticks of dom0's kernel (250 a second), as xen-netback
# counts in these: the 50 that xl takes by itself are 52 for it. And more than an emulated
# machine stands still on a busy host: of a timer that comes later than the next period
# begins, xen-netback loses that period's credit.
PERIOD = 400
# A period's credit is a whole number of frames, so that each period brings as many.
RATES = (2_000_000, 500_000)
# The distance in periods of two frames that are held against one another, and how many
# such pairs begin in each capture
SPAN = 8
PAIRS = 8
# Bytes that a quiet guest may save up
SAVED = 131072
ROOT = {STOCK: "xen-netback", OURS: "vmdq-netback"}


def credit(bits):
    """Bytes that may be sent in a period."""
    return bits // 8 * PERIOD // 1000


def set_rate(scene, backend, guest, bits):
    """What xl would have written for rate=<bits>b/s; returns when the backend has read it."""
    scene.dom0.run(f"xenstore-write /local/domain/0/backend/vif/{guest.domid}/0/rate "
                   f"{credit(bits)},{PERIOD * 1000}")
    scene.dom0.wait_for(f"grep -q 'credit: {credit(bits)},' "
                        f"/sys/kernel/debug/{ROOT[backend]}/{guest.vif}/io_ring_q0",
                        what=f"{backend} with the rate {bits}")


def start_capture(scene, guest, count):
    """tcpdump of that many frames that the guest sends."""
    return scene.dom0.start(f"tcpdump -Z root -i {guest.vif} -Q in -s 14 -c {count} -w - "
                            "ether proto 0x88b5 | base64")


def captured(process, count):
    """[(seconds of dom0's clock, bytes), ...] of a capture, when that has ended."""
    said = process.wait(90)
    data = base64.b64decode(said.out)
    frames, at = [], 24
    while at < len(data):
        seconds, micros, kept, length = struct.unpack_from("<4I", data, at)
        frames.append((seconds + micros / 1e6, length))
        at += 16 + kept
    check(len(frames) == count, f"{len(frames)} frames in the capture:", said.err)
    return frames


def measured(frames, bits):
    """Bits a second: the median over all frames and those that came SPAN periods' frames later.

    Each of these pairs spans whole periods, wherever in its period it begins. Where the
    machine stood still at one end of some of them, the others say what the rate is.
    """
    distance = SPAN * credit(bits) // FRAME
    return statistics.median(
        sum(length for _, length in frames[i:i + distance]) * 8 / (frames[i + distance][0] - then)
        for i, (then, _) in enumerate(frames[:-distance]))


def kept(bits, rate):
    off = abs(rate - bits) / bits
    return f"{bits / 1e6:g} Mb/s: " + ("within 5 %" if off < 0.05 else
                                       f"{rate / 1e6:.3f} Mb/s, {100 * off:.0f} % off")


def send_limited(scene, guests):
    """Both backends' guests send at once, at each rate: {backend: [what came of each]}."""
    senders = {b: start_sending(guest, scene.lab.wire.mac, size=FRAME, rate=0)
               for b, guest in guests.items()}
    said = {b: [] for b in guests}
    for bits in RATES:
        for backend, guest in guests.items():
            if bits != RATES[0]:
                set_rate(scene, backend, guest, bits)
            # What was saved up before, or by the rate before, is spent.
            stream = senders[backend][1]
            before = scene.lab.wire.received(stream)["received"]
            saved = SAVED if bits == RATES[0] else credit(bits)
            scene.lab.wire.expect(stream, before + (saved + credit(bits)) // FRAME)
        count = (SPAN + PAIRS) * credit(bits) // FRAME
        captures = {b: start_capture(scene, guest, count) for b, guest in guests.items()}
        for backend, capture in captures.items():
            rate = measured(captured(capture, count), bits)
            print(f"       {backend}: asked {bits}, measured {rate:.0f} bits a second")
            said[backend].append(kept(bits, rate))
    for backend, (process, stream) in senders.items():
        process.signal()
        got = scene.lab.wire.received(stream)
        check(not got["lost"] + got["corrupt"] + got["duplicated"], backend, "spoilt frames:", got)
    return said


def test_rate(scene):
    rate = f"rate={RATES[0] // 1_000_000}Mb/s@{PERIOD}ms"
    made = scene.lab.guests_create([{"script": b.script, "vif": rate} for b in (STOCK, OURS)])
    guests = dict(zip((STOCK, OURS), made))
    said = send_limited(scene, guests)

    def row(backend):
        guest = guests[backend]
        receiver = guest.receiver()
        sending = scene.lab.wire.send(guest.mac, 1000, size=1000, rate=1000)
        check_intact(receiver.expect(sending.stream, 1000), 1000, f"{backend}: to the guest")
        receiver.stop()
        guest.destroy()
        return "; ".join(said[backend])

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
