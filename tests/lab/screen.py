# SPDX-License-Identifier: GPL-2.0
"""A VT100's screen: what a program that draws has put where.

Strict: what a VT100 does not know, or what nothing here has needed, is a ValueError.
"""

import re
import threading

SEQUENCE = re.compile(rb"\x1b(?:\[(\??)([\d;]*)([A-Za-z])|([78=>DEHM])|[()]([0AB]))")
BEGINNING = re.compile(rb"\x1b(?:\[\??[\d;]*|[()])?")
BOLD, UNDERLINE, BLINK, REVERSE = 1, 4, 5, 7


class Screen:
    """Characters and their attributes, by line and column from 0."""

    def __init__(self, rows=24, columns=80):
        self.resize(rows, columns)
        self.rest = b""

    def resize(self, rows, columns):
        """Another terminal, so to speak: what was there is gone."""
        self.rows, self.columns = rows, columns
        self.text = [[" "] * columns for _ in range(rows)]
        self.shown_as = [[frozenset()] * columns for _ in range(rows)]
        self.y = self.x = 0
        self.saved = (0, 0)
        self.attributes = frozenset()
        self.region = (0, rows - 1)
        self.wrap = False       # the next character begins a new line

    def lines(self):
        return ["".join(line).rstrip() for line in self.text]

    def has(self, y, attribute):
        """The columns of a line that are shown with an attribute."""
        return [x for x, found in enumerate(self.shown_as[y]) if attribute in found]

    def feed(self, data):
        """Take what the program wrote, cut anywhere."""
        data = self.rest + data
        at = 0
        while at < len(data):
            if data[at] != 0x1b:
                self._character(data[at])
                at += 1
                continue
            match = SEQUENCE.match(data, at)
            if match:
                self._sequence(*match.groups())
                at = match.end()
                continue
            if BEGINNING.fullmatch(data, at):
                break
            raise ValueError(f"no VT100 knows {data[at:at + 12]!r}")
        self.rest = data[at:]

    def _character(self, byte):
        if byte >= 0x20 and byte != 0x7f:
            if self.wrap:
                self.x = 0
                self._down()
            self.text[self.y][self.x] = chr(byte)
            self.shown_as[self.y][self.x] = self.attributes
            self.wrap = self.x == self.columns - 1
            self.x = min(self.x + 1, self.columns - 1)
            return
        self.wrap = False
        if byte == 0x0a:
            self._down()
        elif byte == 0x0d:
            self.x = 0
        elif byte == 0x08:
            self.x = max(self.x - 1, 0)
        elif byte == 0x09:
            self.x = min(self.x // 8 * 8 + 8, self.columns - 1)
        elif byte not in (0x00, 0x07, 0x0e, 0x0f):
            raise ValueError(f"no VT100 knows the byte {byte}")

    def _down(self):
        if self.y == self.region[1]:
            self._scroll(self.region[0], self.region[1])
        else:
            self.y = min(self.y + 1, self.rows - 1)

    def _up(self):
        if self.y == self.region[0]:
            self._scroll(self.region[1], self.region[0])
        else:
            self.y = max(self.y - 1, 0)

    def _scroll(self, goes, comes):
        """A line goes, an empty one comes."""
        for place, empty in ((self.text, " "), (self.shown_as, frozenset())):
            del place[goes]
            place.insert(comes, [empty] * self.columns)

    def _erase(self, y, first, last):
        for x in range(first, last + 1):
            self.text[y][x] = " "
            self.shown_as[y][x] = frozenset()

    def _sequence(self, private, numbers, letter, single, charset):
        self.wrap = False
        if charset or private:
            return      # character sets and modes of the keypad
        if single:
            self._single(single)
            return
        given = [int(n or 0) for n in numbers.split(b";")]
        n, last = max(given[0], 1), self.columns - 1
        if letter in b"Hf":
            self.y = min(n, self.rows) - 1
            self.x = min(max(given[1] if len(given) > 1 else 1, 1), self.columns) - 1
        elif letter == b"A":
            self.y = max(self.y - n, 0)
        elif letter == b"B":
            self.y = min(self.y + n, self.rows - 1)
        elif letter == b"C":
            self.x = min(self.x + n, last)
        elif letter == b"D":
            self.x = max(self.x - n, 0)
        elif letter == b"K":
            self._erase(self.y, 0 if given[0] else self.x, self.x if given[0] == 1 else last)
        elif letter == b"J":
            self._erase(self.y, 0 if given[0] else self.x, self.x if given[0] == 1 else last)
            above, below = range(0, self.y), range(self.y + 1, self.rows)
            for y in [*(above if given[0] else ()), *(below if given[0] != 1 else ())]:
                self._erase(y, 0, last)
        elif letter == b"m":
            for attribute in given:
                self.attributes = self.attributes | {attribute} if attribute else frozenset()
        elif letter == b"r":
            self.region = (n - 1, (given[1] if len(given) > 1 else self.rows) - 1)
            self.y = self.x = 0
        else:
            raise ValueError(f"no VT100 knows ESC [ {numbers.decode()} {letter.decode()}")

    def _single(self, letter):
        if letter == b"7":
            self.saved = (self.y, self.x)
        elif letter == b"8":
            self.y, self.x = self.saved
        elif letter == b"M":
            self._up()
        elif letter in b"DE":
            self.x = 0 if letter == b"E" else self.x
            self._down()


class Terminal:
    """The other end of a program on a terminal (onpty.c): types, and looks at the screen."""

    def __init__(self, rows=24, columns=80):
        self.screen = Screen(rows, columns)
        self.write = None       # set by who starts the program: takes bytes for it
        self.wrong = None
        self.changed = threading.Condition()

    def feed(self, data):
        """What the program wrote."""
        with self.changed:
            try:
                self.screen.feed(data)
            except (ValueError, IndexError) as error:
                self.wrong = self.wrong or error
            self.changed.notify_all()

    def type(self, keys):
        self.write(keys.encode())

    def resize(self, rows, columns):
        with self.changed:
            self.screen.resize(rows, columns)
        self.write(bytes((0, rows, columns)))

    def wait(self, condition, what, timeout=60):
        """Wait until the screen is as it must be; condition is of its lines. Returns them."""
        with self.changed:
            done = self.changed.wait_for(
                lambda: self.wrong or condition(self.screen.lines()), timeout)
            lines = self.screen.lines()
        if self.wrong or not done:
            raise AssertionError(f"{what}: {self.wrong or 'not so'}:\n" + "\n".join(lines))
        return lines
