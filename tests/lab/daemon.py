# SPDX-License-Identifier: GPL-2.0
"""vmdqd in dom0, and what its tests ask of vifs and pools."""

import contextlib
import re
import signal
import time

import story
from scene import TestFailed, check

CONF = "/etc/xen/vmdq.conf"
SERVED = ("grant", "copy")
POOLS = 7       # of a port


def start(scene):
    """Start vmdqd; it is connected when this returns.  What it says is its output."""
    process = scene.dom0.start("exec vmdqd 2>&1")
    line = process.line()
    check("connected to xenstored" in (line or ""), "vmdqd said:", line)
    return process


@contextlib.contextmanager
def coordinator(scene):
    """vmdqd runs meanwhile, and is alive at the end."""
    process = start(scene)
    try:
        yield process
        check(process.running, "vmdqd has ended:", said(process))
    finally:
        process.signal(signal.SIGTERM)
        process.wait(30, check=False)


def said(process):
    return process.out.decode(errors="replace")


@contextlib.contextmanager
def configured(scene, text):
    """vmdq.conf says that meanwhile."""
    scene.dom0.put(CONF, text.encode())
    try:
        yield
    finally:
        scene.dom0.run(f"rm {CONF}")


# -- looking -----------------------------------------------------------------

def rows(scene):
    """What vmdqctl says of each of our vifs, by its interface."""
    return {v["vif"]: v for v in story.listing(scene.lab)["vifs"]}


def served_vifs(scene):
    """Those of all vifs that are served by a pool."""
    return {vif for vif, row in rows(scene).items() if row["state"] in SERVED}


def served(scene, guests):
    """Those of the guests whose first vif is served by a pool."""
    vifs = served_vifs(scene)
    return [g for g in guests if g.vif in vifs]


def stored(scene):
    """What xenstore has of each vif: {"vif3.0": {"assign": "0000:00:06.0/1", ...}}."""
    found = {}
    listed = scene.dom0.run("! xenstore-exists vmdq/vif || xenstore-ls -f vmdq/vif").out
    for line in listed.splitlines():
        node = re.match(r'(?:\S*/)?vmdq/vif/(\d+)/(\d+)/(\S+) = "(.*)"$', line)
        if node:
            found.setdefault(f"vif{node[1]}.{node[2]}", {})[node[3]] = node[4]
    return found


def check_agreement(scene, timeout=180):
    """Kernel, xenstore and vmdqctl say the same, and no pool has two vifs.

    They are asked one after the other, and what is being done is waited for.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            _check_agreement(scene)
            return
        except TestFailed:
            if time.monotonic() > deadline:
                raise


def _check_agreement(scene):
    listing = story.listing(scene.lab)
    nodes = stored(scene)
    holders = {}
    for port in listing["ports"]:
        for pool in port["pools"]:
            if pool["owner"]:
                holders[f'{port["port"]}/{pool["pool"]}'] = pool["owner"]
        check(port["pools_free"] == POOLS - sum(1 for p in port["pools"] if p["owner"]),
              "pools are lost:", port)
    assigned = {}
    for vif in listing["vifs"]:
        pool = f'{vif["port"]}/{vif["pool"]}' if vif["pool"] else None
        said_there = nodes.get(vif["vif"], {})
        check(said_there.get("assign") == pool, vif["vif"], "has", pool, "but xenstore:", said_there)
        check(vif["state"] == said_there.get("state"), vif["vif"], "is at", vif["state"],
              "but xenstore:", said_there)
        if pool:
            check(pool not in assigned, pool, "has two vifs:", assigned.get(pool), vif["vif"])
            assigned[pool] = vif["vif"]
        check((vif["state"] in SERVED) == (vif["vif"] in holders.values()), vif["vif"], "is at",
              vif["state"], "but the kernel:", holders)
    for pool, holder in holders.items():
        check(assigned.get(pool) == holder, "the kernel has", pool, "with", holder, "but:", assigned)


def wait_nothing_left(scene):
    """Wait until xenstore has no directory of a domain that is gone."""
    scene.dom0.wait_for("for d in $(xenstore-list vmdq/vif 2>/dev/null); do"
                        " xl domname $d >/dev/null || exit 1; done", 60,
                        what="xenstore without what vifs have left that are gone")


# -- domains that do nothing -----------------------------------------------------

SCRIPTS = "/tmp/idle/scripts"
# What counts here is vif-vmdq; Debian's vif-bridge takes twice as long as all the rest.
BRIDGE = """#!/bin/sh
case $1 in
online) ip link set "$vif" master xenbr0 up && xenstore-write "$XENBUS_PATH/hotplug-status" connected ;;
esac
"""


def idle_domains(scene):
    """Make idle_create() possible: the scripts that it takes."""
    scene.dom0.run(f"mkdir -p {SCRIPTS} && cp /etc/xen/scripts/vif-vmdq {SCRIPTS}")
    scene.dom0.put(f"{SCRIPTS}/vif-bridge", BRIDGE.encode(), 0o755)


def idle_create(name, number):
    """Commands that start a domain with one vif, which is paused and stays so."""
    vif = f"mac=02:7e:00:00:00:{number:02x},bridge=xenbr0,script={SCRIPTS}/vif-vmdq"
    lines = [f'name="{name}"', 'type="pv"', 'kernel="/guest/idle"', "memory=8", f'vif=["{vif}"]']
    config = "\\n".join(lines)
    return f"printf '{config}\\n' >/tmp/idle/{name}.cfg; xl create -e -p -q /tmp/idle/{name}.cfg"
