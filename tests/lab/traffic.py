# SPDX-License-Identifier: GPL-2.0
"""Test frames and peers: the wire's far end, and receivers in guests or dom0."""

import itertools
import json
import os
import subprocess
import threading
import time

import image
from channel import CommandFailed, LabError, Result, Timeout

BROADCAST = "ff:ff:ff:ff:ff:ff"
DEFAULT_RATE = 2000     # frames a second that an emulated machine takes without loss
EMPTY = {"received": 0, "unique": 0, "lost": 0, "duplicated": 0, "reordered": 0, "corrupt": 0,
         "misdirected": 0, "bytes": 0, "tagged": 0, "vlan": -1}
_streams = itertools.count(1)


def new_stream():
    """A stream number that nothing else in this process uses."""
    return next(_streams)


def size_words(size):
    """Lengths of frames as a sender takes them: one; a tuple: from..to; a list: in turn."""
    if isinstance(size, list):
        return {"sizes": ",".join(map(str, size))}
    low, high = size if isinstance(size, tuple) else (size, size)
    return {"min": low, "max": high}


def words(**values):
    return " ".join(f"{k}={v}" for k, v in values.items() if v is not None)


class Sending:
    """A stream on its way from the wire to the NIC."""

    def __init__(self, wire, job, stream, count):
        self.wire = wire
        self.job = job
        self.stream = stream
        self.count = count
        self.done = threading.Event()
        self.frames = None

    def wait(self, timeout=60):
        """Wait until all frames are written; returns how many."""
        if not self.done.wait(timeout):
            raise Timeout(f"wire: stream {self.stream}: not sent within {timeout} s")
        if self.frames is None:
            raise LabError("wire: has ended")
        return self.frames

    def stop(self):
        """End the stream now; returns how many frames were sent."""
        self.wire.command("stop", job=self.job)
        return self.wait(10)


