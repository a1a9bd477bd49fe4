# SPDX-License-Identifier: GPL-2.0
"""100,000 random writes of a guest to its own part of xenstore, and others to ours.

Values, lengths and names that are right, wrong, or impossible, written as fast as
xenstored takes them; afterwards by dom0 into vmdq/, which only root can. Would fail if
dom0, vmdqd or the backend crashed, if a vif came by another's pool, if a kind of mistake
were not told of by a line that names the vif, or told of without end, if another guest
lost a frame, or if anything did not work afterwards.
"""

import json
import re

import daemon
import story
from front import Complaints, actors, wait_until
from lab import BDF
from scene import check
from witness import Witness

SETUP = "vmdq"
SUITE = "long"
TIME_LIMIT = 1500
SEED = 20261123
HEAD_WRITES = 60_000
QUEUE_WRITES = 40_000
LAST_WRITES = 3_000
DOM0_WRITES = 5_000     # 2 to 6 ms each, as the backend and vmdqd look each time
# What the backend reads first, and what it reads when that is right
HEAD = ["multi-queue-num-queues", "request-rx-copy", "feature-rx-notify", "feature-sg",
        "xdp-headroom", "request-multicast-control", "event-channel-ctrl"]
PORTS = [f"queue-{q}/event-channel-{way}" for q in (0, 1) for way in ("tx", "rx")]
REFS = [f"queue-{q}/{way}-ring-ref" for q in (0, 1) for way in ("tx", "rx")]
# Not the small ones, which are the guest's console and its connection to xenstore: it would
# lose that.
WRONG_REFS = ["999999", "4294967295", "-1", "many", ""]
VALUES = ["0", "1", "2", "2", "2", "9", "-1", "4096", "4294967296", "0x1f", "many"]
# A guest whose state is no state has no vif any more: that comes last.
STATES = "state=1,2,3,4,4,4,4,5,6,7,9,99"
HEAD_KINDS = ["guest asks for [0-9]+ queues", "request-rx-copy", "xdp-headroom [0-9]+ is more than",
              "reading .*event-channel-ctrl", "mapping control ring",
              "binding the control ring", "frontend in state (9|99)"]
QUEUE_KINDS = ["reading .*ring-ref", "reading .*event-channel.*-tx", "mapping rings [0-9]+ and",
               "binding event channels", "frontend in state (9|99)"]
DEVIATES = 15           # exit status of vmdqctl check
TOLD = 10               # messages of a kind in 10 s: VIF_TELL_REFUSALS


def noise(agent, directory, count, nodes, values=VALUES, timeout=1400):
    words = [*(f"node={n}" for n in nodes), *(f"value='{v}'" for v in values)]
    said = json.loads(agent.run(f"storenoise count={count} seed={SEED} dir={directory} " +
                                " ".join(words), timeout=timeout).out)
    print(f"       {said}", flush=True)
    check(said["writes"] == count, "written:", said)
    check(sum(said["refused"].values()) < said["done"] / 2, "most was refused:", said)
    return said


def tidy(scene, directory, keep):
    """Remove what is not among the names to keep."""
    there = scene.dom0.run(f"xenstore-list {directory}").out.split("\n")[:-1]
    scene.dom0.put("/tmp/tidy", "".join(f"{directory}/{name}\n" for name in there
                                        if name not in keep).encode())
    scene.dom0.run("xargs -r xenstore-rm </tmp/tidy")


def uptime(scene):
    return float(scene.dom0.run("cat /proc/uptime").out.split()[0])


class Told:
    """What the log gets of a guest's mistakes from now on."""

    def __init__(self, scene, guest):
        self.scene = scene
        self.vif = f"vif-{guest.domid}-0"
        self.seen = Complaints(scene.lab)
        self.began = uptime(scene)

    def check(self, kinds):
        """Each kind by a line that names the vif, and not many of them."""
        lines = self.seen.text().splitlines()
        seconds = uptime(self.scene) - self.began
        for kind in kinds:
            told = sum(1 for line in lines if re.search(f"{self.vif}.*{kind}", line))
            check(told, "no line of the log says of", self.vif, kind)
            check(told <= TOLD * (seconds / 10 + 2), kind, "is told of", told, "times in", seconds)


def test_guest(scene):
    dom0 = scene.dom0
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    home = f"/local/domain/{attacker.domid}/device/vif/0"
    names = dom0.run(f"xenstore-list {home}").out.split()
    right = {node: dom0.run(f"xenstore-read {home}/{node}").out.strip()
             for node in [*PORTS, *REFS, *(n for n in HEAD if n in names)]}
    refs = ",".join([*WRONG_REFS, *(right[node] for node in REFS)])
    pool = story.vif_row(scene.lab, victim)["pool"]
    with daemon.coordinator(scene):
        with Witness(scene, victim, rate=60):
            told = Told(scene, attacker)
            noise(attacker, "device/vif/0", HEAD_WRITES,
                  [*HEAD, STATES, f"ctrl-ring-ref={refs}"],
                  [*VALUES, *(right[node] for node in PORTS)])
            told.check(HEAD_KINDS)
            tidy(scene, home, names)
            for node in set(right) - {*PORTS, *REFS}:
                dom0.run(f"xenstore-write {home}/{node} {right[node]}")
            told = Told(scene, attacker)
            noise(attacker, "device/vif/0", QUEUE_WRITES,
                  [*PORTS, STATES, *(f"{node}={refs}" for node in REFS)],
                  [*VALUES, *(right[node] for node in PORTS)])
            told.check(QUEUE_KINDS)
            daemon.check_agreement(scene)
        check(story.vif_row(scene.lab, victim)["pool"] == pool, "the victim's pool was", pool)
        # It can do as one should again.
        tidy(scene, home, names)
        front.close()
        front.connect(queues=2)
        front.close()
        # Then whatever it may write.
        noise(attacker, "device/vif/0", LAST_WRITES,
              [*HEAD, *PORTS, *REFS, "state", "backend", "backend-id", "handle", "mac"])
        attacker.destroy()
        daemon.wait_nothing_left(scene)
        daemon.check_agreement(scene)
    check(not story.zombies(scene.lab), "the guest is still there")


