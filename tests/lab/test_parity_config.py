# SPDX-License-Identifier: GPL-2.0
"""What the configuration of a vif asks for is done, and dom0 shows it, as with stock.

One guest has a vif of each backend with every key that xl knows, in a bridge without an
uplink. Would fail if a key were not honoured, if a node of xenstore or sysfs, a word of a
uevent or of the hotplug script's environment were missing, or a tool showed a vif less.
"""

import difflib
import re

from pair import Side, new_host
from parity import OURS, STOCK, compare
from scene import check

SETUP = "vmdq"
NAMES = {STOCK: "stock0", OURS: "ours0"}
KEYS = "bridge=xenbr9,mtu=1400,untrusted"
HOOK = "/etc/xen/scripts/vif-post.d/parity.hook"
# Others' rows: what backends offer, and with it how many queues there are.
FEATURES = re.compile(r"/feature-|/multi-queue|/queue-|ring-ref|event-channel|queues/.x-")


def alike(feature, texts, words="as stock"):
    """A row whose words are the same because the texts are."""
    stock, ours = (sorted(set(texts[b])) for b in (STOCK, OURS))
    check(stock, feature, "shows nothing")
    check(stock == ours, f"{feature}:", "\n".join(difflib.unified_diff(
        stock, ours, str(STOCK), str(OURS), lineterm="")))
    compare(feature, dict.fromkeys((STOCK, OURS), words).get)


def normal(side, text):
    """Lines without what must differ between two vifs of a guest."""
    for old, new in ((NAMES[side.backend], "NAME"), (side.vif, "VIF"), (side.mac, "MAC"),
                     (side.backend.script, "SCRIPT"),
                     (f"vif-{side.guest.domid}-{side.number}", "vif-D-N"),
                     (f"vif/{side.guest.domid}/{side.number}", "vif/D/N"),
                     (f"device/vif/{side.number}", "device/vif/N")):
        text = text.replace(old, new)
    return [line for line in text.splitlines() if line.strip() and not FEATURES.search(line)]


def begin(scene):
    """The guest, not yet running, and what was said while it was made."""
    scene.dom0.run("ip link add xenbr9 type bridge stp_state 0 forward_delay 0 &&"
                   "ip link set xenbr9 up; mkdir -p /etc/xen/scripts/vif-post.d; rm -f /tmp/env.*")
    scene.dom0.put(HOOK, b'env >"/tmp/env.$vif.$command"\n', 0o755)
    scene.dom0.put("/tmp/uevent.sh", b"#!/bin/bash\n(env; echo .) >>/tmp/uevents\n", 0o755)
    listener = scene.dom0.start("exec busybox uevent /tmp/uevent.sh >/dev/null 2>&1")
    host = new_host()
    sides = [Side(n, host, b) for n, b in enumerate((STOCK, OURS))]
    guest = scene.lab.guest_create("conf", vcpus=2, mac=sides[0].mac, paused=True, vifs=[
        f"mac={s.mac},script={s.backend.script},vifname={NAMES[s.backend]},{KEYS}"
        for s in sides])
    for side in sides:
        side.guest = guest
    return guest, sides, listener


def link(scene, side, node):
    return scene.dom0.run(f"cat /sys/class/net/{NAMES[side.backend]}/{node}").out.strip()


def seen(scene, side):
    return (f"state {side.read('state')}, hotplug {side.read('hotplug-status')}, "
            f"carrier {link(scene, side, 'carrier')}")


def check_states(scene, guest, sides):
    """From created to connected, and what interfaces set down change."""
    said = {s.backend: seen(scene, s) for s in sides}
    compare("a guest that does not run yet", said.get)
    check(said[OURS] == "state 2, hotplug connected, carrier 0", said)
    scene.dom0.run(f"xl unpause {guest.name}")
    guest.ready()
    for side in sides:
        side.wait_connected()
        guest.run(f"ip link set {side.dev} up")
    said = {s.backend: seen(scene, s) for s in sides}
    compare("a guest that runs", said.get)
    check(said[OURS] == "state 4, hotplug connected, carrier 1", said)
    for side in sides:
        name = NAMES[side.backend]
        guest.run(f"ip link set {side.dev} down")
        said[side.backend] = f"the guest's down: {seen(scene, side)}"
        guest.run(f"ip link set {side.dev} up")
        scene.dom0.run(f"ip link set {name} down")
        carrier = guest.run(f"cat /sys/class/net/{side.dev}/carrier").out.strip()
        said[side.backend] += f"; dom0's down: guest's carrier {carrier}"
        scene.dom0.run(f"ip link set {name} up")
    compare("carrier when an interface is set down", said.get)


def check_keys(scene, guest, sides):
    """mac=, vifname=, mtu=, untrusted, bridge="""
    said = {key: {} for key in ("mac=", "vifname=", "mtu=", "trusted", "bridge=")}
    for side in sides:
        front = f"/local/domain/{guest.domid}/device/vif/{side.number}"
        mac = guest.run(f"cat /sys/class/net/{side.dev}/address").out.strip()
        check(mac == side.mac, side, "has MAC", mac)
        said["mac="][side.backend] = f"the guest's; dom0's is {link(scene, side, 'address')}"
        owner = scene.dom0.run(f"cat /sys/class/net/{NAMES[side.backend]}/device/nodename").out
        check(owner.strip() == side.store, owner)
        said["vifname="][side.backend] = "dom0's name for it"
        mtu = guest.run(f"cat /sys/class/net/{side.dev}/mtu").out.strip()
        node = scene.dom0.run(f"xenstore-read {front}/mtu || true").out.strip() or "not told"
        said["mtu="][side.backend] = (f"dom0 {link(scene, side, 'mtu')}, frontend's node {node}, "
                                      f"guest {mtu}")
        said["trusted"][side.backend] = scene.dom0.run(f"xenstore-read {front}/trusted").out.strip()
        said["bridge="][side.backend] = scene.dom0.run(
            f"basename $(readlink /sys/class/net/{NAMES[side.backend]}/master)").out.strip()
    for key, words in said.items():
        compare(key, words.get)
    check(said["mtu="][OURS].startswith("dom0 1400"), said)
    check(said["trusted"][OURS] == "0" and said["bridge="][OURS] == "xenbr9", said)


