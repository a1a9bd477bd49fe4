# SPDX-License-Identifier: GPL-2.0
"""xenstored, the one in C, stands still for a while: vmdqd waits, and pools go on.

test_daemon_xenstored.py is with oxenstored, which can end and come back; in
test_daemon_xenstored_killed.py xenstored is killed. Would fail if vmdqd ended or span
meanwhile, if a frame was lost or did not come by the pool, if a change that was asked for
meanwhile was lost, or if vmdqd did nothing more after that; or if the port's interface could
not be set down and up while the backend waits for an answer of xenstored about its vifs;
or if vmdqctl waited for it without end.
"""

import daemon
import story
from front import wait_until
from scene import check, check_intact

SETUP = "vmdq"
RATE = 400
SECONDS = 12            # more than two of vmdqd's looks
FRAMES = RATE * SECONDS
NO_XENSTORED = 3        # exit status of vmdqctl and vmdqtop
TICKS = 10              # of CPU time, 10 ms each: less than 1 % of that


class Flow:
    """Frames to a guest, all by its pool; ethtool says so, as vmdqctl needs xenstored."""

    def __init__(self, scene, guest):
        self.dom0 = scene.dom0
        self.guest = guest
        self.receiver = guest.receiver()
        self.sending = scene.lab.wire.start(guest.mac, rate=RATE)
        self.goes_on(1)

    def counter(self, name):
        return int(self.dom0.run(f"ethtool -S {self.guest.vif} | grep -w {name}").out.split()[-1])

    def goes_on(self, frames):
        """So many more arrive, and none by software."""
        software = self.counter("rx_sw_frames")
        now = self.receiver.received(self.sending.stream)["unique"]
        got = self.receiver.expect(self.sending.stream, now + frames, 30 + 3 * frames / RATE)
        check(got["unique"] >= now + frames, "frames no longer arrive:", got)
        more = self.counter("rx_sw_frames") - software
        check(more <= 10, "by software came", more)     # ARP, for one

    def end(self, what):
        sent = self.sending.stop()
        check_intact(self.receiver.expect(self.sending.stream, sent), sent, what)
        self.receiver.stop()


def cpu_ticks(dom0, pid):
    """CPU time of a process, its threads' too."""
    fields = dom0.run(f"cat /proc/{pid}/stat").out.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def idles(dom0, pid, flow):
    """For some of vmdqd's looks frames arrive by the pool, and it does next to nothing."""
    before = cpu_ticks(dom0, pid)
    flow.goes_on(FRAMES)
    took = cpu_ticks(dom0, pid) - before
    check(took <= TICKS, f"in {SECONDS} s vmdqd used {took} ticks of CPU time")
    return took


def without_xenstored(result):
    """A tool ended, and says what it lacks."""
    check(result.status == NO_XENSTORED and "xenstored does not answer" in result.err, result)


def test_xenstored_hangs(scene):
    dom0 = scene.dom0
    guest, other = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                                b={"vcpus": 1, "script": "vif-vmdq"})
    for g in (guest, other):
        dom0.run(f"vmdqctl assign {g.vif} auto", check=False)
    with daemon.coordinator(scene) as vmdqd:
        wait_until(lambda: len(daemon.served(scene, [guest, other])) == 2, "pools for both")
        pid = dom0.run("pidof vmdqd").out.strip()
        before = daemon.rows(scene)
        request = f"vmdq/vif/{guest.domid}/0/request"
        flow = Flow(scene, guest)
        dom0.run("kill -STOP $(pidof xenstored)")
        try:
            asked = dom0.start(f"xenstore-write {request}/level copy")
            gives_up = dom0.start(f"vmdqctl release {other.vif}")
            ticks = idles(dom0, pid, flow)
            check(vmdqd.running and asked.running, "ended:", daemon.said(vmdqd), asked.err)
            without_xenstored(gives_up.wait(30, check=False))
        finally:
            dom0.run("kill -CONT $(pidof xenstored)")
        asked.wait(30)
        story.wait_level(scene.lab, guest, "copy")
        flow.goes_on(RATE)
        flow.end("while xenstored stood still")
        print(f"       vmdqd used {ticks} ticks of CPU time", flush=True)
        after = daemon.rows(scene)
        check(after[guest.vif]["pool"] == before[guest.vif]["pool"], "the pool was", before, after)
        dom0.run(f"xenstore-rm {request}/level")
        story.wait_level(scene.lab, guest, "grant")
        dom0.run(f"vmdqctl release {other.vif}")
        check(not daemon.served(scene, [other]), "released, but:", daemon.rows(scene)[other.vif])
        dom0.run(f"xenstore-rm vmdq/vif/{other.domid}/0/request/hold")
        wait_until(lambda: daemon.served(scene, [other]), "a pool given by vmdqd")
        check(daemon.said(vmdqd).count("connected to xenstored") == 1, "it said:",
              daemon.said(vmdqd))
        daemon.check_agreement(scene)
    story.check_delivered(story.deliver(scene.lab, guest, 100, rate=RATE), "grant")


def test_port_goes_down(scene):
    dom0 = scene.dom0
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"})
    for guest, level in zip(guests, ("grant", "copy")):
        dom0.run(f"vmdqctl assign {guest.vif} auto", check=False)
        story.wait_level(scene.lab, guest, level)
    dom0.run("kill -STOP $(pidof xenstored)")
    try:
        # A bridge that goes down has each of its vifs look into xenstore.
        dom0.run("ip link set xenbr0 down && ip link set xenbr0 up")
        dom0.wait_for("[ $(cat /proc/[0-9]*/stack 2>/dev/null | grep -c vif_assign_work) -ge 2 ]",
                      what="two works of the backend that wait for xenstored")
        dom0.run(f"ip link set {scene.dev} down && ip link set {scene.dev} up", timeout=60)
    finally:
        dom0.run("kill -CONT $(pidof xenstored)")
    # What xenstore has of before is not taken for what is.
    daemon.check_agreement(scene)
    for guest, level in zip(guests, ("grant", "copy")):
        story.wait_level(scene.lab, guest, level)
        story.check_delivered(story.deliver(scene.lab, guest, 100, rate=RATE), level)
