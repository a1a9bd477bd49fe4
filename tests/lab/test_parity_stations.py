# SPDX-License-Identifier: GPL-2.0
"""All that dom0's bridge would deliver to a guest is delivered, by both backends alike.

A guest changes its MAC, has a second station behind it (what it sends bears another source
address, as from a bridge of its own), uses a VLAN, and listens to everything. On ours at
each level, where a pool's filter knows the configured MAC alone. Would fail if frames that
come by one backend did not by the other, or if they came at one level only.
"""

import story
from parity import OURS, STOCK, compare
from scene import check, check_intact
from traffic import BROADCAST, new_stream, start_sending, words

SETUP = "vmdq"
COUNT = 100
LEVELS = {STOCK: (None,), OURS: ("software", "copy", "grant")}
VLAN = 7


def mac(backend, kind):
    """Addresses that the guest of that backend takes beside its own."""
    return f"02:7b:00:00:0{kind}:0{(STOCK, OURS).index(backend) + 1}"


class Station:
    """The guest of a backend, at one level."""

    def __init__(self, scene, backend, guest):
        self.scene = scene
        self.backend = backend
        self.guest = guest

    def levels(self):
        for level in LEVELS[self.backend]:
            if level:
                self.scene.dom0.run(f"vmdqctl level {self.guest.vif} {level}")
                story.wait_level(self.scene.lab, self.guest, level)
            yield f"{self.backend} {level or ''}"

    def learn(self, address):
        """The bridge learns where an address is, as the guest sends from it."""
        stream = new_stream()
        self.guest.run("framecheck send " + words(
            dev="eth0", dst=self.scene.lab.wire.mac, src=address, count=1, min=60, stream=stream))
        check_intact(self.scene.lab.wire.expect(stream, 1), 1, f"{self.backend}: from {address}")
        self.scene.dom0.wait_for(
            f"bridge fdb show br xenbr0 | grep {address} | grep -q {self.guest.vif}",
            what=f"the bridge to know {address}")

    def gets(self, what, receiver, dst, strange=False, **options):
        """Frames to an address arrive, seen by the guest as for it or for a stranger."""
        sending = self.scene.lab.wire.send(dst, COUNT, rate=1000, **options)
        got = receiver.expect(sending.stream, COUNT)
        check_intact(got, COUNT, f"{what}: to {dst}")
        check(got["misdirected"] == (COUNT if strange else 0), f"{what}: to {dst}", got)
        return got


def changed(station):
    guest, new = station.guest, mac(station.backend, 1)
    for what in station.levels():
        guest.run(f"ip link set eth0 down; ip link set eth0 address {new}; ip link set eth0 up")
        receiver = None
        try:
            station.learn(new)
            receiver = guest.receiver()
            station.gets(what, receiver, new)
            # the bridge still knows it there
            station.gets(what, receiver, guest.mac, strange=True)
        finally:
            if receiver:
                receiver.stop()
            guest.run(f"ip link set eth0 down; ip link set eth0 address {guest.mac};"
                      "ip link set eth0 up")
            station.learn(guest.mac)
    return "frames to the new address and to the old one"


def second(station):
    guest, behind = station.guest, mac(station.backend, 2)
    for what in station.levels():
        station.learn(guest.mac)
        station.learn(behind)
        receiver = guest.receiver(promisc=True)
        try:
            station.gets(what, receiver, behind, strange=True)
            station.gets(what, receiver, guest.mac)
            process, stream = start_sending(guest, station.scene.lab.wire.mac, COUNT)
            process.wait()
            check_intact(station.scene.lab.wire.expect(stream, COUNT), COUNT, f"{what}: from it")
        finally:
            receiver.stop()
    return "frames to it and to the guest"


def tagged(station):
    for what in station.levels():
        receiver = station.guest.receiver()
        try:
            for dst in (station.guest.mac, BROADCAST):
                got = station.gets(f"{what}, tagged", receiver, dst, vlan=VLAN, size=(64, 1518))
                check(got["tagged"] == COUNT and got["vlan"] == VLAN, what, "tags:", got)
        finally:
            receiver.stop()
    return "frames to it and to all, tag and all"


def promiscuous(station):
    stranger = mac(station.backend, 3)
    for what in station.levels():
        receiver = station.guest.receiver(promisc=True)
        try:
            station.gets(what, receiver, station.guest.mac)
            station.gets(what, receiver, stranger, strange=True)
            station.gets(what, receiver, "01:00:5e:7b:00:01")
            station.gets(what, receiver, BROADCAST)
        finally:
            receiver.stop()
    return "frames to it, to strangers, to groups and to all"


ROWS = [
    ("MAC changed in the guest", changed),
    ("second MAC behind the guest", second),
    ("VLAN inside the guest, from the wire", tagged),
    ("promiscuous guest", promiscuous),
]


def test_stations(scene):
    if scene.dom0.run("cat /sys/module/xen_netback/parameters/max_queues").out.strip() == "1":
        # as many as dom0 has CPUs; ours needs two for level grant
        scene.dom0.run("echo 2 >/sys/module/xen_netback/parameters/max_queues")
    guests = scene.lab.guests_create([{"vcpus": 2, "script": b.script} for b in (STOCK, OURS)])
    stations = {b: Station(scene, b, guest) for b, guest in zip((STOCK, OURS), guests)}
    for feature, row in ROWS:
        compare(feature, lambda backend, row=row: row(stations[backend]))
    for guest in guests:
        guest.destroy()
