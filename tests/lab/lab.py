# SPDX-License-Identifier: GPL-2.0
"""The lab: Xen, a PV dom0 and guests in QEMU, with an igb NIC on a wire of ours.

    with Lab() as lab:
        lab.dom0.run("modprobe igb")
        guest = lab.guest_create("g1", vcpus=2, mac="02:00:00:00:01:01")
        guest.run("ping -c1 10.77.0.2")

Logs lie in build/lab/run-<id>/: serial.log (Xen's and dom0's kernel), qemu.log,
guest-<name>.log, wire.log.
"""

import atexit
import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import time

import image
from channel import Agent, LabError, Pump, Timeout, TimeUp
from guest import Guest, wait_all, xl_config
from logs import LogWatch
from traffic import Receiver, Wire

DOM0_ADDRESS = "10.77.0.2"


def nic_slot(number):
    """PCI slot: every other one, as a NIC's virtual functions take two slots more."""
    return 6 + 2 * number


def nic_bdf(number):
    return f"0000:00:{nic_slot(number):02x}.0"


BDF = nic_bdf(0)


def peer_address(number):
    """Of the wire's far end of each NIC."""
    return f"10.77.{number}.1"


def guest_address(number):
    return f"10.77.0.{10 + number}"


def host_program(path):
    """How to run an unpacked program with its own libraries."""
    root = image.ROOT
    libraries = ":".join(os.path.join(root, d) for d in image.LIBRARY_DIRS)
    return [os.path.join(root, "lib64/ld-linux-x86-64.so.2"), "--library-path", libraries,
            os.path.join(root, path)]


def nic_mac(number):
    return f"02:77:00:00:00:{number + 1:02x}"


