# SPDX-License-Identifier: GPL-2.0
"""A port that goes down, is reset or loses its link takes no vif with it, at any level.

While frames arrive for a guest at level grant, for one at level copy, and for both by
software. Each trouble is reported (interface, kernel's log, netlink, xenstore), and is over
by itself: the vifs have their pools again and frames flow. Frames that come while the port
is down are lost, as they are with any NIC. Would fail if a vif kept a pool that no longer
runs, stayed with software for good, or got a frame twice or spoilt; if a page stayed with
the hardware; or if nothing told of it.
"""

import story
from events import Events
from qmp import set_link
from scene import check
from traffic import BROADCAST, start_sending

SETUP = "vmdq"
# The transmit queue that hangs is one of ours: fault.c
ALLOWED = r"NETDEV WATCHDOG|WARNING: CPU.*dev_watchdog"
LEVELS = {"a": "grant", "b": "copy"}


def both(scene):
    return scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                        b={"vcpus": 1, "script": "vif-vmdq"})


class Traffic:
    """Frames to two guests by pool and by software, all the while."""

    def __init__(self, scene):
        self.scene = scene
        self.guests = both(scene)
        self.wait_levels()
        self.receivers = [g.receiver() for g in self.guests]
        wire = scene.lab.wire
        self.sendings = [wire.start(g.mac, rate=300) for g in self.guests]
        self.sendings.append(wire.start(BROADCAST, rate=100))
        self.running = True

    def __enter__(self):
        self.flows()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """End it; returns what each receiver got of each stream."""
        if not self.running:
            return []
        self.running = False
        for sending in self.sendings:
            sending.stop()
        got = [(r.name, r.received(s.stream)) for r, s in self.pairs()]
        for receiver in self.receivers:
            receiver.stop()
        return got

    def wait_levels(self):
        for guest in self.guests:
            story.wait_level(self.scene.lab, guest, LEVELS[guest.name], timeout=60)

    def pairs(self):
        unicast = zip(self.receivers, self.sendings)
        return [*unicast, *((r, self.sendings[-1]) for r in self.receivers)]

    def flows(self):
        """Frames arrive now, each way."""
        for receiver, sending in self.pairs():
            before = receiver.received(sending.stream)["unique"]
            got = receiver.expect(sending.stream, before + 30)
            check(got["unique"] >= before + 30, "no frames to", receiver.name, got)

    def recovered(self):
        """All is as it was: levels, traffic, nothing spoilt, and every page accounted for."""
        self.wait_levels()
        self.flows()
        for name, got in self.stop():
            check(not got["duplicated"] + got["corrupt"], name, got)
        for guest in self.guests:
            story.check_delivered(story.deliver(self.scene.lab, guest, 200, rate=1000),
                                  LEVELS[guest.name])
            count = story.counters(self.scene.lab, guest)
            held = count["pool_grant_maps"] - count["pool_grant_unmaps"]
            check(0 <= held <= 256, guest.vif, "pages of the guest with the hardware:", held)


def trouble(scene, provoke, *reports):
    """Provoke something under traffic; the log says each of the reports, and it is over."""
    scene.dom0.run("dmesg -c >/dev/null")
    with Traffic(scene) as traffic:
        provoke()
        for report in reports:
            scene.dom0.wait_for(f"dmesg | grep -q '{report}'", timeout=60,
                                what=f"the log to say {report}")
        traffic.recovered()


def test_interface_down(scene):
    events = Events(scene)
    dev = scene.dev

    def down_and_up():
        scene.dom0.run(f"ip link set {dev} down")
        for guest in both(scene):
            story.wait_level(scene.lab, guest, "software")
            error = story.vif_row(scene.lab, guest)["error"]
            check("port is down" in error, f"{guest.vif}: why is it software?", error)
        check(story.pools_free(scene.lab) == 7, "a port that is down has pools taken")
        scene.dom0.run(f"ip link set {dev} up")

    trouble(scene, down_and_up, "is served at level software: pool .* the port is down",
            "link up")
    events.stop()
    heard = [line.split()[0] for line in events.lines()]
    check("port-down" in heard and "port-up" in heard[heard.index("port-down"):],
          "netlink did not tell of it:", heard)


def test_link_lost(scene):
    def unplug():
        set_link(scene.lab, False)
        scene.dom0.wait_for(f"[ $(cat /sys/class/net/{scene.dev}/carrier) = 0 ]")
        for guest in both(scene):
            # A link that is lost is no reason to give anything up.
            row = story.vif_row(scene.lab, guest)
            check(row["state"] == LEVELS[guest.name], "without a link:", row)
        set_link(scene.lab, True)

    trouble(scene, unplug, "link down", "link up")


def test_link_renegotiated(scene):
    # Over before the driver looks, as often as not: then there is nothing to report.
    trouble(scene, lambda: scene.dom0.run(f"ethtool -r {scene.dev}"))


def test_rings_resized(scene):
    def resize():
        for sizes in ("rx 1024 tx 1024", "rx 512 tx 256"):
            scene.dom0.run(f"ethtool -G {scene.dev} {sizes}")

    trouble(scene, resize, "guest .* is served at level grant", "link up")


def test_mtu_changed(scene):
    def change():
        scene.dom0.run(f"ip link set {scene.dev} mtu 2000")
        scene.dom0.run(f"ip link set {scene.dev} mtu 1500")

    trouble(scene, change)


def test_transmit_hangs(scene):
    a, _ = both(scene)
    story.wait_level(scene.lab, a, "grant")
    queue = story.vif_row(scene.lab, a)["pool"]
    scene.dom0.run("modprobe vmdq_fault")
    process, _ = start_sending(a, scene.lab.wire.mac, rate=500)
    try:
        trouble(scene, lambda: scene.dom0.run(
            f"echo {queue} >/sys/module/vmdq_fault/parameters/hang_tx"),
            f"transmit queue {queue} hangs", "resetting the port", "link up")
    finally:
        process.signal()
        process.wait(30, check=False)
        scene.dom0.run("rmmod vmdq_fault")


def stuck(scene, guest, commands):
    """A queue does not confirm its stop: the port is reset before a page is given back."""
    fault = "/sys/module/vmdq_fault/parameters"
    scene.dom0.run("modprobe vmdq_fault")
    queue = story.vif_row(scene.lab, guest)["pool"]

    def change():
        # What is asked for while the port restarts is refused then, and done afterwards.
        scene.dom0.run(f"echo {queue} >{fault}/stuck; " +
                       "; ".join(f"vmdqctl {c} || [ $? = 10 ]" for c in commands))

    try:
        trouble(scene, change, f"pool {queue}: the receive queue does not stop; resetting",
                "resetting the port; its pools are taken back", "link up")
        seen = scene.dom0.run(f"cat {fault}/safe {fault}/early").out.split()
        check(seen == ["1", "0"], "given back safely, and too early:", seen)
    finally:
        scene.dom0.run("rmmod vmdq_fault")


def test_stuck_at_grant(scene):
    a, _ = both(scene)
    stuck(scene, a, (f"level {a.vif} copy", f"level {a.vif} auto"))


def test_stuck_at_copy(scene):
    _, b = both(scene)
    stuck(scene, b, (f"release {b.vif}", f"assign {b.vif}"))
