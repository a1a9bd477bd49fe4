# SPDX-License-Identifier: GPL-2.0
"""vmdqd with two ports, which go down, vanish and come back: it hears of it from the kernel.

Two NICs below two bridges, with guests on each. vmdqd looks at everything every 5 s, and
what it has not heard of it finds then. So what it does is timed by the machine's own clock
(icount), from just after such a look, and its timer says that there was no other one in
between. When a port comes up, each vif's backend writes to xenstore, too; netlink alone
tells that somebody gives pools back who is no vif (vmdq_holder). Would fail if a vif had a
pool of the wrong port or not the one that vmdq.conf names; if a vif that waits got its pool
only by the next look, be it that the port is up, that its driver was bound, or that its
pools are free, and also after the modules were loaded again, with vmdqd listening or
stopped meanwhile; if a vif left a port that was down for less than 10 s, or did not leave
one that stayed down; or if a frame was lost once all was there again.
"""

import re
import signal

import daemon
import story
from front import wait_until
from lab import nic_bdf
from scene import check, check_intact
from traffic import start_sending

SETUP = "vmdq"
LAB = {"icount": True, "nics": 2}
MACS = {"left": "02:7f:00:00:00:01", "right": "02:7f:00:00:00:11"}
SECOND = "02:7f:00:00:00:12"    # of the guest on the right
COUNT = 200
RATE = 200
GRACE = 10              # seconds: PLAN_PORT_GRACE_MS, and what docs/operator.md says
TICK = 5                # PLAN_SAMPLE_MS
SOON = 2                # the pause after a look is 1 s at most
SETTINGS = f"""
[bridge xenbr0]
pool = 2
[bridge xenbr1]
pool = 3
[mac {SECOND}]
port = {nic_bdf(1)}
pool = 5
"""


def both(scene):
    """A guest on each of the two bridges; that on the right has two vifs, the second unused."""
    lab = scene.lab
    if "right" in lab.guests:
        return lab.guests["left"], lab.guests["right"]
    lab.bridge_up("vmdq_igb", "xenbr1", 1)
    vifs = [f"mac={mac},bridge=xenbr1,script=vif-vmdq" for mac in (MACS["right"], SECOND)]
    guests = scene.guests(
        left={"script": "vif-vmdq", "mac": MACS["left"]},
        right={"vifs": vifs, "mac": MACS["right"], "address": "10.77.1.11"})
    guests[1].run("ip link set eth1 up")
    return guests


def second(guest):
    return f"vif{guest.domid}.1"


def has(scene, vif):
    """The port and pool by which a vif is served; None if it is not."""
    row = daemon.rows(scene)[vif]
    return (row["port"], row["pool"]) if row["state"] in daemon.SERVED else None


def by_pool(scene, number, guest, vif=None, dev="eth0", mac=None):
    """Frames from a wire reach a vif, all of them by its pool."""
    vif, mac = vif or guest.vif, mac or guest.mac
    before = daemon.rows(scene)[vif]["counters"]["rx_pool_frames"]
    receiver = guest.receiver(dev)
    try:
        sending = scene.lab.wires[number].send(mac, COUNT, rate=RATE)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"wire {number} to {vif}")
    finally:
        receiver.stop()
    came = daemon.rows(scene)[vif]["counters"]["rx_pool_frames"] - before
    check(came >= COUNT, f"wire {number} to {vif}: by its pool came", came)


# -- the clock ------------------------------------------------------------------------

# What is left of vmdqd's 5 s, in ms: its timer says it
LEFT = """
pid=$(pidof vmdqd)
for f in /proc/$pid/fdinfo/*; do grep -q 'it_interval: (5, 0)' $f && tick=$f; done
left() {
	local s ns
	IFS='(, )' read -r _ s ns _ < <(grep it_value $tick)
	left=$((s * 1000 + ns / 1000000))
}
"""


def timed(command, node):
    """Commands that wait for a look, do something, and say when xenstore has the node."""
    return LEFT + f"""
left; sleep $(printf %d.%03d $(((left + 300) / 1000)) $(((left + 300) % 1000))); left; before=$left
xenstore-exists {node} && exit 98
began=${{EPOCHREALTIME/./}}
{command}
up=${{EPOCHREALTIME/./}}
until xenstore-exists {node}; do
	[ $((${{EPOCHREALTIME/./}} - up)) -lt 12000000 ] || exit 99
done
ended=${{EPOCHREALTIME/./}}
left
echo $before $left $(((up - began) / 1000)) $(((ended - up) / 1000))
"""


