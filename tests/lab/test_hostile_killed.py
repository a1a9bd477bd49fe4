# SPDX-License-Identifier: GPL-2.0
"""A hostile guest that goes in the middle of it all leaves nothing behind.

With pages posted to its pool, bad requests, events and frames on their way, and its
state gone or half changed. Would fail if its domain stayed a zombie, if a grant or a node
stayed, or if another guest lost a frame.
"""

import story
from front import CLOSING, Front, mac_bytes, tx
from scene import check
from witness import Witness

SETUP = "vmdq"


def frame(scene, attacker):
    return (mac_bytes(scene.lab.wire.mac) + mac_bytes(attacker.mac) + b"\x88\xb5").ljust(60, b".")


def test_killed(scene):
    """A guest goes in the middle of it all: nothing of it is left."""
    victim, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    with Witness(scene, victim):
        for state in ("rm state", f"write state {CLOSING}"):
            doomed = scene.lab.guest_create("doomed", script="vif-vmdq", extra="testfront=1")
            front = Front(doomed)
            front.connect(queues=2, ctrl=True)
            story.wait_level(scene.lab, doomed, "grant")
            front.post(200, queue=1)
            front.post(64)
            front.put_rx([0x3fffff] * 32, 1)
            refs = front.data(*[frame(scene, doomed)] * 4)
            front.do(f"prod {tx(1)} 77", f"kick {tx(1)} 100",
                     f"write queue-0/rx-ring-ref {refs[0]}", state)
            doomed.destroy()
        check(story.zombies(scene.lab) == 0, "zombies")
        check(story.grants_left(scene.lab) == 0, "grants of domains that are gone")
        alive = {str(g.domid) for g in scene.lab.guests.values()}
        left = set(scene.dom0.run("xenstore-list vmdq/vif || true").out.split()) - alive
        check(not left, "xenstore keeps vifs of domains", left)
