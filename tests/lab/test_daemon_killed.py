# SPDX-License-Identifier: GPL-2.0
"""vmdqd is killed 20 times, at random moments of 100 starts and ends of domains.

The domains ask for pools in every way, and there are more of them than pools: four vifs
of a guest that is connected are displaced by them and get their pools back. xl and
vif-vmdq are what they are; the domains do nothing, and a script in the place of Debian's
vif-bridge does the little that they need. vmdqd is started again as an init system does
it. Would fail if in the end kernel, xenstore and vmdqctl disagreed, if a pool was lost or
had two vifs, if a vif waited while a pool was free, if a domain did not start that may
always start, or if something of a vif that is gone was left in xenstore.
"""

import random
import time

import daemon
import story
from front import wait_until
from scene import check

SETUP = "vmdq"
SUITE = "long"
TIME_LIMIT = 1500
SEED = 20261123
STARTS = 100
KILLS = 20
AT_ONCE = 4             # domains that do nothing
VIFS = 4                # of the guest
PID, STOP = "/tmp/vmdqd.pid", "/tmp/vmdqd.stop"
SETTINGS = """
[domain eager*]
priority = 5
[domain must*]
mode = required
"""


class Undying:
    """vmdqd, which is started again whenever it ends."""

    def __init__(self, scene):
        self.dom0 = scene.dom0
        self.process = scene.dom0.start(
            f"rm -f {STOP}; until [ -e {STOP} ]; do echo start; vmdqd 2>&1 & echo $! >{PID};"
            f"wait $!; done")
        wait_until(self.works, "vmdqd works")

    def starts(self):
        return daemon.said(self.process).count("start\n")

    def works(self):
        """The one that was started last is connected."""
        return "connected to xenstored" in daemon.said(self.process).rpartition("start\n")[2]

    def end(self):
        self.dom0.run(f"touch {STOP}; kill $(cat {PID})")
        self.process.wait(30, check=False)


class Domains:
    """Starts and ends domains, and kills vmdqd meanwhile."""

    def __init__(self, scene, chance):
        self.dom0 = scene.dom0
        self.chance = chance
        self.alive = []
        self.started = 0
        self.refused = []
        self.seconds = {"create": 1.0, "destroy": 0.7}     # about; as it turns out then

    def do(self, kind, command, kill):
        if kill:
            delay = self.chance.random() * self.seconds[kind]
            command = (f"{{ sleep {delay:.3f}; until kill -9 $(cat {PID}); do sleep 0.01; done; }}"
                       f" & killer=$!; {command}; rc=$?; wait $killer; exit $rc")
        began = time.monotonic()
        result = self.dom0.run(command, check=False, timeout=120)
        self.seconds[kind] += (time.monotonic() - began - self.seconds[kind]) / 4
        return result

    def create(self, kill):
        name = f"{self.chance.choice(['eager', 'must', 'plain'])}{self.started}"
        result = self.do("create", daemon.idle_create(name, self.started % 256), kill)
        self.started += 1
        if result.status == 0:
            self.alive.append(name)
            return
        # A pool is required, and there was nobody to make room.
        check(kill and name.startswith("must") and "required" in result.err, name,
              "does not start:", result.err)
        self.refused.append(name)

    def destroy(self, kill):
        name = self.alive.pop(self.chance.randrange(len(self.alive)))
        result = self.do("destroy", f"xl destroy {name}", kill)
        check(result.status == 0, name, "does not end:", result.err)

    def go_on(self, kill):
        """The next start or end."""
        room = self.started < STARTS and len(self.alive) < AT_ONCE
        if room and (not self.alive or self.chance.random() < 0.6):
            self.create(kill)
        else:
            self.destroy(kill)


def test_killed(scene):
    lab = scene.lab
    chance = random.Random(SEED)
    print(f"       seed {SEED}", flush=True)
    if story.pools_free(lab) < VIFS:
        lab.destroy_guests()
    others = daemon.served_vifs(scene)
    crowd = lab.guest_create("crowd", vifs=[
        f"mac=02:7d:00:00:00:{n:02x},bridge=xenbr0,script=vif-vmdq" for n in range(VIFS)])
    crowd.run(f"for n in $(seq 1 {VIFS - 1}); do ip link set eth$n up; done")
    daemon.idle_domains(scene)
    wanted = others | {f"vif{crowd.domid}.{n}" for n in range(VIFS)}
    kills = set(chance.sample(range(2 * STARTS), KILLS))
    with daemon.configured(scene, SETTINGS):
        vmdqd = Undying(scene)
        domains = Domains(scene, chance)
        done = 0
        while domains.started < STARTS or domains.alive:
            domains.go_on(done in kills)
            done += 1
        for _ in [m for m in kills if m >= done]:       # a start that is refused has no end
            domains.do("destroy", "true", kill=True)
        wait_until(lambda: vmdqd.starts() == KILLS + 1 and vmdqd.works(), "vmdqd started again")
        wait_until(lambda: wanted <= daemon.served_vifs(scene), "all who wait served by a pool")
        daemon.wait_nothing_left(scene)
        daemon.check_agreement(scene)
        vmdqd.end()
    print(f"       {domains.started} starts, of which {len(domains.refused)} were refused, "
          f"{vmdqd.starts() - 1} kills; a start took {domains.seconds['create']:.1f} s, an end "
          f"{domains.seconds['destroy']:.1f} s", flush=True)
    crowd.destroy()
    check(not story.zombies(lab), "domains are left")
