# SPDX-License-Identifier: GPL-2.0
"""A guest receives its own unicast by its hardware pool, intact, at level grant and copy.

Guests with two CPUs get level grant, which copies nothing; one with one CPU gets level
copy, which maps nothing. Would fail if a frame were lost, doubled, spoilt, came by
software, or if grants were not given back one for one.
"""

import story

SETUP = "vmdq"
COUNT = 3000


def test_grant(scene):
    a, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, a, "grant")
    story.check_delivered(story.deliver(scene.lab, a, COUNT), "grant")


def test_copy(scene):
    b, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    story.wait_level(scene.lab, b, "copy")
    story.check_delivered(story.deliver(scene.lab, b, COUNT), "copy")


def test_smallest_and_largest(scene):
    for guest, level in zip(scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                                         b={"vcpus": 1, "script": "vif-vmdq"}),
                            ("grant", "copy")):
        for size in (60, 1514):
            row = story.deliver(scene.lab, guest, 500, size=size)
            story.check_delivered(row, level)