class Peer:
    """Ordinary programs at the far end of the wire, in a network namespace."""

    def __init__(self, namespace, address):
        self.namespace = namespace
        self.address = address
        self._started = []

    def prefix(self):
        return ["ip", "netns", "exec", self.namespace]

    def start(self, command, **options):
        """Start a shell command; returns the subprocess.Popen."""
        process = subprocess.Popen([*self.prefix(), "bash", "-c", command], text=True, **options)
        self._started.append(process)
        return process

    def run(self, command, check=True, timeout=60):
        try:
            p = subprocess.run([*self.prefix(), "bash", "-c", command], text=True, check=False,
                               capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as e:
            raise Timeout(f"peer: not done within {timeout} s: {command}") from e
        result = Result(command, p.returncode, p.stdout, p.stderr)
        if check and p.returncode:
            raise CommandFailed("peer", result)
        return result

    def close(self):
        """End what was started here and still runs."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._started.clear()


class Wire:
    """The far end of one NIC's wire: tests/lab/wire.c and its namespace."""

    def __init__(self, lab, number, address):
        self.number = number
        self.mac = f"02:77:ff:00:00:{number + 1:02x}"
        self.namespace = f"xv-{lab.name}-{number}"
        self.peer = Peer(self.namespace, address)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._answers = {}
        self._reached = set()
        self._sendings = {}
        self.ended = False
        tap = f"wire{number}"
        make_namespace(self.namespace)
        with open(os.path.join(lab.dir, f"{tap}.log"), "wb") as log:
            self.process = subprocess.Popen(
                [*self.peer.prefix(), os.path.join(image.LAB, "wire"), f"{tap}.sock", tap],
                cwd=lab.dir, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                bufsize=1)
        if '"ready"' not in self.process.stdout.readline():
            raise LabError("wire: does not start; " + lab.tail(f"{tap}.log"))
        self.peer.run(f"sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip link set lo up;"
                      f"ip link set {tap} address {self.mac} up; ip addr add {address}/24 dev {tap}")
        threading.Thread(target=self._read, daemon=True, name=tap).start()

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            with self._changed:
                event = message.get("event")
                if event == "sent":
                    sending = self._sendings.pop(message["job"], None)
                    if sending:
                        sending.frames = message["frames"]
                        sending.done.set()
                elif event == "reached":
                    self._reached.add(message["id"])
                else:
                    self._answers[message["id"]] = message
                self._changed.notify_all()
        with self._changed:
            self.ended = True
            for sending in self._sendings.values():
                sending.done.set()
            self._changed.notify_all()

    def command(self, name, timeout=10, **values):
        number = next(self._ids)
        with self._lock:
            self.process.stdin.write(f"{name} {words(id=number, **values)}\n")
        with self._changed:
            if not self._changed.wait_for(lambda: number in self._answers or self.ended, timeout):
                raise Timeout(f"wire: no answer to {name}")
            if self.ended:
                raise LabError("wire: has ended")
            answer = self._answers.pop(number)
        if "error" in answer:
            raise LabError(f"wire: {name}: {answer['error']}")
        return answer

    def start(self, dst, count=0, size=(60, 1514), rate=DEFAULT_RATE, vlan=None, src=None,
              stream=None, fault=None, burst=None, clock=None):
        """Start sending in the background; rate 0 is as fast as the NIC takes them.

        size as size_words() takes it.
        burst is how many are sent together, without a change of the rate.
        fault ("lose", "duplicate", "reorder", "corrupt") is done to every tenth frame.
        With a MachineClock, rate is per second of the machine's time.
        """
        stream = stream or new_stream()
        job = next(self._ids)
        sending = Sending(self, job, stream, count)
        with self._changed:
            self._sendings[job] = sending
        self.command("send", job=job, stream=stream, dst=dst, src=src or self.mac, count=count,
                     rate=rate, vlan=vlan, fault=fault, burst=burst,
                     clock=clock and clock.stream, hz=clock and clock.HZ, **size_words(size))
        return sending

    def send(self, dst, count, timeout=None, **options):
        """Send that many frames and wait until the NIC has them; returns the Sending."""
        sending = self.start(dst, count, **options)
        rate = options.get("rate", DEFAULT_RATE) or 500
        slower = 10 if options.get("clock") else 3
        sending.wait(timeout or 20 + slower * count / rate)
        return sending

    def raw(self, frame):
        """Send bytes as one frame."""
        self.command("raw", hex=frame.hex())

    def report(self):
        return self.command("report")

    def reset(self):
        self.command("reset")

    def received(self, stream):
        return self.report()["streams"].get(str(stream), dict(EMPTY))

    def expect(self, stream, count, timeout=30):
        """Wait for that many different frames of a stream; returns what arrived."""
        number = next(self._ids)
        with self._lock:
            self.process.stdin.write(f"wait {words(id=number, stream=stream, count=count)}\n")
        with self._changed:
            self._changed.wait_for(lambda: number in self._reached or self.ended, timeout)
        return self.received(stream)

    def close(self):
        self.peer.close()
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        subprocess.run(["ip", "netns", "del", self.namespace], check=False)


class Receiver:
    """framecheck in dom0 or in a guest, listening on an interface."""

    def __init__(self, agent, dev="eth0", promisc=False, ring=None):
        self.name = f"{agent.name}/{dev}"
        self._reached = set()
        self._reports = 0
        self._seen = 0
        self._last = None
        self.process = agent.start(
            "exec framecheck recv " + words(dev=dev, promisc=int(promisc), ring=ring))
        self._next(lambda m: m.get("event") == "ready", 30)

    def _next(self, wanted, timeout):
        deadline = time.monotonic() + timeout
        while True:
            line = self.process.line(max(0.01, deadline - time.monotonic()))
            if line is None:
                raise LabError(f"{self.name}: framecheck ended: "
                               f"{self.process.err.decode(errors='replace')}")
            message = json.loads(line)
            if message.get("event") == "reached":
                self._reached.add(message["stream"])
            if wanted(message):
                return message

    def report(self, timeout=30):
        self.process.write("report\n")
        return self._next(lambda m: "streams" in m, timeout)

    def received(self, stream):
        """What has arrived of a stream, with the kernel's drops."""
        report = self.report()
        return dict(report["streams"].get(str(stream), EMPTY),
                    kernel_drops=report["kernel_drops"])

    def expect(self, stream, count, timeout=30):
        """Wait for that many different frames of a stream; returns what arrived."""
        self._reached.discard(stream)
        self.process.write(f"wait {words(stream=stream, count=count)}\n")
        try:
            self._next(lambda m: stream in self._reached, timeout)
        except Timeout:
            pass
        return self.received(stream)

    def reset(self):
        self.process.write("reset\n")
        self._next(lambda m: m.get("event") == "reset", 30)

    def stop(self):
        """End it; returns the last report."""
        self.process.write("quit\n")
        report = self._next(lambda m: "streams" in m, 30)
        self.process.wait(30)
        return report


def start_sending(agent, dst, count=0, size=(60, 1514), rate=500, dev="eth0", vlan=None,
                  stream=None):
    """Send test frames from a guest or dom0 in the background; returns (Process, stream)."""
    stream = stream or new_stream()
    process = agent.start("exec framecheck send " + words(
        dev=dev, dst=dst, count=count, rate=rate, vlan=vlan, stream=stream, **size_words(size)))
    return process, stream


class MachineClock:
    """The machine's own time, told to the wire: dom0 sends it a frame each millisecond.

    With LAB = {"icount": True} the machine's time is what it executes, whatever the
    host does meanwhile, and a rate by this clock means the same on any host. Without,
    the rate is the host's, but a machine that the host lets stand still has no more
    frames sent to it than it can take, where a pool's ring is full in a quarter second.
    """

    HZ = 1000

    def __init__(self, lab, dev):
        self.dom0 = lab.dom0
        self.process, self.stream = start_sending(lab.dom0, lab.wire.mac, size=60, rate=self.HZ,
                                                  dev=dev)
        lab.wire.expect(self.stream, 1)

    def read(self):
        """What time it is there, in seconds."""
        return float(self.dom0.run("echo $EPOCHREALTIME").out)

    def stop(self):
        self.process.signal()
        self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def intact(got, count):
    """Whether exactly the frames 0..count-1 arrived, once each and undamaged."""
    return (got["unique"] == got["received"] == count and
            not got["lost"] + got["duplicated"] + got["corrupt"])


def make_namespace(name):
    """Make a network namespace; remove those of labs that were killed."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        old = line.split()[0]
        parts = old.split("-")
        if old.startswith("xv-") and parts[1].isdigit() and not os.path.exists("/proc/" + parts[1]):
            # another lab may just have done so
            subprocess.run(["ip", "netns", "del", old], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["ip", "netns", "add", name], check=True)
