# SPDX-License-Identifier: GPL-2.0
"""A guest is migrated live, PV and PVH, at each level, while it is being written to.

To this machine itself, so that for a moment two domains have the vif's MAC. A page that
the NIC wrote must be sent again, which Xen knows by its unmap: bytes that came during
the migration are read when it is over. Would fail if they differed, if a TCP connection
broke, if the new domain could not have the pool that the old one had, or if a domain,
a grant or a pool stayed behind.
"""

import story
from migrate import Parked, command, live
from scene import check
from transfer import EchoServer, Transfer

SUITE = "hvm"
SETUP = "vmdq"
LAB = {"hypervisor": "shadow"}
ROUNDS = 2
PARKED = 100_000        # bytes that have to come during the migration

PV = {"vcpus": 2, "script": "vif-vmdq"}
PVH = {"kind": "pvh", "vcpus": 2, "script": "vif-vmdq"}
PVH_ONE = {"kind": "pvh", "vcpus": 1, "script": "vif-vmdq"}


def served(scene, guest, level):
    story.wait_level(scene.lab, guest, level, 60)


def migrate_at(scene, guest, level, rounds=1):
    """Live migrations under load; all that arrives is right, and nothing stays behind."""
    lab = scene.lab
    usual = "grant" if guest.vcpus > 1 else "copy"
    served(scene, guest, usual)
    free = story.pools_free(lab)
    if level != usual:
        scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
        served(scene, guest, level)
    echo = EchoServer(guest)
    with Transfer(lab.peer, guest.address) as transfer:
        for _ in range(rounds):
            with Parked(guest) as parked:
                before = parked.waiting()
                live(guest)
                came = parked.waiting() - before
                transfer.flows()
                sent, want, got = parked.finish()
            check(came >= PARKED, "only", came, "bytes came during the migration")
            check(want == got, f"{guest.name}: of {sent} bytes, {came} of them from during the "
                  "migration, some were not what was sent")
            served(scene, guest, usual)
            check(story.pools_free(lab) == free, "pools are missing")
        transfer.finish()
    echo.stop()
    check(story.zombies(lab) == 0 and story.grants_left(lab) == 0, "something was left over")
    story.check_delivered(story.deliver(lab, guest, 600, rate=300), usual)


def test_pv_grant(scene):
    guest, = scene.guests(pv=PV)
    migrate_at(scene, guest, "grant", ROUNDS)


def test_pvh_grant(scene):
    guest, = scene.guests(two=PVH)
    migrate_at(scene, guest, "grant", ROUNDS)


def test_pvh_copy(scene):
    guest, = scene.guests(one=PVH_ONE)
    migrate_at(scene, guest, "copy")


def test_pv_copy(scene):
    guest, = scene.guests(pv=PV)
    migrate_at(scene, guest, "copy")


def test_pv_software(scene):
    guest, = scene.guests(pv=PV)
    migrate_at(scene, guest, "software")


def test_same_mac(scene):
    """The old domain stays for a while, and its pool has the MAC: no second pool gets it.

    When it is gone the new one is served, with nobody asking again.
    """
    guest, = scene.guests(pv=PV)
    served(scene, guest, "grant")
    old, old_vif = guest.domid, guest.vif
    hold = scene.dom0.start(
        f"xl migrate -s '' {guest.name} 'xl migrate-receive' >/tmp/migrate.log 2>&1 & pid=$!;"
        "until grep -q 'Got permission' /tmp/migrate.log; do kill -0 $pid || exit 1; done;"
        "kill -STOP $pid; echo held; read -r word; kill -CONT $pid; wait $pid")
    check(hold.line(120) == "held", "the migration failed:", hold.err)
    new = int(scene.dom0.run(f"xl domid {guest.name}").out)
    check(new != old, "there is no second domain")
    scene.dom0.wait_for(f"xenstore-read vmdq/vif/{new}/0/error | grep -q MAC", 60,
                        what="a second pool refused for its MAC")
    rows = {v["vif"]: v for v in story.listing(scene.lab)["vifs"]}
    hold.write("go\n")
    hold.wait(120)
    scene.lab.wait_domain_gone(old)
    guest.moved()
    check((rows[old_vif]["state"], rows[guest.vif]["state"]) == ("grant", "software"),
          "both domains there:", rows)
    served(scene, guest, "grant")
    story.check_delivered(story.deliver(scene.lab, guest, 600, rate=300), "grant")


def test_given_up(scene):
    """The receiver dies in the middle: the guest stays where it is, with its pool."""
    guest, = scene.guests(pv=PV)
    served(scene, guest, "grant")
    free = story.pools_free(scene.lab)
    pool = story.vif_row(scene.lab, guest)["pool"]
    echo = EchoServer(guest)
    with Transfer(scene.lab.peer, guest.address) as transfer:
        for receiver in ("false", "timeout -s KILL 3 xl migrate-receive"):
            said = scene.dom0.run(command(guest, receiver), check=False, timeout=180)
            check(said.status != 0, "a migration to", receiver, "succeeded")
            transfer.flows()
            row = story.vif_row(scene.lab, guest)
            check((row["state"], row["pool"]) == ("grant", pool), "after", receiver, row)
            # xl leaves what it had begun to receive
            scene.dom0.run(f"xl destroy {guest.name}--incoming 2>/dev/null", check=False)
            scene.dom0.wait_for(f"! xl list {guest.name}--incoming >/dev/null 2>&1")
            check(story.pools_free(scene.lab) == free, "pools are missing")
        transfer.finish()
    echo.stop()
