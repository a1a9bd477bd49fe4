#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows vmdqtop's screen: what it draws on terminals of several sizes, and what its keys do.

The program is vmdqtop with the fakes of this folder below it (fakes/top_main.c), on a terminal
of its own (tests/lab/onpty.c); the screen is that of a VT100 (tests/lab/screen.py).
"""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", "unit")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))

from screen import BOLD, REVERSE, Screen, Terminal      # noqa: E402

HEADER = "      NAME    VIF POOL    STATE RXP/s RXB/s TXP/s TXB/s DRP/s RING F/INT MAPPED"
WEB = "       web vif1.0    1    grant     0     0     0     0     0  75%     -    192"
TOTALS = "       web vif1.0    1    grant 10030  1.0M    90  9000    63  75%    25    192"
KEYS = " Delay  Networks  Repeat header  Sort order  Totals  All pools  Full names  Quit"
WRITE = {"x86_64": 1}.get(os.uname().machine, 64)      # number of the system call
FIRST = 4       # line of the first row: below the title, the summary and the header


class Program:
    """vmdqtop on a terminal."""

    def __init__(self, *options, rows=24, columns=80, vifs=0, term="vt100"):
        self.terminal = Terminal(rows, columns)
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "onpty"), f"{rows}x{columns}",
             os.path.join(BUILD, "top_on_fakes"), *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
            # what newterm() leaves behind when it fails is not ours
            env=dict(os.environ, TERM=term, FAKE_VIFS=str(vifs), LC_ALL="C",
                     ASAN_OPTIONS="detect_leaks=0" if term != "vt100" else ""))
        self.terminal.write = self.process.stdin.write
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while data := self.process.stdout.read(4096):
            self.terminal.feed(data)

    def child(self):
        """The process that is vmdqtop."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], text=True,
                               check=True, capture_output=True).stdout.split()
        return int(found[0])

    def wait_call(self, number):
        """Wait until vmdqtop waits in a system call."""
        deadline = time.monotonic() + 60
        path = f"/proc/{self.child()}/syscall"
        while time.monotonic() < deadline:
            with open(path, encoding="ascii") as f:
                if f.read().split()[0] == str(number):
                    return
            time.sleep(0.01)
        raise AssertionError(f"not in system call {number}")

    def end(self):
        status = self.process.wait(60)
        self.reader.join(60)
        self.process.stdin.close()
        self.process.stdout.close()
        return status

    def __enter__(self):
        return self.terminal

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.end()


