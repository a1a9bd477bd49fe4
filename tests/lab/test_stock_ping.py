# SPDX-License-Identifier: GPL-2.0
"""Wire, dom0 and two guests reach one another, in every combination, by ping.

Would fail if the bridge, the peer's namespace or a guest's address were not set up
right, or if one of the ways through the NIC did not work.
"""

from lab import DOM0_ADDRESS


def test_stock_ping(scene):
    a, b = scene.guests(a={}, b={})
    peer = scene.lab.peer
    places = [(peer, peer.address), (scene.dom0, DOM0_ADDRESS), (a, a.address), (b, b.address)]
    for source, _ in places:
        for _, address in places:
            source.run(f"ping -c 2 -i 0.2 -W 5 {address}")
