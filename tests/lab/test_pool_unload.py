# SPDX-License-Identifier: GPL-2.0
"""Our modules go, the stock driver takes the NIC back, and networking works; and again.

Would fail if a module were still in use when no vif is left, if the NIC were left in a
state that igb cannot start from, or if ours could not take it a second time.
"""

import story

SETUP = "vmdq"
LAB = {"memory": 1800}      # a boot of its own: it takes the network away


def test_unload(scene):
    stock, = scene.guests(s={})
    pooled = scene.lab.guest_create("a", vcpus=2, script="vif-vmdq")
    story.wait_level(scene.lab, pooled, "grant")
    pooled.destroy()
    story.back_to_stock(scene.lab, scene.dev, [stock])

    stock.destroy()
    scene.lab.bridge_down()
    scene.dom0.run("rmmod xen-netback")
    scene.dev = scene.lab.bridge_up("vmdq_igb")
    pooled = scene.lab.guest_create("b", vcpus=2, script="vif-vmdq")
    story.wait_level(scene.lab, pooled, "grant")
    story.check_delivered(story.deliver(scene.lab, pooled, 1000), "grant")
