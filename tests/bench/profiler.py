# SPDX-License-Identifier: GPL-2.0
"""Where dom0's instructions go, by function, counted by QEMU itself (profile.c)."""

import bisect
import os
import re
import subprocess

import image
from window import FRAMES, Frames, introduce, prepare

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGIN = os.path.join(image.BUILD, "bench", "profile.so")
SOCKET = "profile"
TAKEN_APART = re.compile(r"\.(cold|part\.\d+|constprop\.\d+|isra\.\d+)")
XEN_BEGIN = 0xffff82d040000000      # asm/config.h of Xen 4.17: XEN_VIRT_START
XEN_END = XEN_BEGIN + (1 << 30)
KERNEL_BEGIN = 0xffffffff80000000


def build():
    """Make the plugin; returns what Lab(plugin=...) takes."""
    os.makedirs(os.path.dirname(PLUGIN), exist_ok=True)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread",
                    "-fvisibility=hidden", "-o", PLUGIN, os.path.join(HERE, "profile.c")],
                   check=True)
    return f"{PLUGIN},socket={SOCKET}.sock"


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

    def address(self, name, module):
        return self._at[self._names.index((name, module))]

    def find(self, address):
        """(function, module) of an address; module is "linux", "xen" or "" for programs."""
        if not (XEN_BEGIN <= address < XEN_END or address >= KERNEL_BEGIN):
            return ("other" if address >> 63 else "programs"), ""
        i = bisect.bisect_right(self._at, address) - 1
        return self._names[i] if i >= 0 else ("?", "")


class Counters:
    """The plugin's counters in a running lab."""

    def __init__(self, lab):
        self._sock = lab.connect(SOCKET)
        self._lines = self._sock.makefile("r")
        self.symbols = Symbols(lab.dom0)

    def read(self):
        """{(address, instructions): times that the block has run for dom0 so far}."""
        self._sock.sendall(b"d")
        found = {}
        for line in self._lines:
            if line == "\n":
                return found
            address, insns, dom0, _ = line.split()
            key = int(address, 16), int(insns)
            found[key] = found.get(key, 0) + int(dom0)
        raise EOFError("the plugin has ended")

    def functions(self, runs):
        """{"module:function": instructions} of {(address, instructions): runs}."""
        found = {}
        for (address, insns), count in runs.items():
            name, module = self.symbols.find(address)
            # a function that the compiler took apart is one
            name = f"{module}:{TAKEN_APART.sub('', name)}"
            found[name] = found.get(name, 0) + insns * count
        return found

    def calls(self, runs, name, module):
        """How often a function was called."""
        at = self.symbols.address(name, module)
        return sum(count for (address, _), count in runs.items() if address == at)


class CountingMeter:
    """A meter whose readings also have what the plugin counted."""

    def __init__(self, meter, counters):
        self.meter = meter
        self.counters = counters

    def read(self):
        return {**self.meter.read(), "blocks": self.counters.read()}


def blocks(piece):
    """{(address, instructions): runs} of a piece's window."""
    before, after = piece.window.before["blocks"], piece.window.after["blocks"]
    return {a: n - before.get(a, 0) for a, n in after.items()}


def measure(bench, counters, cell, guests):
    """Instructions of dom0 a frame by function, as window.measure() has them in all."""
    count = FRAMES[cell.offered]
    introduce(bench.lab, guests)
    kind = Frames(bench, cell, guests)
    meter = bench.meter.meter
    bench.meter.meter = CountingMeter(meter, counters)
    try:
        quiet = prepare(bench, kind, count)
        busy = kind.carry(count)
    finally:
        bench.meter.meter = meter
    part = busy.seconds / quiet.seconds
    frames = busy.delivered - quiet.delivered
    without = blocks(quiet)
    runs = {b: (n - without.get(b, 0) * part) / frames for b, n in blocks(busy).items()}
    functions = counters.functions(runs)
    return {"hypercalls": round(counters.calls(runs, "pv_hypercall", "xen"), 3),
            "functions": {f: round(n, 1) for f, n in functions.items() if abs(n) >= 0.5},
            "total": round(sum(functions.values()), 1), "frames": frames,
            "accounted": round(busy.window.less(quiet.window, 0) / frames, 1)}
