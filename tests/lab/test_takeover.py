# SPDX-License-Identifier: GPL-2.0
"""A vif goes from xen-netback to ours and back while its guest runs, by one command.

The guest notices nothing but a moment without frames: its TCP connection lives on. Would
fail if a driver began in the guest's rings where the one before had not ended, if the new
interface did not get back into its bridge, if a guest got stuck, if a change that fails
left the vif without service, or if xl could not remove the vif afterwards.
"""

import contextlib
import json
import time

import story
from scene import check
from steady import connections
from traffic import start_sending

SETUP = "vmdq"
MAX_QUEUES = "/sys/module/xen_netback/parameters/max_queues"
RATE = 500
EXPIRE = 9      # seconds; frames that wait for a guest 10 s long are dropped


def driver(scene, guest, number=0):
    link = f"/sys/bus/xen-backend/devices/vif-{guest.domid}-{number}/driver"
    return scene.dom0.run(f"basename $(readlink {link})").out.strip()


def move(scene, command, status=0):
    """Run a command that moves vifs; returns its answer."""
    said = scene.dom0.run(f"vmdqctl --json --timeout 40 {command}", check=False, timeout=180)
    check(said.status == status, f"vmdqctl {command}: exit status {said.status}", said.out, said.err)
    return json.loads(said.out)["vifs"]


def stock_guest(scene, name, vcpus=2, **options):
    """A guest of xen-netback, which then serves as many queues as the guest has vCPUs."""
    scene.dom0.run(f"echo {vcpus} >{MAX_QUEUES}")
    return scene.lab.guest_create(name, vcpus=vcpus, **options)


@contextlib.contextmanager
def own_guest(scene, name, **options):
    guest = stock_guest(scene, name, **options)
    yield guest
    guest.destroy()
    scene.dom0.run(f"echo 1 >{MAX_QUEUES}")


def in_bridge(scene, vif, bridge="xenbr0"):
    return scene.dom0.run(f"[ -e /sys/class/net/{bridge}/brif/{vif} ]", check=False).status == 0


def there_and_back(scene, guest):
    with connections(scene.lab, guest) as (tcp,):
        receiver = guest.receiver()
        report = []
        for command, whose in (("takeover", "vif-vmdq"), ("giveback", "vif"),
                               ("takeover", "vif-vmdq")):
            sending = scene.lab.wire.start(guest.mac, rate=RATE)
            receiver.expect(sending.stream, 1)
            answer, = move(scene, f"{command} {guest.vif}")
            sent = sending.stop()
            # what was sent before the command ended may be lost, the rest may not
            tcp.flows()
            got = receiver.received(sending.stream)
            report.append(f"{command}: {answer['seconds']} s, {sent - got['unique']} of {sent} "
                          f"frames lost at {RATE}/s")
            check(answer["moved"] and driver(scene, guest) == whose, command, "says", answer)
            check(not got["duplicated"] + got["corrupt"], f"{command}:", got)
            check(sent - got["unique"] <= (answer["seconds"] + 0.5) * RATE, f"{command}:", got)
            check(in_bridge(scene, guest.vif), f"after {command} {guest.vif} is in no bridge")
            mtu = scene.dom0.run(f"cat /sys/class/net/{guest.vif}/mtu").out.strip()
            check(mtu == "1504", f"after {command} {guest.vif} has MTU", mtu)
        print("       " + "; ".join(report), flush=True)
        receiver.stop()


def test_there_and_back(scene):
    with own_guest(scene, "t1") as guest:
        scene.dom0.run(f"ip link set {guest.vif} mtu 1504")
        there_and_back(scene, guest)
        story.wait_level(scene.lab, guest, "grant")
        scene.dom0.run(f"xl network-list {guest.name} | grep -q {guest.mac}")
        answer, = move(scene, f"takeover {guest.name}")
        check(not answer["moved"], "a vif that is there already was moved:", answer)
        # what served by our pool is told as for any vif of ours
        story.check_delivered(story.deliver(scene.lab, guest, 500, rate=500), "grant")
        scene.dom0.run(f"xl network-detach {guest.name} 0", timeout=60)
        scene.dom0.wait_for(f"! xenstore-exists vmdq/vif/{guest.domid}", what="nothing left of it")
        check(not scene.dom0.run("ls /sys/class/net").out.count(guest.vif), guest.vif, "stays")
    check(story.pools_free(scene.lab) == 7 - pools_of_others(scene), "a pool stays taken")


def pools_of_others(scene):
    return sum(1 for v in story.listing(scene.lab)["vifs"] if v["pool"])


def test_twenty_times(scene):
    """Under traffic in both directions; at the end the rings are as full as at the start."""
    with own_guest(scene, "t2", vcpus=1) as guest:
        receiver = guest.receiver()
        with connections(scene.lab, guest) as (tcp,):
            to_guest = scene.lab.wire.start(guest.mac, rate=200)
            process, stream = start_sending(guest, scene.lab.wire.mac, rate=200)
            seconds = []
            for _ in range(10):
                for command in ("takeover", "giveback"):
                    answer, = move(scene, f"{command} {guest.vif}")
                    seconds.append(answer["seconds"])
                tcp.flows(1)
            sent = to_guest.stop()
            process.signal()
        got, came = receiver.received(to_guest.stream), scene.lab.wire.received(stream)
        receiver.stop()
        print(f"       20 changes of {min(seconds):.1f} to {max(seconds):.1f} s; to the guest "
              f"{sent - got['unique']} of {sent} frames lost, from it {came['lost']} of "
              f"{came['unique'] + came['lost']}", flush=True)
        for what in (got, came):
            check(not what["duplicated"] + what["corrupt"], "frames spoilt:", what)
            check(what["unique"] > 100, "hardly any frame arrives:", what)
        # xen-netback has it now, and shows its rings: every request is answered.
        rings = f"/sys/kernel/debug/xen-netback/{guest.vif}/io_ring_q0"
        scene.dom0.wait_for(f"sed -n /^TX/,/^RX/p {rings} | "
                            f"grep -q '^req prod [0-9]* (0) cons [0-9]* (0)'",
                            what="no request of the guest unanswered")
        receiver = guest.receiver()
        sending = scene.lab.wire.send(guest.mac, 1000, rate=500)
        got = receiver.expect(sending.stream, 1000)
        receiver.stop()
        check(got["unique"] == got["received"] == 1000, "after all that:", got)


