# SPDX-License-Identifier: GPL-2.0
"""Every change of level, in every direction, under 5,000 frames a second of the machine's time.

software, copy and grant, all six ordered pairs, several times each. The machine's time is
what it executes (icount), so that the rate means the same on a busy host; dom0's clock paces
the wire. Would fail if a change lost, doubled or spoilt a frame, if frames changed places
other than at a change, or if the traffic was slower than it claims. Says how long the
changes took, by the machine's time, from the start of vmdqctl to its end.
"""

import statistics

import story
from scene import check
from traffic import MachineClock

SETUP = "vmdq"
LAB = {"icount": True}
RATE = 5000
ROUNDS = 4
# Each ordered pair once, and back to where it began.
TOUR = ("copy", "grant", "software", "grant", "copy", "software")
# Frames that were on their way by the old path may come after the first by the new one.
DISPLACED = 64


def seconds_of(scene, command):
    """Run a command in dom0; returns what it took of the machine's time."""
    said = scene.dom0.run(f"a=$EPOCHREALTIME; {command} >/dev/null && echo $a $EPOCHREALTIME")
    began, ended = map(float, said.out.split())
    return ended - began


def tell(times, outcome):
    print(f"       {outcome['sent']} frames at {outcome['rate']:.0f}/s, {outcome['changes']} changes,"
          f" {outcome['reordered']} frames displaced; ms a change (lowest, median, highest):")
    for (old, new), took in sorted(times.items()):
        ms = [1000 * f(took) for f in (min, statistics.median, max)]
        print("       {:>8} to {:<8} {:6.1f} {:6.1f} {:6.1f}".format(old, new, *ms), flush=True)


def test_levels(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    scene.dom0.run(f"vmdqctl level {guest.vif} software")
    receiver = guest.receiver()
    clock = MachineClock(scene.lab, scene.dev)
    times = {}
    level = "software"
    try:
        began = clock.read()
        sending = scene.lab.wire.start(guest.mac, rate=RATE, clock=clock)
        receiver.expect(sending.stream, 1)
        for new in TOUR * ROUNDS:
            took = seconds_of(scene, f"vmdqctl level {guest.vif} {new}")
            times.setdefault((level, new), []).append(took)
            level = new
            state = story.vif_row(scene.lab, guest)["state"]
            check(state == level, f"{guest.vif} is at {state}, not {level}")
        sent = sending.stop()
        ended = clock.read()
        got = receiver.expect(sending.stream, sent, timeout=120)
    finally:
        clock.stop()
        receiver.stop()
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")
    changes = len(TOUR) * ROUNDS
    outcome = dict(got, sent=sent, changes=changes, rate=sent / (ended - began))
    tell(times, outcome)
    check(len(times) == 6, "pairs of levels", sorted(times))
    story.check_unharmed(dict(outcome, received=got["unique"]), "level changes")
    check(outcome["rate"] > 0.9 * RATE, "frames a second:", outcome)
    check(got["reordered"] <= changes * DISPLACED, "frames changed places:", outcome)
