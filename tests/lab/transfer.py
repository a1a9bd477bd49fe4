# SPDX-License-Identifier: GPL-2.0
"""A TCP connection that has to live through what happens to a guest.

The far end of the wire sends a guest a stream of bytes at a steady rate, the guest
echoes them, and what comes back is compared byte by byte: so one connection shows
both directions. It lasts until it is told to finish.

    echo = EchoServer(guest)
    with Transfer(lab.peer, guest.address) as transfer:
        guest.save("/tmp/image")
        guest.restore("/tmp/image")
        transfer.flows()
        transfer.finish()
    echo.stop()

The guest's server lives on across save, restore and migration, as it is part of it.
Run as a program, this file is the far end: transfer.py ADDRESS PORT RATE SEED.
"""

import contextlib
import json
import os
import queue
import random
import select
import socket
import subprocess
import sys
import threading
import time

PORT = 9000
RATE = 150_000      # bytes a second, each way: some 100 full frames
BLOCK = 3000        # bytes written at once
PAUSE, GO_ON = "p\n", "g\n"     # to the far end's standard input
TCP_RTO_MAX_MS = 44     # linux/tcp.h; not in this Python's socket module


class TransferFailed(Exception):
    """The connection broke, stood still, or brought back other bytes."""


class EchoServer:
    """Echoes each connection to a port of a guest (or of dom0)."""

    def __init__(self, place, port=PORT):
        self.process = place.start(f"exec busybox nc -ll -p {port} -e cat")
        place.wait_for(f"netstat -ltn | grep -q :{port}", what=f"server on port {port}")

    def stop(self):
        self.process.signal()
        self.process.wait(30, check=False)


class Transfer:
    """One connection from the wire's far end to an EchoServer, and back."""

    def __init__(self, peer, address, port=PORT, rate=RATE, seed=1):
        self.address = address
        self.received = 0
        self.sent = 0
        self.broken = None
        self.idle = False
        self._ended = False
        self._changed = threading.Condition()
        self._stop = queue.Queue()
        program = os.path.abspath(__file__)
        self.process = peer.start(f"exec python3 {program} {address} {port} {rate} {seed}",
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        threading.Thread(target=self._read, daemon=True, name=f"transfer {address}").start()
        self.flows()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self):
        for line in self.process.stdout:
            message = json.loads(line)
            with self._changed:
                self.received = message.get("received", self.received)
                self.sent = message.get("sent", self.sent)
                self.broken = message.get("broken")
                self.idle = self.idle or "idle" in message
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def flows(self, more=10 * BLOCK, timeout=120):
        """Wait until that many bytes more have come back, intact."""
        with self._changed:
            want = self.received + more
            self._changed.wait_for(lambda: self.received >= want or self.broken or self._ended,
                                   timeout)
            if self.received < want:
                raise TransferFailed(self._state("stands still"))

    def alive(self):
        """Fail if the connection has broken, or brought something wrong."""
        with self._changed:
            if self.broken or self._ended:
                raise TransferFailed(self._state("is broken"))

    def pause(self, timeout=60):
        """Send no more for now, and wait until nothing is on its way."""
        self.process.stdin.write(PAUSE)
        with self._changed:
            self._changed.wait_for(lambda: self.idle or self.broken or self._ended, timeout)
            if not self.idle:
                raise TransferFailed(self._state("does not come to rest"))

    def go_on(self):
        """Send again."""
        with self._changed:
            self.idle = False
        self.process.stdin.write(GO_ON)

    def finish(self, timeout=120):
        """Send no more, wait for the echo's end: each byte must have come back. Returns how many."""
        self.process.stdin.close()
        with self._changed:
            self._changed.wait_for(lambda: self._ended, timeout)
            if not self._ended or self.broken or self.sent != self.received or not self.sent:
                raise TransferFailed(self._state("did not end well"))
            return self.received

    def close(self):
        """End it, whatever its state."""
        self.process.kill()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()

    def _state(self, what):
        return (f"TCP from {self.address} {what}: {self.broken or 'no error'}, "
                f"{self.sent} bytes sent, {self.received} came back")


# -- the far end ----------------------------------------------------------------

class Stream:
    """The bytes that a seed stands for, in blocks."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._left = b""

    def block(self):
        return self._random.randbytes(BLOCK)

    def take(self, count):
        while len(self._left) < count:
            self._left += self.block()
        taken, self._left = self._left[:count], self._left[count:]
        return taken


def tell(**values):
    print(json.dumps(values), flush=True)


def connect(address, port):
    sock = socket.create_connection((address, port), 60)
    sock.settimeout(None)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 600_000)
    # A guest that was away is asked again soon, where the kernel can (from 6.15).
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_RTO_MAX_MS, 1000)
    sock.setblocking(False)
    return sock


class FarEnd:
    """Sends at its rate until standard input ends, and compares what comes back."""

    def __init__(self, sock, rate, seed):
        self.sock = sock
        self.every = BLOCK / rate
        self.source, self.expected = Stream(seed), Stream(seed)
        self.pending = b""
        self.sent = self.received = self.told = 0
        self.paused = self.ending = False
        self.due = time.monotonic()

    def obey(self):
        """Take commands from standard input."""
        said = os.read(0, 100).decode()
        self.paused = said.endswith(PAUSE)
        self.ending = not said

    def send(self):
        now = time.monotonic()
        if not self.pending and not self.paused and not self.ending and now >= self.due:
            self.pending = self.source.block()
            self.due = max(self.due, now - 1) + self.every
        if self.pending:
            with contextlib.suppress(BlockingIOError):
                n = self.sock.send(self.pending)
                self.sent += n
                self.pending = self.pending[n:]
        elif self.ending:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)

    def receive(self):
        """Compare what has come; returns whether there may be more."""
        data = self.sock.recv(1 << 16)
        if not data:
            tell(sent=self.sent, received=self.received,
                 **({} if self.ending else {"broken": "the guest closed it"}))
            return False
        if data != self.expected.take(len(data)):
            tell(sent=self.sent, received=self.received,
                 broken=f"wrong bytes after {self.received} right ones")
            return False
        self.received += len(data)
        return True

    def run(self):
        idle = False
        while True:
            self.send()
            wanted = [self.sock] if self.ending else [self.sock, 0]
            readable, _, _ = select.select(wanted, [], [], 0.01)
            if 0 in readable:
                self.obey()
            if self.sock in readable and not self.receive():
                return
            if self.received - self.told >= BLOCK:
                tell(sent=self.sent, received=self.received)
                self.told = self.received
            was_idle, idle = idle, self.paused and not self.pending and self.sent == self.received
            if idle and not was_idle:
                tell(sent=self.sent, received=self.received, idle=True)


def main():
    rate, seed = (int(a) for a in sys.argv[3:5])
    try:
        FarEnd(connect(sys.argv[1], int(sys.argv[2])), rate, seed).run()
    except OSError as error:
        tell(broken=str(error))


if __name__ == "__main__":
    main()
