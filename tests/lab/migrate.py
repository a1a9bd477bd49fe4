# SPDX-License-Identifier: GPL-2.0
"""Live migration of a guest to the machine it is on, and bytes that wait in it meanwhile.

    with Parked(guest) as parked:
        live(guest)
        count, sent, read = parked.finish()

Run as a program, this file is the far end: migrate.py ADDRESS PORT RATE.
"""

import contextlib
import hashlib
import os
import select
import socket
import sys
import time

from channel import Timeout

PORT = 9100
RATE = 120_000          # bytes a second
BLOCK = 1448            # what a frame of 1514 bytes carries

# Takes the connection, and reads nothing until it is told to.
HOLD = """#!/bin/sh
read -r word </tmp/park-go
exec sha256sum >/tmp/parked
"""
# A socket of the guest that holds megabytes before it is read
ROOM = """
echo '4096 8000000 8000000' >/proc/sys/net/ipv4/tcp_rmem
echo '8000 8000 8000' >/proc/sys/net/ipv4/tcp_mem
"""


def command(guest, receiver="xl migrate-receive", options=""):
    """The shell command of dom0 that migrates a guest to localhost."""
    return (f"xl migrate -s '' {options} {guest.name} '{receiver}' >/tmp/migrate.log 2>&1 "
            f"|| {{ cat /tmp/migrate.log; exit 1; }}")


def live(guest, timeout=180):
    """Migrate a running guest; returns the seconds it took until the old domain was gone.

    Fails if the old domain stays, or the new one does not answer.
    """
    old = guest.domid
    started = time.monotonic()
    guest.lab.dom0.run(command(guest), timeout=timeout)
    guest.lab.wait_domain_gone(old)
    seconds = time.monotonic() - started
    guest.moved()
    return seconds


class Parked:
    """Bytes sent to a guest by TCP, at a steady rate, that lie in its memory unread.

    A page that the NIC writes while a guest is being migrated has to be sent again. Most
    traffic would not show it if it were not, as it is read within a moment: these bytes
    are read when the migration is over.
    """

    def __init__(self, guest, rate=RATE, port=PORT):
        self.guest = guest
        guest.run(f"rm -f /tmp/park-go; mkfifo /tmp/park-go; {ROOM}")
        guest.put("/tmp/park", HOLD.encode(), 0o755)
        self.holder = guest.start(f"exec busybox nc -l -p {port} -e /tmp/park")
        guest.wait_for(f"netstat -ltn | grep -q :{port}", what=f"server on port {port}")
        self.sender = guest.lab.peer.start(
            f"exec python3 {os.path.abspath(__file__)} {guest.address} {port} {rate}",
            stdin=-1, stdout=-1, bufsize=1)
        if self.sender.stdout.readline() != "connected\n":
            raise Timeout(f"{guest.name}: no connection to its port {port}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sender.kill()
        with contextlib.suppress(BrokenPipeError):
            self.sender.stdin.close()
        self.sender.wait()
        self.holder.signal()

    def waiting(self):
        """Bytes that lie in the guest now."""
        queues = self.guest.run(f"cat /proc/net/tcp /proc/net/tcp6 |"
                                f"grep -i ':{PORT:04x} [0-9a-f:]* 01 '").out.split()[4]
        return int(queues.split(":")[1], 16)

    def finish(self, timeout=120):
        """End the stream and let the guest read; returns (bytes, sum sent, sum read)."""
        self.sender.stdin.close()
        count, sent = self.sender.stdout.readline().split()
        self.guest.run("echo >/tmp/park-go", timeout=timeout)
        self.holder.wait(timeout)
        return int(count), sent, self.guest.run("cat /tmp/parked").out.split()[0]


# -- the far end ----------------------------------------------------------------

def far_end(address, port, rate):
    """Send random bytes until standard input ends; print how many, and their sum."""
    sock = socket.create_connection((address, port), 60)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 600_000)
    sock.setblocking(False)
    print("connected", flush=True)
    digest = hashlib.sha256()
    sent = 0
    started = time.monotonic()
    while not select.select([sys.stdin], [], [], 0.01)[0]:
        with contextlib.suppress(BlockingIOError):
            while sent < (time.monotonic() - started) * rate:
                block = os.urandom(BLOCK)
                n = sock.send(block)
                digest.update(block[:n])
                sent += n
    sock.setblocking(True)
    sock.shutdown(socket.SHUT_WR)
    print(sent, digest.hexdigest(), flush=True)
    sock.recv(1)        # the guest closes when it has read all


if __name__ == "__main__":
    far_end(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