def tree(scene, side, path):
    """A xenstore directory with its permissions."""
    text = scene.dom0.run(f"xenstore-ls -fp {path}").out
    return normal(side, text.replace(f'handle = "{side.number}"', 'handle = "N"'))


def check_views(scene, guest, sides):
    """What xenstore, sysfs and the tools show."""
    front = f"/local/domain/{guest.domid}/device/vif"
    alike("nodes of the backend in xenstore", {s.backend: tree(scene, s, s.store) for s in sides})
    alike("nodes of the frontend in xenstore",
          {s.backend: tree(scene, s, f"{front}/{s.number}") for s in sides})
    device = {s: f"/sys/class/net/{NAMES[s.backend]}/device" for s in sides}
    alike("sysfs of the device", {s.backend: normal(s, scene.dom0.run(
        f"cd -P {device[s]} && find . | sort; cat nodename devtype modalias; "
        f"readlink subsystem; cat net/*/{{tx_queue_len,flags,type,addr_assign_type}}").out)
        for s in sides})
    for feature, command in (("ethtool -k", "ethtool -k"), ("ethtool", "ethtool"),
                             ("ethtool -i: bus-info and abilities", "ethtool -i")):
        alike(feature, {s.backend: [line for line in normal(s, scene.dom0.run(
            f"{command} {NAMES[s.backend]}").out) if not line.startswith("driver:")]
            for s in sides})
    for side in sides:
        check(re.search(r"frames|sent", scene.dom0.run(f"ethtool -S {NAMES[side.backend]}").out),
              side, "has no statistics")
    shown = scene.dom0.run(f"xl network-list {guest.name}").out.splitlines()[1:]
    columns = {int(line.split()[0]): line.split() for line in shown}
    compare("xl network-list", {
        s.backend: f"MAC {columns[s.number][2]}, state {columns[s.number][4]}".replace(
            s.mac, "the guest's") for s in sides}.get)
    check_xentop(scene, guest, sides)


def check_xentop(scene, guest, sides):
    """xentop's line of each network agrees with ip -s link."""
    said = {}
    for side in sides:
        before = None
        while before != (after := counted(scene, side)):
            before = after
            lines = scene.dom0.run("xentop -b -n -f -i 1").out.splitlines()
        first = next(i for i, line in enumerate(lines) if line.split()[:1] == [guest.name])
        net = [line for line in lines[first + 1:first + 3]
               if line.startswith(f"Net{side.number} ")]
        found = re.search(r"RX:\s*\d+bytes\s*(\d+)pkts.*TX:\s*\d+bytes\s*(\d+)pkts", net[0])
        check(found.groups() == before, side, "xentop says", net, "ip -s link", before)
        said[side.backend] = "counts as ip -s link does"
    compare("xentop -b -n -i1", said.get)


def counted(scene, side):
    return tuple(link(scene, side, f"statistics/{way}_packets") for way in ("rx", "tx"))


def uevents(scene, side):
    """The events of the backend's device, with all their words but the numbers that vary."""
    found = []
    for text in scene.dom0.run("cat /tmp/uevents").out.split("\n.\n"):
        words = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if words.get("XENBUS_PATH") == side.store or words.get("INTERFACE") in (
                side.vif, NAMES[side.backend]):
            found.append(" ".join(f"{k}={v}" for k, v in sorted(words.items())
                                  if k not in ("SEQNUM", "IFINDEX", "DRIVER", "PWD", "SHLVL", "_")))
    return normal(side, "\n".join(found))


def environment(scene, side, command):
    text = scene.dom0.run(f"cat /tmp/env.{side.vif}.{command}").out
    return [line for line in normal(side, text) if not line.startswith(("_=", "SHLVL=", "PATH="))]


def test_parity_config(scene):
    guest, sides, listener = begin(scene)
    check_states(scene, guest, sides)
    check_keys(scene, guest, sides)
    check_views(scene, guest, sides)
    alike("environment of the hotplug script, online",
          {s.backend: environment(scene, s, "online") for s in sides})
    guest.start("echo c >/proc/sysrq-trigger")
    scene.lab.wait_domain_gone(guest.domid, 60)
    guest.forget()
    scene.dom0.wait_for(f"! ls -d /sys/class/net/{NAMES[STOCK]} /sys/class/net/{NAMES[OURS]} "
                        f"/sys/bus/xen-backend/devices/vif-{guest.domid}-* 2>/dev/null &&"
                        f"! xenstore-exists backend/vif/{guest.domid} &&"
                        f"! xenstore-exists vmdq/vif/{guest.domid}", what="the vifs gone")
    compare("guest crashes", lambda backend: "nothing left")
    scene.dom0.run("echo change >/sys/class/net/lo/uevent")
    scene.dom0.wait_for("grep -q INTERFACE=lo /tmp/uevents", what="the last uevent")
    alike("uevents of a vif's life", {s.backend: uevents(scene, s) for s in sides})
    listener.signal()
    scene.dom0.run(f"rm -rf {HOOK} /tmp/env.* /tmp/uevents; ip link del xenbr9")
