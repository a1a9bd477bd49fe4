# SPDX-License-Identifier: GPL-2.0
"""A guest that takes no frames: what waits for it is bounded, and its carrier goes off.

A paused guest posts no buffers. Would fail if dom0 went on queueing for it, if the
carrier stayed on, if it stayed off when the guest runs again, or if frames did not flow
then. A guest with a pool that is paused must cost no other guest a frame: its NIC drops
what finds no buffer, which is no stall. The timeouts are xen-netback's parameters, at
three seconds in the place of sixty.
"""

import parity
import story
from scene import check, check_intact
from traffic import new_stream, start_sending

SETUP = "vmdq"
STALL = 3
LAB = {"dom0_options": f"xen_netback.rx_stall_timeout_msecs={STALL * 1000} "
                       f"vmdq_netback.rx_stall_timeout_msecs={STALL * 1000}"}

# Frames that a paused guest may still get: its ring has 256 buffers, half a MiB and the
# frame that exceeds it wait in the backend, and some in the queueing discipline above
# (with fq_codel up to 10240) and the one that was handed back to that.
FRAME = 1500
ABOVE = 100
MOST = 256 + (512 << 10) // FRAME + 1 + ABOVE + 1


def carrier(guest):
    return f"cat /sys/class/net/{guest.vif}/carrier"


def wait_carrier(scene, guest, value, timeout=40):
    scene.dom0.wait_for(f"[ $({carrier(guest)}) = {value} ]", timeout,
                        what=f"carrier {value} of {guest.vif}")


def awake(place, guest):
    """Wait until the guest has got what waited for it."""
    place.run(f"until ping -c 1 -W 2 {guest.address}; do :; done >/dev/null", timeout=90)


def flows(scene, guest, what):
    """Frames from dom0 reach the guest, all of them."""
    awake(scene.dom0, guest)
    receiver = guest.receiver()
    process, stream = start_sending(scene.dom0, guest.mac, 200, dev="xenbr0")
    process.wait()
    check_intact(receiver.expect(stream, 200), 200, what)
    receiver.stop()


def statistic(scene, guest, name):
    return int(scene.dom0.run(f"cat /sys/class/net/{guest.vif}/statistics/{name}").out)


def test_stall(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script)
        flows(scene, guest, f"{backend}: before")
        scene.dom0.run(f"xl pause {guest.name}")
        process, _ = start_sending(scene.dom0, guest.mac, dev="xenbr0")
        wait_carrier(scene, guest, 0)
        process.signal()
        scene.dom0.run(f"xl unpause {guest.name}")
        wait_carrier(scene, guest, 1)
        flows(scene, guest, f"{backend}: after")
        guest.destroy()
        return "carrier off while it takes none, on when it does"

    parity.compare("guest that takes no frames", row)


def test_stays_off(scene):
    """Once nothing waits any more, xen-netback's carrier comes back; ours waits for the guest."""
    guest, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    scene.dom0.run(f"xl pause {guest.name}")
    process, _ = start_sending(scene.dom0, guest.mac, dev="xenbr0")
    wait_carrier(scene, guest, 0)
    dropped = statistic(scene, guest, "tx_dropped")
    check(dropped >= 100, guest.vif, "dropped what waited, but counts", dropped)
    process.signal()
    # A second guest lives through as much time as the first needed to stall.
    other, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    receiver = other.receiver()
    process, stream = start_sending(scene.dom0, other.mac, 500 * STALL, dev="xenbr0")
    process.wait()
    check_intact(receiver.expect(stream, 500 * STALL), 500 * STALL, "other guest")
    receiver.stop()
    check(scene.dom0.run(carrier(guest)).out.strip() == "0", "carrier is on while it is paused")
    scene.dom0.run(f"xl unpause {guest.name}")
    wait_carrier(scene, guest, 1)
    flows(scene, guest, "after")


def test_bound(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script)
        # A bridge that does not know the guest floods copies, which the sender's socket
        # does not pay for: else it would wait for the guest and send no more.
        scene.dom0.run(f"tc qdisc replace dev {guest.vif} root pfifo limit {ABOVE}; "
                       f"bridge link set dev {guest.vif} learning off; "
                       f"bridge fdb flush dev {guest.vif} master dynamic")
        receiver = guest.receiver()
        scene.dom0.run(f"xl pause {guest.name}")
        process, stream = start_sending(scene.dom0, guest.mac, 4 * MOST, size=FRAME, rate=2000,
                                        dev="xenbr0")
        process.wait()
        scene.dom0.run(f"xl unpause {guest.name}")
        wait_carrier(scene, guest, 1)
        awake(scene.dom0, guest)
        last = new_stream()
        start_sending(scene.dom0, guest.mac, 100, dev="xenbr0", stream=last)[0].wait()
        check_intact(receiver.expect(last, 100), 100, f"{backend}: after")
        got = receiver.received(stream)
        receiver.stop()
        guest.destroy()
        check(not got["corrupt"] + got["duplicated"] + got["reordered"], backend, got)
        return "bounded" if got["unique"] <= MOST else f"{got['unique']} of {4 * MOST} waited"

    parity.compare("frames that wait for a guest", row)


def test_pool(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"})
    for paused, other in (guests, guests[::-1]):
        level = story.vif_row(scene.lab, paused)["state"]
        check(level in ("grant", "copy"), paused.vif, "has no pool")
        receiver = other.receiver()
        count = 400 * (STALL + 1)
        scene.dom0.run(f"xl pause {paused.name}")
        flood = scene.lab.wire.start(paused.mac, rate=200)
        sending = scene.lab.wire.send(other.mac, count, rate=400)
        check_intact(receiver.expect(sending.stream, count), count,
                     f"{other.name} while {paused.name} is paused")
        receiver.stop()
        # Where the queue is shared, a broadcast may wait, and that is a stall.
        check(level == "copy" or scene.dom0.run(carrier(paused)).out.strip() == "1",
              f"carrier of {paused.vif} is off: frames of its pool are no stall")
        flood.stop()
        scene.dom0.run(f"xl unpause {paused.name}")
        awake(scene.lab.peer, paused)
        receiver = paused.receiver()
        sending = scene.lab.wire.send(paused.mac, 200, rate=400)
        check_intact(receiver.expect(sending.stream, 200), 200, f"{paused.name} after its pause")
        receiver.stop()
        story.wait_level(scene.lab, paused, level)
