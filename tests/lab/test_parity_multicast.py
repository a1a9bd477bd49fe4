# SPDX-License-Identifier: GPL-2.0
"""A guest that asks for multicast control gets no multicast that it has not named.

Linux's frontend never asks, so dom0 writes the request in the guest's name; a frontend
that names addresses is not in this test. Would fail if the features were not announced,
if a request after connecting were not followed, if it held back broadcasts or frames to
the guest, or if it outlived the request.
"""

import parity
from scene import check, check_intact

SETUP = "vmdq"
GROUP = "01:00:5e:00:00:fb"
COUNT = 50


def announced(scene, guest):
    place = f"/local/domain/0/backend/vif/{guest.domid}/0"
    names = ("feature-multicast-control", "feature-dynamic-multicast-control")
    return [scene.dom0.run(f"xenstore-read {place}/{name}", check=False).out.strip()
            for name in names]


def request(scene, guest, value):
    scene.dom0.run(f"xenstore-write /local/domain/{guest.domid}/device/vif/0/"
                   f"request-multicast-control {value}")


def multicast_arrives(scene, guest, receiver):
    """Whether a group's frames get to the guest; broadcasts and its own always do."""
    group = scene.lab.wire.send(GROUP, COUNT)
    for dst in ("ff:ff:ff:ff:ff:ff", guest.mac):
        sending = scene.lab.wire.send(dst, COUNT)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"{guest.vif}: to {dst}")
    got = receiver.received(group.stream)["unique"]
    check(got in (0, COUNT), guest.vif, "got", got, "of", COUNT, "multicast frames")
    return got == COUNT


def wait_multicast(scene, guest, receiver, wanted):
    """xenbus tells the backend of the request in its own time."""
    for _ in range(50):
        sending = scene.lab.wire.send(GROUP, 1)
        last = scene.lab.wire.send("ff:ff:ff:ff:ff:ff", 1)
        check_intact(receiver.expect(last.stream, 1), 1, f"{guest.vif}: broadcast")
        if bool(receiver.received(sending.stream)["unique"]) == wanted:
            return
    check(False, guest.vif, "multicast arrives:", not wanted, "after the request changed")


def test_multicast(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script)
        check(announced(scene, guest) == ["1", "1"], backend, "announces", announced(scene, guest))
        receiver = guest.receiver(promisc=True)
        check(multicast_arrives(scene, guest, receiver), backend, "multicast without request")
        request(scene, guest, 1)
        wait_multicast(scene, guest, receiver, False)
        check(not multicast_arrives(scene, guest, receiver), backend, "multicast despite request")
        request(scene, guest, 0)
        wait_multicast(scene, guest, receiver, True)
        check(multicast_arrives(scene, guest, receiver), backend, "no multicast after request")
        receiver.stop()
        guest.destroy()
        return "announced; held back on request, at any time"

    parity.compare("multicast control", row)
