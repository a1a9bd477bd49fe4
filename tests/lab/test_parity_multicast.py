# SPDX-License-Identifier: GPL-2.0
"""A guest that asks for multicast control gets no multicast that it has not named.

Linux's frontend never asks, so dom0 writes the request in the guest's name, and the test's
own frontend asks and names addresses on its TX ring. Would fail if the features were not
announced, if a request after connecting were not followed, if it held back broadcasts or
frames to the guest, or if it outlived the request; if an address that was named had no
frames, or one that was not, or that is one too many; if names outlived the connection; or
if the events of a guest that names many addresses were delayed as if they were for nothing.
"""

import struct

import parity
from front import (CONNECTED, EXTRA_INFO, EXTRA_MCAST_ADD, EXTRA_MCAST_DEL, MACS, RSP_ERROR, RSP_NULL,
                   RSP_OKAY, extra, frontend, mac_bytes, rx, tx, tx_request,
                   wait_until)
from parity import OURS
from scene import check, check_intact
from traffic import BROADCAST
from witness import Witness

SETUP = "vmdq"
GROUP = "01:00:5e:00:00:fb"
COUNT = 50
# As many as each backend takes
MOST = 64


def announced(scene, guest):
    place = f"/local/domain/0/backend/vif/{guest.domid}/0"
    names = ("feature-multicast-control", "feature-dynamic-multicast-control")
    return [scene.dom0.run(f"xenstore-read {place}/{name}", check=False).out.strip()
            for name in names]


def request(scene, guest, value):
    scene.dom0.run(f"xenstore-write /local/domain/{guest.domid}/device/vif/0/"
                   f"request-multicast-control {value}")


def multicast_arrives(scene, guest, receiver):
    """Whether a group's frames get to the guest; broadcasts and its own always do."""
    group = scene.lab.wire.send(GROUP, COUNT)
    for dst in ("ff:ff:ff:ff:ff:ff", guest.mac):
        sending = scene.lab.wire.send(dst, COUNT)
        check_intact(receiver.expect(sending.stream, COUNT), COUNT, f"{guest.vif}: to {dst}")
    got = receiver.received(group.stream)["unique"]
    check(got in (0, COUNT), guest.vif, "got", got, "of", COUNT, "multicast frames")
    return got == COUNT


def wait_multicast(scene, guest, receiver, wanted):
    """xenbus tells the backend of the request in its own time."""
    for _ in range(50):
        sending = scene.lab.wire.send(GROUP, 1)
        last = scene.lab.wire.send("ff:ff:ff:ff:ff:ff", 1)
        check_intact(receiver.expect(last.stream, 1), 1, f"{guest.vif}: broadcast")
        if bool(receiver.received(sending.stream)["unique"]) == wanted:
            return
    check(False, guest.vif, "multicast arrives:", not wanted, "after the request changed")


def test_multicast(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script)
        check(announced(scene, guest) == ["1", "1"], backend, "announces", announced(scene, guest))
        receiver = guest.receiver(promisc=True)
        check(multicast_arrives(scene, guest, receiver), backend, "multicast without request")
        request(scene, guest, 1)
        wait_multicast(scene, guest, receiver, False)
        check(not multicast_arrives(scene, guest, receiver), backend, "multicast despite request")
        request(scene, guest, 0)
        wait_multicast(scene, guest, receiver, True)
        check(multicast_arrives(scene, guest, receiver), backend, "no multicast after request")
        receiver.stop()
        guest.destroy()
        return "announced; held back on request, at any time"

    parity.compare("multicast control", row)


def group(number):
    return f"01:00:5e:7a:00:{number:02x}"


def naming(kind, addresses, queue=0):
    """Commands that name these addresses or drop them, one at a time, each answered."""
    lines = []
    for address in addresses:
        lines += [f"put {tx(queue)} {tx_request(0, 0, 0, EXTRA_INFO, 7)} "
                  f"{extra(kind, 0, mac_bytes(address))}",
                  f"push {tx(queue)} {tx(queue)}", f"take {tx(queue)} 2"]
    return lines


def name(front, kind, *addresses):
    """What the backend answers to each."""
    said = front.do(*naming(kind, addresses))[2::3]
    answers = []
    for words in said:
        statuses = [struct.unpack_from("<Hh", bytes.fromhex(word)) for word in words]
        check(len(statuses) == 2 and statuses[0][0] == 7 and statuses[1][1] == RSP_NULL,
              front.guest.name, "answers to a multicast address:", words)
        answers.append(statuses[0][1])
    return answers


