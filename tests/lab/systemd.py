# SPDX-License-Identifier: GPL-2.0
"""Debian's systemd in dom0, as PID 1 of namespaces of its own.

dom0's /init is ours, and goes on; systemd has dom0's files, /run among them, and is
asked by its own systemctl. The units are Debian's own, as few as it takes.
"""

import glob
import io
import os
import subprocess
import tarfile

import image
from front import wait_until
from scene import check

SYSTEMD = os.path.join(image.LAB, "systemd")
LIBRARIES = "usr/lib/x86_64-linux-gnu/systemd"      # of systemd alone: it finds them there
PROGRAMS = ["usr/lib/systemd/systemd", "usr/lib/systemd/systemd-journald", "usr/bin/systemctl",
            "usr/bin/journalctl"]
TOOLS = ["usr/bin/unshare", "usr/bin/nsenter"]      # busybox's do less
UNITS = """
basic.target sysinit.target timers.target sockets.target paths.target slices.target
multi-user.target local-fs.target local-fs-pre.target swap.target shutdown.target umount.target
final.target exit.target systemd-exit.service systemd-journald.service systemd-journald.socket
systemd-journald-dev-log.socket
""".split()
# What is started with systemd itself
WANTED = {"default.target": "multi-user.target",
          "sysinit.target.wants/systemd-journald.service": "systemd-journald.service",
          "sockets.target.wants/systemd-journald.socket": "systemd-journald.socket",
          "sockets.target.wants/systemd-journald-dev-log.socket": "systemd-journald-dev-log.socket"}
HOME = "/usr/lib/systemd/system"
WHERE = "/tmp/brought-systemd"
# cgroups are systemd's way to know what is a service's; dom0 has them for nothing else.
START = f"""
mkdir -p /var/tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo 0123456789abcdef0123456789abcdef >/etc/machine-id
exec {WHERE}/unshare --pid --fork --kill-child --uts --mount --mount-proc env -i container=lab \
	PATH=/usr/sbin:/usr/bin /usr/lib/systemd/systemd --show-status=no 2>&1
"""


def packed():
    """An archive of all that it takes, to be unpacked at dom0's root."""
    here = {p: os.path.join(SYSTEMD, p) for p in PROGRAMS}
    here.update({p: os.path.join(image.ROOT, p) for p in TOOLS})
    private = {os.path.join(LIBRARIES, os.path.basename(p)): p
               for p in glob.glob(os.path.join(SYSTEMD, LIBRARIES, "*.so"))}
    image.LIBRARY_DIRS.append(LIBRARIES)
    try:
        libraries = image.needed_libraries([*here.values(), *private.values()],
                                           (SYSTEMD, image.ROOT))
    finally:
        image.LIBRARY_DIRS.remove(LIBRARIES)
    files = {**here, **libraries, **private}
    files.update({f"usr/lib/systemd/system/{u}": os.path.join(SYSTEMD, "usr/lib/systemd/system", u)
                  for u in UNITS})
    for unit in glob.glob(os.path.join(image.TOP, "tools/init/*.service")) + glob.glob(
            os.path.join(image.TOP, "tools/init/*.timer")):
        files[f"usr/lib/systemd/system/{os.path.basename(unit)}"] = unit
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, file in sorted(files.items()):
            place = os.path.join(WHERE.lstrip("/"), os.path.basename(name)) if name in TOOLS else name
            tar.add(os.path.realpath(file), place)
    return out.getvalue()


class Systemd:
    """It runs as long as this is used: with Systemd(scene) as systemd: ..."""

    def __init__(self, scene):
        self.dom0 = scene.dom0
        subprocess.run([os.path.join(image.HERE, "fetch-systemd")], check=True)
        self.dom0.put(f"{WHERE}.tar.gz", packed())
        # What dom0 has already is the same, and who uses it keeps it.
        self.dom0.run(f"tar -xzf {WHERE}.tar.gz -C / && rm {WHERE}.tar.gz")
        self.dom0.run("".join(f"mkdir -p $(dirname {HOME}/{name}); ln -sf {HOME}/{unit} {HOME}/{name};"
                              for name, unit in WANTED.items()))
        self.process = None
        self.pid = None         # as dom0 numbers it

    def __enter__(self):
        self.process = self.dom0.start(START)
        self.dom0.wait_for("[ -S /run/systemd/private ]", what="systemd's socket")
        # Before it runs a program for a unit, that is of its name, too.
        self.pid = min(int(pid) for pid in self.dom0.run("pidof systemd").out.split())
        # "degraded" tells of a unit that failed
        wait_until(lambda: self.state() not in ("", "initializing", "starting"), "systemd started")
        check(self.state() == "running", "systemd is", self.state(), self.said())
        return self

    def state(self):
        return self.ctl("is-system-running", check_status=False).out.strip()

    def __exit__(self, *_):
        self.process.signal(9)
        self.process.wait(30, check=False)
        self.dom0.run("umount /sys/fs/cgroup; rm -rf /run/systemd /run/log/journal"
                      f" /dev/log /etc/machine-id {WHERE} /usr/lib/systemd /usr/bin/{{systemctl,journalctl}}")

    def said(self):
        """What it says itself."""
        return self.process.out.decode(errors="replace") + self.run("journalctl -q -o cat _PID=1").out

    def run(self, command, check_status=True, timeout=120):
        """A command in systemd's namespaces."""
        return self.dom0.run(f"{WHERE}/nsenter --target {self.pid} --pid --mount {command}",
                             check=check_status, timeout=timeout)

    def ctl(self, command, check_status=True):
        return self.run(f"systemctl {command}", check_status)

    def show(self, unit, name):
        """A property of a unit."""
        return self.ctl(f"show --value -p {name} {unit}").out.strip()

    def journal(self, unit):
        return self.run(f"journalctl -q -o cat -u {unit}").out
