# SPDX-License-Identifier: GPL-2.0
"""What cannot be had is refused with a message that says what to do, and software carries on.

No free pool, a pool number out of range, a pool that another vif holds, a level that
the guest cannot have, an interface that is down, a MAC that is none. Would fail if a
vif were left without service, if a message did not name the vif or the pool, or if an
exit status changed.
"""

import story
from guest import xl_config
from lab import BDF
from scene import check, check_intact

SETUP = "vmdq"


def refused(scene, command, status, *words):
    said = scene.dom0.run(f"vmdqctl {command}", check=False)
    check(said.status == status, f"vmdqctl {command}: exit status", said.status, said.err)
    for word in words:
        check(word in said.err, f"vmdqctl {command} does not say {word}:", said.err)


def served_by_software(scene, guest):
    row = story.vif_row(scene.lab, guest)
    check(row["state"] == "software", guest.vif, "is at level", row["state"])
    guest.run(f"ping -c 2 -i 0.2 -W 5 {scene.lab.peer.address}")
    return row


def test_pool_out_of_range(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    for number, status in ((0, 7), (8, 7), (4294967297, 2)):
        refused(scene, f"assign {guest.vif} {BDF}/{number}", status, "pool")
    # The backend does not rely on vmdqctl.
    scene.dom0.run(f"xenstore-write vmdq/vif/{guest.domid}/0/assign {BDF}/9")
    story.wait_level(scene.lab, guest, "software")
    row = served_by_software(scene, guest)
    check("9" in row["error"] and "no pool of that number" in row["error"], row["error"])
    for bad in ("nonsense", f"{BDF}/", f"{BDF}/x", "/1", "0000:99:00.0/1"):
        scene.dom0.run(f"xenstore-write vmdq/vif/{guest.domid}/0/assign '{bad}'")
        scene.dom0.wait_for(f"xenstore-read vmdq/vif/{guest.domid}/0/error | grep -qF '{bad}'",
                            what=f"an error that names {bad}")
    scene.dom0.run(f"vmdqctl release {guest.vif}; vmdqctl assign {guest.vif}")
    story.wait_level(scene.lab, guest, "grant")


def test_pool_taken(scene):
    a, b = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                        b={"vcpus": 1, "script": "vif-vmdq"})
    pool = story.vif_row(scene.lab, a)["pool"]
    refused(scene, f"assign {b.vif} {BDF}/{pool}", 6, a.vif)
    scene.dom0.run(f"xenstore-write vmdq/vif/{b.domid}/0/assign {BDF}/{pool}")
    story.wait_level(scene.lab, b, "software")
    row = served_by_software(scene, b)
    check("another vif holds it" in row["error"], row["error"])
    check(story.vif_row(scene.lab, a)["state"] == "grant", "its owner lost it")
    scene.dom0.run(f"vmdqctl release {b.vif}; vmdqctl assign {b.vif}")
    story.wait_level(scene.lab, b, "copy")


def test_level_impossible(scene):
    guest, = scene.guests(b={"vcpus": 1, "script": "vif-vmdq"})
    refused(scene, f"level {guest.vif} grant", 10, "two queues")
    check(story.vif_row(scene.lab, guest)["state"] == "copy", "not at level copy")
    scene.dom0.run(f"vmdqctl level {guest.vif} auto")


def test_interface_down(scene):
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    scene.dom0.run(f"ip link set {guest.vif} down")
    story.wait_level(scene.lab, guest, "software")
    error = story.vif_row(scene.lab, guest)["error"]
    check(f"{guest.vif} is down" in error, "why is it software?", error)
    scene.dom0.run(f"ip link set {guest.vif} up")
    story.wait_level(scene.lab, guest, "grant")
    scene.lab.peer.run(f"ping -c 2 -i 0.2 -W 5 {guest.address}")


def all_are_served(scene, guest, rows):
    """Frames from the wire reach each vif: by its pool, or by software where it has none."""
    names = range(len(rows))
    guest.run("; ".join(f"ip link set eth{n} up" for n in names))
    receivers = [guest.receiver(f"eth{n}", ring=1) for n in names]
    macs = [f"02:79:00:00:00:{n + 1:02x}" for n in names]
    sendings = [scene.lab.wire.send(mac, 50, rate=500) for mac in macs]
    for n in names:
        check_intact(receivers[n].expect(sendings[n].stream, 50), 50, f"frames to eth{n}")
        receivers[n].stop()
    for old, new in zip(rows, [v for v in story.listing(scene.lab)["vifs"]
                               if v["domid"] == guest.domid]):
        by_pool = new["counters"]["rx_pool_frames"] - old["counters"]["rx_pool_frames"]
        check(by_pool >= 50 if new["pool"] else not by_pool, "frames by pool:", by_pool, new)


def test_no_free_pool(scene):
    scene.lab.destroy_guests()
    vifs = [f"mac=02:79:00:00:00:{n:02x},bridge=xenbr0,script=vif-vmdq" for n in range(1, 9)]
    guest = scene.lab.guest_create("many", vifs=vifs, mac="02:79:00:00:00:01")
    check(story.pools_free(scene.lab) == 0, "pools are free with eight vifs")
    rows = [v for v in story.listing(scene.lab)["vifs"] if v["domid"] == guest.domid]
    without = [v for v in rows if not v["pool"]]
    check(len(rows) == 8 and len(without) == 1, "without a pool:", without)
    log = scene.dom0.run("cat /var/log/xen/xen-hotplug.log").out
    check("all 7 pools" in log, "the log does not say that none is free:", log)
    refused(scene, f"assign {without[0]['vif']}", 6, "7 pools")
    all_are_served(scene, guest, rows)
    # One that goes makes room for the one without.
    scene.dom0.run(f"xl network-detach many {[v for v in rows if v['pool']][0]['handle']}")
    scene.dom0.wait_for(f"vmdqctl assign {without[0]['vif']}", what="a pool for the last one")
    guest.destroy()
    check(story.pools_free(scene.lab) == 7, "pools are not free again")


def test_bad_mac(scene):
    config = xl_config("bad", 1, 96, ["mac=01:00:5e:00:00:01,bridge=xenbr0,script=vif-vmdq"])
    scene.dom0.put("/tmp/bad.cfg", config.encode())
    made = scene.dom0.run("xl create -q /tmp/bad.cfg", check=False, timeout=120)
    check(made.status != 0, "a domain with a multicast MAC was created")
    log = scene.dom0.run("dmesg").out
    check('"01:00:5e:00:00:01" is not a unicast MAC' in log, "the kernel's log does not say why")
    scene.dom0.wait_for("! xl list bad >/dev/null 2>&1", what="no domain left")