class Lab:
    """One booted machine. Use it as a context manager.

    One CPU unless a test needs more: an emulated CPU that waits for another
    waits for the host to run it, and a lab of two on a busy host of two cores
    was five times slower and lost frames that a lab of one did not.
    """

    def __init__(self, memory=2048, dom0_memory=1024, cpus=1, nics=1, iommu=None, icount=False,
                 xen_options="", dom0_options="", name=None, xen=True, queue=True,
                 hypervisor="debian", frontends=False, plugin=None, xenstored="xenstored"):
        self.memory = memory
        self.dom0_memory = dom0_memory
        self.cpus = 1 if icount else cpus
        self.nics = nics
        self.iommu = iommu          # None or Xen's dom0-iommu mode: "strict", "relaxed"
        self.icount = icount
        self.hypervisor = hypervisor    # or "shadow": with shadow paging, see build-xen
        self.frontends = frontends      # the other kernels for guests are there too
        self.xen = xen              # False: the same kernel and image, with no Xen below
        self.xen_options = xen_options
        self.dom0_options = dom0_options
        self.queue = queue          # wait for other labs of this tree that queue too
        self.plugin = plugin        # of QEMU, with its arguments
        self.xenstored = xenstored      # or "oxenstored", in OCaml
        self.name = name or f"{os.getpid()}-{time.strftime('%H%M%S')}"
        self.dir = os.path.join(image.LAB, "run-" + self.name)
        self.qemu = None
        self.dom0 = None
        self.guests = {}
        self.wires = []
        self.watch = None
        self.boot_seconds = None
        self._guests_made = 0
        self._turn = None

    def __enter__(self):
        return self.boot()

    def __exit__(self, *_):
        self.close()

    # -- starting and ending -------------------------------------------------

    def _xen_arguments(self):
        xen = (f"console=com1 com1=115200,8n1 dom0_mem={self.dom0_memory}M,"
               f"max:{self.dom0_memory}M loglvl=all guest_loglvl=all noreboot ")
        if self.iommu:
            xen += f"iommu=verbose,no-intremap dom0-iommu={self.iommu} "
        options = f"xenstored={self.xenstored} {self.dom0_options}"
        kernel = os.path.join(image.ROOT, "boot/vmlinuz-" + image.kernel_version())
        initrd = image.dom0_initrd(self.dir, self.frontends)
        if not self.xen:
            return ["-kernel", kernel, "-initrd", initrd,
                    "-append", f"console=ttyS0 panic=5 {self.dom0_options}"]
        return ["-kernel", image.hypervisor(self.hypervisor), "-append", xen + self.xen_options,
                "-initrd", f"{kernel} console=hvc0 earlyprintk=xen panic=5 {options},"
                           f"{initrd}"]

    def _socket(self, name):
        """Path of a unix socket; relative, as these have a length limit."""
        return name + ".sock"

    def _qemu_arguments(self):
        share = os.path.join(image.ROOT, "usr/share")
        args = host_program("usr/bin/qemu-system-x86_64")
        for d in ("qemu", "seabios"):
            args += ["-L", os.path.join(share, d)]
        args += ["-M", "q35", "-cpu", "qemu64", "-smp", str(self.cpus), "-m", str(self.memory),
                 "-display", "none", "-no-reboot", "-nodefaults", "-monitor", "none",
                 "-serial", "file:serial.log",
                 "-qmp", f"unix:{self._socket('qmp')},server=on,wait=off"]
        if self.icount:
            args += ["-icount", "shift=0", "-accel", "tcg,thread=single"]
        else:
            args += ["-accel", "tcg,thread=multi"]
        if self.plugin:
            args += ["-plugin", self.plugin]
        if self.iommu:
            args += ["-device", "intel-iommu,intremap=off"]
        args += ["-device", "virtio-serial-pci,addr=0x4"]
        for port, device in (("agent", "virtserialport"), ("shell", "virtconsole")):
            args += ["-chardev", f"socket,id={port},path={self._socket(port)},server=on,wait=off",
                     "-device", f"{device},chardev={port},name={port}"]
        args += ["-nic", "none"]
        for n in range(self.nics):
            args += ["-netdev", f"stream,id=wire{n},server=on,addr.type=unix,"
                                f"addr.path={self._socket(f'wire{n}')}",
                     "-device", f"igb,netdev=wire{n},mac={nic_mac(n)},addr={nic_slot(n):#x},romfile="]
        return args + self._xen_arguments()

    def boot(self):
        """Boot to a dom0 with a working toolstack."""
        image.prepare()
        image.prepare_hypervisor(self.hypervisor)
        if self.frontends:
            image.prepare_frontends()
        if self.queue:
            self._turn = take_turn()
        os.makedirs(self.dir, exist_ok=True)
        started = time.monotonic()
        with open(os.path.join(self.dir, "qemu.log"), "wb") as log:
            self.qemu = subprocess.Popen(self._qemu_arguments(), cwd=self.dir, stdout=log,
                                         stderr=log, stdin=subprocess.DEVNULL,
                                         preexec_fn=die_with_parent)
        atexit.register(self.close)
        try:
            self.dom0 = self._connect_agent()
            for n in range(self.nics):
                self.connect(f"wire{n}", probe=True)
                self.wires.append(Wire(self, n, peer_address(n)))
            self.dom0.wait_ready(600)
        except LabError as e:
            self.close()
            raise LabError(f"{e}\n{self.tail('qemu.log')}{self.tail('serial.log')}") from e
        self.boot_seconds = time.monotonic() - started
        self.watch = LogWatch(self)
        return self

    def connect(self, name, timeout=10, probe=False):
        """Connect to one of QEMU's unix sockets; a probe only waits for it to be there."""
        deadline = time.monotonic() + timeout
        path = os.path.join(self.dir, self._socket(name))
        here = os.path.relpath(path)
        while True:
            if probe and os.path.exists(path):
                return None
            sock = socket.socket(socket.AF_UNIX)
            try:
                sock.connect(path if len(path) < 100 else here)
                return sock
            except OSError:
                sock.close()
            if self.qemu.poll() is not None:
                raise LabError("QEMU has ended")
            if time.monotonic() > deadline:
                raise Timeout(f"QEMU offers no socket {path}")
            time.sleep(0.02)

    def _connect_agent(self):
        sock = self.connect("agent")
        agent = Agent("dom0", sock.sendall)
        agent.pump = Pump(sock, agent)
        return agent

    def close(self):
        """End the machine; what it wrote stays in its directory."""
        if self.qemu is None:
            return
        if self.qemu.poll() is None and self.dom0 is not None and not self.dom0.ended:
            try:
                self.dom0.start("poweroff -f")
                self.qemu.wait(5)
            except (LabError, OSError, TimeUp, subprocess.TimeoutExpired):
                pass
        if self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()
        self.qemu = None
        for wire in self.wires:
            wire.close()
        self.wires = []
        if self._turn:
            self._turn.close()
        atexit.unregister(self.close)
        sockets = [f for f in os.listdir(self.dir) if f.endswith(".sock")]
        for leftover in ["dom0.cpio", *sockets]:
            try:
                os.unlink(os.path.join(self.dir, leftover))
            except FileNotFoundError:
                pass

    # -- network and guests ----------------------------------------------------

    @property
    def wire(self):
        return self.wires[0]

    @property
    def peer(self):
        return self.wires[0].peer

    def take_nic(self, driver, number=0):
        """Give a NIC to a driver of dom0 ("igb", "vmdq_igb"); returns its interface."""
        device = f"/sys/bus/pci/devices/{nic_bdf(number)}"
        self.dom0.run(
            f"echo {driver} >{device}/driver_override; modprobe {driver};"
            f"if [ -e {device}/driver ]; then"
            f"  [ $(basename $(readlink {device}/driver)) = {driver} ] ||"
            f"  echo {os.path.basename(device)} >{device}/driver/unbind; fi;"
            f"[ -e {device}/driver ] || echo {os.path.basename(device)} >/sys/bus/pci/drivers_probe;"
            f"[ -e {device}/driver ]")
        return self.dom0.wait_for(f"ls {device}/net", what=f"interface of {driver}").out.strip()

    def bridge_up(self, driver="igb", bridge="xenbr0", number=0):
        """The usual dom0 network: the NIC below a bridge that has dom0's address.

        With vmdq_igb its netback comes too, before xen-netback: xenbus asks the
        drivers in the order in which they were registered.
        """
        if driver == "vmdq_igb":
            self.dom0.run("modprobe vmdq_netback")
        self.dom0.run("modprobe xen-netback")
        dev = self.take_nic(driver, number)
        address = DOM0_ADDRESS if number == 0 else f"10.77.{number}.2"
        self.dom0.run(
            f"ip link add {bridge} type bridge stp_state 0 forward_delay 0 &&"
            f"ip link set {bridge} address {nic_mac(number)} &&"
            f"ip link set {dev} master {bridge} up &&"
            f"ip link set {bridge} up && ip addr add {address}/24 dev {bridge}")
        self.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/carrier) = 1 ]", what=f"link of {dev}")
        self.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/brport/state) = 3 ]",
                           what=f"{dev} forwarding")
        return dev

    def bridge_down(self, bridge="xenbr0"):
        self.dom0.run(f"ip link del {bridge}")

    def guest_create(self, name=None, vcpus=1, mac=None, bridge="xenbr0", script="vif-bridge",
                     memory=128, wait=True, vif="", vifs=None, extra="", lines=(), address=None,
                     kind="pv", kernel=None, paused=False):
        """Create a guest with xl.

        kernel is one of the others, with Lab(frontends=True): "6.12" or "newest".
        kind is "pv", or with Lab(hypervisor="shadow") "pvh".
        vif is more text for its vif ("rate=...", "vifname=..."), vifs replaces
        the whole list; extra is for the guest's kernel command line ("queues=2"),
        lines are more lines of its xl configuration. A paused guest does not run
        before "xl unpause".
        """
        self._guests_made += 1
        number = self._guests_made
        name = name or f"g{number}"
        mac = mac or f"02:78:00:00:00:{number:02x}"
        address = address or guest_address(number)
        if vifs is None:
            vifs = [f"mac={mac},bridge={bridge},script={script}" + (f",{vif}" if vif else "")]
        config = xl_config(name, vcpus, memory, vifs, f"ip4={address}/24 {extra}", lines,
                           kind, kernel)
        guest = Guest(self, name, vcpus, mac, address, config)
        guest.create(options="-p" if paused else "")
        self.guests[name] = guest
        return guest.ready() if wait and not paused else guest

    def guests_create(self, descriptions):
        """Create several guests, which boot at the same time; returns them."""
        made = [self.guest_create(wait=False, **d) for d in descriptions]
        return wait_all(made)

    def destroy_guests(self):
        for guest in list(self.guests.values()):
            guest.destroy()

    def wait_domain_gone(self, domid, timeout=90):
        """Wait until Xen has freed the domain: a grant still mapped keeps it."""
        self.dom0.wait_for(f"! xl list {domid} >/dev/null 2>&1", timeout, what=f"domain {domid} gone")

    def receiver(self, dev="eth0", **options):
        """A receiver of test frames in dom0."""
        return Receiver(self.dom0, dev, **options)

    # -- looking -------------------------------------------------------------

    def read_log(self, name):
        try:
            with open(os.path.join(self.dir, name), encoding="utf-8", errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def tail(self, name, lines=15):
        text = self.read_log(name).splitlines()[-lines:]
        return "".join(f"{name}: {line}\n" for line in text)


def take_turn():
    """One lab at a time: two on two cores are slower than one after the other."""
    turn = open(os.path.join(image.LAB, "turn"), "w", encoding="ascii")
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("lab: waiting for another lab to end", flush=True)
        fcntl.flock(turn, fcntl.LOCK_EX)
    return turn


def die_with_parent():
    """Run in a child before exec: it must not outlive us, however we end.

    And it goes before other work of this machine: an emulated NIC whose machine
    stands still for a quarter of a second drops frames, as a real one would.
    """
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    with contextlib.suppress(PermissionError):
        os.nice(-10)
