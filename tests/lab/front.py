# SPDX-License-Identifier: GPL-2.0
"""A scripted frontend in a guest, for what Linux's netfront does not do or would never do.

    front = Front(scene.guest("front", script="vif-vmdq", extra="testfront=1"))
    front.connect(queues=2)
    front.transmit(frame)
    front.close()

tests/guests/front/ is the module that runs it; its commands.c lists the commands.
"""

import re
import struct
import time

import story
from parity import OURS, STOCK
from scene import TestFailed, check

# xenbus states
INITIALISING, INIT_WAIT, INITIALISED, CONNECTED, CLOSING, CLOSED = range(1, 7)
RECONFIGURING = 7
# flags of TX requests and of extra-info slots: xen/interface/io/netif.h
CSUM_BLANK, DATA_VALIDATED, MORE_DATA, EXTRA_INFO = 1, 2, 4, 8
EXTRA_GSO, EXTRA_MCAST_ADD, EXTRA_MCAST_DEL, EXTRA_HASH, EXTRA_XDP = range(1, 6)
EXTRA_MORE = 1
RSP_ERROR, RSP_OKAY, RSP_NULL = -1, 0, 1

PAGE = 4096
RING_SIZE = 256
CTRL_RING = CTRL_EVENT = 20
CTRL_PAGE = 40
DATA_PAGE = 60           # pages from here on are the test's
RX_PAGE = 200            # those that post() grants: 256 a queue

# Of frontend()'s vif of each backend
MACS = {OURS: "02:7a:00:00:00:01", STOCK: "02:7a:00:00:00:02"}


def tx(queue):
    """Number of a queue's TX ring and event channel."""
    return 2 * queue


def rx(queue):
    return 2 * queue + 1


def tx_request(ref, offset, size, flags=0, number=0):
    """A TX request in the hexadecimal that the frontend takes."""
    return struct.pack("<IHHHH", ref, offset, flags, number, size).hex()


def rx_request(ref, number=0):
    return struct.pack("<HHI", number, 0, ref).hex()


def extra(kind, flags=0, data=b""):
    """An extra-info slot."""
    return struct.pack("<BB6s", kind, flags, data).hex()


def gso_extra(kind, size, flags=0):
    return extra(EXTRA_GSO, flags, struct.pack("<HB", size, kind))


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


