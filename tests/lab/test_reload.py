# SPDX-License-Identifier: GPL-2.0
"""Our modules are unloaded and loaded again while guests are connected and data flows.

Their TCP connections live on. Would fail if a module could be unloaded below a connected
guest, if a guest stayed without service after `vmdqctl rebind`, if a pool did not come back
with its port, if the wrong backend ended up with a vif, or if a page stayed mapped.
"""

import json

import story
from lab import BDF
from scene import check
from steady import connections

SETUP = "vmdq"
LAB = {"memory": 1800}      # as pool_unload, which also takes the network away


def driver(scene, guest):
    link = f"/sys/bus/xen-backend/devices/vif-{guest.domid}-0/driver"
    return scene.dom0.run(f"basename $(readlink {link} || echo none)").out.strip()


def why(scene, guest):
    said = scene.dom0.run(f"vmdqctl --json why {guest.vif}", check=False)
    return json.loads(said.out)["code"]


def expect_drivers(scene, ours, stock):
    found = driver(scene, ours), driver(scene, stock)
    check(found == ("vif-vmdq", "vif"), "the vifs are with", found)
    for guest in (ours, stock):
        scene.lab.peer.run(f"ping -c 3 -i 0.2 -W 5 {guest.address}")
    story.wait_level(scene.lab, ours, "grant")


def unbind(scene, guest):
    scene.dom0.run(f"echo vif-{guest.domid}-0 >/sys/bus/xen-backend/drivers/"
                   f"{driver(scene, guest)}/unbind")


def rebind(scene):
    scene.dom0.run("vmdqctl --timeout 40 rebind --all", timeout=180)


def uplink_back(scene):
    """The NIC is dom0's uplink again."""
    dev = scene.dev = scene.lab.take_nic("vmdq_igb")
    scene.dom0.run(f"ip link set {dev} master xenbr0 up")
    scene.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/carrier) = 1 ]", what=f"link of {dev}")
    scene.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/brport/state) = 3 ]",
                        what=f"{dev} forwarding")


def reload_port(scene, ours):
    """The NIC's driver goes under traffic: its pools are software's until it is back."""
    scene.dom0.run(f"echo >/sys/bus/pci/devices/{BDF}/driver_override; rmmod vmdq_igb")
    story.wait_level(scene.lab, ours, "software")
    check(why(scene, ours) == "port-gone", "why says", why(scene, ours))
    uplink_back(scene)
    story.wait_level(scene.lab, ours, "grant")


def reload_netback(scene):
    """As docs/operator.md says: xen-netback serves all meanwhile."""
    refused = scene.dom0.run("rmmod vmdq_netback", check=False)
    check(refused.status != 0 and "in use" in refused.err, "rmmod with a guest connected:",
          refused.err)
    scene.dom0.run("vmdqctl --timeout 40 giveback --all", timeout=180)
    scene.dom0.run(f"echo >/sys/bus/pci/devices/{BDF}/driver_override;"
                   f"rmmod vmdq_netback vmdq_igb vmdq && modprobe vmdq_netback")
    uplink_back(scene)
    rebind(scene)


def reload_rough(scene, ours):
    """By hand: the vif has no driver, then one that took it by itself, in no bridge."""
    unbind(scene, ours)
    scene.dom0.run("rmmod vmdq_netback")
    check(why(scene, ours) == "no-driver", "why says", why(scene, ours))
    scene.dom0.run("modprobe vmdq_netback")
    check(driver(scene, ours) == "vif-vmdq", "ours did not take its vif when it was loaded")
    check(why(scene, ours) == "no-hotplug", "why says", why(scene, ours))
    rebind(scene)


def orphans(scene, ours, stock):
    """xen-netback is loaded while ours is not: it takes every vif that has no driver."""
    unbind(scene, ours)
    unbind(scene, stock)
    scene.dom0.run("rmmod vmdq_netback xen-netback && modprobe xen-netback max_queues=2")
    check(driver(scene, ours) == "vif", "who has the orphan?")
    check(why(scene, ours) == "loaded-late", "why says", why(scene, ours))
    scene.dom0.run("modprobe vmdq_netback")
    rebind(scene)


def test_reload(scene):
    scene.lab.destroy_guests()
    scene.dom0.run("echo 2 >/sys/module/xen_netback/parameters/max_queues")
    ours, stock = scene.guests(r1={"vcpus": 2, "script": "vif-vmdq"}, r2={"vcpus": 1})
    story.wait_level(scene.lab, ours, "grant")
    with connections(scene.lab, ours, stock) as transfers:
        for step in (lambda: reload_port(scene, ours), lambda: reload_netback(scene),
                     lambda: reload_rough(scene, ours), lambda: orphans(scene, ours, stock)):
            step()
            expect_drivers(scene, ours, stock)
            for transfer in transfers:
                transfer.flows(1)
    pool, = [p for port in story.listing(scene.lab)["ports"] for p in port["pools"]
             if p["owner"] == ours.vif]
    check(pool["posted_now"] >= 128, "of the guest's buffers the pool has only", pool)
    story.check_delivered(story.deliver(scene.lab, ours, 1000, rate=500), "grant")
    scene.lab.destroy_guests()
    check(story.zombies(scene.lab) == 0, "a domain stays")
    check(story.grants_left(scene.lab) == 0, "pages stay mapped")
    check(story.pools_free(scene.lab) == 7, "a pool stays taken")
