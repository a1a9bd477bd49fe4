# SPDX-License-Identifier: GPL-2.0
"""Guests at each level, a stock guest, dom0 and the wire reach one another both ways.

Each pings every other and fetches a file from it by TCP, whose checksum is compared.
Would fail if a way were missing (a guest with a pool and another on the same port
cannot meet inside the NIC), or if segmentation or checksum offload spoilt a payload.
"""

import story

SETUP = "vmdq"


def test_reach(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"}, s={})
    for guest, level in zip(guests, ("grant", "copy")):
        story.wait_level(scene.lab, guest, level)
    story.reach_all(scene.lab, guests)
