# SPDX-License-Identifier: GPL-2.0
"""Commands in dom0 and in guests, by way of tests/lab/agent.c.

An Agent runs many commands at once over one byte stream; a Process is one of
them. A guest's agent is reached through a process in dom0 that relays the
guest's console, so the same two classes serve both.
"""

import collections
import queue
import shlex
import signal as signals
import struct
import threading
import time

MAGIC = 0x3AC5
CHECK = 0x5AA5C33C
HEADER = struct.Struct("<HBBIII")
PAYLOAD_MAX = 65536
EXEC, STDIN, STDIN_END, SIGNAL, PING = 1, 2, 3, 4, 5
PONG, STDOUT, STDERR, EXIT = 16, 17, 18, 19


class LabError(Exception):
    """The lab could not do what it was asked."""


class CommandFailed(LabError):
    """A command ended with a status other than 0."""

    def __init__(self, where, result):
        super().__init__(f"{where}: exit status {result.status}: {result.command}\n"
                         f"{result.out}{result.err}".rstrip())
        self.result = result


class Timeout(LabError):
    """Something did not happen in time."""


class TimeUp(BaseException):
    """What a test may take has passed. Nobody who waits for something takes it for that."""


Result = collections.namedtuple("Result", "command status out err")


class Process:
    """A command that runs in dom0 or in a guest."""

    def __init__(self, agent, job, command):
        self.agent = agent
        self.job = job
        self.command = command
        self.status = None
        self.out = bytearray()
        self.err = bytearray()
        self.changed = threading.Condition()
        self.sink = None        # called with each piece of output instead of storing it
        self.lines_taken = 0

    def received(self, kind, payload):
        with self.changed:
            if kind == EXIT:
                self.status = struct.unpack("<i", payload)[0]
            elif kind == STDERR:
                self.err += payload
            elif self.sink:
                self.sink(payload)
            else:
                self.out += payload
            self.changed.notify_all()

    def lost(self):
        with self.changed:
            if self.status is None:
                self.status = 255
                self.err += b"(the connection ended)\n"
            self.changed.notify_all()

    @property
    def running(self):
        return self.status is None

    def write(self, data):
        if isinstance(data, str):
            data = data.encode()
        for i in range(0, len(data), self.agent.chunk):
            self.agent.send(STDIN, self.job, data[i:i + self.agent.chunk])

    def close_stdin(self):
        self.agent.send(STDIN_END, self.job)

    def signal(self, number=signals.SIGTERM):
        if self.running:
            self.agent.send(SIGNAL, self.job, struct.pack("<i", number))

    def line(self, timeout=30):
        """The next line of standard output; None when the process has ended."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                end = self.out.find(b"\n", self.lines_taken)
                if end >= 0:
                    text = self.out[self.lines_taken:end].decode(errors="replace")
                    self.lines_taken = end + 1
                    return text
                if not self.running:
                    return None
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Timeout(f"{self.agent.name}: no line within {timeout} s from: "
                                  f"{self.command}\n{self.err.decode(errors='replace')}")
                self.changed.wait(left)

    def wait(self, timeout=120, check=True):
        """Wait for the end. The Result's texts are all that was printed."""
        with self.changed:
            if not self.changed.wait_for(lambda: not self.running, timeout):
                self.signal(signals.SIGKILL)
                raise Timeout(f"{self.agent.name}: not done within {timeout} s: {self.command}\n"
                              f"{self.out.decode(errors='replace')}"
                              f"{self.err.decode(errors='replace')}")
        result = Result(self.command, self.status, self.out.decode(errors="replace"),
                        self.err.decode(errors="replace"))
        if check and result.status != 0:
            raise CommandFailed(self.agent.name, result)
        return result


