# SPDX-License-Identifier: GPL-2.0
"""Dom0's hypercalls, and where its instructions go by function, counted by QEMU itself
(profile.c)."""

import bisect
import functools
import os
import re
import subprocess

import image
from window import KINDS, introduce, prepare, units

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGIN = os.path.join(image.BUILD, "bench", "profile.so")
SOCKET = "profile"
TAKEN_APART = re.compile(r"\.(cold|part\.\d+|constprop\.\d+|isra\.\d+)")
XEN_BEGIN = 0xffff82d040000000      # asm/config.h of Xen 4.17: XEN_VIRT_START
XEN_END = XEN_BEGIN + (1 << 30)
KERNEL_BEGIN = 0xffffffff80000000


def build(blocks=False):
    """Make the plugin; returns what Lab(plugin=...) takes. With blocks it counts these too."""
    os.makedirs(os.path.dirname(PLUGIN), exist_ok=True)
    # Both machines make it, and neither may find it half written.
    made = f"{PLUGIN}.{os.getpid()}"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
                    "-fvisibility=hidden", "-o", made, os.path.join(HERE, "profile.c")],
                   check=True)
    os.replace(made, PLUGIN)
    return f"{PLUGIN},socket={SOCKET}.sock" + (",blocks=on" if blocks else "")


class Symbols:
    """Functions of dom0's kernel, its modules and Xen."""

    def __init__(self, dom0):
        dom0.run("[ -e /proc/xen/xensyms ] || mount -t xenfs xenfs /proc/xen")
        found = {}
        for line in dom0.run("cat /proc/kallsyms", timeout=120).out.splitlines():
            address, kind, name, *module = line.split()
            if kind in "tTwW":
                found.setdefault(int(address, 16), (name, module[0].strip("[]") if module
                                                    else "linux"))
        for line in dom0.run("cat /proc/xen/xensyms", timeout=120).out.splitlines():
            address, kind, name = line.split()[:3]
            if kind in "tT":
                found.setdefault(int(address, 16), (name, "xen"))
        self._at = sorted(found)
        self._names = [found[a] for a in self._at]

    def find(self, address):
        """(function, module) of an address; module is "linux", "xen" or "" for programs."""
        if not (XEN_BEGIN <= address < XEN_END or address >= KERNEL_BEGIN):
            return ("other" if address >> 63 else "programs"), ""
        i = bisect.bisect_right(self._at, address) - 1
        return self._names[i] if i >= 0 else ("?", "")


class Counters:
    """The plugin's counters in a running lab."""

    def __init__(self, lab):
        self.dom0 = lab.dom0
        self._sock = lab.connect(SOCKET)
        self._lines = self._sock.makefile("r")

    @functools.cached_property
    def symbols(self):
        return Symbols(self.dom0)

    def _ask(self, letter):
        """The words of each line of the plugin's answer."""
        self._sock.sendall(letter)
        for line in self._lines:
            if line == "\n":
                return
            yield line.split()
        raise EOFError("the plugin has ended")

    def hypercalls(self):
        """Of dom0, so far."""
        [(dom0, _)] = self._ask(b"h")
        return int(dom0)

    def blocks(self):
        """{(address, instructions): times that the block has run for dom0 so far}."""
        found = {}
        for address, insns, dom0, _ in self._ask(b"d"):
            key = int(address, 16), int(insns)
            found[key] = found.get(key, 0) + int(dom0)
        return found

    def functions(self, runs):
        """{"module:function": instructions} of {(address, instructions): runs}."""
        found = {}
        for (address, insns), count in runs.items():
            name, module = self.symbols.find(address)
            # a function that the compiler took apart is one
            name = f"{module}:{TAKEN_APART.sub('', name)}"
            found[name] = found.get(name, 0) + insns * count
        return found


class CountingMeter:
    """A meter whose readings also have what the plugin counted: hypercalls, or blocks too."""

    def __init__(self, meter, counters):
        self.meter = meter
        self.counters = counters
        self.with_blocks = False

    def read(self):
        found = {**self.meter.read(), "hypercalls": self.counters.hypercalls()}
        if self.with_blocks:
            found["blocks"] = self.counters.blocks()
        return found


def runs_within(piece):
    """{(address, instructions): runs of that block} of a piece's window."""
    before, after = piece.window.before["blocks"], piece.window.after["blocks"]
    return {a: n - before.get(a, 0) for a, n in after.items()}


def measure(bench, cell, guests):
    """Instructions of dom0 a unit by function, as window.measure() has them in all."""
    count = units(cell)
    introduce(bench.lab, guests)
    kind = KINDS[cell.scenario](bench, cell, guests)
    meter = bench.meter.meter
    meter.with_blocks = True
    try:
        quiet = prepare(bench, kind, count)
        busy = kind.carry(count)
    finally:
        meter.with_blocks = False
        kind.stop()
    part = busy.seconds / quiet.seconds
    delivered = busy.delivered - quiet.delivered
    without = runs_within(quiet)
    runs = {block: (n - without.get(block, 0) * part) / delivered
            for block, n in runs_within(busy).items()}
    functions = meter.counters.functions(runs)
    return {"per": cell.per, "delivered": delivered,
            "hypercalls": round(busy.window.more(quiet.window, "hypercalls") / delivered, 3),
            "functions": {f: round(n, 1) for f, n in functions.items() if abs(n) >= 0.5},
            "total": round(sum(functions.values()), 1),
            "accounted": round(busy.window.less(quiet.window, 0) / delivered, 1)}
