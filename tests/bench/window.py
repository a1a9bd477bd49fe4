# SPDX-License-Identifier: GPL-2.0
"""Windows: one piece of traffic between two readings of what each domain has cost.

A window's cost is held against a control window of the same probes with a single
frame (or transfer) in it, about as long, in proportion to its length in the machine's
own time; so what the probes, the kernel's timers and the toolstack cost is in neither.
"""

import dataclasses
import json
import statistics
import time

from channel import LabError
from cost import Window
from plan import BETWEEN, PACE, PACED, RECEIVE, SATURATED, TRANSMIT
from traffic import new_stream, start_sending
from transfer import EchoServer

WINDOWS = 5         # at least; more, and then longer ones, where they differ by more than SPREAD
WINDOWS_MOST = 8
SPREAD = 0.05
LENGTHS = (1, 2, 4)   # pieces of a window
# A saturated machine finds its rings full whenever it looks. The wire sends that many frames for
# each guest at once: a pool's ring and a guest's hold 256.
# The machine has done with them when the next come, so that no frame is lost: sent without a
# pause nearly all are, and what is measured is how a host throws frames away.
BURST = 192         # pages, which for most frames is as many frames
PAGE = 4096
# What is done once for each guest in a window (a marker is sent, frames are counted) would weigh
# in fewer bursts than these.
BURSTS_EACH = 6
BURST_RATE = 2000   # pages a second of the host, for all guests
FRAMES = {SATURATED: 12 * BURST, PACED: 1000}
MEGABYTES = 32
TCP_HEADERS = 20 + 32   # of each packet that IP counts: its own, and TCP's with timestamps
TRIPS = 400
MARKERS = 20        # frames sent to see that a guest has got all before them, at most


@dataclasses.dataclass
class Piece:
    """What one window carried: its cost, units offered and delivered."""
    window: Window
    sent: int
    delivered: int
    lost: int = 0

    @property
    def seconds(self):
        """Of the machine's own time."""
        return self.window.length / 1e9


class Meter:
    """Reads what each domain has cost, at both ends of a window."""

    def __init__(self, meter):
        self.meter = meter
        self.hold = 0       # seconds of the host that a window is longer than its traffic
        self.took = 0       # seconds of the host
        self._before = None
        self._began = None

    def begin(self):
        self._before = self.meter.read()
        self._began = time.monotonic()

    def end(self):
        time.sleep(self.hold)   # a length, not a wait: nothing is to happen in it
        self.took = time.monotonic() - self._began
        return Window(self._before, self.meter.read())


def drain(lab, guest, receiver):
    """All that was sent to the guest has arrived there or is lost: a later frame has come."""
    for _ in range(MARKERS):
        marker = lab.wire.send(guest.mac, 1)
        if receiver.expect(marker.stream, 1, 5)["unique"]:
            return
    raise LabError(f"{guest.name}: no frame comes any more")


def introduce(lab, guests):
    """The bridge knows where they and the wire's far end are, and floods nothing: it forgets who
    has said nothing for five minutes of its time."""
    for guest in guests:
        process, stream = start_sending(guest, lab.wire.mac, 1)
        process.wait(60)
        lab.wire.expect(stream, 1)
    lab.wire.send(guests[0].mac, 1)


def arrived(got, who):
    """How many different frames of a stream have arrived; none may have been changed on the
    way, or come twice."""
    if got["corrupt"] or got["duplicated"]:
        raise LabError(f"{who}: frames damaged or doubled: {got}")
    return got["unique"]


