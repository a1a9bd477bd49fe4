# SPDX-License-Identifier: GPL-2.0
"""Guests of the lab: made by unmodified xl, driven over their console."""

import os
import time

from channel import Agent, LabError, Timeout
from traffic import Receiver

CONSOLE_CHUNK = 512      # Xen's console ring towards a guest holds 1024 bytes
BOOT_TIMEOUT = 600
SLOWER_BY_ICOUNT = 2


class Guest(Agent):
    """A PV guest. run(), start(), put(), wait_for() as in dom0."""

    def __init__(self, lab, name, vcpus, mac, address, config):
        super().__init__(name, self._write_console, CONSOLE_CHUNK, self._note_noise)
        self.lab = lab
        self.vcpus = vcpus
        self.mac = mac
        self.address = address
        self.config = config
        self.domid = None
        self.relay = None
        self._log = open(os.path.join(lab.dir, f"guest-{name}.log"), "ab", buffering=0)

    def _write_console(self, data):
        if self.relay is None or not self.relay.running:
            raise LabError(f"{self.name}: its console is not connected")
        self.relay.write(escape(data))

    def _note_noise(self, data):
        self._log.write(data)

    def create(self, timeout=180, options=""):
        """xl create, and wait until it has a domain; the guest boots meanwhile."""
        path = f"/guest/{self.name}.cfg"
        self.lab.dom0.put(path, self.config.encode())
        self.lab.dom0.run(f"xl create -q {options} {path}", timeout=timeout)
        self.connect()
        return self

    def connect(self):
        """Attach to the console of the running domain of this name."""
        self.ended = False
        self._alive.clear()
        self.domid = int(self.lab.dom0.run(f"xl domid {self.name}").out)
        tty = self.lab.dom0.wait_for(
            f"xenstore-read /local/domain/{self.domid}/console/tty").out.strip()
        self.relay = self.lab.dom0.start(f"exec agent --relay {tty}", sink=self.feed)

    @property
    def vif(self):
        return f"vif{self.domid}.0"

    def ready(self, timeout=BOOT_TIMEOUT):
        """Wait until the guest has booted and answers."""
        if self.lab.icount:
            timeout *= SLOWER_BY_ICOUNT
        try:
            self.wait_ready(timeout)
        except LabError as e:
            raise LabError(f"{e}\n{self.lab.tail(f'guest-{self.name}.log')}") from e
        return self

    def receiver(self, dev="eth0", **options):
        return Receiver(self, dev, **options)

    def destroy(self, timeout=180):
        """xl destroy, and wait until nothing of the domain is left."""
        self.lab.dom0.run(f"xl destroy {self.name}", timeout=timeout)
        self.forget()
        self.lab.wait_domain_gone(self.domid)

    def shutdown(self, timeout=180):
        """Power off from inside, and wait until nothing of the domain is left."""
        self.start("poweroff -f")
        self.lab.wait_domain_gone(self.domid, timeout)
        self.forget()

    def save(self, path, options="", timeout=180):
        """xl save into a file of dom0's, and wait until nothing of the domain is left.

        What runs in the guest goes on running when it is restored, and so do its
        processes here: their output comes then.
        """
        old = self.domid
        self.lab.dom0.run(f"xl save {options} {self.name} {path} 2>/tmp/xl-{self.name}.log ||"
                          f"{{ cat /tmp/xl-{self.name}.log; exit 1; }}", timeout=timeout)
        self.lab.wait_domain_gone(old)

    def restore(self, path, timeout=180):
        """xl restore from that file; returns when the guest answers."""
        self.lab.dom0.run(f"xl restore {path} 2>/tmp/xl-{self.name}.log ||"
                          f"{{ cat /tmp/xl-{self.name}.log; exit 1; }}", timeout=timeout)
        return self.moved()

    def reboot(self, timeout=120):
        """xl reboot; returns when the guest answers, as another domain."""
        old = self.domid
        self.lab.dom0.run(f"xl reboot {self.name}", timeout=timeout)
        self.lab.dom0.wait_for(
            f'new=$(xl domid {self.name} 2>/dev/null) && [ "$new" != {old} ] &&'
            f'! xl list {self.name} | grep -q -- "--p---"', timeout,
            what=f"{self.name} rebooted")
        self.lost()
        return self.moved()

    def moved(self):
        """The same guest is another domain now: after a restore, or a migration."""
        self.connect()
        return self.ready()

    def forget(self):
        """The domain is gone; what waits for it learns so."""
        self.lost()
        self.relay = None
        self.lab.guests.pop(self.name, None)


def escape(data):
    """Hide the byte 15 from the guest's console driver, which takes it for SysRq."""
    return data.replace(b"\x10", b"\x10\x50").replace(b"\x0f", b"\x10\x4f")


# What differs between kinds of guests. QEMU has no hardware paging that works.
KIND_LINES = {
    "pv": ['type = "pv"'],
    "pvh": ['type = "pvh"', "hap = 0", "nestedhvm = 0"],
}


def xl_config(name, vcpus, memory, vifs, extra="", lines=(), kind="pv", kernel=None):
    """Text of an xl configuration."""
    suffix = f"-{kernel}" if kernel else ""
    vif = ", ".join(f"'{v}'" for v in vifs)
    return "\n".join([
        f'name = "{name}"', *KIND_LINES[kind], f'kernel = "/guest/vmlinux{suffix}"',
        f'ramdisk = "/guest/initrd{suffix}"', f"memory = {memory}", f"vcpus = {vcpus}",
        f'extra = "console=hvc0 panic=1 host={name} {extra}"', f"vif = [ {vif} ]",
        'on_crash = "destroy"', *lines, ""])


def wait_all(guests, timeout=BOOT_TIMEOUT):
    deadline = time.monotonic() + timeout
    for guest in guests:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Timeout(f"{guest.name}: not booted within {timeout} s")
        guest.ready(left)
    return guests
