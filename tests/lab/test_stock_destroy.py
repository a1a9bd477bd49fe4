# SPDX-License-Identifier: GPL-2.0
"""A guest that is destroyed while frames arrive for it is gone: no zombie domain.

Would fail if a grant stayed mapped (Xen then keeps the domain), or if its
interface stayed in the bridge.
"""


def test_stock_destroy(scene):
    guest = scene.lab.guest_create("doomed")
    vif = guest.vif
    receiver = guest.receiver()
    sending = scene.lab.wire.start(guest.mac, rate=500)
    receiver.expect(sending.stream, 200)
    guest.destroy()
    sending.stop()
    scene.dom0.wait_for(f"[ ! -e /sys/class/net/{vif} ]")
