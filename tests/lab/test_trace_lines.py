# SPDX-License-Identifier: GPL-2.0
"""Each line for perf in the operator's guide runs as it stands there, and shows its event.

perf is Debian's, and put into dom0 for this. Would fail if perf did not know an event or a field
of a filter, or if a line did not show what it is said to show. The lines for bpftrace, which
would bring a compiler of 200 MB along, are held against the events' formats as dom0 has them.
"""

import os
import re
import time

import image
import story
from bring import bring, leave
from lab import BDF
from scene import check

SETUP = "vmdq"
EVENTS = "/sys/kernel/tracing/events"
GUIDE = os.path.join(image.TOP, "docs", "operator.md")
# What a line shows of its event, beside the event's name
SHOWS = {
    "vif_attach": ("level: 2",),
    "vif_detach": ("level: 2",),
    "vif_error": ("what=attach", "code=-34"),
}
SECONDS = 60


def lines(tool):
    """[(line, the events that it names)]"""
    with open(GUIDE, encoding="utf-8") as f:
        found = re.findall(rf"^{tool} .*$", f.read(), re.M)
    return [(line, re.findall(r"vmdq_vif:(\w+)", line)) for line in found]


def provoke(scene, guest):
    """Every event there is, once or more often."""
    scene.dom0.run(f"vmdqctl release {guest.vif} && vmdqctl assign {guest.vif}")
    story.check_delivered(story.deliver(scene.lab, guest, 100), "grant")
    scene.dom0.run(f"xenstore-write vmdq/vif/{guest.domid}/0/assign {BDF}/9")
    story.wait_level(scene.lab, guest, "software")
    scene.dom0.run(f"vmdqctl release {guest.vif} && vmdqctl assign {guest.vif}")
    story.wait_level(scene.lab, guest, "grant")


def shown(said, line, event):
    """Whether that is what the line promises."""
    if line.startswith("perf stat"):
        return bool(re.search(rf" [1-9]\d* +vmdq_vif:{event}\b", said))
    return any(event in row and all(word in row for word in SHOWS.get(event, ()))
               for row in said.splitlines())


def run_until_shown(scene, guest, where, line, event):
    """Run a line that goes on for ever, until it has shown its event."""
    dom0 = scene.dom0
    perf = dom0.start(f"PATH={where}:$PATH; echo $$ >{where}/pid; exec {line} >{where}/said 2>&1")
    deadline = time.monotonic() + SECONDS
    while True:
        provoke(scene, guest)
        said = dom0.run(f"cat {where}/said").out
        if shown(said, line, event):
            break
        check(time.monotonic() < deadline, f"{line}: it said:", said)
    dom0.run(f"kill -INT $(cat {where}/pid)")
    perf.wait(30, check=False)


def record(scene, guest, where, line, event):
    """Run a line that records for a while, and empty the pool's ring meanwhile."""
    dom0 = scene.dom0
    # Into a pipe it would write the record itself, and no perf.data.
    perf = dom0.start(f"cd {where} && PATH={where}:$PATH && {line} >said 2>&1")
    # perf starts the command once it has the event.
    dom0.wait_for("pidof sleep", 30, what="perf record has begun")
    dom0.run(f"xl pause {guest.name}")
    scene.lab.wire.send(guest.mac, 400, rate=400)
    dom0.run(f"xl unpause {guest.name}")
    perf.wait(60)
    said = dom0.run(f"cat {where}/said").out
    check("Captured and wrote" in said, line, said)
    shown_then = dom0.run(f"cd {where} && ./perf script -i perf.data 2>&1").out
    posted = [int(n) for n in re.findall(r"posted=(\d+)", shown_then)]
    check(posted and max(posted) < 8, line, "recorded", event, "with", posted, shown_then)


def test_perf(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    where = bring(scene.dom0, "usr/bin/perf")
    try:
        wanted = lines("perf")
        check(len(wanted) > 4, "lines for perf in the guide:", wanted)
        for line, events in wanted:
            check(len(events) == 1, "events of one line:", line)
            run = record if " -- sleep" in line else run_until_shown
            run(scene, guest, where, line, events[0])
    finally:
        scene.dom0.run(f"kill $(cat {where}/pid) 2>/dev/null", check=False)     # after a failure
        leave(scene.dom0, where)


def test_bpftrace(scene):
    """Each probe's event is there, and has every field that the line names."""
    scene.dom0.run("modprobe vmdq_netback")
    checked = 0
    for line, _ in lines("bpftrace"):
        for event, body in re.findall(r"tracepoint:vmdq_vif:(\w+)(.*?)(?=tracepoint:|$)", line):
            text = scene.dom0.run(f"cat {EVENTS}/vmdq_vif/{event}/format").out
            fields = set(re.findall(r"field:[^;]*?(\w+)(?:\[\d+\])?;", text))
            named = set(re.findall(r"args->(\w+)", body))
            check(named <= fields, line, "fields of the event:", sorted(fields))
            checked += len(named)
    check(checked > 8, "fields that were checked:", checked)
