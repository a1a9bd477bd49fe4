# SPDX-License-Identifier: GPL-2.0
"""vmdqctl check finds nothing wrong where nothing is, and names what is.

With guests at both levels, while their levels change, and when one is destroyed with its
nodes still written to. Would fail if a live xenstore, as xl, the kernel and guests write it,
were not as the schema says: its types, owners, permissions, and what the kernel says of
pools; or if what somebody wrote there by hand were not named with its node and its kind.
"""

import json

import story
from scene import check

SETUP = "vmdq"
DEVIATES = 15


def look(scene):
    """What is wrong: (path, kind) of each deviation."""
    said = scene.dom0.run("vmdqctl --json check", check=False)
    answer = json.loads(said.out)
    found = [(d["path"], d["kind"]) for d in answer["deviations"]]
    check(said.status == answer["status"] == (DEVIATES if found else 0), "exit status",
          said.status, answer)
    check(answer["kernel_asked"], "the kernel was not asked:", answer)
    return found


def all_is_well(scene):
    found = look(scene)
    check(not found, "deviations:", scene.dom0.run("vmdqctl check", check=False).out)


def test_all_is_well(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"}, c={})
    for guest, level in zip(guests, ("grant", "copy")):
        story.wait_level(scene.lab, guest, level)
    all_is_well(scene)
    for level in ("copy", "software", "grant", "auto"):
        scene.dom0.run(f"vmdqctl level {guests[0].vif} {level}")
        all_is_well(scene)
    # Not waited for: a change that is under way is no deviation.
    for level in ("software", "auto") * 4:
        scene.dom0.run(f"vmdqctl --no-wait level {guests[0].vif} {level}")
        all_is_well(scene)
    for command in ("release {}", "assign {}", "assign {} auto"):
        scene.dom0.run("vmdqctl " + command.format(guests[1].vif))
        all_is_well(scene)


def test_what_is_wrong_is_named(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    vif = f"vmdq/vif/{guest.domid}/0"
    back = f"backend/vif/{guest.domid}/0"
    # How it is made wrong, how it is mended, and what has to be said of it
    cases = [
        (f"xenstore-write {vif}/request/colour red", f"xenstore-rm {vif}/request/colour",
         (f"{vif}/request/colour", "unknown")),
        (f"xenstore-write {vif}/request/priority high", f"xenstore-rm {vif}/request/priority",
         (f"{vif}/request/priority", "type")),
        (f"xenstore-write {vif}/request/pool 99", f"xenstore-rm {vif}/request/pool",
         (f"{vif}/request/pool", "range")),
        (f"xenstore-chmod {vif}/request/mode n0 r{guest.domid}",
         f"xenstore-chmod {vif}/request/mode n0", (f"{vif}/request/mode", "permission")),
        (f"xenstore-chmod {back}/mac n{guest.domid}",
         f"xenstore-chmod {back}/mac n0 r{guest.domid}", (f"{back}/mac", "owner")),
        (f"xenstore-rm {vif}/request/mode", f"xenstore-write {vif}/request/mode auto",
         (f"{vif}/request/mode", "missing")),
        ("xenstore-write vmdq/vif/9999/0/assign nothing", "xenstore-rm vmdq/vif/9999",
         ("vmdq/vif/9999", "gone")),
    ]
    for wrong, mend, wanted in cases:
        scene.dom0.run(wrong)
        try:
            found = look(scene)
        finally:
            scene.dom0.run(mend)
        check(found == [wanted], f"{wrong}: found", found)
        all_is_well(scene)
    # Whatever the backend has, state is what it last wrote; this nobody corrects.
    scene.dom0.run(f"xenstore-write {vif}/state software")
    found = look(scene)
    check(found == [(f"{vif}/state", "kernel")], "a state that is not so: found", found)
    scene.dom0.run(f"vmdqctl level {guest.vif} copy && vmdqctl level {guest.vif} auto")
    all_is_well(scene)


def test_nothing_is_left(scene):
    guest = scene.lab.guest_create("short", vcpus=2, script="vif-vmdq")
    story.wait_level(scene.lab, guest, "grant")
    all_is_well(scene)
    guest.destroy()
    all_is_well(scene)
