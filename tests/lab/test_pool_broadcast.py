# SPDX-License-Identifier: GPL-2.0
"""Broadcasts from the wire reach guests with pools, and a stock guest, exactly once.

Would fail if a pool took part in broadcast, so that a guest saw a second copy, or if
the software queue of a vif with a pool were deaf.
"""

import story

SETUP = "vmdq"


def test_broadcast(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"}, s={})
    for guest, level in zip(guests, ("grant", "copy")):
        story.wait_level(scene.lab, guest, level)
    story.broadcast(scene.lab, guests, count=300)
