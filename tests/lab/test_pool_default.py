# SPDX-License-Identifier: GPL-2.0
"""vif.default.script in xl.conf gives pools to domains that do not name a script; xl says why
one that requires a pool does not start.

Unmodified xl. Would fail if such a domain, or a vif attached to it, were served by xen-netback,
if a domain that names vif-bridge were not, if a domain that requires a pool started without, or
if xl's message did not say what was missing.
"""

import story
from guest import xl_config
from scene import check

SETUP = "vmdq"
MAC = "02:78:00:00:0d:{:02x}"


def script_of(scene, guest, handle=0):
    return scene.dom0.run(f"xenstore-read backend/vif/{guest.domid}/{handle}/script").out.strip()


def test_default_script(scene):
    dom0 = scene.dom0
    dom0.run("cp /etc/xen/xl.conf /tmp/xl.conf; "
             "echo 'vif.default.script=\"vif-vmdq\"' >>/etc/xen/xl.conf")
    made = []
    try:
        for name, script in (("plain", ""), ("named", ",script=vif-bridge")):
            mac = MAC.format(len(made) + 1)
            made.append(scene.lab.guest_create(name, vcpus=1, mac=mac, wait=False,
                                               vifs=[f"mac={mac},bridge=xenbr0{script}"]))
        plain, named = [guest.ready() for guest in made]
        check(script_of(scene, plain).endswith("/vif-vmdq"), "script:", script_of(scene, plain))
        check(script_of(scene, named).endswith("/vif-bridge"), "script:", script_of(scene, named))
        story.check_delivered(story.deliver(scene.lab, plain, 100), "copy")
        check(named.vif not in [v["vif"] for v in story.listing(scene.lab)["vifs"]],
              "vif-bridge was named, and the vif is ours")
        dom0.run(f"xl network-attach plain mac={MAC.format(9)},bridge=xenbr0".replace(",", " "))
        check(script_of(scene, plain, 1).endswith("/vif-vmdq"), script_of(scene, plain, 1))
        second = [v for v in story.listing(scene.lab)["vifs"] if v["vif"] == f"vif{plain.domid}.1"]
        check(second and second[0]["pool"], "the vif that was attached has no pool:", second)
    finally:
        dom0.run("cp /tmp/xl.conf /etc/xen/xl.conf")
        for guest in made:
            guest.destroy()


def test_required(scene):
    """A bridge without a port has no pool to give: xl create says so, and nothing is left."""
    dom0 = scene.dom0
    config = xl_config("must", 1, 96, [f"mac={MAC.format(17)},bridge=nowhere,script=vif-vmdq"])
    dom0.put("/tmp/must.cfg", config.encode())
    before = dom0.run("xenstore-list vmdq/vif", check=False).out
    dom0.run("ip link add nowhere type bridge && ip link set nowhere up && "
             "printf '[domain must]\\nmode = required\\n' >/etc/xen/vmdq.conf")
    try:
        said = dom0.run("xl create -q /tmp/must.cfg", check=False, timeout=120)
        check(said.status != 0, "a domain that requires a pool started without")
        for word in ("a VMDq pool is required", "bridge nowhere"):
            check(word in said.err, f"xl does not say {word}:", said.err)
        dom0.wait_for("! xl list must >/dev/null 2>&1", what="no domain left")
        left = dom0.run("xenstore-list vmdq/vif", check=False).out
        check(left == before, "of vifs there was", before, "and is", left)
    finally:
        dom0.run("rm /etc/xen/vmdq.conf; ip link del nowhere")
