# SPDX-License-Identifier: GPL-2.0
"""What the pool path spends is counted, and is as little as the design says.

A batch of buffers, up to 32 completed and as many fresh, costs one entry into Xen at level
grant and at level copy; a poll costs at most one write of the ring's tail and one
notification of the guest; and the interrupts are as moderate as ethtool sets them, or as the
traffic has it. Would fail if work were done frame by frame, if the counters or vmdqctl did not
tell, or if `ethtool -C` had no effect or could not be taken back.
"""

import contextlib
import itertools
import time

import story
from scene import check

SETUP = "vmdq"
GUESTS = {"a": {"vcpus": 2, "script": "vif-vmdq"}, "b": {"vcpus": 1, "script": "vif-vmdq"}}
SETTLED = 0.2
BATCH = 32
BURST = 192      # fits in the pool's ring and in the guest's


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
    check(max(spent["grant_maps"], spent["grant_unmaps"], spent["grant_copies"]) <=
          BATCH * spent["batches"], f"more than {BATCH} a batch:", spent)
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


def bursts(scene, guest):
    """What the pool spent on bursts whose frames are there when its interrupt comes."""
    with moderation(scene, "rx-usecs 8000"):
        spent = spend(scene, guest, 6 * BURST, rate=2000, burst=BURST, size=60)
    check_spent(spent)
    check(spent["frames"] >= 6 * BURST, "frames were lost:", spent)
    # with one CPU the guest posts when dom0 rests: a batch completes or is fresh, seldom both
    check(spent["frames"] >= 8 * spent["hypercalls"], "work is not batched:", spent)
    check(spent["frames"] >= 16 * spent["notifications"], "notifications:", spent)
    check(spent["frames"] >= 16 * spent["doorbells"], "tail writes:", spent)
    return spent


def check_ratios(scene, guest, *expected):
    """vmdqctl list tells of the vif's ratios what its counters say."""
    row = None
    while row != (row := story.vif_row(scene.lab, guest)):      # a frame that comes in between
        said = scene.dom0.run("vmdqctl list").out
    counters, ratios = row["counters"], row["ratios"]
    for name, of, by in expected:
        shown = counters[of] / counters[by]
        check(abs(ratios[name] - shown) < 0.001, name, "is", shown, "but vmdqctl says", ratios)
        text = name.replace("_", " ")
        check(f"{text}: {shown:.2f}" in said, f"no {text} of {shown:.2f} in:", said)


def test_grant(scene):
    guest, _ = scene.guests(**GUESTS)
    story.wait_level(scene.lab, guest, "grant")
    check_spent(spend(scene, guest, 500, rate=1000))
    spent = bursts(scene, guest)
    check(spent["multicalls"] == spent["hypercalls"], "entries that are no multicalls:", spent)
    # each page is mapped once and unmapped once, the ring aside
    check(abs(spent["grant_maps"] - spent["frames"]) <= 256, spent)
    check_ratios(scene, guest, ("maps_per_multicall", "pool_grant_maps", "pool_multicalls"),
                 ("frames_per_interrupt", "rx_pool_frames", "pool_interrupts"),
                 ("notifications_per_frame", "pool_notifications", "rx_pool_frames"))


def test_copy(scene):
    _, guest = scene.guests(**GUESTS)
    story.wait_level(scene.lab, guest, "copy")
    check_spent(spend(scene, guest, 500, rate=1000))
    spent = bursts(scene, guest)
    check(spent["grant_copies"] == spent["frames"], "copies:", spent)
    check_ratios(scene, guest, ("copies_per_hypercall", "pool_grant_copies", "pool_hypercalls"),
                 ("frames_per_interrupt", "rx_pool_frames", "pool_interrupts"),
                 ("notifications_per_frame", "pool_notifications", "rx_pool_frames"))


def frames_per_interrupt(scene, guest):
    spent = spend(scene, guest, 800, rate=1000, size=60)
    check_spent(spent)
    return spent["frames"] / spent["interrupts"]


def interval(scene, guest):
    """Shortest time between two interrupts of the guest's pool, as it is now."""
    pool = story.vif_row(scene.lab, guest)["pool"]
    line = scene.dom0.run(f"ethtool -S {scene.dev} | grep pool{pool}_usecs_now:").out
    return int(line.split()[-1])


def test_moderation(scene):
    guest, _ = scene.guests(**GUESTS)
    story.wait_level(scene.lab, guest, "grant")
    with moderation(scene, "rx-usecs 8000"):
        check(interval(scene, guest) == 8000, "rx-usecs 8000, but it is", interval(scene, guest))
        many = frames_per_interrupt(scene, guest)
    with moderation(scene, "adaptive-rx off rx-usecs 0"):
        check(interval(scene, guest) == 0, "rx-usecs 0, but it is", interval(scene, guest))
        few = frames_per_interrupt(scene, guest)
    check(many > 2 * few, f"frames an interrupt: {many:.1f} with rx-usecs 8000, {few:.1f} with 0")
    shown = scene.dom0.run(f"ethtool -c {scene.dev}").out
    check("Adaptive RX: on" in shown, "moderation is not adaptive again:", shown)
    refused = scene.dom0.run(f"ethtool -C {scene.dev} rx-usecs 9000", check=False)
    check(refused.status and "0 to 8191" in refused.out + refused.err, "9000 us:", refused)


def test_adaptive(scene):
    """Adaptive moderation tries other intervals when the traffic changes.

    The kernel's library keeps to an interval for as long as the rate stays the same.
    """
    guest, _ = scene.guests(**GUESTS)
    story.wait_level(scene.lab, guest, "grant")
    tried = {interval(scene, guest)}
    deadline = time.monotonic() + 60
    for rate in itertools.cycle((300, 1500)):
        sending = scene.lab.wire.start(guest.mac, 2 * rate, rate=rate, size=60)
        while not sending.done.is_set():
            check(time.monotonic() < deadline, "the interval stays as it was:", tried)
            tried.add(interval(scene, guest))
        if len(tried) > 1:
            break
    check(max(tried) <= 256, "adaptive moderation chose", tried)
