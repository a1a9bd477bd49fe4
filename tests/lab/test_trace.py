# SPDX-License-Identifier: GPL-2.0
"""The tracepoints tell of a pool that comes and goes, of each batch, and of what goes wrong.

Read from /sys/kernel/tracing as perf and bpftrace do. Would fail if a buffer were posted or
completed without a word, if the batches did not add up to what the counters say, if an event
named another vif, pool or level, or if an assignment that cannot be had left no event.
"""

import re

import story
from lab import BDF
from scene import check

SETUP = "vmdq"
TRACING = "/sys/kernel/tracing"
COUNT = 500
EVENT = re.compile(r" (vif_\w+): (.*)")


def fields(text):
    return {key: int(value) if re.fullmatch(r"-?\d+", value) else value
            for key, value in (word.split("=", 1) for word in text.split())}


class Tracing:
    """Events while it is on: [(name, fields)], in their order."""

    def __init__(self, dom0):
        self.dom0 = dom0

    def __enter__(self):
        self.dom0.run(f"cd {TRACING} && echo 0 >tracing_on && echo >trace && "
                      "echo 1 >events/vmdq_vif/enable && echo 1 >tracing_on")
        return self

    def __exit__(self, *_):
        self.dom0.run(f"cd {TRACING} && echo 0 >events/vmdq_vif/enable && echo >trace")

    def events(self):
        said = self.dom0.run(f"cat {TRACING}/trace").out
        check("LOST" not in said, "events were lost")
        return [(m[1], fields(m[2])) for m in map(EVENT.search, said.splitlines()) if m]


def test_a_pool_is_told_of(scene):
    for name, vcpus, level in (("a", 2, "grant"), ("b", 1, "copy")):
        guest, = scene.guests(**{name: {"vcpus": vcpus, "script": "vif-vmdq"}})
        story.wait_level(scene.lab, guest, level)
        scene.dom0.run(f"vmdqctl release {guest.vif}")
        with Tracing(scene.dom0) as tracing:
            scene.dom0.run(f"vmdqctl assign {guest.vif}")
            row = story.vif_row(scene.lab, guest)
            story.check_delivered(story.deliver(scene.lab, guest, COUNT), level)
            scene.dom0.run(f"vmdqctl release {guest.vif}")
            events = [(n, f) for n, f in tracing.events() if f["vif"] == guest.vif]
        scene.dom0.run(f"vmdqctl assign {guest.vif}")
        check(not [f for n, f in events if n == "vif_error"], "errors:", events[-5:])

        ends = [(n, f["domid"], f["port"], f["pool"], f["level"]) for n, f in events
                if n in ("vif_attach", "vif_detach")]
        check(ends == [(n, guest.domid, row["port"], row["pool"], level)
                       for n in ("vif_attach", "vif_detach")], "a pool came and went:", ends)
        posted = completed = 0
        for n, f in events:
            posted += f["bufs"] if n == "vif_post" else 0
            completed += f["bufs"] if n == "vif_complete" else 0
            if n in ("vif_post", "vif_complete"):
                check(f["pool"] == row["pool"] and f["queue"] == min(1, vcpus - 1), n, f)
            if n == "vif_post":
                check(posted - completed == f["posted"], f"{level}: posted {posted}, completed "
                      f"{completed}, but in the ring:", f)
        check(COUNT <= completed <= posted, f"{level}: {completed} of {posted} completed")


def test_an_error_is_told_of(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    with Tracing(scene.dom0) as tracing:
        scene.dom0.run(f"xenstore-write vmdq/vif/{guest.domid}/0/assign {BDF}/9")
        story.wait_level(scene.lab, guest, "software")
        errors = [f for n, f in tracing.events() if n == "vif_error"]
    scene.dom0.run(f"vmdqctl release {guest.vif}; vmdqctl assign {guest.vif}")
    story.wait_level(scene.lab, guest, "grant")
    check(errors == [{"vif": guest.vif, "domid": guest.domid, "what": "attach", "code": -34}],
          "errors:", errors)
