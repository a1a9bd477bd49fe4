# SPDX-License-Identifier: GPL-2.0
"""A frame on the software queue costs dom0 no more than with xen-netback.

Two guests on one bridge above in-tree igb, one served by each backend; counted are
instructions of dom0, Xen's work for it included, in both directions, for short
and for full frames. Fails when ours takes more than 1.05 of stock's, or when the
windows differ so much among themselves that this cannot be told.
"""

from cost import Meter, per_frame, receive, transmit
from parity import OURS, STOCK
from scene import check

SETUP = "stock"
LAB = {"icount": True}
LIMIT = 1.05
SPREAD = 0.05
FRAMES = 2048


def backends_in_order(lab):
    """Ours must be asked first, as xen-netback takes every vif."""
    lab.dom0.run("modprobe -r xen-netback; modprobe vmdq_netback; modprobe xen-netback")


def test_cost_software(scene):
    lab = scene.lab
    backends_in_order(lab)
    guests = {b: lab.guest_create(script=b.script) for b in (STOCK, OURS)}
    meter = Meter(lab)
    try:
        for name, window in (("to the guest", receive), ("from the guest", transmit)):
            for size in (60, 1514):
                cost, spread = {}, {}
                for backend, guest in guests.items():
                    cost[backend], spread[backend] = per_frame(lab, meter, window, guest, size,
                                                               FRAMES)
                ratio = cost[OURS] / cost[STOCK]
                what = (f"{size} bytes {name}: {cost[STOCK]:.0f} instructions by {STOCK}, "
                        f"{cost[OURS]:.0f} by {OURS}, ratio {ratio:.2f}, "
                        f"spread {spread[STOCK]:.1%} and {spread[OURS]:.1%}")
                print("       " + what, flush=True)
                check(max(spread.values()) <= SPREAD, "too uneven to tell:", what)
                check(ratio <= LIMIT, "more than", LIMIT, "of stock:", what)
    finally:
        meter.stop()
        for guest in guests.values():
            guest.destroy()
        lab.dom0.run("modprobe -r vmdq_netback")
