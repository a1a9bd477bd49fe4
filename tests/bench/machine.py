#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""One booted machine of the bench: its backends carry each cell, one after the other.

    tests/bench/machine.py stock|ours TASK.json OUT.jsonl

run starts one for each machine, side by side. With icount what a domain costs does not
depend on what else the host does. The task says what to do: {"do": "cells", "iommu": ...,
"longer": whether windows that differ are made longer, "cells": [[number, {...}], ...]}, or
"changes", or "profile" with cells by name. Each result is a line of OUT.jsonl.
"""

import contextlib
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

import changes                  # noqa: E402
import cost                     # noqa: E402
import profiler                 # noqa: E402
import story                    # noqa: E402
import window                   # noqa: E402
import xdp                      # noqa: E402
from channel import LabError    # noqa: E402
from lab import Lab             # noqa: E402
from plan import BETWEEN, COPY, DROP, GRANT, JUMBO, MACHINES, SOFTWARE, STOCK, Cell    # noqa: E402
from scene import TestFailed    # noqa: E402

DRIVERS = {"stock": "igb", "ours": "vmdq_igb"}
SCRIPTS = {"stock": "vif-bridge", "ours": "vif-vmdq"}
LEVELS = {SOFTWARE: "software", COPY: "copy", GRANT: "grant"}
MEMORY = 2816       # of the whole machine: room for eight guests
RING = 2048         # descriptors of the ring that all share: a burst for each guest
# As with a dom0 of two CPUs: stock offers as many as there are. Ours offers two anyway.
QUEUES = "xen-netback.max_queues=2"


class Bench:
    """A lab, its meter, and as many guests as were needed so far."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.script = SCRIPTS[name]
        self.dev = lab.bridge_up(DRIVERS[name])
        self.meter = window.Meter(profiler.CountingMeter(cost.Meter(lab),
                                                         profiler.Counters(lab)))
        self.made = []
        self.lengths = window.LENGTHS
        lab.dom0.run(f"ethtool -G {self.dev} rx {RING}")
        self.carrier()

    def guests(self, count):
        """The first count guests; two queues on one CPU each, as one with two CPUs would have."""
        missing = range(len(self.made) + 1, count + 1)
        self.made += self.lab.guests_create([{"name": f"bench{n}", "script": self.script,
                                              "extra": "queues=2"} for n in missing])
        return self.made[:count]

    def level(self, backend, guests):
        """These guests are served by that backend."""
        if backend in LEVELS:
            for guest in guests:
                self.lab.dom0.run(f"vmdqctl level {guest.vif} {LEVELS[backend]}")
                story.wait_level(self.lab, guest, LEVELS[backend])

    def counts(self, guests):
        """What was counted so far: interrupts of the NIC in dom0, events in the guests and those
        that guests sent to dom0, and for ours what the vifs say of themselves."""
        found = {"interrupts": self._interrupts(self.lab.dom0, self.dev),
                 "notifications": sum(self._interrupts(g, "vif0-q") for g in guests),
                 "kicks": sum(self._interrupts(self.lab.dom0, g.vif) for g in guests)}
        if self.name == "ours":
            rows = [story.counters(self.lab, g) for g in guests]
            found["grant_ops"] = sum(n for r in rows for name, n in r.items()
                                     if "_grant_" in name)
            found["batches"] = sum(r["pool_batches"] for r in rows)
        return found

    @staticmethod
    def _interrupts(place, name):
        """Of all lines of /proc/interrupts with this name; netfront's are of "vif0"."""
        lines = place.run(f"grep {name} /proc/interrupts").out.splitlines()
        return sum(int(line.split()[1]) for line in lines)

    def moderate(self, on):
        """Interrupts as the driver has them by itself; or the same with either: no moderation."""
        usual = {"stock": "rx-usecs 3", "ours": "adaptive-rx on"}[self.name]
        self.lab.dom0.run(f"ethtool -C {self.dev} {usual if on else 'rx-usecs 0'} 2>&1 ||"
                          f"[ $? = 80 ]")    # nothing to change

    @contextlib.contextmanager
    def dropping(self):
        """In-tree igb throws away every frame, before anything has seen it."""
        self.lab.dom0.put("/tmp/drop.o", xdp.object_file(xdp.DROP))
        self.lab.dom0.run(f"ip link set dev {self.dev} xdpdrv obj /tmp/drop.o sec xdp")
        self.carrier()
        try:
            yield
        finally:
            self.lab.dom0.run(f"ip link set dev {self.dev} xdpdrv off")
            self.carrier()

    @contextlib.contextmanager
    def mtu(self, value, guests):
        """Dom0's network, and these guests' vifs, with that MTU."""
        devs = [self.dev, "xenbr0", *(g.vif for g in guests)]
        try:
            self._set_mtu(devs, value, guests)
            yield
        finally:
            self._set_mtu(devs, 1500, guests)

    def _set_mtu(self, devs, value, guests):
        for dev in devs:
            self.lab.dom0.run(f"ip link set {dev} mtu {value}")
        for guest in guests:
            guest.run(f"ip link set eth0 mtu {value}")
        self.carrier()
        for guest in guests if self.name != STOCK else ():
            if story.vif_row(self.lab, guest)["state"] != "software":
                story.wait_max_frame(self.lab, guest, value + 22)

    def carrier(self):
        """igb has made its rings anew: wait for its link, and for the bridge to forward."""
        self.lab.dom0.wait_for(f"[ $(cat /sys/class/net/{self.dev}/carrier) = 1 ] &&"
                               f"[ $(cat /sys/class/net/{self.dev}/brport/state) = 3 ]",
                               what=f"link of {self.dev}")


