# SPDX-License-Identifier: GPL-2.0
"""xenstored goes and comes back: pools stay, frames pass, vmdqd goes on, a port can be reset.

With oxenstored, which writes down what it has when it is told to end, and can be started
with that. Would fail if vmdqd ended, hung or changed anything, if a vif lost its pool or a
frame meanwhile, if vmdqd did nothing more after that, or if the port's interface could not
be set down and up without xenstored; or if a transaction that xenstored refuses, as something
came between, were not done again by vmdqctl and by vmdqd.
"""

import contextlib

import daemon
import story
import test_daemon_pools
from front import wait_until
from scene import check, check_intact
from traffic import MachineClock

SETUP = "vmdq"
SUITE = "long"
LAB = test_daemon_pools.LAB
DB = "/run/xenstored/db"
CONF = "/etc/xen/oxenstored.conf"
XENSTORED = "/usr/lib/xen-4.17/bin/oxenstored"
RATE = 500
# What belonged to the process that has ended: descriptors, clients, ports of its event channels
FORGET = r"/^evtchn-dev/d; /^socket/d; /^watch,-/d; s/^\(dom,[^,]*,[^,]*,[^,]*\),.*/\1/"


def pool_frames(scene, guest):
    """By the kernel alone: without xenstored vmdqctl has nothing to say."""
    return int(scene.dom0.run(f"ethtool -S {guest.vif} | grep -w rx_pool_frames").out.split()[-1])


@contextlib.contextmanager
def no_xenstored(dom0):
    """There is no xenstored meanwhile."""
    dom0.run(f"pid=$(pidof oxenstored); rm -f {DB}; kill $pid;"
             f"while kill -0 $pid 2>/dev/null || [ ! -s {DB} ]; do sleep 0.1; done")
    yield
    dom0.run(f"sed -i '{FORGET}' {DB}; {XENSTORED} --restart")


def test_xenstored_comes_back(scene):
    dom0 = scene.dom0
    guest = scene.guest("low1", script="vif-vmdq")
    dom0.run(f"vmdqctl assign {guest.vif} auto", check=False)
    with daemon.coordinator(scene) as vmdqd:
        wait_until(lambda: daemon.served(scene, [guest]), f"{guest.name} served by a pool")
        before = daemon.rows(scene)
        receiver = guest.receiver()
        clock = MachineClock(scene.lab, scene.dev)
        try:
            sending = scene.lab.wire.start(guest.mac, rate=RATE, clock=clock)
            with no_xenstored(dom0):
                wait_until(lambda: "lost xenstored" in daemon.said(vmdqd), "xenstored missed")
                frames = pool_frames(scene, guest)
                wait_until(lambda: pool_frames(scene, guest) > frames, "frames by the pool")
            wait_until(lambda: daemon.said(vmdqd).count("connected to xenstored") == 2,
                       "connected again")
            sent = sending.stop()
            check_intact(receiver.expect(sending.stream, sent, 60), sent,
                         "while xenstored was gone")
        finally:
            clock.stop()
            receiver.stop()
        after = daemon.rows(scene)
        check({vif: row["pool"] for vif, row in after.items()} ==
              {vif: row["pool"] for vif, row in before.items()}, "pools were", before, "are", after)
        # The backend hears of what is written, and vmdqd, too.
        dom0.run(f"vmdqctl release {guest.vif}")
        check(not daemon.served(scene, [guest]), "released, but:", daemon.rows(scene)[guest.vif])
        path = "vmdq/vif/" + guest.vif[3:].replace(".", "/")
        dom0.run(f"xenstore-rm {path}/request/hold")
        wait_until(lambda: daemon.served(scene, [guest]), "a pool given by vmdqd")
        daemon.check_agreement(scene)


def test_port_goes_down(scene):
    dom0 = scene.dom0
    guest = scene.guest("low1", script="vif-vmdq")
    wait_until(lambda: daemon.served(scene, [guest]), f"{guest.name} served by a pool")
    with no_xenstored(dom0):
        dom0.run(f"ip link set {scene.dev} down && ip link set {scene.dev} up")
    wait_until(lambda: daemon.served(scene, [guest]), f"{guest.name} served by a pool again")
    daemon.check_agreement(scene)
    story.check_delivered(story.deliver(scene.lab, guest, 100, rate=RATE), "copy")


def refuse(dom0, value):
    """Whether xenstored refuses each third transaction, at random: a setting for tests."""
    with no_xenstored(dom0):
        dom0.run(f"sed -i 's/^test-eagain .*/test-eagain = {value}/' {CONF};"
                 f"grep -q '^test-eagain = {value}' {CONF}")


@contextlib.contextmanager
def refusing(dom0):
    refuse(dom0, "true")
    try:
        yield
    finally:
        refuse(dom0, "false")


def test_conflicts(scene):
    dom0 = scene.dom0
    guest = scene.guest("low1", script="vif-vmdq")
    with refusing(dom0):
        refused = {"release": 0, "assign": 0}
        while not all(refused.values()):
            for command, served in (("release", []), ("assign", [guest])):
                refused[command] += story.refusals(scene.lab, f"{command} {guest.vif}")
                check(daemon.served(scene, [guest]) == served, f"after {command}:",
                      daemon.rows(scene)[guest.vif])
        print(f"       transactions refused: {refused}", flush=True)
        with daemon.coordinator(scene):
            for _ in range(5):
                dom0.run(f"vmdqctl release {guest.vif}")
                dom0.run(f"vmdqctl assign {guest.vif} auto")
                wait_until(lambda: daemon.served(scene, [guest]), "a pool given by vmdqd")
            daemon.check_agreement(scene)
