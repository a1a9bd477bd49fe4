# SPDX-License-Identifier: GPL-2.0
"""vmdqd by its init script, as Debian starts it: start, status, reload, restart, stop.

Would fail if one of them did not do what it says, if a second start made a second vmdqd,
if its messages did not reach the system's log, if it kept a privilege, or if a changed
vmdq.conf did not reach a running guest.
"""

import daemon
from scene import check

SETUP = "vmdq"
LOG = "/tmp/daemon.log"
INIT = "/etc/init.d/vmdqd"


def service(scene, what, status=0):
    result = scene.dom0.run(f"{INIT} {what}", check=False)
    check(result.status == status, f"{INIT} {what}:", result.status, result.out, result.err)


def wait_log(scene, text, times=1):
    scene.dom0.wait_for(f"[ $(grep -c '{text}' {LOG}) = {times} ]", what=f"{text} in the log")


def pids(scene):
    return scene.dom0.run("pidof vmdqd || true").out.split()


def test_service(scene):
    dom0 = scene.dom0
    guest = scene.guest("a", vcpus=2, script="vif-vmdq")
    priority = f"vmdq/vif/{guest.domid}/0/request/priority"
    dom0.run(f"busybox syslogd -O {LOG}; until [ -S /dev/log ]; do sleep 0.1; done")
    try:
        service(scene, "status", 3)
        service(scene, "start")
        wait_log(scene, "vmdqd.*connected to xenstored")
        service(scene, "status")
        service(scene, "start")
        first, = pids(scene)
        status = dom0.run(f"cat /proc/{first}/status").out.split("\n")
        for line in ("CapPrm", "CapEff", "CapBnd"):
            check(f"{line}:\t0000000000000000" in status, "vmdqd has", status)
        check("NoNewPrivs:\t1" in status, "vmdqd has", status)
        with daemon.configured(scene, "[domain a]\npriority = 7\ncolour = red\n"):
            service(scene, "reload")
            wait_log(scene, f"vmdqd.*{daemon.CONF}:3:1: .*colour")
            wait_log(scene, f"vmdqd.*read {daemon.CONF}: 1 of the vifs")
            check(dom0.run(f"xenstore-read {priority}").out.strip() == "7", "not reloaded")
            check(pids(scene) == [first], "reload has started another:", pids(scene))
        service(scene, "restart")
        second, = pids(scene)
        check(second != first, "restart has left", first)
        wait_log(scene, "vmdqd.*connected to xenstored", 2)
        service(scene, "stop")
        check(not pids(scene), "stopped, and there is", pids(scene))
        service(scene, "status", 3)
        service(scene, "stop")
    finally:
        dom0.run(f"{INIT} stop; kill $(cat /run/syslogd.pid); rm -f {LOG};"
                 f"xenstore-rm {priority} || true")
