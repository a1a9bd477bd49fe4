# SPDX-License-Identifier: GPL-2.0
"""The checker of test frames sees each kind of fault, and nothing in a clean stream.

Would fail if lost, duplicated, reordered or damaged frames could pass as good
ones, so that other tests' "intact" would mean little.
"""

from lab import nic_mac
from scene import check, check_intact

SENT = 200          # the sender spoils each tenth frame
SPOILT = SENT // 10


def test_checker(scene):
    receiver = scene.lab.receiver(scene.dev)
    try:
        clean = scene.lab.wire.send(nic_mac(0), SENT)
        check_intact(receiver.expect(clean.stream, SENT), SENT, "clean")
        for fault, member in (("lose", "lost"), ("duplicate", "duplicated"),
                              ("reorder", "reordered"), ("corrupt", "corrupt")):
            sending = scene.lab.wire.send(nic_mac(0), SENT, fault=fault)
            good = SENT if fault == "reorder" else SENT - SPOILT
            got = receiver.expect(sending.stream, good)
            check(got["unique"] == good and got[member] == SPOILT, fault, "gave", got)
    finally:
        receiver.stop()
