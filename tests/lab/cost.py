# SPDX-License-Identifier: GPL-2.0
"""What a frame costs, in instructions, in a lab with icount.

A domain's CPU time is then the number of instructions that ran for it, Xen's work
for it included, whatever else the host does. A window is measured against a control
window of the same probes with one frame in it, which is subtracted in proportion
to its length in the machine's own time.
"""

import json
import statistics
import time

from scene import check
from traffic import new_stream, start_sending

WINDOWS = 5
RATE = 3000     # frames a second, in bursts
BURST = 32      # so that batches are full whatever the host does meanwhile


class Meter:
    """Readings of what each domain has cost."""

    def __init__(self, lab):
        self.process = lab.dom0.start("exec domcost")
        self.read()

    def read(self):
        self.process.write("\n")
        return json.loads(self.process.line(60))

    def stop(self):
        self.process.close_stdin()
        self.process.wait(30)


class Window:
    """Between two readings: nanoseconds of the machine, instructions by domain."""

    def __init__(self, before, after):
        self.before = before
        self.after = after
        self.length = after["clock"] - before["clock"]
        self.cost = {int(d): after["cpu"][d] - n for d, n in before["cpu"].items()
                     if d in after["cpu"]}

    def less(self, control, domain):
        """What it cost a domain beyond what the control window says."""
        return self.cost[domain] - control.cost[domain] * self.length / control.length

    def more(self, control, name):
        """Another counter of the readings, the same way."""
        def grown(window):
            return window.after[name] - window.before[name]
        return grown(self) - grown(control) * self.length / control.length


def receive(lab, meter, guest, size, count):
    """A window in which a guest receives frames from the wire; none may be lost."""
    receiver = guest.receiver()
    try:
        before = meter.read()
        sending = lab.wire.send(guest.mac, count, size=size, rate=RATE, burst=min(BURST, count))
        got = receiver.expect(sending.stream, count, 60)
        after = meter.read()
    finally:
        receiver.stop()
    check(got["unique"] == count, f"{guest.name}: {count} frames sent, arrived:", got)
    return Window(before, after)


def transmit(lab, meter, guest, size, count):
    """A window in which a guest sends frames to the wire; none may be lost."""
    stream = new_stream()
    before = meter.read()
    process, stream = start_sending(guest, lab.wire.mac, count, size=size, rate=0, stream=stream)
    process.wait(120)
    got = lab.wire.expect(stream, count, 60)
    after = meter.read()
    check(got["unique"] == count, f"{guest.name}: {count} frames sent, arrived:", got)
    return Window(before, after)


def control(window, seconds):
    """A window of the same probes with one frame, of that many seconds of the host."""
    def run(lab, meter, guest, size):
        before = meter.read()
        time.sleep(seconds)     # a length, not a wait: what happens in it is the measurement
        window(lab, meter, guest, size, 1)
        return Window(before, meter.read())
    return run


def per_frame(lab, meter, window, guest, size, count, domain=0):
    """Instructions of a domain for each frame: (median of the windows, their spread).

    The spread is the widest distance from the median, as a part of it.
    """
    quiet = control(window, 1)(lab, meter, guest, size)
    costs = [window(lab, meter, guest, size, count).less(quiet, domain) / (count - 1)
             for _ in range(WINDOWS)]
    median = statistics.median(costs)
    return median, max(abs(c - median) for c in costs) / median
