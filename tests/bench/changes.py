# SPDX-License-Identifier: GPL-2.0
"""What a change costs: a vif attached, detached, moved to another level, under traffic."""

import dataclasses
import statistics
import typing

import story
from channel import LabError
from plan import PACE, STOCK
from traffic import MachineClock

ROUNDS = 3
TOUR = ("copy", "grant", "software", "grant", "copy", "software")    # each ordered pair once
NEW_MAC = "02:77:01:00:01:01"


class Change:
    """One kind of change: what it took each time, and what it did to the frames meanwhile."""

    def __init__(self, what):
        self.what = what
        self.seconds = []
        self.insn = []
        self.frames = dict.fromkeys(("sent", "unique", "duplicated", "reordered"), 0)

    def row(self, backend):
        ms = [1000 * f(self.seconds) for f in (min, statistics.median, max)]
        return {"scenario": "change", "direction": self.what, "frame": None, "offered": None,
                "guests": 1, "iommu": "off", "backend": backend, "per": "change",
                "ms": [round(n, 1) for n in ms],
                "dom0_insn": round(statistics.median(self.insn)), "guest_insn": None,
                "spread": None, "hypercalls": None, "grant_ops": None, "interrupts": None,
                "notifications": None, "kicks": None, "batches": None, "rate": None, "ratio_to_stock": None,
                "guest_ratio_to_stock": None, "delivered": self.frames["unique"],
                "lost": self.frames["sent"] - self.frames["unique"],
                "duplicated": self.frames["duplicated"], "reordered": self.frames["reordered"]}


class Changes:
    """Changes to vifs of a guest that receives frames meanwhile."""

    def __init__(self, bench, guest):
        self.bench = bench
        self.lab = bench.lab
        self.guest = guest
        self.done = {}

    def one(self, what, command, clock):
        """Do it under traffic; note its time by the machine's clock, and the frames."""
        change = self.done.setdefault(what, Change(what))
        receiver = self.guest.receiver()
        try:
            sending = self.lab.wire.start(self.guest.mac, rate=PACE, clock=clock)
            receiver.expect(sending.stream, 20)
            said = self.lab.dom0.run(f"a=$EPOCHREALTIME; {{ {command}; }} >/dev/null &&"
                                     "echo $a $EPOCHREALTIME", timeout=300)
            sent = sending.stop()
            got = receiver.expect(sending.stream, sent, timeout=60)
        finally:
            receiver.stop()
        if got["corrupt"]:
            raise LabError(f"{what}: frames damaged: {got}")
        began, ended = map(float, said.out.split())
        change.seconds.append(ended - began)
        for name in change.frames:
            change.frames[name] += sent if name == "sent" else got[name]

    def cost(self, what, command):
        """Do it without traffic; note its instructions in dom0."""
        self.bench.meter.begin()
        self.lab.dom0.run(command, timeout=300)
        self.done[what].insn.append(self.bench.meter.end().cost[0])

    def both(self, steps):
        """Steps that lead back to where they began, ROUNDS times; their rows."""
        clock = MachineClock(self.lab, self.bench.dev)
        try:
            for _ in range(ROUNDS):
                for step in steps:
                    self.one(step.what, step.command, clock)
                    step.settle()
        finally:
            clock.stop()
        for _ in range(ROUNDS):
            for step in steps:
                self.cost(step.what, step.command)
                step.settle()
        return [self.done[step.what].row(self.bench.name) for step in steps]


@dataclasses.dataclass
class Step:
    """A change, the shell command that is over when it is done, and what has to be awaited
    before the next."""
    what: str
    command: str
    settle: typing.Callable = lambda: None


def level_steps(guest):
    """The tour from "software" to each level and back."""
    steps, level = [], "software"
    for new in TOUR:
        steps.append(Step(f"{level} to {new}", f"vmdqctl level {guest.vif} {new}"))
        level = new
    return steps


def until(path, condition):
    """A shell command that ends when a condition holds, asked each time that path changes."""
    return (f"exec 9< <(exec xenstore-watch {path}); watch=$!; "
            f"while read -r _ <&9 && ! {condition}; do :; done; kill $watch")


def attach_steps(bench, guest):
    """A second vif that comes, until it is served, and goes, until it is gone."""
    backend = f"/local/domain/0/backend/vif/{guest.domid}/1"
    path, state = ((f"{backend}/state", "4") if bench.name == STOCK else
                   (f"vmdq/vif/{guest.domid}/1/state", "grant"))

    def gone():
        # netfront of a guest that still takes its device down would wait for ever for a new
        # backend of the same name to close
        guest.wait_for("! [ -e /sys/class/net/eth1 ]", what="eth1 gone")

    reached = f'[ "$(xenstore-read {path} 2>/dev/null)" = {state} ]'
    return [Step("attach", f"xl network-attach {guest.name} mac={NEW_MAC} bridge=xenbr0 "
                           f"script={bench.script} && {{ {until(path, reached)}; }}"),
            Step("detach", f"xl network-detach {guest.name} 1 && "
                           f"{{ {until(backend, f'! xenstore-exists {backend}')}; }}", gone)]


def measure(bench):
    """Rows of all changes that a machine's backend knows, as they are done."""
    guest = bench.guests(1)[0]
    changes = Changes(bench, guest)
    yield from changes.both(attach_steps(bench, guest))
    if bench.name != STOCK:
        bench.lab.dom0.run(f"vmdqctl level {guest.vif} software")
        yield from changes.both(level_steps(guest))
        bench.lab.dom0.run(f"vmdqctl level {guest.vif} auto")
        story.wait_level(bench.lab, guest, "grant")