class Keys(unittest.TestCase):
    """What is seen, and how keys change it."""

    def test_eighty_columns(self):
        with Program("-d", "0.2") as terminal:
            lines = terminal.wait(lambda seen: seen[FIRST] == WEB, "the row")
            self.assertRegex(lines[0], r"^vmdqtop - \d\d:\d\d:\d\d   vmdq \S+   every 0\.2 s$")
            self.assertEqual(lines[1], "1 port: 3 pools, 1 taken, 2 free")
            self.assertEqual(lines[2], "1 vif: 1 grant, 0 copy, 0 software, 0 draining, 0 error,"
                                       " 0 idle")
            self.assertEqual(lines[3], HEADER)
            self.assertEqual(lines[FIRST + 1:23], [""] * 18)
            self.assertEqual(lines[23], KEYS)
            self.assertEqual(terminal.screen.has(3, REVERSE), list(range(80)))
            self.assertEqual(terminal.screen.has(FIRST, REVERSE), [])
            # the letters to press
            self.assertEqual([lines[23][x] for x in terminal.screen.has(23, REVERSE)],
                             list("DNRSTAFQ"))

    def test_what_keys_change(self):
        with Program("-d", "60") as terminal:
            terminal.wait(lambda seen: seen[3] == HEADER, "the header")
            terminal.type("t")
            terminal.wait(lambda seen: seen[FIRST] == TOTALS, "totals")
            terminal.type("N")
            lines = terminal.wait(lambda seen: "by-sw" in seen[FIRST + 2], "the parts")
            self.assertEqual(lines[FIRST + 1].split()[:3], ["by-pool", "10000", "1.0M"])
            self.assertEqual(lines[FIRST + 2].split()[:3], ["by-sw", "30", "3000"])
            terminal.type("n")
            terminal.wait(lambda seen: not seen[FIRST + 1], "no parts")
            terminal.type("a")
            lines = terminal.wait(lambda seen: "free" in seen[FIRST + 2], "free pools")
            self.assertEqual(lines[FIRST + 1].split(),
                             ["-", "-", "2", "free", *["-"] * 8])
            terminal.type("R")
            terminal.wait(lambda seen: seen[FIRST + 1].split() == seen[3].split() and
                          terminal.screen.has(FIRST + 1, REVERSE) == list(range(80)), "headers")
            terminal.type("rat")
            terminal.wait(lambda seen: seen[3] == HEADER and not seen[FIRST + 1], "as before")

    def test_order(self):
        with Program("-d", "60", "-t", vifs=3) as terminal:
            terminal.wait(lambda seen: "more02" in seen[FIRST + 3], "the rows")
            self.assertEqual(terminal.screen.has(3, BOLD), list(range(19, 23)))
            for _ in range(10):     # round, past the last column, to the names
                terminal.type("s")
            lines = terminal.wait(lambda seen: "web" in seen[FIRST + 3], "by name")
            self.assertEqual([line.split()[0] for line in lines[FIRST:FIRST + 4]],
                             ["more00", "more01", "more02", "web"])
            self.assertEqual(terminal.screen.has(3, BOLD), list(range(0, 10)))

    def test_delay(self):
        with Program("-d", "60") as terminal:
            terminal.wait(lambda seen: seen[3] == HEADER, "the header")
            terminal.type("d")
            terminal.wait(lambda seen: seen[23] == "Delay(sec):", "the prompt")
            terminal.type("1x23\b\b.5")
            terminal.wait(lambda seen: seen[23] == "Delay(sec): 1.5", "what was typed")
            terminal.type("\r")
            terminal.wait(lambda seen: seen[0].endswith("every 1.5 s") and seen[23] == KEYS,
                          "the delay")
            # and it is in force: the rates come
            terminal.wait(lambda seen: seen[FIRST] == WEB, "the rates")
            # what is no time changes nothing, nor does a change of mind
            terminal.type("D0\r")
            terminal.type("D7\x1b")
            terminal.wait(lambda seen: seen[23] == KEYS, "no prompt")
            terminal.wait(lambda seen: seen[0].endswith("every 1.5 s"), "the same delay")

    def test_sizes(self):
        with Program("-d", "60", vifs=2) as terminal:
            terminal.wait(lambda seen: "NAME" in seen[3], "the header")
            terminal.resize(10, 40)
            terminal.wait(lambda seen: seen[3] == "      NAME     VIF POOL    STATE RXP/s" and
                          seen[9] == " Delay  Networks  Repeat header", "40 columns")
            terminal.resize(50, 200)
            lines = terminal.wait(lambda seen: seen[3].endswith("VLAN") and seen[49] == KEYS, "200")
            self.assertIn("0000:00:03.0", lines[FIRST])
            # so small that there is room for next to nothing
            for rows, columns in ((3, 20), (1, 1), (2, 5)):
                terminal.resize(rows, columns)
                terminal.wait(lambda seen, end=columns: seen[0][:7] == "vmdqtop"[:end],
                              f"{rows} lines of {columns}")
            terminal.resize(24, 80)
            terminal.wait(lambda seen: "NAME" in seen[3] and seen[23] == KEYS, "80 columns")

    def test_a_size_that_comes_while_it_draws(self):
        """It must not wait for the next update, here an hour away."""
        program = Program("-d", "3600")
        with program as terminal:
            terminal.wait(lambda seen: seen[23] == KEYS, "the keys")
            terminal.type("\x13n")      # the terminal takes no more: what is drawn waits
            program.wait_call(WRITE)
            terminal.resize(20, 40)
            terminal.type("\x11")
            terminal.wait(lambda seen: seen[3] == HEADER[:37] and seen[19], "40 columns")

    def test_scrolling(self):
        with Program("-d", "60", rows=12, vifs=20) as terminal:
            terminal.wait(lambda seen: "web" in seen[FIRST] and "more05" in seen[10], "the rows")
            terminal.type("\x1bOB")
            terminal.wait(lambda seen: "more00" in seen[FIRST] and "more06" in seen[10], "down")
            terminal.type("\x1bOA\x1bOA")
            terminal.wait(lambda seen: "web" in seen[FIRST], "up, and no further")
            terminal.type("\x1bOB" * 30)
            terminal.wait(lambda seen: "more19" in seen[10], "down to the last")
            terminal.wait(lambda seen: "more13" in seen[FIRST], "and no further")
            self.assertIn("NAME", terminal.screen.lines()[3])


