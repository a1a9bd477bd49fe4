# SPDX-License-Identifier: GPL-2.0
"""A pool goes and comes without a frame noticing, at either level.

While numbered frames arrive, 1,000 a second of the machine's own time (icount), so that
a host that is busy elsewhere changes nothing. Would fail if a frame were lost between the
filter and the bridge, delivered by both, or written to a page that was given back; if
vmdqctl returned before the backend had done what was asked; or if the traffic was much
slower than that. Changes from level to level: test_pool_levels.py.
"""

import story
from scene import check
from traffic import MachineClock

SETUP = "vmdq"
LAB = {"icount": True}
CYCLES = 6
RATE = 1000


def away_and_back(scene, guest, level):
    story.wait_level(scene.lab, guest, level)
    with MachineClock(scene.lab, scene.dev) as clock:
        began = clock.read()
        outcome = story.under_traffic(scene.lab, guest, CYCLES,
                                      story.pool_away_and_back(guest, level), RATE, clock=clock)
        rate = outcome["sent"] / (clock.read() - began)
    print(f"       {outcome['sent']} frames at {rate:.0f}/s, {2 * CYCLES} changes", flush=True)
    scene.dom0.run(f"vmdqctl level {guest.vif} auto")
    story.wait_level(scene.lab, guest, level)
    story.check_unharmed(outcome, f"pool away and back at level {level}")
    check(rate > 0.7 * RATE, "frames a second:", rate, outcome)


def test_pool_of_grant(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    away_and_back(scene, guest, "grant")


def test_pool_of_copy(scene):
    guest, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    away_and_back(scene, guest, "copy")