class Front:
    """One vif of a guest that runs testfront."""

    def __init__(self, guest, number=0):
        self.guest = guest
        self.number = number
        self.queues = 0
        self.posted = {}         # of each queue: references of its RX buffers, in ring order
        self.taken = {}          # of each queue: responses taken

    def do(self, *commands, check_all=True):
        """Carry out commands; the words that each answers, without its "ok".

        A command that begins with "-" may fail; its answer is None then.
        """
        may_fail = [c.startswith("-") for c in commands]
        script = "".join(c.removeprefix("-") + "\n" for c in (f"vif {self.number}", *commands))
        said = self.guest.run("cat >/dev/testfront; cat /dev/testfront", stdin=script).out
        answers = []
        lines = said.splitlines()[1:]
        check(len(lines) == len(commands), f"{self.guest.name}: testfront says {said!r}")
        for command, line, allowed in zip(commands, lines, may_fail):
            words = line.split()
            if words[-1] == "ok":
                answers.append(words[:-1])
                continue
            if check_all and not allowed:
                raise TestFailed(f"{self.guest.name}: testfront: {command}: {line}")
            answers.append(None)
        return answers

    def numbers(self, command):
        """The numbers that one command answers."""
        return [int(word) for word in self.do(command)[0]]

    # -- coming and going ------------------------------------------------------

    def rings(self, queues=1, split=True, ctrl=False):
        """Make rings, grants and event channels, and publish them."""
        lines = []
        for q in range(queues):
            top = f"queue-{q}/" if queues > 1 else ""
            for number, name in ((tx(q), "tx"), (rx(q), "rx")):
                lines += [f"ring {number} {name} {number}", f"grant {number}",
                          f"write {top}{name}-ring-ref @{number}"]
            if split:
                lines += [f"event {tx(q)}", f"event {rx(q)}",
                          f"write {top}event-channel-tx %{tx(q)}",
                          f"write {top}event-channel-rx %{rx(q)}"]
            else:
                lines += [f"event {tx(q)}", f"write {top}event-channel %{tx(q)}"]
        if queues > 1:
            lines.append(f"write multi-queue-num-queues {queues}")
        if ctrl:
            lines += [f"ring {CTRL_RING} ctrl {CTRL_PAGE}", f"grant {CTRL_PAGE}",
                      f"event {CTRL_EVENT}", f"write ctrl-ring-ref @{CTRL_PAGE}",
                      f"write event-channel-ctrl %{CTRL_EVENT}"]
        self.queues = queues
        self.split = split
        self.posted = {q: [] for q in range(queues)}
        self.taken = {q: 0 for q in range(queues)}
        return lines

    def ready(self):
        """End what a test that failed has left, if there is any."""
        if self.numbers("state") != [INIT_WAIT]:
            self.close()

    def connect(self, queues=1, split=True, ctrl=False, nodes=None, wait=CONNECTED):
        """Connect; nodes are further ones to write, features for example."""
        self.ready()
        nodes = {"request-rx-copy": 1, "feature-rx-notify": 1, "feature-sg": 1, **(nodes or {})}
        self.do(f"wait {INIT_WAIT}", *self.rings(queues, split, ctrl),
                *[f"write {name} {value}" for name, value in nodes.items()],
                f"write state {CONNECTED}", f"wait {wait}")
        self.nodes = nodes
        return self

    def again(self):
        """Commands that end a connection and make the same once more, with fresh rings."""
        kinds = [(number, name) for q in range(self.queues)
                 for number, name in ((tx(q), "tx"), (rx(q), "rx"))]
        self.posted = {q: [] for q in range(self.queues)}
        self.taken = {q: 0 for q in range(self.queues)}
        return [f"write state {CLOSED}", f"wait {CLOSED}", "used",
                *[f"ring {number} {name} {number}" for number, name in kinds],
                f"write state {CONNECTED}", f"wait {CONNECTED}"]

    def reconnect(self, *commands):
        """End the connection and make it anew, in one go with what is to be done then."""
        said = self.do(*self.again(), *commands)
        check(said[2] == ["0"], f"{self.guest.vif}: the backend still has {said[2][0]} of "
              "the guest's pages")
        return said[len(said) - len(commands):]

    def forget(self):
        """Remove every node that connect() may have written."""
        names = ["multi-queue-num-queues", "tx-ring-ref", "rx-ring-ref", "event-channel",
                 "event-channel-tx", "event-channel-rx", "ctrl-ring-ref", "event-channel-ctrl",
                 *[f"queue-{q}" for q in range(8)], *getattr(self, "nodes", {})]
        self.do(*[f"-rm {name}" for name in names])

    def close(self):
        """Disconnect as one should; the backend must have given back every grant."""
        self.do(f"write state {CLOSING}", f"write state {CLOSED}", f"wait {CLOSED}")
        self.free()
        self.forget()
        self.do(f"write state {INITIALISING}", f"wait {INIT_WAIT}")

    def free(self):
        held, = self.numbers("free")
        check(held == 0, f"{self.guest.vif}: the backend still has {held} of the guest's pages")

    # -- frames ------------------------------------------------------------------

    def rx_event(self, queue):
        return rx(queue) if self.split else tx(queue)

    def post(self, n, queue=0, kick=True):
        """Post n RX buffers of the test's own pages; returns their references."""
        already = len(self.posted[queue])
        first = RX_PAGE + RING_SIZE * queue + already % RING_SIZE
        refs = self.numbers(f"grant {first} {n}")
        self.put_rx(refs, queue, kick)
        return refs

    def put_rx(self, refs, queue=0, kick=True):
        """Post RX requests for these references, whatever they are."""
        requests = [rx_request(ref, (len(self.posted[queue]) + i) % RING_SIZE)
                    for i, ref in enumerate(refs)]
        self.posted[queue] += refs
        lines = [f"put {rx(queue)} " + " ".join(requests[i:i + 64])
                 for i in range(0, len(requests), 64)]
        self.do(*lines, f"push {rx(queue)} {self.rx_event(queue) if kick else ''}")

    def received(self, n, queue=0, ms=5000):
        """Wait for n RX responses: tuples of (id, offset, flags, status), or raw bytes."""
        words, = self.do(f"take {rx(queue)} {n} {ms}")
        self.taken[queue] += len(words)
        return [struct.unpack("<HHHh", bytes.fromhex(word)) for word in words]

    def put_tx(self, *slots, queue=0, kick=True):
        """Put TX slots in the ring as they are."""
        self.do(f"put {tx(queue)} " + " ".join(slots),
                f"push {tx(queue)} {tx(queue) if kick else ''}")

    def answers(self, n, queue=0, ms=10000):
        """Wait for n TX responses: tuples of (id, status)."""
        words, = self.do(f"take {tx(queue)} {n} {ms}")
        return [struct.unpack_from("<Hh", bytes.fromhex(word)) for word in words]

    def data(self, *contents):
        """Pages of these contents, granted; returns their references."""
        lines = []
        for i, content in enumerate(contents):
            lines += [f"poke {DATA_PAGE + i} {at} {content[at:at + 2048].hex()}"
                      for at in range(0, len(content), 2048)]
            lines.append(f"-grant {DATA_PAGE + i}")
        said = self.do(*lines)
        return [int(said[i][0]) for i, line in enumerate(lines) if line.startswith("-grant")]

    def transmit(self, frame, flags=0, queue=0):
        """Send one frame and wait for its answer; returns the status."""
        ref, = self.data(frame)
        self.put_tx(tx_request(ref, 0, len(frame), flags, 7), queue=queue)
        answers = self.answers(1, queue)
        self.do(f"end {ref}")
        check(len(answers) == 1 and answers[0][0] == 7, "TX answers:", answers)
        return answers[0][1]

    # -- the control ring ----------------------------------------------------------

    def controls(self, requests):
        """Requests (kind, data...) on the control ring; (status, data) of each answer."""
        lines = []
        for kind, *data in requests:
            request = struct.pack("<HH3I", 77, kind, *data, *[0] * (3 - len(data)))
            lines += [f"put {CTRL_RING} {request.hex()}", f"push {CTRL_RING} {CTRL_EVENT}",
                      f"take {CTRL_RING} 1"]
        said = self.do(*lines)[2::3]
        answers = []
        for (kind, *data), words in zip(requests, said):
            check(len(words) == 1, f"{self.guest.name}, vif {self.number}: {len(words)} answers "
                  f"to control request {kind} {data}")
            number, answered, status, value = struct.unpack_from("<HHII", bytes.fromhex(words[0]))
            check((number, answered) == (77, kind), "an answer to another request:", words)
            answers.append((status, value))
        return answers

    def control(self, kind, *data):
        """One request; (status, data) of its answer."""
        return self.controls([(kind, *data)])[0]


