# SPDX-License-Identifier: GPL-2.0
"""What the pool path spends is counted, and is as little as the design says.

A batch of buffers, up to 32 completed and as many fresh, costs one entry into Xen at level
grant and at level copy; a poll costs at most one write of the ring's tail and one
notification of the guest; and the interrupts are as moderate as ethtool sets them. Would fail
if work were done frame by frame, if the counters did not tell, or if `ethtool -C` had no
effect or could not be taken back.
"""

import contextlib
import time

import story
from scene import check

SETUP = "vmdq"
GUESTS = {"a": {"vcpus": 2, "script": "vif-vmdq"}, "b": {"vcpus": 1, "script": "vif-vmdq"}}
SETTLED = 0.2


def settled(scene, guest):
    """The vif's counters, once nothing is under way any more."""
    before = None
    while (now := story.counters(scene.lab, guest)) != before:
        before = now
        time.sleep(SETTLED)
    return now


def spend(scene, guest, count, **options):
    """What the pool spent on frames that the wire sent; lost ones are lost here."""
    before = settled(scene, guest)
    began = time.monotonic()
    scene.lab.wire.send(guest.mac, count, **options)
    after = settled(scene, guest)
    spent = {name.removeprefix("pool_"): after[name] - before[name]
             for name in before if name.startswith("pool_")}
    spent["frames"] = after["rx_pool_frames"] - before["rx_pool_frames"]
    spent["seconds"] = round(time.monotonic() - began, 2)
    print(spent)
    return spent


def check_spent(spent):
    check(spent["frames"] > 0, "nothing came by the pool:", spent)
    check(spent["hypercalls"] <= spent["batches"], "more than an entry into Xen a batch:", spent)
    check(spent["doorbells"] <= spent["batches"], "more than a tail write a batch:", spent)
    check(spent["doorbells"] <= spent["polls"], "more than a tail write a poll:", spent)
    check(spent["notifications"] <= spent["polls"], "more than a notification a poll:", spent)
    check(spent["interrupts"] <= spent["polls"], "interrupts that led to no poll:", spent)


@contextlib.contextmanager
def moderation(scene, settings):
    try:
        scene.dom0.run(f"ethtool -C {scene.dev} {settings}")
        yield
    finally:
        scene.dom0.run(f"ethtool -C {scene.dev} adaptive-rx on rx-usecs 50")


def test_grant(scene):
    guest, _ = scene.guests(**GUESTS)
    story.wait_level(scene.lab, guest, "grant")
    check_spent(spend(scene, guest, 1000, rate=1000))
    burst = spend(scene, guest, 5000, rate=0, size=60)
    check_spent(burst)
    # each page is mapped once and unmapped once, the ring aside
    check(abs(burst["grant_maps"] - burst["frames"]) <= 256, burst)
    check(burst["grant_maps"] >= 16 * burst["hypercalls"], "maps are not batched:", burst)
    check(burst["notifications"] * 16 <= burst["frames"], "notifications:", burst)
    check(burst["doorbells"] * 16 <= burst["frames"], "tail writes:", burst)


def test_copy(scene):
    _, guest = scene.guests(**GUESTS)
    story.wait_level(scene.lab, guest, "copy")
    check_spent(spend(scene, guest, 1000, rate=1000))
    burst = spend(scene, guest, 5000, rate=0, size=60)
    check_spent(burst)
    check(burst["grant_copies"] >= 16 * burst["hypercalls"], "copies are not batched:", burst)
    check(burst["notifications"] * 16 <= burst["frames"], "notifications:", burst)
    check(burst["doorbells"] * 16 <= burst["frames"], "tail writes:", burst)


def frames_per_interrupt(scene, guest):
    spent = spend(scene, guest, 1500, rate=1000, size=60)
    check_spent(spent)
    return spent["frames"] / spent["interrupts"]


def test_moderation(scene):
    guest, _ = scene.guests(**GUESTS)
    with moderation(scene, "rx-usecs 8000"):
        many = frames_per_interrupt(scene, guest)
    with moderation(scene, "adaptive-rx off rx-usecs 0"):
        few = frames_per_interrupt(scene, guest)
    shown = scene.dom0.run(f"ethtool -c {scene.dev}").out
    check("Adaptive RX: on" in shown, "moderation is not adaptive again:", shown)
    adaptive = frames_per_interrupt(scene, guest)
    check(many > 2 * few, f"frames an interrupt: {many:.1f} with rx-usecs 8000, {few:.1f} with 0")
    check(many > 2 * adaptive, f"frames an interrupt: {many:.1f} with rx-usecs 8000, then",
          f"{adaptive:.1f} with adaptive moderation")
