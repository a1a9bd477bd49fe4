# SPDX-License-Identifier: GPL-2.0
"""Two vmdqctl at once take and give back pools of one port: xenstored refuses transactions
in which the other came between, and all is done in the end.

With the xenstored in C; test_daemon_xenstored.py has the same with oxenstored. Would fail if
a refusal were taken for an error, or a change for done that was not.
"""

import story
from scene import check

SETUP = "vmdq"


def test_conflicts(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"})
    refused = story.change_at_once(scene.lab, guests)
    print(f"       {refused} transactions refused", flush=True)
    check(refused, "no transaction was refused")
