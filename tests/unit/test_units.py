#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows what `make install` puts where, and that systemd's units of it are sound.

The service that writes counters for node_exporter is run as systemd would run it, with fakes
below vmdqctl. Would fail if a file were not installed or named another path than its own, if
systemd found a mistake in a unit or would leave vmdqd ended, if a manual and its program's --help differed, if a reader of
the counters could see half a file, or if a failure touched it.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(TOP, "build", "unit", "ctl_on_fakes")
UNITS = "usr/lib/systemd/system"
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))

import openmetrics                                      # noqa: E402

INSTALLED = {
    "etc/init.d/vmdqd": 0o755,
    "etc/xen/scripts/vif-vmdq": 0o755,
    "etc/xen/vmdq.conf": 0o644,
    "{sbin}/vmdqctl": 0o755,
    "{sbin}/vmdqd": 0o755,
    "{sbin}/vmdqtop": 0o755,
    UNITS + "/vmdq-metrics.service": 0o644,
    UNITS + "/vmdq-metrics.timer": 0o644,
    UNITS + "/vmdqd.service": 0o644,
    "usr/share/bash-completion/completions/vmdqctl": 0o644,
    "usr/share/bash-completion/completions/vmdqtop": 0o644,
    "usr/share/man/man1/vmdqtop.1": 0o644,
    "usr/share/man/man5/vmdq.conf.5": 0o644,
    "usr/share/man/man7/vif-vmdq.7": 0o644,
    "usr/share/man/man8/vmdqctl.8": 0o644,
    "usr/share/man/man8/vmdqd.8": 0o644,
}


def install(root, **variables):
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", "-C", os.path.join(TOP, "tools"), "install", f"DESTDIR={root}",
                    *(f"{name}={value}" for name, value in variables.items())],
                   check=True, capture_output=True, env=environment, umask=0o077)


