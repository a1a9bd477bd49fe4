# SPDX-License-Identifier: GPL-2.0
"""A program on tmux's terminal in dom0: what is on the screen is what tmux says is there."""

import contextlib
import io
import shlex
import tarfile
import time

from bring import bring, leave

TERMINFO = "/lib/terminfo/s/screen"
LOCALE = "/usr/lib/locale/C.utf8"       # tmux does not run without one of UTF-8


class Pane:
    """The one pane of a tmux server."""

    def __init__(self, dom0, tmux):
        self.dom0 = dom0
        self.tmux = tmux        # the command and its options

    def ask(self, *words):
        return self.dom0.run(f"{self.tmux} {shlex.join(words)}").out

    def lines(self):
        return self.ask("capture-pane", "-p").split("\n")[:-1]

    def type(self, key):
        self.ask("send-keys", key)

    def resize(self, rows, columns):
        self.ask("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, holds, what, timeout=30):
        """Wait until holds(lines); returns the lines."""
        deadline = time.monotonic() + timeout
        while True:
            lines = self.lines()
            if holds(lines):
                return lines
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {timeout} s: {what}\n" + "\n".join(lines))


@contextlib.contextmanager
def on_tmux(dom0, command, rows=24, columns=80):
    """A program on a terminal of that size."""
    where = bring(dom0, "usr/bin/tmux")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(TERMINFO, "terminfo/s/screen")
        tar.add(LOCALE, "C.utf8")
    dom0.put(f"{where}/more.tar.gz", packed.getvalue())
    dom0.run(f"tar -xzf {where}/more.tar.gz -C {where} && "
             f"echo 'set -g default-terminal screen' >{where}/conf")
    pane = Pane(dom0, f"TERMINFO={where}/terminfo LOCPATH={where} TERM=screen "
                      f"{where}/tmux -S {where}/socket -f {where}/conf")
    try:
        # tmux is a script here that names the libraries: those are not for the program.
        pane.ask("new-session", "-d", "-x", str(columns), "-y", str(rows),
                 f"unset LD_LIBRARY_PATH; exec {command}")
        yield pane
    finally:
        dom0.run(f"{pane.tmux} kill-server", check=False)
        leave(dom0, where)