class Ends(unittest.TestCase):
    """How it ends."""

    def ended(self, program, keys=None, says=None):
        if keys is not None:
            program.terminal.wait(lambda seen: "NAME" in seen[3], "the header")
            program.terminal.type(keys)
        status = program.end()
        if says:
            self.assertTrue(any(says in line for line in program.terminal.screen.lines()),
                            program.terminal.screen.lines())
        return status

    def test_keys(self):
        self.assertEqual(self.ended(Program("-d", "60"), "q"), 0)
        self.assertEqual(self.ended(Program("-d", "60"), "Q"), 0)
        self.assertEqual(self.ended(Program("-d", "60"), "\x1b"), 0)

    def test_iterations(self):
        self.assertEqual(self.ended(Program("-d", "0.1", "-i", "3")), 0)

    def test_a_full_disk(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([os.path.join(BUILD, "top_on_fakes"), "-b", "-d", "0.1"],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False,
                                  timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("vmdqtop: cannot write: No space left", done.stderr)

    def test_signal(self):
        program = Program("-d", "60")
        program.terminal.wait(lambda seen: "NAME" in seen[3], "the header")
        program.terminal.type("\x03")
        self.assertNotEqual(program.end(), 0)

    def test_a_terminal_that_nobody_knows(self):
        program = Program(term="no-such-terminal")
        self.assertEqual(self.ended(program, says="vmdqtop -b"), 2)

    def test_the_terminal_goes(self):
        program = Program("-d", "60")
        program.terminal.wait(lambda seen: "NAME" in seen[3], "the header")
        child = program.child()
        program.process.send_signal(signal.SIGKILL)
        program.end()
        for _ in range(600):
            if not os.path.exists(f"/proc/{child}"):
                break
            time.sleep(0.1)
        self.assertFalse(os.path.exists(f"/proc/{child}"))


class Vt100(unittest.TestCase):
    """The screen itself."""

    def test_what_it_draws(self):
        screen = Screen(3, 5)
        for byte in b"ab\x1b[2;3Hcd\x1b[7me\x1b[mf\r\nX\x1b[2;1H\x1b[K":
            screen.feed(bytes((byte,)))
        self.assertEqual(screen.lines(), ["ab", "", "X"])
        screen.feed(b"\x1b[7mrev\x1b[0;1mb")
        self.assertEqual((screen.has(1, REVERSE), screen.has(1, BOLD)), ([0, 1, 2], [3]))
        screen.feed(b"\x1b[3;1H\nlast")
        self.assertEqual(screen.lines(), ["revb", "X", "last"])
        screen.feed(b"\x1b[H\x1bM\x1b[J")
        self.assertEqual(screen.lines(), ["", "", ""])

    def test_strict(self):
        self.assertRaises(ValueError, Screen().feed, b"\x1b[3@")
        self.assertRaises(ValueError, Screen().feed, b"\x1b]0;title\x07")


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
