# SPDX-License-Identifier: GPL-2.0
"""A guest is destroyed and made again eight times while frames arrive for its pool.

Would fail if a page stayed mapped for the NIC (Xen keeps such a domain as a zombie), if
a pool did not become free, if one were refused after many cycles, or if xenstore kept
something of a vif that is gone.
"""

import story
from scene import check

SETUP = "vmdq"
CYCLES = 8      # more than there are pools


def test_recreate(scene):
    # While the guest is away its frames are flooded to all others, at some cost.
    scene.lab.destroy_guests()
    describe = {"name": "phoenix", "vcpus": 2, "script": "vif-vmdq"}
    guest = scene.lab.guest_create(**describe)
    story.wait_level(scene.lab, guest, "grant")
    guest, found = story.recreate(scene.lab, dict(describe, wait=False), CYCLES, "grant")
    guest.destroy()
    check(found == {"cycles": CYCLES, "zombies": 0, "grants_left": 0}, "left over:", found)
    alive = {str(g.domid) for g in scene.lab.guests.values()}
    left = set(scene.dom0.run("xenstore-list vmdq/vif || true").out.split()) - alive
    check(not left, "xenstore keeps vifs of domains", left)
