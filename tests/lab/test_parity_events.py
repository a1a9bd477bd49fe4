# SPDX-License-Identifier: GPL-2.0
"""Event channels: one for each direction of a queue, or one for both, as the backend offers.

The backend's parameter separate_tx_rx_irq says what it offers; the guest's own netfront
follows. Frames, TCP and UDP pass both ways, by software and, for ours, by a pool at each
level. Xen delays the events of a guest that sends them for nothing: it must not delay those
of a guest that had reason, which is easily mistaken where one event stands for either
direction. Would fail if a feature, a number of channels or a byte were wrong, or if events
of our guest were delayed.
"""

import flow
import story
from flow import data_scene
from parity import OURS, STOCK, compare
from scene import check, check_intact
from traffic import start_sending

SETUP = "vmdq"
LAB = flow.LAB
COUNT = 1000
LEVELS = {STOCK: (None,), OURS: ("software", "copy", "grant")}


def parameter(backend):
    return f"/sys/module/{backend.name.replace('-', '_')}/parameters/separate_tx_rx_irq"


def channels(scene, guest):
    """Event channels of each of the vif's queues, as dom0's interrupts."""
    said = scene.dom0.run(f"grep -o '{guest.vif}-q.*' /proc/interrupts").out.split()
    return [sum(name.startswith(f"{guest.vif}-q{q}") for name in said) for q in (0, 1)]


def delayed(scene, guest):
    """Ticks by which events of the guest were delayed, as spurious ones are."""
    return int(scene.dom0.run(f"cat /sys/bus/xen-backend/devices/vif-{guest.domid}-0/"
                              "xenbus/jiffies_eoi_delayed").out)


def frames(scene, guest, what):
    """One way alone, so that every event is for that way; then the other."""
    receiver = guest.receiver()
    try:
        sending = scene.lab.wire.send(guest.mac, COUNT, rate=1500)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"{what}: to the guest")
    finally:
        receiver.stop()
    process, stream = start_sending(guest, scene.lab.wire.mac, COUNT, rate=1500)
    process.wait()
    check_intact(scene.lab.wire.expect(stream, COUNT), COUNT, f"{what}: from the guest")


def row(scene, data, backend, guest):
    offered = scene.dom0.run(f"xenstore-read /local/domain/0/backend/vif/{guest.domid}/0/"
                             "feature-split-event-channels").out.strip()
    for level in LEVELS[backend]:
        if level:
            scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
            story.wait_level(scene.lab, guest, level)
        frames(scene, guest, f"{backend} {level or ''}, feature {offered}")
    flow.flow(guest, "tcp", data.address["dom0"], bytes=flow.TCP_BYTES // 4)
    flow.flow(guest, "udp", data.address["dom0"], size=1400, count=flow.UDP_COUNT)
    if backend is OURS:
        check(not (ticks := delayed(scene, guest)), guest.vif, "events delayed, ticks:", ticks)
    found = channels(scene, guest)
    guest.destroy()
    return f"feature {offered}, intact, event channels of each queue: {found}"


def guests_with(scene, split):
    """A guest of each backend, where both offer this."""
    both = " ".join(parameter(b) for b in (STOCK, OURS))
    scene.dom0.run(f"for p in {both}; do echo {'Y' if split else 'N'} >$p; done")
    try:
        made = scene.lab.guests_create([{"script": b.script, "extra": "queues=2"}
                                        for b in (STOCK, OURS)])
    finally:
        # As it is by itself
        scene.dom0.run(f"for p in {both}; do echo Y >$p; done")
    return dict(zip((STOCK, OURS), made))


def test_parity_events(scene):
    data = data_scene(scene)
    for split in (True, False):
        guests = guests_with(scene, split)
        compare("split event channels" if split else "single event channels",
                lambda backend, of=guests: row(scene, data, backend, of[backend]))
