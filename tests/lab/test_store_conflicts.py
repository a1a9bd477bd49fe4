# SPDX-License-Identifier: GPL-2.0
"""xenstored refuses a transaction in which somebody else came between: it is done again.

With the xenstored in C; test_daemon_xenstored.py has the same with oxenstored. Would fail if
a refusal were taken for an error, or a change for done that was not.
"""

import daemon
import story
from scene import check

SETUP = "vmdq"
ROUNDS = 3


def test_conflicts(scene):
    guest = scene.guest("a", vcpus=2, script="vif-vmdq")
    hold = f"vmdq/vif/{guest.domid}/0/request/hold"
    for _ in range(ROUNDS):
        refused = story.refusals(scene.lab, f"release {guest.vif}", busy=f"{hold} none")
        check(refused, "no transaction was refused")
        print(f"       {refused} transactions refused", flush=True)
        check(not daemon.served(scene, [guest]), "released, but:", daemon.rows(scene)[guest.vif])
        scene.dom0.run(f"vmdqctl assign {guest.vif}")
        story.wait_level(scene.lab, guest, "grant")
