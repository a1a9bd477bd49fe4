# SPDX-License-Identifier: GPL-2.0
"""vif-vmdq stays within half a second of vif-bridge, in the machine's own time.

What xl waits for is a chain of programs in dom0; with icount it takes as long as its
instructions, whatever this host does besides. Would fail if our script began to wait for
something, or started programs by the dozen.
"""

from statistics import median

from scene import check

SETUP = "vmdq"
LAB = {"icount": True}
MAC = "02:78:00:00:0d:21"
DEVID = 3
TIMES = 5
MOST = 0.5


def attached(scene, guest, script):
    """Seconds that xl takes to attach a vif with that script; the vif is gone again."""
    said = scene.dom0.run(
        f"a=$EPOCHREALTIME; xl network-attach {guest.name} mac={MAC} bridge=xenbr0 "
        f"script={script} devid={DEVID} && echo $a $EPOCHREALTIME", timeout=120).out.split()
    # A vif that is taken away while the guest still connects it, or comes again while it
    # takes it down, hangs netfront for a while.
    guest.wait_for("ip link set eth1 up", what="the vif in the guest")
    scene.dom0.run(f"xl network-detach {guest.name} {DEVID}", timeout=120)
    scene.dom0.wait_for(f"! xenstore-exists backend/vif/{guest.domid}/{DEVID}", what="the vif gone")
    guest.wait_for("! [ -e /sys/class/net/eth1 ]", what="the vif gone in the guest")
    return float(said[1]) - float(said[0])


def test_no_slower(scene):
    guest, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    taken = {"vif-bridge": [], "vif-vmdq": []}
    for _ in range(TIMES):
        for script, times in taken.items():
            times.append(attached(scene, guest, script))
    said = {script: [round(t, 2) for t in sorted(times)] for script, times in taken.items()}
    print(f"       seconds of xl network-attach: {said}", flush=True)
    check(median(taken["vif-vmdq"]) - median(taken["vif-bridge"]) < MOST, "seconds:", said)
