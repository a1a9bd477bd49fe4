# SPDX-License-Identifier: GPL-2.0
"""vmdqctl list, xentop -b and ip -s link agree on what each vif received.

Would fail if frames by the pool were missing from the interface's statistics, or were
counted twice, or if xentop did not take the interface for the guest's.
"""

import story
from scene import check

SETUP = "vmdq"


def test_counters(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"})
    for guest in guests:
        row = story.deliver(scene.lab, guest, 500)
        check(row["via_pool"] >= 500, "not by the pool:", row)
        scene.dom0.run(f"ping -c 3 -i 0.2 {guest.address}")
    story.counters_agree(scene.lab, guests)
