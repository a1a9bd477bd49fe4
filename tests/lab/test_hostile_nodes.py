# SPDX-License-Identifier: GPL-2.0
"""What a guest writes into its xenstore directory is refused where it is wrong, by name.

Numbers of queues that are none, ring references and event channels that do not exist,
features that cannot be had. Each is refused with a line that names the vif; the guest can
connect properly afterwards; everything is given back; another guest's traffic goes on
without a loss. Would fail if dom0 crashed, warned or kept a page, or if a guest could wedge
its own or another's vif.
"""

from front import (CLOSED, CLOSING, CONNECTED, INIT_WAIT, PAGE, RECONFIGURING, RSP_OKAY,
                   Complaints, actors, mac_bytes)
from scene import check
from witness import Witness

SETUP = "vmdq"

# What is written beside a proper set of two queues' nodes, and what must be said of it
WRONG_NODES = [
    ({"multi-queue-num-queues": 0}, "guest asks for 0 queues"),
    ({"multi-queue-num-queues": 9}, "guest asks for 9 queues"),
    ({"multi-queue-num-queues": 4294967295}, "guest asks for 4294967295 queues"),
    # not a number: then one queue, whose nodes are not there
    ({"multi-queue-num-queues": -1}, "reading .*ring-ref"),
    ({"multi-queue-num-queues": "many"}, "reading .*ring-ref"),
    ({"multi-queue-num-queues": 3}, "guest asks for 3 queues|reading .*queue-2/.*ring-ref"),
    ({"queue-1/tx-ring-ref": 999999}, "mapping rings 999999"),
    ({"queue-1/rx-ring-ref": "0xffffffff"}, "mapping|ring-ref"),
    ({"queue-0/rx-ring-ref": "ring"}, "reading .*ring-ref"),
    ({"queue-1/tx-ring-ref": None}, "reading .*ring-ref"),
    ({"queue-1/event-channel-tx": 99999}, "binding event channels 99999"),
    ({"queue-1/event-channel-rx": 0}, "binding event channels"),
    ({"queue-1/event-channel-tx": "%0"}, "binding event channels"),
    ({"queue-0/event-channel-rx": "x"}, "event-channel"),
    ({"request-rx-copy": 0}, "request-rx-copy"),
    ({"xdp-headroom": PAGE}, f"xdp-headroom {PAGE}"),
    ({"xdp-headroom": PAGE - 1}, f"xdp-headroom {PAGE - 1}"),
    ({"xdp-headroom": 65535}, "xdp-headroom 65535"),
    ({"ctrl-ring-ref": 999999, "event-channel-ctrl": "%0"}, "control ring 999999"),
    ({"ctrl-ring-ref": "@0"}, "event-channel-ctrl"),
    ({"ctrl-ring-ref": "@40", "event-channel-ctrl": 99999}, "control ring"),
]


def frame(scene, attacker):
    return (mac_bytes(scene.lab.wire.mac) + mac_bytes(attacker.mac) + b"\x88\xb5").ljust(60, b".")


def test_nodes(scene):
    victim, attacker, front = actors(scene)
    nodes = front.rings(2) + ["page 40", "grant 40", "write request-rx-copy 1"]
    front.ready()
    front.do(f"wait {INIT_WAIT}", *nodes)
    right = {node: value for node, value in
             (line.split()[1:] for line in nodes if line.startswith("write "))}
    with Witness(scene, victim):
        for wrong, said in WRONG_NODES:
            seen = Complaints(scene.lab)
            front.do(*[f"rm {node}" if value is None else f"write {node} {value}"
                       for node, value in wrong.items()],
                     f"write state {CONNECTED}", f"wait {CLOSING}",
                     f"write state {CLOSED}", f"wait {CLOSED}",
                     *[f"write {node} {right[node]}" if node in right else f"rm {node}"
                       for node in wrong])
            seen.expect(rf"vif-{attacker.domid}-0: .*({said})")
            used, = front.numbers("used")
            check(used == 0, f"after {wrong}: the backend still has {used} pages")
        front.reconnect()
        # While connected: an XDP program comes
        seen = Complaints(scene.lab)
        front.do(f"write xdp-headroom {PAGE}", f"write state {RECONFIGURING}", f"wait {CLOSING}",
                 "rm xdp-headroom")
        seen.expect(rf"vif-{attacker.domid}-0: .*xdp-headroom {PAGE}")
        front.reconnect()
        check(front.transmit(frame(scene, attacker)) == RSP_OKAY, "the vif does not work again")
    front.close()