def arrives(scene, front, dst, *addresses):
    """Which of these addresses have their frame; a frame to the guest comes after them."""
    src = mac_bytes(scene.lab.wire.mac)
    # each known by its length, which nobody else's frame has
    lengths = {1100 + number: address
               for number, address in enumerate((*addresses, BROADCAST, dst))}
    front.post(len(lengths) + 20)
    for length, address in lengths.items():
        scene.lab.wire.raw((mac_bytes(address) + src + b"\x88\xb5").ljust(length, b"."))
    seen, last = [], max(lengths)

    def all_there():
        words = front.do(f"take {rx(0)} 0 0")[0]
        seen.extend(struct.unpack("<HHHh", bytes.fromhex(word))[3] for word in words)
        return last in seen
    wait_until(all_there, f"the frame to {dst}")
    got = [lengths[length] for length in seen if length in lengths]
    check(BROADCAST in got, front.guest.name, "has no broadcast")
    return [address for address in got if address not in (BROADCAST, dst)]


def wait_forwarding(scene, front):
    """The bridge takes notice of a carrier in its own time."""
    vif = f"vif{front.guest.domid}.{front.number}"
    scene.dom0.wait_for(f"[ $(cat /sys/class/net/{vif}/brport/state) = 3 ]",
                        what=f"{vif} forwarding")


def addresses_row(scene, backend):
    front = frontend(scene, backend)
    front.connect(nodes={"request-multicast-control": 1})
    wait_forwarding(scene, front)
    dst = MACS[backend]
    one, other = group(200), group(201)
    check(not arrives(scene, front, dst, one, other), backend, "gets groups without a name")
    check(name(front, EXTRA_MCAST_ADD, one) == [RSP_OKAY], backend, "refuses an address")
    check(arrives(scene, front, dst, one, other) == [one], backend, "not the group that was named")
    check(name(front, EXTRA_MCAST_DEL, one) == [RSP_OKAY], backend, "refuses to drop an address")
    check(not arrives(scene, front, dst, one, other), backend, "gets a group that was dropped")

    many = [group(number) for number in range(MOST)]
    check(name(front, EXTRA_MCAST_ADD, *many) == [RSP_OKAY] * MOST, backend, "refuses one of", MOST)
    check(name(front, EXTRA_MCAST_ADD, one) == [RSP_ERROR], backend, "takes one more than", MOST)
    asked = (many[0], one, many[-1])
    check(arrives(scene, front, dst, *asked) == [many[0], many[-1]], backend, "with", MOST, "names")
    check(name(front, EXTRA_MCAST_DEL, many[0], one) == [RSP_OKAY] * 2, backend, "drops none")
    check(name(front, EXTRA_MCAST_ADD, one) == [RSP_OKAY], backend, "has no room after a drop")
    check(arrives(scene, front, dst, *asked) == [one, many[-1]], backend, "after a drop")

    front.reconnect()
    wait_forwarding(scene, front)
    check(not arrives(scene, front, dst, *asked), backend, "names outlive their connection")
    front.close()
    return f"frames to {MOST} named groups, to no others; one more is refused"


def test_addresses(scene):
    parity.compare("multicast addresses of a frontend", lambda b: addresses_row(scene, b))


def delayed(scene, front):
    """Ticks by which Xen has delayed events of the vif, since it is there."""
    return int(scene.dom0.run(f"cat /sys/bus/xen-backend/devices/vif-{front.guest.domid}-"
                              f"{front.number}/xenbus/jiffies_eoi_delayed").out)


def test_many_events(scene):
    """A request that carries no frame is work: who sends it is not held up for a second each.

    And names without an end harm nobody.
    """
    victim, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    front = frontend(scene, OURS)
    front.connect(nodes={"request-multicast-control": 1})
    before = delayed(scene, front)
    with Witness(scene, victim):
        said = name(front, EXTRA_MCAST_ADD, *[group(number) for number in range(MOST + 36)])
        check(said == [RSP_OKAY] * MOST + [RSP_ERROR] * 36, "names are answered", said)
    ticks = delayed(scene, front) - before
    check(not ticks, "events of a guest that names addresses were delayed, ticks:", ticks)
    # A unicast address is none to name.
    check(name(front, EXTRA_MCAST_ADD, MACS[OURS]) == [RSP_ERROR], "takes a unicast address")
    check(front.numbers("state") == [CONNECTED], "the vif does not work any more")
    front.close()
