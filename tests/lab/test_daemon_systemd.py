# SPDX-License-Identifier: GPL-2.0
"""vmdqd and vmdq-metrics by their units, started by Debian's systemd.

systemd is PID 1 of namespaces in dom0 (systemd.py), and what it confines is confined
by dom0's kernel. Would fail if a unit could not be loaded or had a mistake, if vmdqd could
not work as confined as its unit has it, was active before it was ready, did not read
vmdq.conf by reload, was not started again however often it was killed, or did not stop; if
its messages did not reach the journal; or if the timer did not have the file of counters
written.
"""

import re

import daemon
from front import wait_until
from openmetrics import parse
from scene import check
from systemd import Systemd

SETUP = "vmdq"
METRICS = "/var/lib/prometheus/node-exporter"
KILLS = 6           # systemd's own limit is five starts, in 10 s


def state(systemd):
    return systemd.show("vmdqd", "ActiveState")


def kill(systemd, times):
    """Kills vmdqd for that many times by now, and waits until it is back."""
    systemd.run(f"kill -9 {systemd.show('vmdqd', 'MainPID')}")
    wait_until(lambda: systemd.show("vmdqd", "NRestarts") == str(times) and
               state(systemd) == "active", f"vmdqd started again after kill {times}")


def check_units(systemd):
    """It has read the units, and has found nothing to complain of."""
    said = systemd.said()
    check("multi-user.target" in said, "systemd tells nothing:", said)
    check(not re.search(r"vmdq\S*:\d+: ", said), "systemd complains of a unit:", said)


def check_confined(dom0):
    """What the unit says of vmdqd is so."""
    pid = dom0.run("pidof vmdqd").out.strip()
    status = dom0.run(f"cat /proc/{pid}/status").out.split("\n")
    for line in ("NoNewPrivs:\t1", "Seccomp:\t2", *(f"Cap{kind}:\t{0:016x}" for kind in
                                                   ("Prm", "Eff", "Bnd", "Amb"))):
        check(line in status, "vmdqd has not", line, "but", status)
    mounts = [line.split() for line in dom0.run(f"cat /proc/{pid}/mountinfo").out.splitlines()]
    options = {m[4]: m[5].split(",") for m in mounts}
    check("ro" in options["/"] and "rw" in options["/run"], "vmdqd sees", options)


def test_vmdqd(scene):
    dom0 = scene.dom0
    guest = scene.guest("a", vcpus=2, script="vif-vmdq")
    node = f"vmdq/vif/{guest.domid}/0/request"
    with Systemd(scene) as systemd:
        # Active is who has looked at everything once: that takes a xenstored that answers.
        dom0.run("kill -STOP $(pidof xenstored)")
        try:
            systemd.ctl("start --no-block vmdqd")
            dom0.wait_for("pidof vmdqd", what="vmdqd started")
            check(state(systemd) == "activating", "vmdqd, which cannot be ready, is", state(systemd))
        finally:
            dom0.run("kill -CONT $(pidof xenstored)")
        wait_until(lambda: state(systemd) == "active", "vmdqd active")
        check("connected to xenstored" in systemd.journal("vmdqd"), "the journal has",
              systemd.journal("vmdqd"))

        check_confined(dom0)

        # It works: gives a pool, and hears of one that is free.
        dom0.run(f"vmdqctl release {guest.vif}; xenstore-rm {node}/hold")
        wait_until(lambda: daemon.served(scene, [guest]), "a pool given by vmdqd")

        with daemon.configured(scene, "[domain a]\npriority = 7\n"):
            pid = systemd.show("vmdqd", "MainPID")
            systemd.ctl("reload vmdqd")
            dom0.wait_for(f"[ $(xenstore-read {node}/priority) = 7 ]", what="the new priority")
            check(systemd.show("vmdqd", "MainPID") == pid, "reload has started another")
            dom0.run(f"xenstore-rm {node}/priority")

        # Not by the time that it takes here: a slow host does not reach the limit.
        limit = systemd.show("vmdqd", "StartLimitIntervalUSec")
        check(limit == "0", "systemd gives up on vmdqd after too many starts within", limit)
        for n in range(1, KILLS + 1):
            kill(systemd, n)
        dom0.run(f"vmdqctl release {guest.vif}; xenstore-rm {node}/hold")
        wait_until(lambda: daemon.served(scene, [guest]), "a pool given by the next vmdqd")

        systemd.ctl("stop vmdqd")
        check(systemd.show("vmdqd", "Result") == "success", "it ended:",
              systemd.show("vmdqd", "Result"))
        check(dom0.run("pidof vmdqd", check=False).status != 0, "stopped, and still there")
        check_units(systemd)
    daemon.check_agreement(scene)


def test_metrics(scene):
    dom0 = scene.dom0
    scene.guest("a", vcpus=2, script="vif-vmdq")
    with Systemd(scene) as systemd:
        # Without a reader nothing is written, and that is no failure.
        systemd.ctl("start vmdq-metrics.service")
        check(systemd.show("vmdq-metrics.service", "ConditionResult") == "no", "not skipped")
        dom0.run(f"mkdir -p {METRICS}")
        try:
            systemd.ctl("start vmdq-metrics.timer")
            dom0.wait_for(f"[ -s {METRICS}/vmdq.prom ]", what="the file of counters")
            first = dom0.run(f"stat -c %i {METRICS}/vmdq.prom").out
            dom0.wait_for(f"[ $(stat -c %i {METRICS}/vmdq.prom) != {first.strip()} ]",
                          what="the next file of counters")
            check(parse(dom0.run(f"cat {METRICS}/vmdq.prom").out), "no counters")
            check(systemd.show("vmdq-metrics.service", "Result") == "success", "it failed:",
                  systemd.journal("vmdq-metrics"))
            systemd.ctl("stop vmdq-metrics.timer")
            check_units(systemd)
        finally:
            dom0.run(f"rm -rf {METRICS}")
