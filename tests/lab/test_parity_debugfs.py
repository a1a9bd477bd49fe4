# SPDX-License-Identifier: GPL-2.0
"""debugfs shows what a vif's queues are doing, and can have them polled.

Would fail if the view of a queue did not follow its rings, if a kick were refused or
any other word taken, if a directory stayed behind when its vif went, or if somebody who
reads all the time while guests come and go and pools move saw a queue that was freed; or
if what a guest said on its control ring were not shown.
"""

import re

import parity
import story
from front import frontend
from scene import check
from test_parity_ctrl import IPV4, IPV6_TCP, RSS_KEY, SET_ALGORITHM, configure

SETUP = "vmdq"
ROOT = {parity.STOCK: "xen-netback", parity.OURS: "vmdq-netback"}


def directory(backend, guest):
    return f"/sys/kernel/debug/{ROOT[backend]}/{guest.vif}"


def indices(scene, backend, guest, number):
    """{"TX req prod": 12, ...} as io_ring_qN has them."""
    found, ring = {}, None
    for line in scene.dom0.run(f"cat {directory(backend, guest)}/io_ring_q{number}").out.splitlines():
        if match := re.match(r"([RT]X): nr_ents 256", line):
            ring = match[1]
        elif match := re.match(r"(req|rsp) prod (\d+)", line):
            found[f"{ring} {match[1]} prod"] = int(match[2])
    return found


def test_views(scene):
    def row(backend):
        guest = scene.lab.guest_create(vcpus=1, script=backend.script)
        before = indices(scene, backend, guest, 0)
        check(len(before) == 4, backend, "io_ring_q0 has", before)
        guest.run(f"ping -c 20 -i 0.02 -W 5 {scene.lab.peer.address}", timeout=60)
        after = indices(scene, backend, guest, 0)
        check(all(after[name] - before[name] >= 20 for name in before), backend,
              "20 pings, and the rings went from", before, "to", after)
        file = f"{directory(backend, guest)}/io_ring_q0"
        kicked = scene.dom0.run(f"echo -n kick >{file}", check=False).status
        other = scene.dom0.run(f"(echo -n nonsense >{file}) 2>/dev/null", check=False).status
        guest.run(f"ping -c 2 -i 0.2 -W 5 {scene.lab.peer.address}", timeout=60)
        guest.destroy()
        scene.dom0.wait_for(f"! [ -e {directory(backend, guest)} ]", what="no directory left")
        return f"rings shown; kick {'taken' if not kicked else 'refused'}, " \
               f"nonsense {'taken' if not other else 'refused'}"

    parity.compare("debugfs: io_ring_qN", row)


def test_pool(scene):
    """The pool queue shows its pool; every level change while somebody reads."""
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    story.wait_level(scene.lab, guest, "grant")
    place = directory(parity.OURS, guest)
    said = scene.dom0.run(f"cat {place}/io_ring_q1").out
    check(re.search(r"Pool \S+/\d+: level grant, posted [1-9]", said), "queue 1:", said)
    check("Pool" not in scene.dom0.run(f"cat {place}/io_ring_q0").out, "queue 0 has a pool")
    check("level grant" in scene.dom0.run(f"cat {place}/state").out, "the state is not grant")

    reader = scene.dom0.start("while :; do cat /sys/kernel/debug/vmdq-netback/*/* >/dev/null 2>&1;"
                              "for f in /sys/kernel/debug/vmdq-netback/*/io_ring_q*; do"
                              "  echo kick >$f; done 2>/dev/null; done")
    try:
        for level in ("copy", "software", "grant") * 3:
            scene.dom0.run(f"vmdqctl level {guest.vif} {level}")
        scene.dom0.run(f"vmdqctl level {guest.vif} auto")
        short = scene.lab.guest_create(vcpus=1, script="vif-vmdq")
        short.destroy()
    finally:
        reader.signal()
    story.wait_level(scene.lab, guest, "grant")
    scene.lab.peer.run(f"ping -c 3 -i 0.2 -W 5 {guest.address}")


def section(text, name):
    """What stands below a heading, to the next empty line; without numbers of entries."""
    return re.sub(r"\[.*?\]:?", "", text.partition(f"{name}:\n")[2].partition("\n\n")[0])


def test_ctrl(scene):
    """A frontend's choice of hash and queues."""
    def row(backend):
        front = frontend(scene, backend)
        place = f"/sys/kernel/debug/{ROOT[backend]}/vif{front.guest.domid}.{front.number}"
        front.connect(queues=2)
        files = scene.dom0.run(f"ls {place}").out.split()
        front.close()
        front.connect(queues=2, ctrl=True)
        # xen-netback remembers what an earlier connection has said.
        front.controls([(SET_ALGORITHM, 0)])
        before = scene.dom0.run(f"cat {place}/ctrl").out
        configure(front, IPV4 | IPV6_TCP, [0, 1, 1, 0, 1])
        after = scene.dom0.run(f"cat {place}/ctrl").out
        front.close()
        check("NONE" in before and "TOEPLITZ" in after, backend, "shows", before, after)
        key = bytes.fromhex("".join(re.findall(r"\b[0-9a-f]{2}\b", section(after, "Hash Key"))))
        check(key == RSS_KEY, backend, "shows another key:", after)
        flags = section(after, "Hash Flags").replace("- ", "").splitlines()
        table = section(after, "Hash Mapping").split()
        return f"{'always' if 'ctrl' in files else 'with a control ring'}: " \
               f"hash of {', '.join(flags)}, its key, queues {' '.join(table)}"

    parity.compare("debugfs: ctrl", row)
