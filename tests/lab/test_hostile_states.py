# SPDX-License-Identifier: GPL-2.0
"""A frontend's states in an order that none has, and rings that move while connected.

The guest can connect properly afterwards and its frames pass; another guest's traffic goes
on without a loss. Would fail if a guest could wedge its own vif or another's.
"""

from front import (CLOSED, CLOSING, CONNECTED, INITIALISED, INITIALISING, RSP_OKAY, actors,
                   mac_bytes, rx, tx)
from scene import check
from witness import Witness

SETUP = "vmdq"


def frame(scene, attacker):
    return (mac_bytes(scene.lab.wire.mac) + mac_bytes(attacker.mac) + b"\x88\xb5").ljust(60, b".")


def test_states(scene):
    """States in an order that no frontend has."""
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    with Witness(scene, victim):
        fresh = [f"ring {n} {kind} {n}" for q in (0, 1)
                 for n, kind in ((tx(q), "tx"), (rx(q), "rx"))]
        jumps = [
            (CONNECTED, CLOSED, CONNECTED),                  # without Closing
            (CONNECTED, INITIALISING, CONNECTED),
            (CLOSING, CONNECTED),
            (INITIALISED, CONNECTED, INITIALISED, CLOSED, CLOSING, CONNECTED),
            (CLOSED, CLOSED, INITIALISING, INITIALISED, CONNECTED),
            (99, CLOSED, CONNECTED),
        ]
        for states in jumps:
            for settle in (True, False):
                front.post(32, queue=1)
                lines = []
                for state in states[:-1]:
                    lines.append(f"write state {state}")
                    if settle and state in (CLOSED, CLOSING):
                        lines.append(f"wait {state}")
                # A proper end, so that the rings are ours when they are made anew
                front.do(*lines, f"write state {CLOSED}", f"wait {CLOSED}", *fresh,
                         f"write state {states[-1]}", f"wait {CONNECTED}")
                front.posted = {0: [], 1: []}
                check(front.transmit(frame(scene, attacker), queue=1) == RSP_OKAY,
                      f"no frame passes after the states {states}")
        # Rings of another place change nothing while connected.
        front.do("write queue-0/tx-ring-ref 999999", f"write state {CONNECTED}",
                 "write multi-queue-num-queues 1", f"write state {CONNECTED}")
        check(front.transmit(frame(scene, attacker)) == RSP_OKAY, "connected, and no frame passes")
    front.close()