# The last value of each is one that nobody understands, as xenstore-write takes it. What the
# backend writes itself comes first: it writes again when what comes after makes it move.
ODD = {"error": [r"odd\x01"], "state": ["grant", "asleep"],
       "request/mode": ["auto", "off", "Required"], "request/level": ["copy", "software", "best"],
       "request/port": [BDF, "eth0"], "request/pool": ["1", "7", "77", "-1"],
       "request/priority": ["0", "5", "high"], "request/hold": [f"{BDF}/2", "none", "mine"],
       "request/backend": ["vmdq", "stock", "xen"], "request/bridge": ["xenbr0", "a bridge"],
       "assign": [f"{BDF}/1", f"{BDF}/3", f"{BDF}/99", "0000:00:07.0/1", "7"]}
STRAYS = 16             # VMDQ_STRAYS: so many are told of in a minute
STRAY = "nobody should have written it"


def told_of(vmdqd, guest, node):
    """The lines in which vmdqd tells of what it found in a node of the guest's vif."""
    return [line for line in daemon.said(vmdqd).splitlines()
            if f"{guest.vif} (domain noisy): {node} in xenstore" in line]


def test_dom0(scene):
    dom0 = scene.dom0
    guest = scene.lab.guest_create("noisy", script="vif-vmdq")
    victim = scene.guest("a", vcpus=2, script="vif-vmdq")
    home = f"vif/{guest.domid}/0"
    wanted = daemon.served_vifs(scene) | {guest.vif, victim.vif}
    domains = dom0.run("xenstore-list vmdq/vif").out.split()
    values = [v for some in ODD.values() for v in some]
    drain = f"port/{BDF.replace(':', '-').replace('.', '-')}/drain"
    with daemon.coordinator(scene) as vmdqd:
        began = uptime(scene)
        # Of nodes that are of no vif it tells no more than so many in a minute.
        dom0.run(f"xenstore-write vmdq/{drain} perhaps")
        wait_until(lambda: f"vmdq/{drain} in xenstore: " in daemon.said(vmdqd), "drain is told of")
        # Of each kind it tells; what is written in a storm, it may never come to see.
        for node, some in ODD.items():
            dom0.run(f"xenstore-write -- vmdq/{home}/{node} '{some[-1]}'")
            wait_until(lambda: told_of(vmdqd, guest, node), f"{node} is told of")
        noise(dom0, "vmdq", DOM0_WRITES,
              [*(f"{home}/{node}" for node in ODD), "vif/4094/0/assign", drain], [*values, "1"])
        seconds = uptime(scene) - began
        check(vmdqd.running, "vmdqd has ended:", daemon.said(vmdqd))
        # A vif that never was goes by vmdqd; what no vif can be is named, fit for a terminal.
        dom0.wait_for("! xenstore-exists vmdq/vif/4094/0", 60, what="nothing left of vif4094.0")
        named = dom0.run("vmdqctl check", check=False)
        check(named.status == DEVIATES, "vmdqctl check:", named.status, named.err)
        check(all(c.isprintable() or c == "\n" for c in named.out), "not for a terminal:",
              repr(named.out))
        # The rest goes by hand; the vif asks again, as when it came.
        tidy(scene, "vmdq", ["vif"])
        tidy(scene, "vmdq/vif", domains)
        dom0.run(f"xenstore-rm vmdq/vif/{guest.domid};"
                 f"XENBUS_PATH=backend/{home} vif={guest.vif} vmdqctl hotplug online")
        # A port that was drained took the pools of all; vmdqd gives them back one by one.
        wait_until(lambda: wanted <= daemon.served_vifs(scene), "all served by a pool")
        daemon.check_agreement(scene)
        for node in ODD:
            told = told_of(vmdqd, guest, node)
            check(len(told) <= seconds / 60 + 2, node, "is told of", len(told), "times:", told[:3])
        lines = daemon.said(vmdqd).splitlines()
        told = [line for line in lines if STRAY in line]
        check(1 <= len(told) <= STRAYS * (seconds / 60 + 2), "nodes of nobody are told of",
              len(told), "times:", told[:3])
        print(f"       vmdqd wrote {len(lines)} lines in {seconds:.0f} s", flush=True)
    guest.destroy()
