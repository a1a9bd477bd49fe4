# SPDX-License-Identifier: GPL-2.0
"""What the kernel module vmdq tells by netlink, heard by a listener in dom0 (events.c)."""

import os

import image
from scene import check


class Events:
    """A listener; it ends by itself when a port is gone."""

    def __init__(self, scene):
        listener = os.path.join(image.LAB, "events")
        image.compile_static(os.path.join(image.HERE, "events.c"), listener)
        with open(listener, "rb") as f:
            scene.dom0.put("/tmp/events", f.read(), 0o755)
        self.process = scene.dom0.start("exec /tmp/events")
        check(self.process.line() == "ready", "the listener:", self.process.err)

    def lines(self):
        """All that it has heard so far."""
        return self.process.out.decode().splitlines()[1:]

    def wait(self, timeout=10):
        """Wait until a port is gone; returns what it has heard."""
        self.process.wait(timeout)
        return self.lines()

    def stop(self):
        self.process.signal()
        self.process.wait(10, check=False)
