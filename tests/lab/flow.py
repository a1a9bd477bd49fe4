# SPDX-License-Identifier: GPL-2.0
"""Ordinary TCP and UDP whose every byte is checked, and what an interface saw of it.

For the rows of docs/parity.md about data: a guest of each backend, dom0, the wire's
far end and a further guest, with IPv4 and IPv6 addresses. tests/guests/flowcheck.c
carries the data, tests/guests/skbwatch.c looks at offloads.
"""

import json
import os
import shlex

import image
from lab import DOM0_ADDRESS
from parity import OURS, STOCK
from scene import check
from traffic import words

# Four queues for both, although dom0 has one CPU.
LAB = {"dom0_options": "xen-netback.max_queues=4 vmdq_netback.max_queues=4"}
# The kernels beside Debian 12's, for guests.
FRONTEND_LAB = {**LAB, "frontends": True, "memory": 2560, "dom0_memory": 1536}
# Two queues on one CPU, as that boots in half the time. Each time that netfront is loaded
# anew in the guest it leaves some megabytes behind.
GUEST = {"extra": "queues=2", "memory": 256}
TCP_BYTES = 1 << 20
UDP_COUNT = 10
FAMILIES = ("v4", "v6")


def ip6(address):
    """The IPv6 address that goes with an IPv4 address of the lab."""
    return "fd77::" + address.rpartition(".")[2]


def address_of(address, family):
    return address if family == "v4" else ip6(address)


def allow_ip6(runner, dev, address, prefix="fd77::"):
    """IPv6 on an interface that has it switched off, without noise on the wire."""
    conf = f"/proc/sys/net/ipv6/conf/{dev}"
    address6 = ip6(address).replace("fd77::", prefix)
    runner.run(f"echo 0 >{conf}/accept_ra; echo 0 >{conf}/router_solicitations;"
               f"echo 0 >{conf}/accept_dad; echo 0 >{conf}/disable_ipv6;"
               f"ip addr show dev {dev} | grep -q {address6}/64 ||"
               f"ip addr add {address6}/64 dev {dev}")


class Watch:
    """skbwatch in dom0 or in a guest."""

    def __init__(self, agent, dev):
        self.process = agent.start(f"exec skbwatch dev={dev}")
        check("ready" in (self.process.line() or ""), "skbwatch:", self.process.err.decode())

    def stop(self):
        """End it; returns {"in": {"tcp4": {...}}, "out": ...}."""
        self.process.write("quit\n")
        seen = json.loads(self.process.line())
        self.process.wait(30)
        return seen


class Server:
    """flowcheck that answers, in dom0, in a guest or at the wire's far end."""

    def __init__(self, runner):
        if hasattr(runner, "namespace"):
            program = shlex.quote(os.path.join(image.LAB, "flowcheck"))
            self.process = runner.start(f"exec {program} serve", stdout=-1)
            ready = self.process.stdout.readline()
        else:
            self.process = runner.start("exec flowcheck serve")
            ready = self.process.line()
        check("ready" in (ready or ""), "flowcheck does not serve")

    def stop(self):
        if hasattr(self.process, "signal"):
            self.process.signal()
        else:
            self.process.terminate()
            self.process.wait(10)


def flow(guest, protocol, address, timeout=90, **options):
    """One flowcheck client in a guest; fails unless all came, both ways, as it must."""
    command = f"flowcheck {protocol} {words(to=address, **options)}"
    said = guest.run(command, timeout=timeout, check=False)
    check(said.status == 0, f"{guest.name}: {command}:", said.err)
    got = json.loads(said.out)
    check(got["received"] == got["sent"] and not got["wrong"], f"{guest.name}: {command}:", got)
    return got


class DataScene:
    """A guest of each backend, and whom they talk to; made once per boot."""

    def __init__(self, scene):
        self.scene = scene
        self.lab = scene.lab
        guests = scene.guests(
            stock={**GUEST, "script": STOCK.script},
            ours={**GUEST, "script": OURS.script}, far={})
        scene.kept.update(guest.name for guest in guests)
        self.guest = {STOCK: guests[0], OURS: guests[1]}
        self.far = guests[2]
        self.address = {"dom0": DOM0_ADDRESS, "the wire": scene.lab.peer.address,
                        "another guest": self.far.address}
        allow_ip6(scene.dom0, "xenbr0", DOM0_ADDRESS)
        allow_ip6(scene.lab.peer, "wire0", scene.lab.peer.address)
        for guest in guests:
            allow_ip6(guest, "eth0", guest.address)
        # An emulated machine is so slow that TCP would not build large frames.
        for runner in (scene.dom0, *guests):
            runner.run("echo 16 >/proc/sys/net/ipv4/tcp_min_tso_segs")
        self.servers = [Server(runner) for runner in (scene.dom0, scene.lab.peer, self.far)]

    def reload(self, guest, module="/lib/modules/xen-netfront.ko", options=""):
        """Load netfront anew in the guest: it connects again."""
        # A device that is bound to its driver keeps the module.
        guest.run("cd /sys/bus/xen/drivers/vif && for d in vif-*; do echo $d >unbind; done;"
                  "cd /; rmmod xen-netfront", check=False)
        # What it wrote would stay, and the next one would seem to have written it.
        front = f"/local/domain/{guest.domid}/device/vif/0"
        self.scene.dom0.run(f"for k in $(xenstore-list {front} | grep -E '^(feature|queue|event|"
                            f"multi|xdp|tx-|rx-|request)'); do xenstore-rm {front}/$k; done")
        guest.run(f"insmod {module} {options}")
        guest.wait_for("[ -e /sys/class/net/eth0 ]", what="eth0 after loading netfront")
        guest.run(f"ip addr add {guest.address}/24 broadcast + dev eth0; ip link set eth0 up")
        allow_ip6(guest, "eth0", guest.address)
        guest.wait_for("[ $(cat /sys/class/net/eth0/carrier) = 1 ]", what="carrier of eth0")

    def talk(self, backend, place="dom0", families=FAMILIES, size=TCP_BYTES):
        """TCP and UDP between a backend's guest and a place, both ways.

        Returns what the vif in dom0 saw: "in" comes from the guest, and "out" goes to it
        after what the vif does not take was segmented and checksummed. In the guest
        nothing can be seen of it, as GRO joins there what was segmented.
        """
        guest = self.guest[backend]
        vif = Watch(self.scene.dom0, guest.vif)
        try:
            for family in families:
                address = address_of(self.address[place], family)
                flow(guest, "tcp", address, bytes=size)
                flow(guest, "udp", address, size=1400, count=UDP_COUNT)
        finally:
            seen = vif.stop()
        return seen


def data_scene(scene):
    """The DataScene of this boot."""
    made = getattr(scene, "data", None)
    if made is None:
        made = scene.data = DataScene(scene)
    return made