class Frames:
    """Numbered frames from the wire or from a guest."""

    def __init__(self, bench, cell, guests):
        self.bench = bench
        self.lab = bench.lab
        self.cell = cell
        self.guests = guests
        self.pace = PACE        # by the host's clock, so that it is PACE by the machine's
        bench.moderate(cell.offered != PACED)

    def start(self, guest, count):
        """Begin sending to one of the guests; each has a part of the rate, and bursts of its own."""
        sizes = self.cell.sizes
        pages = -(-max(sizes if isinstance(sizes, list) else [sizes]) // PAGE)
        rate, burst = {SATURATED: (BURST_RATE / pages, BURST // pages),
                       PACED: (self.pace, 1)}[self.cell.offered]
        return self.lab.wire.start(guest.mac, count, size=sizes, rate=rate / len(self.guests),
                                   burst=min(count, burst))

    def carry(self, count):
        if self.cell.direction == RECEIVE:
            return self._receive(count)
        return self._transmit(count)

    def _receive(self, count):
        # whole bursts each, unless it is the control window
        bursts = max(BURSTS_EACH, -(-count // (len(self.guests) * BURST)))
        each = bursts * BURST if count > 1 else 1
        receivers = [g.receiver() for g in self.guests]
        try:
            self.bench.meter.begin()
            sendings = [self.start(guest, each) for guest in self.guests]
            for sending in sendings:
                sending.wait(600)
            for guest, receiver in zip(self.guests, receivers):
                drain(self.lab, guest, receiver)
            window = self.bench.meter.end()
            delivered = sum(arrived(r.received(s.stream), r.name)
                            for r, s in zip(receivers, sendings))
        finally:
            for receiver in receivers:
                receiver.stop()
        sent = sum(s.frames for s in sendings)
        return Piece(window, sent, delivered, sent - delivered)

    def _transmit(self, count):
        guest = self.guests[0]
        to = self.guests[1] if self.cell.direction == BETWEEN else self.lab.wire
        rate = {SATURATED: 0, PACED: self.pace}[self.cell.offered]
        receiver = self.guests[1].receiver() if self.cell.direction == BETWEEN else None
        try:
            stream = new_stream()
            self.bench.meter.begin()
            process, stream = start_sending(guest, to.mac, count, size=self.cell.sizes,
                                            rate=rate, stream=stream)
            process.wait(600)
            far = receiver or self.lab.wire
            delivered = arrived(far.expect(stream, count, 10), "receiver")
            window = self.bench.meter.end()
        finally:
            if receiver:
                receiver.stop()
        return Piece(window, count, delivered, count - delivered)

    def adjust(self, piece):
        """After a window: the rate by the machine's clock shall be what was asked for."""
        if self.cell.offered == PACED and self.cell.direction == RECEIVE:
            self.pace *= PACE / (piece.sent / piece.seconds)

    def stop(self):
        """Nothing of it goes on between windows; the machine is as it was."""
        self.bench.moderate(True)


class Dropped(Frames):
    """The same, where dom0's driver throws every frame away: nothing arrives in a guest."""

    def _received(self):
        lines = self.lab.dom0.run(f"ethtool -S {self.bench.dev}").out.splitlines()
        return next(int(line.split()[1]) for line in lines if line.split()[0] == "rx_packets:")

    def carry(self, count):
        known = self._received()
        self.bench.meter.begin()
        sent = self.start(self.guests[0], count).wait(600)
        # dom0 answers when its driver has done with what was there
        self.lab.dom0.run(":")
        window = self.bench.meter.end()
        got = min(sent, self._received() - known)
        return Piece(window, sent, got, sent - got)


def ip_received(place):
    """(octets, packets) that IP has received there; several that GRO made one are one."""
    lines = place.run("cat /proc/net/snmp /proc/net/netstat").out.splitlines()
    counted = {}
    for names, values in zip(lines[::2], lines[1::2]):
        group = names.split()[0]
        counted.update(zip((group + n for n in names.split()[1:]), values.split()[1:]))
    return int(counted["IpExt:InOctets"]), int(counted["Ip:InReceives"])


class Bulk:
    """TCP by iperf3, as fast as it goes; units are megabytes (10^6 bytes).

    They are counted where they arrive, by IP: what is on its way when iperf3 has sent all, it
    leaves out.
    """

    PORT = 5201
    LEAST = 10_000      # bytes, for a control window

    def __init__(self, bench, cell, guests):
        self.bench = bench
        self.guest = guests[0]
        self.client = guests[1] if cell.direction == BETWEEN else bench.lab.peer
        self.reverse = cell.direction == TRANSMIT
        self.server = self.guest.start(f"exec iperf3 -s -p {self.PORT}")
        self.guest.wait_for(f"netstat -ltn | grep -q :{self.PORT}", what="iperf3's server")

    def carry(self, count):
        """A transfer of count megabytes; 1 stands for as little as there can be."""
        length = self.LEAST if count == 1 else count * 10**6
        receiver = self.client if self.reverse else self.guest
        before = ip_received(receiver)
        self.bench.meter.begin()
        said = self.client.run(f"iperf3 -J {'-R' if self.reverse else ''} -c {self.guest.address} "
                               f"-p {self.PORT} -l {min(length, 128 << 10)} -n {length}",
                               timeout=600)
        window = self.bench.meter.end()
        octets, packets = (b - a for a, b in zip(before, ip_received(receiver)))
        end = json.loads(said.out)["end"]
        if "sum_sent" not in end:
            raise LabError(f"iperf3: {said.out}")
        got = (octets - packets * TCP_HEADERS) / 10**6
        return Piece(window, got, got, end["sum_sent"]["retransmits"])

    def adjust(self, piece):
        """It goes as fast as it goes."""

    def stop(self):
        self.server.signal()
        self.server.wait(30, check=False)


# What the far end of a request does: COUNT times a byte there and a byte back
TRIPS_PROGRAM = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 60)
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for n in range(int(sys.argv[3])):
    s.sendall(b"?")
    s.recv(1) or sys.exit("the connection ended")
"""


class Trips:
    """TCP requests of one byte, each answered with one before the next."""

    PORT = 9000

    def __init__(self, bench, cell, guests):
        self.bench = bench
        self.guest = guests[0]
        self.server = EchoServer(self.guest, self.PORT)

    def carry(self, count):
        self.bench.meter.begin()
        self.bench.lab.peer.run(f"python3 -c '{TRIPS_PROGRAM}' {self.guest.address} {self.PORT} "
                                f"{count}", timeout=600)
        return Piece(self.bench.meter.end(), count, count)

    def adjust(self, piece):
        """One at a time is its pace."""

    def stop(self):
        self.server.stop()


KINDS = {"frames": Frames, "tcp bulk": Bulk, "tcp request/response": Trips}


def units(cell):
    """How much one window carries."""
    return {"tcp bulk": MEGABYTES, "tcp request/response": TRIPS}.get(cell.scenario,
                                                                      FRAMES.get(cell.offered))


def spread(values):
    """The widest distance from the median, as a part of it."""
    median = statistics.median(values)
    return max(abs(v - median) for v in values) / median


def measure(bench, cell, guests, drop=False):
    """Windows of a cell; with drop, of frames that dom0's driver throws away.

    Returns {"dom0": [instructions a unit], "guest": [...], "delivered":, "lost": frames, or
    segments that TCP sent again, "rate": units a second of the machine's time, "pieces": of a
    window, "counted": {name: a unit}}; hypercalls are all of dom0's, the others those of the
    traffic.
    """
    count = units(cell)
    introduce(bench.lab, guests)
    kind = (Dropped if drop else KINDS[cell.scenario])(bench, cell, guests)
    try:
        quiet = prepare(bench, kind, count)
        return _windows(bench, cell, guests, kind, count, quiet)
    finally:
        kind.stop()


def prepare(bench, kind, count):
    """Windows that do what is done once only (addresses asked for, caches filled) and find the
    pace; then the control window, about as long as these. Returns that."""
    for _ in range(2):
        kind.adjust(kind.carry(count))
    bench.meter.hold = bench.meter.took
    try:
        return kind.carry(1)
    finally:
        bench.meter.hold = 0


def joined(pieces, length):
    """{"dom0": [instructions a unit], "guest": [...]} of windows of that many pieces.

    pieces: [(dom0's instructions, the guests', units)]
    """
    windows = [pieces[i:i + length] for i in range(0, len(pieces) - length + 1, length)]
    return {name: [sum(p[part] for p in w) / sum(p[2] for p in w) for w in windows]
            for part, name in enumerate(("dom0", "guest"))}


def enough(windows):
    """Whether so many windows will do: five, or more that do not agree better."""
    return len(windows) >= WINDOWS and (spread(windows) <= SPREAD or
                                        len(windows) >= WINDOWS_MOST)


def _windows(bench, cell, guests, kind, count, quiet):
    small = quiet.delivered if cell.scenario != "tcp bulk" else 0
    got = {"delivered": 0, "lost": 0}
    sent = seconds = 0
    counted = dict.fromkeys(("hypercalls", *bench.counts(guests)), 0)
    pieces = []
    for length in bench.lengths:
        introduce(bench.lab, guests)
        while not enough(joined(pieces, length)["dom0"]):
            before = bench.counts(guests)
            piece = kind.carry(count)
            after = bench.counts(guests)
            kind.adjust(piece)
            if piece.delivered <= small:
                raise LabError(f"{cell}: nothing arrived of {piece.sent}")
            pieces.append((piece.window.less(quiet.window, 0),
                           sum(piece.window.less(quiet.window, g.domid) for g in guests),
                           piece.delivered - small))
            sent += piece.sent
            seconds += piece.seconds
            got["delivered"] += piece.delivered
            got["lost"] += piece.lost
            counted["hypercalls"] += piece.window.more(quiet.window, "hypercalls")
            for name in after:
                counted[name] += after[name] - before[name]
        got.update(joined(pieces, length))
        if spread(got["dom0"]) <= SPREAD:
            break
    got["counted"] = {n: c / got["delivered"] for n, c in counted.items()}
    got["rate"] = sent / seconds
    got["pieces"] = length
    return got
