# SPDX-License-Identifier: GPL-2.0
"""Without a NIC that has pools everything says so, and guests are served by software.

Would fail if a domain with script=vif-vmdq did not start on such a machine, or if the
messages did not say what is missing.
"""

import story
from lab import DOM0_ADDRESS
from scene import check

SETUP = "bare"
LAB = {"nics": 0}


def test_no_nic(scene):
    said = scene.dom0.run("vmdqctl list", check=False)
    check(said.status == 4 and "modprobe" in said.err, "module not loaded:", said.status, said.err)
    scene.dom0.run("modprobe vmdq_netback; modprobe vmdq_igb; modprobe xen-netback;"
                   f"ip link add xenbr0 type bridge; ip link set xenbr0 up;"
                   f"ip addr add {DOM0_ADDRESS}/24 dev xenbr0")
    said = scene.dom0.run("vmdqctl list")
    check("no network card" in said.out + said.err, "no NIC, and no word of it:", said.out, said.err)

    guest = scene.lab.guest_create("a", vcpus=2, script="vif-vmdq")
    check(story.vif_row(scene.lab, guest)["state"] == "software", "not served by software")
    guest.run(f"ping -c 2 -i 0.2 -W 5 {DOM0_ADDRESS}")
    said = scene.dom0.run(f"vmdqctl assign {guest.vif}", check=False)
    check(said.status == 5 and "no network card" in said.err, "assign:", said.status, said.err)
    log = scene.dom0.run("cat /var/log/xen/xen-hotplug.log").out
    check(guest.vif in log and "by software" in log, "the hotplug log does not say so:", log)
    guest.destroy()
