# SPDX-License-Identifier: GPL-2.0
"""A guest with vifs of both backends, so that what happens to it happens to both.

Each vif number is a network of its own, 10.78.N.0/24: the wire's far end is .1, and each
such guest has another address, as one may still be there when the next is made.
"""

import itertools

from parity import OURS, STOCK
from scene import check
import story

CONF = "/etc/xen/vmdq.conf"
_hosts = itertools.count(2)


def new_host():
    """The number of a guest, in the addresses of its sides."""
    return next(_hosts)


class Side:
    """One vif of such a guest."""

    def __init__(self, number, host, backend, level=None):
        self.guest = None       # set when it is made
        self.number = number
        self.backend = backend
        self.mac = f"02:7a:00:00:{host:02x}:{number:02x}"
        self.level = level      # at which ours must be served, once the guest is connected
        self.dev = None         # the guest's name for it
        self.address = f"10.78.{number}.{host}"
        self.peer_address = f"10.78.{number}.1"

    def __str__(self):
        return f"{self.guest.name}'s vif {self.number} ({self.backend}, level {self.level})"

    @property
    def vif(self):
        return f"vif{self.guest.domid}.{self.number}"

    @property
    def store(self):
        """The backend's directory in xenstore."""
        return f"backend/vif/{self.guest.domid}/{self.number}"

    def read(self, node):
        return self.guest.lab.dom0.run(f"xenstore-read {self.store}/{node}").out.strip()

    def row(self):
        """Our vif, as vmdqctl shows it."""
        return [v for v in story.listing(self.guest.lab)["vifs"]
                if (v["domid"], v["handle"]) == (self.guest.domid, self.number)][0]

    def pool_frames(self):
        return self.row()["counters"]["rx_pool_frames"] if self.backend is OURS else 0

    def wait_level(self, level=None):
        """Wait until ours is served at the level that it shall have."""
        if self.backend is OURS:
            path = f"vmdq/vif/{self.guest.domid}/{self.number}/state"
            self.guest.lab.dom0.wait_for(
                f'[ "$(xenstore-read {path})" = {level or self.level} ]', 60,
                what=f"{self} at level {level or self.level}")

    def wait_connected(self):
        """Wait until the backend is connected and the guest's interface is there."""
        self.guest.lab.dom0.wait_for(
            f'[ "$(xenstore-read {self.store}/state)" = 4 ]', 60, what=f"{self} connected")
        found = self.guest.wait_for(f"grep -l {self.mac} /sys/class/net/eth*/address",
                                    what=f"the guest's interface of {self}")
        self.dev = found.out.split("/")[4]

    def configure(self):
        """Give both ends their addresses; wait until they reach each other."""
        self.wait_connected()
        self.guest.lab.peer.run(f"ip addr replace {self.peer_address}/24 dev wire0")
        # Linux answers for any address of its own on any interface; all sides share a bridge.
        self.guest.run("echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore;"
                       "echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce;"
                       f"ip addr add {self.address}/24 dev {self.dev}; ip link set {self.dev} up")
        self.wait_level()
        self.wait_reached()
        return self

    def reached(self, timeout=1):
        """Whether the wire's far end gets an answer from the guest."""
        return self.guest.lab.peer.run(f"ping -c 1 -W {timeout} {self.address}",
                                       check=False).status == 0

    def wait_reached(self, times=20):
        check(any(self.reached(2) for _ in range(times)), self, "does not answer the far end")


def make_pair(scene, name, levels=("grant",), **options):
    """A guest whose eth0 is xen-netback's, and eth1 and so on ours at these levels.

    Returns it and its sides. It is made anew, and is shared by its name after that.
    What the hotplug script reads says the levels, for it runs when the guest is restored
    as another domain too.
    """
    host = new_host()
    backends = [(STOCK, None)] + [(OURS, level) for level in levels]
    sides = [Side(n, host, backend, level) for n, (backend, level) in enumerate(backends)]
    vifs = [f"mac={s.mac},bridge=xenbr0,script={s.backend.script}" for s in sides]
    scene.dom0.put(CONF, "".join(f"[mac {s.mac}]\nlevel = {s.level}\n"
                                 for s in sides if s.level).encode())
    guest = scene.lab.guest_create(name, vcpus=2, vifs=vifs, mac=sides[0].mac, **options)
    guest.sides = sides
    for side in sides:
        side.guest = guest
        side.configure()
    return guest, sides


def get_pair(scene, name, **options):
    """The same, made by the first who asks."""
    guest = scene.lab.guests.get(name)
    return (guest, guest.sides) if guest else make_pair(scene, name, **options)
