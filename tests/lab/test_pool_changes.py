# SPDX-License-Identifier: GPL-2.0
"""A pool goes and comes, and a vif changes its level, without a frame noticing.

While numbered frames arrive at 1,000 a second. Would fail if a frame were lost between
the filter and the bridge, delivered by both, or written to a page that was given back;
or if vmdqctl returned before the backend had done what was asked.
"""

import story

SETUP = "vmdq"
CYCLES = 10


def change(scene, guest, level, steps):
    story.wait_level(scene.lab, guest, level)
    outcome = story.under_traffic(scene.lab, guest, CYCLES, steps)
    scene.dom0.run(f"vmdqctl level {guest.vif} auto")
    story.wait_level(scene.lab, guest, level)
    story.check_unharmed(outcome, str(steps))


def test_pool_of_grant(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    change(scene, guest, "grant", story.pool_away_and_back(guest, "grant"))


def test_pool_of_copy(scene):
    guest, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    change(scene, guest, "copy", story.pool_away_and_back(guest, "copy"))


def test_levels(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    change(scene, guest, "grant", story.levels_and_back(guest))


def test_level_software(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    change(scene, guest, "grant", [(f"level {guest.vif} software", "software"),
                                   (f"level {guest.vif} copy", "copy"),
                                   (f"level {guest.vif} auto", "grant")])