def files_of(root):
    """{path: mode} of all files."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = stat.S_IMODE(os.stat(path).st_mode)
    return found


def settings(path):
    """{key: [values]} of a unit."""
    found = {}
    with open(path, encoding="utf-8") as f:
        for key, value in re.findall(r"^(\w+)=(.*)$", f.read(), re.M):
            found.setdefault(key, []).append(value)
    return found


class Installed(unittest.TestCase):
    """make install DESTDIR=, and what it has made."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        install(cls.root)

    def unit(self, name):
        return os.path.join(self.root, UNITS, name)

    def test_files_and_modes(self):
        """Whatever the umask of who installs."""
        self.assertEqual(files_of(self.root),
                         {path.format(sbin="usr/sbin"): mode for path, mode in INSTALLED.items()})

    def test_manuals_say_what_help_says(self):
        for name, section in (("vmdqctl", 8), ("vmdqd", 8), ("vmdqtop", 1)):
            said = subprocess.run([os.path.join(self.root, "usr/sbin", name), "--help"], text=True,
                                  check=True, capture_output=True).stdout
            with open(os.path.join(self.root, f"usr/share/man/man{section}/{name}.{section}"),
                      encoding="utf-8") as f:
                manual = f.read()
            self.assertIn(f".Dt {name.upper()} {section}\n", manual)
            options = re.findall(r"^ +-(\w), --([\w-]+)", said, re.M)
            self.assertTrue(options, name)
            self.assertEqual(re.findall(r"^\.It Fl (\w) , -([\w-]+)", manual, re.M), options, name)
            statuses = re.findall(r"\b(\d+) [a-z]", said.split("Exit status: ")[1], re.I)
            self.assertEqual(re.findall(r"^\.It (\d+)$", manual, re.M), statuses, name)
            commands = re.findall(r"^  (\w+) ", said, re.M)
            self.assertEqual(re.findall(r"^\.It Cm (\w+)$", manual.split(".Sh EXIT")[0], re.M)
                             if name == "vmdqctl" else [], commands, name)

    def test_elsewhere(self):
        with tempfile.TemporaryDirectory() as root:
            install(root, sbindir="/opt/xen/sbin", textfiledir="/srv/collected")
            self.assertEqual(files_of(root), {path.format(sbin="opt/xen/sbin"): mode
                                              for path, mode in INSTALLED.items()})
            for path in files_of(root):
                if path.startswith(("etc/init.d", "etc/xen/scripts", UNITS)):
                    with open(os.path.join(root, path), encoding="utf-8") as f:
                        text = f.read()
                    self.assertNotIn("/usr/sbin/vmdq", text, path)
                    self.assertNotIn("/var/lib/prometheus", text, path)
            service = settings(os.path.join(root, UNITS, "vmdq-metrics.service"))
            self.assertEqual(service["ExecStart"],
                             ["/opt/xen/sbin/vmdqctl metrics /srv/collected/vmdq.prom"])
            self.assertEqual(service["ReadWritePaths"], ["-/srv/collected"])

    def test_an_operators_configuration_stays(self):
        path = os.path.join(self.root, "etc/xen/vmdq.conf")
        with open(path, "a", encoding="utf-8") as f:
            f.write("# mine\n")
        install(self.root)
        with open(path, encoding="utf-8") as f:
            self.assertIn("# mine\n", f.read())

    def test_systemd_finds_no_mistake(self):
        """Where there is a systemd. Units that ours name are there in name only."""
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze")
        with tempfile.TemporaryDirectory() as folder:
            for name in ("vmdqd.service", "vmdq-metrics.service", "vmdq-metrics.timer"):
                with open(self.unit(name), encoding="utf-8") as f:
                    text = f.read()
                # it looks whether the program is there
                with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                    f.write(text.replace("/usr/sbin/", os.path.join(self.root, "usr/sbin/")))
            done = subprocess.run(
                ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                 *(os.path.join(folder, name) for name in sorted(os.listdir(folder)))],
                text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                env=dict(os.environ, SYSTEMD_LOG_TARGET="console"))
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_vmdqd_is_started_again_without_end(self):
        with open(self.unit("vmdqd.service"), encoding="utf-8") as f:
            sections = dict(re.findall(r"^\[(\w+)\]\n((?:(?!\[).*\n?)*)", f.read(), re.M))
        service = sections["Service"].splitlines()
        self.assertIn("Restart=always", service)
        # after a pause, as there is no limit, which counts in this section alone
        self.assertRegex(sections["Service"], r"(?m)^RestartSec=[1-9]\d*$")
        self.assertIn("StartLimitIntervalSec=0", sections["Unit"].splitlines())

    def test_timer_starts_the_service(self):
        timer = settings(self.unit("vmdq-metrics.timer"))
        self.assertNotIn("Unit", timer)         # it is the one of the same name
        self.assertEqual(timer["WantedBy"], ["timers.target"])
        if shutil.which("systemd-analyze"):
            said = subprocess.run(["systemd-analyze", "calendar", *timer["OnCalendar"]], text=True,
                                  check=True, capture_output=True).stdout
            self.assertIn("Normalized form: *-*-* *:*:00/15", said)


