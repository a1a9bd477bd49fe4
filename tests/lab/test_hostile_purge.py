# SPDX-License-Identifier: GPL-2.0
"""What waits for a guest when it is disabled is dropped, and its senders' pages go back.

A guest that takes no frames and then breaks the protocol, and another that has sent to
it. Would fail if the sender's pages were held until the frames' time is up.
"""

import story
from front import Complaints, actors, mac_bytes, tx, wait_until
from scene import check
from traffic import start_sending

SETUP = "vmdq"


def marked(dst, src, mark):
    """A frame that says which one it is."""
    return (mac_bytes(dst) + mac_bytes(src) + b"\x88\xb5" + bytes([mark])).ljust(100, b"\x5a")


def set_mtu(scene, sender, receiver, mtu):
    sender.run(f"ip link set eth0 mtu {mtu}")
    scene.dom0.run(f"ip link set {receiver.vif} mtu {mtu}")


def test_purge(scene):
    victim, attacker, front = actors(scene)
    front.connect(queues=2)

    def held():
        counters = story.counters(scene.lab, victim)
        return counters["tx_grant_maps"] - counters["tx_grant_unmaps"]

    # Frames that are longer than those that are copied: the sender's pages are mapped.
    set_mtu(scene, victim, attacker, 4000)
    # Now the bridge knows where it is, and need not copy for others.
    front.transmit(marked(victim.mac, attacker.mac, 1))
    # Nobody takes them: the guest has posted no buffers.
    start_sending(victim, attacker.mac, 4, size=3000)[0].wait()
    check(held() >= 4, "pages of the sender that wait:", held())
    seen = Complaints(scene.lab)
    front.do(f"prod {tx(0)} 1000", f"kick {tx(0)}")
    seen.expect(rf"{attacker.vif}: .*impossible TX producer index")
    # Less than the ten seconds after which a frame expires, most of which are left
    wait_until(lambda: held() == 0, "the sender's pages given back", timeout=4)
    front.close()
    set_mtu(scene, victim, attacker, 1500)