def heard(scene, guest, command, what):
    """The command makes a pool usable that the guest's vif waits for: vmdqd gives it at once."""
    assign = f"vmdq/vif/{guest.domid}/0/assign"
    said = scene.dom0.run(timed(command, assign), check=False, timeout=120)
    check(said.status != 98, f"before {what}: it has a pool already")
    check(said.status == 0, f"{what}: vmdqd gives no pool:", said)
    before, after, took, reaction = (int(word) for word in said.out.split())
    print(f"       {what}: {took} ms; vmdqd assigned a pool after {reaction} ms more, "
          f"its next look in {after}", flush=True)
    check(after < before and took + reaction < before, f"{what}: not before vmdqd's next look:",
          said.out)
    check(reaction < 1000 * SOON, f"{what}: assigned after", reaction, "ms")


def let_wait(scene, guest):
    """The vif has no pool, and wants one; there is none to be had."""
    scene.dom0.run(f"vmdqctl release {guest.vif}; xenstore-rm vmdq/vif/{guest.domid}/0/request/hold")


def alone(scene, guest):
    """The guest's first vif is the only one of its port: no other has xenstore tell of it."""
    scene.dom0.run(f"vmdqctl release {second(guest)}")
    wait_until(lambda: has(scene, guest.vif), f"a pool for {guest.vif}")


def heard_by_netlink(scene, guest, what):
    """Somebody who is no vif has all pools of the port, and gives them back."""
    scene.dom0.run(f"vmdqctl release {guest.vif}; modprobe vmdq_holder port={nic_bdf(1)}")
    let_wait(scene, guest)
    heard(scene, guest, "rmmod vmdq_holder", what)
    wait_until(lambda: has(scene, guest.vif), "served by a pool")


def netdev(scene):
    """dom0's interface of the second NIC."""
    return scene.dom0.run(f"ls /sys/bus/pci/devices/{nic_bdf(1)}/net").out.strip()


# -- the tests ------------------------------------------------------------------------

def test_by_configuration(scene):
    left, right = both(scene)
    wanted = {left.vif: (nic_bdf(0), 2), right.vif: (nic_bdf(1), 3), second(right): (nic_bdf(1), 5)}
    with daemon.coordinator(scene) as vmdqd:
        check({vif: has(scene, vif) for vif in wanted} != wanted, "it is so already")
        with daemon.configured(scene, SETTINGS):
            vmdqd.signal(signal.SIGHUP)
            wait_until(lambda: {vif: has(scene, vif) for vif in wanted} == wanted,
                       f"pools as vmdq.conf says: {wanted}", 60)
            daemon.check_agreement(scene)
        by_pool(scene, 0, left)
        by_pool(scene, 1, right)
        by_pool(scene, 1, right, second(right), "eth1", SECOND)
        vmdqd.signal(signal.SIGHUP)
        scene.dom0.wait_for("! xenstore-ls vmdq/vif | grep -w pool", what="no pool asked for")


def test_down_and_up(scene):
    _, right = both(scene)
    dev = netdev(scene)
    with daemon.coordinator(scene):
        alone(scene, right)
        had = has(scene, right.vif)
        scene.dom0.run(f"ip link set {dev} down")
        wait_until(lambda: not has(scene, right.vif), "served by software")
        # What goes down is soon up again, as a rule: nothing is taken for that.
        scene.dom0.run(f"ip link set {dev} up")
        wait_until(lambda: has(scene, right.vif) == had, f"{had} again")
        scene.dom0.run(f"ip link set {dev} down")
        let_wait(scene, right)
        heard(scene, right, f"ip link set {dev} up", "port up")
        wait_until(lambda: has(scene, right.vif), "served by a pool")
        heard_by_netlink(scene, right, "pools free")
        by_pool(scene, 1, right)
        daemon.check_agreement(scene)


def test_stays_down(scene):
    """Both NICs are below one bridge, and the one that serves goes down."""
    left, _ = both(scene)
    dev = netdev(scene)
    with daemon.coordinator(scene) as vmdqd:
        wait_until(lambda: has(scene, left.vif), f"a pool for {left.vif}")
        check(has(scene, left.vif)[0] == nic_bdf(0), "the pool is of", has(scene, left.vif))
        scene.dom0.run(f"ip link set {dev} master xenbr0")
        said = scene.dom0.run(
            f"began=${{EPOCHREALTIME/./}}; ip link set {scene.dev} down;"
            f"until [[ $(xenstore-read vmdq/vif/{left.domid}/0/assign) = {nic_bdf(1)}/* ]]; do"
            " [ $((${EPOCHREALTIME/./} - began)) -lt 30000000 ] || exit 99; sleep 0.2; done;"
            "echo $(((${EPOCHREALTIME/./} - began) / 1000))", timeout=200)
        took = int(said.out) / 1000
        print(f"       moved to the other port after {took:.1f} s", flush=True)
        check(GRACE <= took < GRACE + TICK + SOON, "moved after", took, "s;", daemon.said(vmdqd))
        wait_until(lambda: has(scene, left.vif), "served by a pool of the other port")
        by_pool(scene, 1, left)
        # It is as well served there, and is not moved again.
        pool = has(scene, left.vif)
        scene.dom0.run(f"ip link set {scene.dev} up; ip link set {dev} master xenbr1")
        scene.dom0.run(f"vmdqctl assign {left.vif} {scene.dev}; vmdqctl assign {left.vif} auto")
        check(has(scene, left.vif)[0] == nic_bdf(0), "not moved back from", pool)
        daemon.check_agreement(scene)


