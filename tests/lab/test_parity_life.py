# SPDX-License-Identifier: GPL-2.0
"""Vifs come and go, frontends too, guests are paused, rebooted and destroyed: as with stock.

Would fail if a vif that comes or goes disturbed another one, if a frontend that goes and
returns found no backend (or one without its pool), if a paused guest lost its connections,
or if a destroyed one left an interface, a node in xenstore, a grant or a pool behind.
"""

import contextlib

from pair import Side, get_pair, new_host
from parity import OURS, STOCK, compare
from scene import check
import story
from traffic import start_sending
from transfer import EchoServer, Transfer

SETUP = "vmdq"
LEVELS = ("software", "grant")
BUS = "/sys/bus/xen/drivers/vif"


def pair(scene):
    # Linux's netfront loses some MB each time that it is unloaded, with either backend.
    return get_pair(scene, "life", levels=LEVELS, memory=256)


@contextlib.contextmanager
def flowing(scene, guest, sides):
    """A TCP connection to each side, which has to be intact at the end."""
    server = EchoServer(guest)
    with contextlib.ExitStack() as stack:
        transfers = [stack.enter_context(Transfer(scene.lab.peer, s.address, rate=40_000))
                     for s in sides]
        yield transfers
        for transfer in transfers:
            transfer.flows()
            transfer.finish()
    server.stop()


def attach_and_detach(scene, guest, new):
    scene.dom0.run(f"xl network-attach {guest.name} mac={new.mac} bridge=xenbr0 "
                   f"script={new.backend.script}", timeout=120)
    new.configure()
    scene.dom0.run(f"xl network-detach {guest.name} {new.number}", timeout=120)
    guest.wait_for(f"[ ! -e /sys/class/net/{new.dev} ]", what=f"{new.dev} gone")
    scene.dom0.wait_for(
        f"! ls -d /sys/class/net/{new.vif} /sys/bus/xen-backend/devices/vif-{guest.domid}-"
        f"{new.number} 2>/dev/null && ! xenstore-exists {new.store} &&"
        f"! xenstore-exists vmdq/vif/{guest.domid}/{new.number}", what=f"{new} gone")


def test_attach_and_detach(scene):
    guest, sides = pair(scene)
    free = story.pools_free(scene.lab)

    def row(backend):
        # The same number each time: what one leaves behind, the next one meets.
        new = Side(len(sides), new_host(), backend, "grant")
        new.guest = guest
        with flowing(scene, guest, [s for s in sides if s.backend is backend][-1:]):
            attach_and_detach(scene, guest, new)
        check(story.pools_free(scene.lab) == free, "its pool is not free")
        return "comes and goes; TCP of the other vif intact"

    compare("xl network-attach and network-detach, with traffic", row)


def states(sides):
    """What dom0 shows of each, which must be the same for all of one backend."""
    said = {}
    for side in sides:
        shown = side.guest.lab.dom0.run(
            f"xenstore-read {side.store}/state; xenstore-read {side.store}/hotplug-status ||"
            f"echo none; cat /sys/class/net/{side.vif}/carrier || echo none").out.split()
        words = "state {}, hotplug {}, carrier {}".format(*shown)
        check(said.setdefault(side.backend, words) == words, "differs by level:", said, words)
    return said


def frontends_go(scene, guest, sides):
    """Unbind the guest's driver from all its vifs while frames arrive."""
    sendings = [scene.lab.wire.start(s.mac, rate=100) for s in sides]
    try:
        guest.run("; ".join(f"echo vif-{s.number} >{BUS}/unbind" for s in sides))
        for side in sides:
            scene.dom0.wait_for(f'[ "$(xenstore-read {side.store}/state)" = 6 ]',
                                what=f"{side} closed")
            side.wait_level("software")
    finally:
        for sending in sendings:
            sending.stop()
    return states(sides)


def frontends_return(sides, gone):
    for side in sides:
        side.configure()
    back = states(sides)
    return {b: f"{gone[b]}; then {back[b]}, answers" for b in gone}


def test_unbind_and_bind(scene):
    guest, sides = pair(scene)
    gone = frontends_go(scene, guest, sides)
    guest.run("; ".join(f"echo vif-{s.number} >{BUS}/bind" for s in sides))
    compare("guest's driver unbound and bound", frontends_return(sides, gone).get)


def test_netfront_reloaded(scene):
    guest, sides = pair(scene)
    gone = frontends_go(scene, guest, sides)
    guest.run("rmmod xen_netfront && insmod /lib/modules/xen-netfront.ko")
    compare("guest's netfront unloaded and loaded", frontends_return(sides, gone).get)


def test_pause(scene):
    guest, sides = pair(scene)
    with flowing(scene, guest, sides) as transfers:
        scene.dom0.run(f"xl pause {guest.name}")
        check("--p---" in scene.dom0.run(f"xl list {guest.name}").out, "is not paused")
        for side in sides:      # more than it has room for
            scene.lab.wire.send(side.mac, 400)
        scene.dom0.run(f"xl unpause {guest.name}")
        for transfer in transfers:
            transfer.flows()
    compare("xl pause and unpause, with traffic", lambda backend: "TCP intact")


def test_reboot(scene):
    guest, sides = pair(scene)
    old = guest.domid
    guest.reboot()
    for side in sides:
        side.configure()
        mac = guest.run(f"cat /sys/class/net/{side.dev}/address").out.strip()
        check(mac == side.mac, side, "has another MAC:", mac)
    check(not scene.dom0.run(f"ls -d /sys/class/net/vif{old}.* || true").out, "vifs are left")
    compare("xl reboot", states(sides).get)


def left_behind(scene, domid):
    """What remains of a domain."""
    return scene.dom0.run(
        f"ls -d /sys/class/net/vif{domid}.* /sys/bus/xen-backend/devices/vif-{domid}-* "
        f"2>/dev/null; xenstore-ls -f | grep -E '^/local/domain/0/(backend|vmdq)/vif/{domid}(/| )'"
        f"|| true").out


def test_destroy(scene):
    guest, sides = pair(scene)
    free = story.pools_free(scene.lab)
    away = []
    for side in sides:
        side.wait_level()
        away.append(scene.lab.wire.start(side.mac, rate=200))
        _, stream = start_sending(guest, scene.lab.wire.mac, rate=100, dev=side.dev)
        check(scene.lab.wire.expect(stream, 10)["unique"] >= 10, side, "sends nothing")
    try:
        guest.destroy()
    finally:
        for sending in away:
            sending.stop()
    scene.dom0.wait_for(f"! ls -d /sys/class/net/vif{guest.domid}.* 2>/dev/null",
                        what=f"the vifs of {guest.name} gone")
    check(not (left := left_behind(scene, guest.domid)), "left behind:", left)
    check(story.grants_left(scene.lab) == 0, "grants are left")
    check(story.pools_free(scene.lab) == free + LEVELS.count("grant"), "its pool is not free")
    compare("xl destroy, with traffic in both directions",
            dict.fromkeys((STOCK, OURS), "nothing left").get)
