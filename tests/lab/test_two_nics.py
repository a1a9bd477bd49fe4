# SPDX-License-Identifier: GPL-2.0
"""A second NIC has a wire of its own, and frames of one never turn up at the other.

Would fail if the two wires were mixed up, or the second NIC had no driver.
"""

from lab import nic_mac
from scene import check, check_intact

SETUP = "bare"
LAB = {"nics": 2}
COUNT = 300


def test_two_nics(scene):
    lab = scene.lab
    devices = [lab.take_nic("igb", n) for n in range(2)]
    for dev in devices:
        scene.dom0.run(f"ip link set {dev} up")
        scene.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/carrier) = 1 ]")
    receivers = [lab.receiver(dev, promisc=True) for dev in devices]
    sent = [lab.wires[n].send(nic_mac(n), COUNT) for n in range(2)]
    for n, receiver in enumerate(receivers):
        check_intact(receiver.expect(sent[n].stream, COUNT), COUNT, devices[n])
        streams = receiver.stop()["streams"]
        check(set(streams) == {str(sent[n].stream)}, devices[n], "also received", streams)