def test_frames_in_flight(scene):
    """Frames that the guest has sent and the network stack still holds, when the driver goes.

    They wait for another guest, which is paused, and are longer than those that are copied.
    Our driver must answer them all before it lets go, or the next would take the answers
    that it finds there for requests.
    """
    other, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    with own_guest(scene, "t3", vcpus=1, script="vif-vmdq") as guest:
        guest.run("ip link set eth0 mtu 3000")
        scene.dom0.run(f"ip link set {other.vif} mtu 3000")
        receiver = other.receiver()
        # The bridge has to know where it is: what is flooded is copied, and holds nothing.
        other.run(f"ping -c 1 -W 5 {scene.lab.peer.address}")
        count = 450         # 256 fit into the other guest's ring, the rest waits
        began = time.monotonic()
        scene.dom0.run(f"xl pause {other.name}")
        process, stream = start_sending(guest, other.mac, count, size=(1600, 3000), rate=500)
        process.wait(60)
        giving = scene.dom0.start(f"vmdqctl --timeout 40 giveback {guest.vif}")
        scene.dom0.wait_for(f"[ $(cat /sys/class/net/{guest.vif}/carrier) = 0 ]",
                            what=f"{guest.vif} let go of its guest")
        scene.dom0.run(f"xl unpause {other.name}")
        in_time = time.monotonic() - began < EXPIRE
        giving.wait(120)
        check(driver(scene, guest) == "vif", "xen-netback has it not")
        got = receiver.expect(stream, count if in_time else 256)
        check(got["unique"] == got["received"] and not got["corrupt"], "in flight:", got)
        check(got["unique"] == count or not in_time, "in flight:", got)
        process, stream = start_sending(guest, other.mac, 600, size=(1000, 1514), rate=300)
        process.wait(60)
        got = receiver.expect(stream, 600)
        check(got["unique"] == got["received"] == 600 and not got["corrupt"], "afterwards:", got)
        receiver.stop()
        scene.dom0.run(f"ip link set {other.vif} mtu 1500")


def test_goes_back(scene):
    """A hotplug script that fails under our driver: the guest stays with xen-netback."""
    script = "/etc/xen/scripts/vif-picky"
    scene.dom0.put(script, b"""#!/bin/bash
device=vif-$(echo "${XENBUS_PATH##*backend/vif/}" | tr / -)
driver=$(readlink "/sys/bus/xen-backend/devices/$device/driver")
[ "$1 ${driver##*/}" != "online vif-vmdq" ] || exit 3
exec "${0%/*}/vif-bridge" "$@"
""", mode=0o755)
    with own_guest(scene, "t4", vcpus=1, script=script) as guest:
        with connections(scene.lab, guest):
            answer, = move(scene, f"takeover {guest.vif}", status=10)
            check(answer["put_back"] and "vif-picky online failed" in answer["error"], answer)
            check(driver(scene, guest) == "vif", "xen-netback has it not")
            check(in_bridge(scene, guest.vif), "it is in no bridge")
        check(scene.dom0.run(f"xenstore-exists vmdq/vif/{guest.domid}", check=False).status,
              "xenstore keeps what was asked for")
    scene.dom0.run(f"rm {script}")


def test_too_many_queues(scene):
    """Refused before anything is done: the guest's interface would be closed for good."""
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    scene.dom0.run(f"echo 1 >{MAX_QUEUES}")
    answer, = move(scene, f"giveback {guest.vif}", status=10)
    check("2 queues" in answer["error"] and "max_queues=2" in answer["error"], answer)
    check(driver(scene, guest) == "vif-vmdq" and not answer["put_back"], "it was moved:", answer)
    story.check_delivered(story.deliver(scene.lab, guest, 500, rate=500), "grant")


def test_domain_of_two(scene):
    """All vifs of a domain, one of them with a name of its own."""
    macs = ["02:79:00:00:01:01", "02:79:00:00:01:02"]
    vifs = [f"mac={macs[0]},bridge=xenbr0,script=vif-bridge",
            f"mac={macs[1]},bridge=xenbr0,script=vif-bridge,vifname=second"]
    with own_guest(scene, "t5", vcpus=1, vifs=vifs, mac=macs[0]) as guest:
        for command, whose in (("takeover", "vif-vmdq"), ("giveback", "vif")):
            answers = move(scene, f"{command} {guest.name}")
            check(len(answers) == 2 and all(a["moved"] for a in answers), answers)
            check([driver(scene, guest, n) for n in (0, 1)] == [whose] * 2, command, answers)
            for vif in (guest.vif, "second"):
                check(in_bridge(scene, vif), f"after {command} {vif} is in no bridge")
            scene.lab.peer.run(f"ping -c 2 -i 0.2 -W 5 {guest.address}")
