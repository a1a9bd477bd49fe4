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
    story.check_recreated(scene.lab, CYCLES)
    alive = {str(g.domid) for g in scene.lab.guests.values()}
    left = set(scene.dom0.run("xenstore-list vmdq/vif || true").out.split()) - alive
    check(not left, "xenstore keeps vifs of domains", left)