class Agent:
    """The host's end of an agent's channel."""

    def __init__(self, name, write, chunk=PAYLOAD_MAX, noise=None):
        self.name = name
        self.chunk = chunk
        self._write = write
        self._noise = noise     # called with bytes that belong to no frame
        self._buffer = bytearray()
        self._jobs = {}
        self._next = 1
        self._lock = threading.Lock()
        self._alive = threading.Event()
        self.ended = False

    def send(self, kind, job, payload=b""):
        header = HEADER.pack(MAGIC, kind, 0, job, len(payload),
                             kind ^ job ^ len(payload) ^ CHECK)
        with self._lock:
            self._write(header + payload)

    def feed(self, data):
        """Take bytes from the channel."""
        buf = self._buffer
        buf += data
        while len(buf) >= HEADER.size:
            magic, kind, _, job, length, check = HEADER.unpack_from(buf)
            if magic != MAGIC or check != (kind ^ job ^ length ^ CHECK):
                skip = buf.find(MAGIC.to_bytes(2, "little"), 1)
                skip = skip if skip > 0 else len(buf) - 1
                if self._noise:
                    self._noise(bytes(buf[:skip]))
                del buf[:skip]
                continue
            if len(buf) < HEADER.size + length:
                return
            payload = bytes(buf[HEADER.size:HEADER.size + length])
            del buf[:HEADER.size + length]
            self._dispatch(kind, job, payload)

    def _dispatch(self, kind, job, payload):
        if kind == PONG:
            self._alive.set()
            return
        process = self._jobs.get(job)
        if process is None:
            return
        if kind == EXIT:
            self._jobs.pop(job, None)
        process.received(kind, payload)

    def lost(self):
        """The channel has ended: nothing more will come."""
        self.ended = True
        self._alive.set()
        for process in list(self._jobs.values()):
            process.lost()
        self._jobs.clear()

    def wait_ready(self, timeout):
        """Wait until the agent answers."""
        deadline = time.monotonic() + timeout
        while not self._alive.is_set():
            if time.monotonic() > deadline:
                raise Timeout(f"{self.name}: the agent does not answer after {timeout} s")
            self.send(PING, 0)
            self._alive.wait(0.25)
        if self.ended:
            raise LabError(f"{self.name}: ended before its agent answered")

    def start(self, command, sink=None):
        """Start a shell command; returns a Process."""
        if self.ended:
            raise LabError(f"{self.name}: has ended; not run: {command}")
        with self._lock:
            job = self._next
            self._next += 1
        process = Process(self, job, command)
        process.sink = sink
        self._jobs[job] = process
        self.send(EXEC, job, command.encode())
        return process

    def run(self, command, check=True, timeout=120, stdin=None):
        """Run a shell command to its end; returns a Result."""
        process = self.start(command)
        if stdin:
            process.write(stdin)
        process.close_stdin()
        return process.wait(timeout, check)

    def put(self, path, data, mode=0o644):
        """Write a file there."""
        quoted = shlex.quote(path)
        self.run(f"cat >{quoted} && chmod {mode:o} {quoted}", stdin=data)

    def wait_for(self, command, timeout=180, interval=0.1, what=None):
        """Repeat a shell command until it succeeds; returns its Result."""
        deadline = time.monotonic() + timeout
        while True:
            result = self.run(command, check=False, timeout=timeout)
            if result.status == 0:
                return result
            if time.monotonic() > deadline:
                raise Timeout(f"{self.name}: {what or command}: not within {timeout} s\n"
                              f"{result.out}{result.err}".rstrip())
            time.sleep(interval)


class Pump(threading.Thread):
    """Reads a socket and feeds an agent."""

    def __init__(self, sock, agent):
        super().__init__(daemon=True, name="pump " + agent.name)
        self.sock = sock
        self.agent = agent
        self.failed = queue.Queue()
        self.start()

    def run(self):
        try:
            while True:
                data = self.sock.recv(1 << 16)
                if not data:
                    break
                self.agent.feed(data)
        except OSError:
            pass
        self.agent.lost()