def run_cell(bench, cell, backend):
    started = time.monotonic()
    guests = bench.guests(cell.guests + (cell.direction == BETWEEN))
    bench.level(backend, guests)
    with bench.mtu(9000, guests) if cell.frame == JUMBO else contextlib.nullcontext():
        if backend == DROP:
            with bench.dropping():
                got = window.measure(bench, cell, guests, drop=True)
        else:
            got = window.measure(bench, cell, guests)
    return {"backend": backend, "seconds": round(time.monotonic() - started, 1), **got}


def run_cells(bench, task):
    """Each cell by each backend; stops at the first that cannot be measured."""
    if not task["longer"]:
        bench.lengths = window.LENGTHS[:1]
    for number, values in task["cells"]:
        cell = Cell(**values)
        for backend in cell.backends(bench.name):
            try:
                row = run_cell(bench, cell, backend)
            except (LabError, TestFailed) as e:
                yield {"cell": number, "backend": backend, "failed": f"{cell}: {e}"}
                return
            print(f"  {backend:14} {cell}: {row['seconds']} s", flush=True)
            yield {"cell": number, **row}


def run_changes(bench, _):
    for row in changes.measure(bench):
        print(f"  {row['backend']:14} {row['direction']}: {row['ms'][1]} ms", flush=True)
        yield row


def run_profile(bench, task):
    """Where the instructions go, for stock and the levels of ours."""
    for name, values in task["cells"].items():
        cell = Cell(**values)
        guests = bench.guests(cell.guests)
        for backend in cell.backends(bench.name):
            if backend == DROP:
                continue
            bench.level(backend, guests)
            yield {"cell": name, "backend": backend, **profiler.measure(bench, cell, guests)}


TASKS = {"cells": run_cells, "changes": run_changes, "profile": run_profile}


def run_machine(name, task, out):
    """Do a task on a machine of its own; returns the exit status."""
    failed = False
    with Lab(icount=True, memory=MEMORY, queue=False, iommu=task.get("iommu"),
             dom0_options=QUEUES,
             plugin=profiler.build(blocks=task["do"] == "profile")) as lab:
        for row in TASKS[task["do"]](Bench(lab, name), task):
            out.write(json.dumps(row) + "\n")
            out.flush()
            failed = failed or "failed" in row
            if "failed" in row:
                print(f"  {row['backend']}: {row['failed']}", flush=True)
        problems = lab.watch.problems()
    for text in problems:
        print(f"  {name}: {text}", flush=True)
    return 1 if failed or problems else 0


def main():
    name, task_path, out_path = sys.argv[1:]
    if name not in MACHINES:
        sys.exit(f"no machine {name}; there are: {' '.join(MACHINES)}")
    with open(task_path, encoding="utf-8") as f:
        task = json.load(f)
    with open(out_path, "w", encoding="utf-8") as out:
        return run_machine(name, task, out)


if __name__ == "__main__":
    sys.exit(main())