class Script(unittest.TestCase):
    """The hotplug script, installed elsewhere, with a vmdqctl and a vif-bridge that note."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        install("", prefix=f"{cls.root}/usr", sysconfdir=f"{cls.root}/etc")
        cls.scripts = os.path.join(cls.root, "etc/xen/scripts")
        cls.notes = os.path.join(cls.root, "notes")

    def program(self, path, text):
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\necho ${{0##*/}} $* >>{self.notes}\n{text}\n")
        os.chmod(path, 0o755)

    def run_script(self, word, vmdqctl, path="/usr/bin:/bin"):
        """Returns (exit status, notes, log)."""
        self.program(os.path.join(self.scripts, "vif-bridge"), "")
        self.program(os.path.join(self.root, "usr/sbin/vmdqctl"), vmdqctl)
        if os.path.exists(self.notes):
            os.unlink(self.notes)
        done = subprocess.run([os.path.join(self.scripts, "vif-vmdq"), word, "type_if=vif"],
                              check=False, capture_output=True, text=True,
                              env={"PATH": path, "XENBUS_PATH": "backend/vif/1/0"})
        with open(self.notes, encoding="utf-8") as f:
            return done.returncode, f.read().splitlines(), done.stderr

    def test_the_one_that_was_installed_is_run(self):
        other = os.path.join(self.root, "other")
        os.makedirs(other)
        self.program(os.path.join(other, "vmdqctl"), "exit 12")
        for word in ("online", "offline"):
            self.assertEqual(self.run_script(word, "exit 0", f"{other}:/usr/bin:/bin"),
                             (0, [f"vmdqctl hotplug {word}", f"vif-bridge {word} type_if=vif"], ""))
        self.assertEqual(self.run_script("add", "exit 12")[:2], (0, ["vif-bridge add type_if=vif"]))

    def test_what_is_required_and_not_there_stops_the_domain(self):
        self.assertEqual(self.run_script("online", "exit 12")[:2], (1, ["vmdqctl hotplug online"]))

    def test_what_nobody_knows_does_not(self):
        for how in ("exit 3", "exit 127", "kill -SEGV $$"):
            status, notes, log = self.run_script("online", how)
            self.assertEqual((status, notes[1:]), (0, ["vif-bridge online type_if=vif"]), how)
            self.assertIn("backend/vif/1/0 works without a pool", log, how)
            self.assertIn("status", log, how)
        self.assertNotIn("without", self.run_script("offline", "exit 3")[2])


class Metrics(unittest.TestCase):
    """The service's command, as systemd would run it, with another folder and fakes."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.file = os.path.join(self.folder, "vmdq.prom")
        unit = settings(os.path.join(TOP, "tools", "init", "vmdq-metrics.service"))
        words = unit["ExecStart"][0].split()
        self.assertEqual(words[0], "/usr/sbin/vmdqctl")
        self.assertEqual(os.path.dirname(words[-1]), unit["ConditionPathIsDirectory"][0])
        self.command = [PROGRAM, *words[1:-1], os.path.join(self.folder,
                                                            os.path.basename(words[-1]))]
        self.umask = int(unit["UMask"][0], 8)

    def run_service(self, without=""):
        return subprocess.run(self.command, check=False, capture_output=True, text=True,
                              umask=self.umask, env=dict(os.environ, FAKE_WITHOUT=without))

    def read(self):
        with open(self.file, encoding="utf-8") as f:
            return f.read()

    def test_replaced_at_once(self):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write("old\n")
        with open(self.file, encoding="utf-8") as reader:
            done = self.run_service()
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            # who had begun to read the old one reads that to its end: it was not written over
            self.assertEqual(reader.read(), "old\n")
        self.assertTrue(openmetrics.parse(self.read()))
        self.assertEqual(os.listdir(self.folder), ["vmdq.prom"])

    def test_another_user_may_read_it(self):
        for umask in (0o022, 0o077):
            self.umask = umask
            self.assertEqual(self.run_service().returncode, 0)
            self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o644)

    def left_alone(self, status, says, without="", before=()):
        self.assertEqual(self.run_service().returncode, 0)
        was, text = os.stat(self.file), self.read()
        self.command[:0] = before
        done = self.run_service(without)
        del self.command[:len(before)]
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(says, done.stderr)
        now = os.stat(self.file)
        self.assertEqual((now.st_ino, now.st_mtime_ns), (was.st_ino, was.st_mtime_ns))
        self.assertEqual(self.read(), text)
        self.assertEqual(os.listdir(self.folder), ["vmdq.prom"])

    def test_left_alone_when_something_is_missing(self):
        self.left_alone(3, "xenstore", "xen")
        self.left_alone(4, "vmdq is not loaded", "module")

    def test_left_alone_when_the_disk_is_full(self):
        """A limit of the size of files does as well: the write fails."""
        self.left_alone(1, "cannot write", before=[
            "bash", "-c", 'trap "" XFSZ; ulimit -f 1; exec "$@"', "bash"])

    def test_a_link_that_was_laid_is_not_followed(self):
        """Who owns the folder cannot have another file written over by it."""
        target = os.path.join(self.folder, "target")
        with open(target, "w", encoding="utf-8") as f:
            f.write("precious\n")
        os.symlink(target, self.file)
        self.assertEqual(self.run_service().returncode, 0)
        self.assertFalse(os.path.islink(self.file))
        with open(target, encoding="utf-8") as f:
            self.assertEqual(f.read(), "precious\n")


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
