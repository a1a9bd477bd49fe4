# SPDX-License-Identifier: GPL-2.0
"""On a machine without Xen the backend and vmdqctl say so; the NIC's driver works.

Would fail if a module or tool hung, crashed or was silent there, or if the NIC needed Xen
to be an ordinary network card.
"""

from scene import check

SETUP = "bare"
LAB = {"xen": False, "memory": 1024}


def test_no_xen(scene):
    loaded = scene.dom0.run("modprobe vmdq_netback", check=False)
    check(loaded.status != 0, "vmdq_netback loads without Xen")
    log = scene.dom0.run("dmesg").out
    check("does not run on Xen" in log, "the kernel's log does not say why:", log[-2000:])

    dev = scene.lab.take_nic("vmdq_igb")
    scene.dom0.run(f"ip link set {dev} up; ip addr add 10.77.0.2/24 dev {dev}")
    scene.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/carrier) = 1 ]", what=f"link of {dev}")
    scene.lab.peer.run("ping -c 3 -i 0.2 -W 5 10.77.0.2")
    for command in ("list", "assign vif1.0", "release vif1.0"):
        said = scene.dom0.run(f"vmdqctl {command}", check=False)
        check(said.status == 3 and "no Xen here" in said.err, f"vmdqctl {command}:", said.status,
              said.err)
    scene.dom0.run("rmmod vmdq_igb vmdq")
