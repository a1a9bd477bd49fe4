# SPDX-License-Identifier: GPL-2.0
"""The lab notices what must not be in a log, and domains that must not be there.

Would fail if a kernel warning, a message of Xen's grant table or a left-over
domain could pass unseen, or if what a test allows were held against it.
"""

from scene import check

SETUP = "bare"


def provoke(scene, text):
    scene.dom0.run(f"echo '<3>{text}' >/dev/kmsg")


def test_log_watch(scene):
    watch = scene.lab.watch
    for text in ("WARNING: CPU: 0 PID: 1 at nowhere", "BUG: unable to handle",
                 "vif vif-1-0 vif1.0: grant 17 still in use",
                 "(XEN) grant_table.c:1234:d0v0 Bad flags"):
        provoke(scene, text)
        found = watch.problems()
        check(len(found) == 1 and text in found[0], "seen:", found, "after:", text)
    provoke(scene, "WARNING: on purpose")
    check(not watch.problems(allowed="on purpose"), "an allowed message is held against the test")
    check(not watch.problems(), "old messages are reported again")