def frontend(scene, backend):
    """The vif of that backend, of one guest that has both."""
    if "control" not in scene.lab.guests:
        # By default as many as dom0 has CPUs, which is one here
        scene.dom0.run("modprobe xen-netback;"
                       "echo 2 >/sys/module/xen_netback/parameters/max_queues")
    vifs = [f"mac={MACS[b]},bridge=xenbr0,script={b.script}" for b in (OURS, STOCK)]
    guest = scene.guest("control", vifs=vifs, extra="testfront=1")
    front = Front(guest, (OURS, STOCK).index(backend))
    if backend is OURS:
        scene.dom0.run(f"vmdqctl release {guest.vif}", check=False)
        story.wait_level(scene.lab, guest, "software")
    return front


def actors(scene):
    """A guest with traffic to lose, one that runs testfront, and its frontend."""
    victim, attacker = scene.guests(
        a={"vcpus": 2, "script": "vif-vmdq"},
        front={"script": "vif-vmdq", "extra": "testfront=1"})
    return victim, attacker, Front(attacker)


def wait_until(holds, what, timeout=180):
    """Wait until a function of the test says true.

    The timeout ends what hangs. It is no measure of anything: hosts differ in speed by more
    than a test could.
    """
    deadline = time.monotonic() + timeout
    while not holds():
        check(time.monotonic() < deadline, f"not within {timeout} s:", what)


class Complaints:
    """What Xen and dom0's kernel write from now on."""

    def __init__(self, lab):
        self.lab = lab
        self.start = len(lab.read_log("serial.log"))

    def text(self):
        return self.lab.read_log("serial.log")[self.start:]

    def expect(self, pattern, timeout=180):
        """Wait for a line of the log that matches."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.text()):
            # What dom0 has printed is in the file once this has run.
            self.lab.dom0.run("true")
            if time.monotonic() > deadline:
                raise TestFailed(f"no line of the log says {pattern}:\n{self.text()}")
