# SPDX-License-Identifier: GPL-2.0
"""Frontends of other kernels: Linux 6.12, and the newest kernel that Debian has.

A guest of each kernel has a vif of xen-netback and one of ours: both connect with two
queues, TCP and UDP over IPv4 pass intact both ways with dom0 and with the wire, and the
wire's frames come by the pool at level grant and at level copy. Would fail if a frontend
that negotiates more than Debian 12's did not get on with our backend.
"""

from flow import FRONTEND_LAB, Server, flow
from parity import OURS, STOCK, compare
from scene import check, check_intact
import story

SETUP = "vmdq"
LAB = FRONTEND_LAB
COUNT = 300
DEVS = {STOCK: "eth0", OURS: "eth1"}
# The second vif has a network of its own, so that each address has one way.
NETWORKS = {STOCK: "10.77.0", OURS: "10.81.0"}


def make(scene, kernel):
    """A guest with a vif of each backend, and its servers' addresses."""
    macs = {STOCK: "02:7b:00:00:00:01", OURS: "02:7b:00:00:00:02"}
    vifs = [f"mac={macs[b]},bridge=xenbr0,script={b.script}" for b in (STOCK, OURS)]
    guest = scene.lab.guest_create("frontend", vifs=vifs, mac=macs[OURS], kernel=kernel,
                                   extra="queues=2", memory=160)
    guest.run("echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore; echo 2 >"
              f"/proc/sys/net/ipv4/conf/all/arp_announce; ip addr add {NETWORKS[OURS]}.10/24 dev eth1;"
              "ip link set eth1 up")
    return guest


def connected(scene, guest, backend):
    number = 0 if backend is STOCK else 1
    state = f"/local/domain/0/backend/vif/{guest.domid}/{number}/state"
    scene.dom0.wait_for(f"[ $(xenstore-read {state}) = 4 ]", what=f"{backend} connected")
    return (scene.dom0.run(f"ls /sys/class/net/vif{guest.domid}.{number}/queues | grep -c tx-")
            .out.strip() + " queues")


def talks(guest, backend):
    for host in (1, 2):
        address = f"{NETWORKS[backend]}.{host}"
        guest.run(f"ping -c 2 -i 0.2 -W 10 {address}")
        flow(guest, "tcp", address, bytes=300_000)
        flow(guest, "udp", address, size=1400, count=5)
    return "intact"


def frames(scene, guest, backend):
    """Numbered frames from the wire; ours at both levels of a pool."""
    vif = f"vif{guest.domid}.1"
    mac = {STOCK: "02:7b:00:00:00:01", OURS: "02:7b:00:00:00:02"}[backend]
    path = f"vmdq/vif/{guest.domid}/1/state"
    said = []
    receiver = guest.receiver(DEVS[backend])
    try:
        for level in (None,) if backend is STOCK else ("grant", "copy"):
            if level:
                scene.dom0.run(f"vmdqctl level {vif} {level}")
                scene.dom0.wait_for(f"[ $(xenstore-read {path}) = {level} ]", what=level)
            before = pool_frames(scene, vif)
            sending = scene.lab.wire.send(mac, COUNT, rate=500)
            check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"{backend} {level}")
            check(not level or pool_frames(scene, vif) - before >= COUNT, level, "not by the pool")
            said.append("intact" + (f" by the pool, level {level}" if level else ""))
    finally:
        receiver.stop()
    return "; ".join(said)


def pool_frames(scene, vif):
    return sum(v["counters"]["rx_pool_frames"] for v in story.listing(scene.lab)["vifs"]
               if v["vif"] == vif)


def through(scene, kernel, name):
    scene.dom0.run(f"ip addr add {NETWORKS[OURS]}.2/24 dev xenbr0")
    scene.lab.peer.run(f"ip addr add {NETWORKS[OURS]}.1/24 dev wire0")
    guest = make(scene, kernel)
    servers = [Server(scene.dom0), Server(scene.lab.peer)]
    try:
        compare(f"{name}: connects", lambda b: connected(scene, guest, b))
        compare(f"{name}: ping, TCP and UDP with dom0 and the wire", lambda b: talks(guest, b))
        compare(f"{name}: frames from the wire", lambda b: frames(scene, guest, b),
                better="intact by the pool, level grant; intact by the pool, level copy")
    finally:
        for server in servers:
            server.stop()
        scene.dom0.run(f"ip addr del {NETWORKS[OURS]}.2/24 dev xenbr0")
        scene.lab.peer.run(f"ip addr del {NETWORKS[OURS]}.1/24 dev wire0")
    guest.destroy()


def test_linux_6_12(scene):
    through(scene, "6.12", "Frontend of Linux 6.12")


def test_newest(scene):
    through(scene, "newest", "Frontend of Debian's newest kernel")