BIND = f"""
echo {nic_bdf(1)} >/sys/bus/pci/drivers/vmdq_igb/bind
ip link set $(ls /sys/bus/pci/devices/{nic_bdf(1)}/net) master xenbr1 up
"""


def unbind(scene, guest):
    scene.dom0.run(f"echo {nic_bdf(1)} >/sys/bus/pci/drivers/vmdq_igb/unbind")
    story.wait_level(scene.lab, guest, "software")


def test_vanishes(scene):
    _, right = both(scene)
    with daemon.coordinator(scene):
        alone(scene, right)
        pool = has(scene, right.vif)
        unbind(scene, right)
        check(nic_bdf(1) not in [p["port"] for p in story.listing(scene.lab)["ports"]],
              "the port is still there")
        receiver = right.receiver()
        process, stream = start_sending(scene.dom0, right.mac, COUNT, rate=RATE, dev="xenbr1")
        process.wait()
        check_intact(receiver.expect(stream, COUNT), COUNT, "by software, without the port")
        receiver.stop()
        # It has kept its assignment, and the backend takes the pool when it is there.
        said = scene.dom0.run(
            f"began=${{EPOCHREALTIME/./}}; {BIND}"
            f"until [ $(xenstore-read vmdq/vif/{right.domid}/0/state) != software ]; do"
            " [ $((${EPOCHREALTIME/./} - began)) -lt 20000000 ] || exit 99; done;"
            "echo $(((${EPOCHREALTIME/./} - began) / 1000))", timeout=120)
        print(f"       port there and pool back after {int(said.out)} ms", flush=True)
        check(int(said.out) < 1000 * TICK, "the pool is back after", said.out)
        check(has(scene, right.vif) == pool, "it had", pool, "and has", has(scene, right.vif))
        # One that comes, or asks, when the port is away has none that it could keep.
        unbind(scene, right)
        let_wait(scene, right)
        heard(scene, right, BIND, "port bound and up")
        wait_until(lambda: has(scene, right.vif), "served by a pool")
        by_pool(scene, 1, right)
        daemon.check_agreement(scene)


def reload_modules(scene):
    """All three, the guests connected; two ports as before."""
    devices = " ".join(nic_bdf(n) for n in (0, 1))
    scene.dom0.run(
        f"for d in {devices}; do echo >/sys/bus/pci/devices/$d/driver_override; done;"
        "rmmod vmdq_netback vmdq_igb vmdq && modprobe vmdq_netback")
    scene.dev = scene.lab.take_nic("vmdq_igb", 0)
    other = scene.lab.take_nic("vmdq_igb", 1)
    scene.dom0.run(f"ip link set {scene.dev} master xenbr0 up; ip link set {other} master xenbr1 up")


def test_modules_again(scene):
    left, right = both(scene)
    with daemon.coordinator(scene) as vmdqd:
        alone(scene, right)
        for what, signals in (("modules loaded again", ()),
                              ("the same unheard", (signal.SIGSTOP, signal.SIGCONT))):
            scene.dom0.run("vmdqctl --timeout 100 giveback --all", timeout=240)
            # Who is not listening meanwhile finds a group of the same number as before.
            if signals:
                vmdqd.signal(signals[0])
            reload_modules(scene)
            if signals:
                vmdqd.signal(signals[1])
            scene.dom0.run("vmdqctl --timeout 100 rebind --all", timeout=240)
            wait_until(lambda: has(scene, left.vif), "served by a pool")
            heard_by_netlink(scene, right, f"{what}, then pools free")
        by_pool(scene, 0, left)
        by_pool(scene, 1, right)
        daemon.check_agreement(scene)
    check(re.search(r"assigned pool \d of port " + nic_bdf(1), daemon.said(vmdqd)), "it said:",
          daemon.said(vmdqd))
