# SPDX-License-Identifier: GPL-2.0
"""What guests with pools are put through, for the demo and for the tests.

Each function does one thing to a running lab, fails with TestFailed where the
outcome is wrong, and returns what it saw.
"""

import contextlib
import json
import re
import shlex
import time

from channel import LabError
from guest import BOOT_TIMEOUT
from lab import BDF, DOM0_ADDRESS
from scene import check, check_intact
from traffic import BROADCAST

FILE_SIZE = 200_000
HELD_UP_US = 20_000     # so that others come between
# Counters of what a pool does, as `vmdqctl --json list` names them
GRANT_COUNTERS = ("pool_grant_maps", "pool_grant_unmaps", "pool_grant_copies")


# -- looking -----------------------------------------------------------------

def listing(lab):
    return json.loads(lab.dom0.run("vmdqctl --json list").out)


def vif_row(lab, guest):
    """The guest's vif as vmdqctl shows it."""
    rows = [v for v in listing(lab)["vifs"] if v["vif"] == guest.vif]
    check(len(rows) == 1, f"{guest.name}: vmdqctl lists", len(rows), "vifs", guest.vif)
    return rows[0]


def pool_row(lab, guest):
    """The pool that the guest's vif holds, as vmdqctl shows it; None without one."""
    rows = [p for port in listing(lab)["ports"] for p in port["pools"] if p["owner"] == guest.vif]
    return rows[0] if rows else None


def counters(lab, guest):
    return vif_row(lab, guest)["counters"]


def pools_free(lab):
    return sum(port["pools_free"] for port in listing(lab)["ports"])


def wait_level(lab, guest, level, timeout=180):
    """Wait until the guest is served at that level."""
    path = f"vmdq/vif/{guest.domid}/0/state"
    try:
        lab.dom0.wait_for(f'[ "$(xenstore-read {path})" = {level} ]', timeout,
                          what=f"{guest.name} at level {level}")
    except LabError as e:
        why = lab.dom0.run(f"vmdqctl why {guest.vif} 2>&1; vmdqctl list; xenstore-ls -f vmdq; "
                           "dmesg | tail -20", check=False).out
        raise LabError(f"{e}\n{why}") from e


@contextlib.contextmanager
def at_level(lab, guest, level):
    """The guest is served at that level meanwhile, and then at what is best for it."""
    lab.dom0.run(f"vmdqctl level {guest.vif} {level}")
    try:
        wait_level(lab, guest, level)
        yield
    finally:
        lab.dom0.run(f"vmdqctl level {guest.vif} auto")


def wait_max_frame(lab, guest, length, timeout=30):
    """Wait until the guest's vif has a pool whose longest frame is that long."""
    deadline = time.monotonic() + timeout
    while (pool := pool_row(lab, guest)) is None or pool["max_frame"] != length:
        check(time.monotonic() < deadline, f"{guest.vif}: frames of {length}, but its pool:", pool)


# -- traffic -----------------------------------------------------------------

def deliver(lab, guest, count, size=(60, 1514), rate=1000, clock=None):
    """Numbered frames from the wire to one guest: all arrive, intact, by its pool.

    clock as under_traffic() takes it.
    """
    before = counters(lab, guest)
    receiver = guest.receiver()
    try:
        sending = lab.wire.send(guest.mac, count, size=size, rate=rate, clock=clock)
        got = receiver.expect(sending.stream, count)
    finally:
        receiver.stop()
    row = vif_row(lab, guest)
    change = {name: row["counters"][name] - before[name] for name in before}
    return {
        "name": guest.name, "vif": guest.vif, "level": row["state"],
        "pool": f"{row['port']}/{row['pool']}", "sent": sending.frames,
        "received": got["unique"], "lost": got["lost"], "duplicated": got["duplicated"],
        "corrupt": got["corrupt"], "via_pool": change["rx_pool_frames"],
        "via_software": change["rx_sw_frames"],
        **{name.removeprefix("pool_"): change[name] for name in GRANT_COUNTERS},
    }


def check_delivered(row, level):
    """Whether a row of deliver() is as it must be at a level."""
    name = row["name"]
    check(row["level"] == level, f"{name}: served at level {row['level']}, not {level}")
    check(row["received"] == row["sent"] and not row["lost"] + row["duplicated"] + row["corrupt"],
          f"{name}: frames spoilt:", row)
    # Others may send to the guest too, an ARP request for one.
    check(row["sent"] <= row["via_pool"] <= row["sent"] + 10, f"{name}: not by the pool:", row)
    check(row["via_software"] <= 10, f"{name}: by software:", row)
    if level == "grant":
        check(row["grant_copies"] == 0, f"{name}: level grant copied:", row)
        check(row["grant_unmaps"] == row["via_pool"], f"{name}: unmaps:", row)
    else:
        check(row["grant_maps"] == 0, f"{name}: level copy mapped:", row)
        check(row["grant_copies"] == row["via_pool"], f"{name}: copies:", row)


def broadcast(lab, guests, count=100, rate=300):
    """Broadcasts from the wire reach each guest exactly once."""
    receivers = [g.receiver() for g in guests]
    try:
        sending = lab.wire.send(BROADCAST, count, rate=rate)
        for receiver in receivers:
            check_intact(receiver.expect(sending.stream, count), count,
                         f"broadcasts to {receiver.name}")
    finally:
        for receiver in receivers:
            receiver.stop()


class Place:
    """Somewhere that pings and moves files: a guest, dom0, or the wire's far end."""

    def __init__(self, name, runner, address, serve, fetch):
        self.name = name
        self.runner = runner
        self.address = address
        self.serve = serve          # command that serves /www on port 8000
        self.fetch = fetch          # command that writes a URL to standard output
        self.server = None
        self.sum = None


def places(lab, guests):
    www = f"/tmp/www-{lab.name}"
    httpd = "exec busybox httpd -f -p 8000 -h /www"
    all_places = [Place(g.name, g, g.address, httpd, "wget -q -O -") for g in guests]
    all_places.append(Place("dom0", lab.dom0, DOM0_ADDRESS, httpd, "curl -sS -m 20"))
    all_places.append(Place("wire", lab.peer, lab.peer.address,
                            f"cd {www} && exec python3 -m http.server 8000 >/dev/null 2>&1",
                            "curl -sS -m 20"))
    for place in all_places:
        folder = www if place.name == "wire" else "/www"
        place.sum = place.runner.run(
            f"mkdir -p {folder}; head -c {FILE_SIZE} /dev/urandom >{folder}/file;"
            f"sha256sum <{folder}/file").out.split()[0]
        place.server = place.runner.start(place.serve)
    return all_places


def reach_all(lab, guests):
    """Every place pings every other and fetches its file by TCP, checksum compared.

    Returns how many ways that were.
    """
    everywhere = places(lab, guests)
    try:
        for place in everywhere:
            place.runner.run("for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
                             "netstat -ltn 2>/dev/null | grep -q :8000 && exit;"
                             "ss -ltn 2>/dev/null | grep -q :8000 && exit; usleep 100000 ||"
                             "sleep 0.1; done; exit 1")
        ways = 0
        for place in everywhere:
            ways += _reach_from(place, [p for p in everywhere if p is not place])
        return ways
    finally:
        for place in everywhere:
            if hasattr(place.server, "signal"):
                place.server.signal()
            else:
                place.server.terminate()
                place.server.wait(10)
        lab.peer.run(f"rm -r /tmp/www-{lab.name}")


def _reach_from(place, others):
    script = "".join(
        f"ping -c 1 -W 5 {o.address} >/dev/null && echo pinged {o.name};"
        f"echo {o.name} $({place.fetch} http://{o.address}:8000/file | sha256sum);"
        for o in others)
    said = place.runner.run(script, check=False, timeout=120)
    for other in others:
        check(f"pinged {other.name}\n" in said.out, f"{place.name} does not reach {other.name}:",
              said.out, said.err)
        check(f"{other.name} {other.sum} " in said.out,
              f"{place.name} gets another file from {other.name}:", said.out, said.err)
    return len(others)


def drops(lab, guest):
    """Where frames for the guest can have been lost: counters of the NIC, and of the vif."""
    devs = [port["netdev"] for port in listing(lab)["ports"]] + [guest.vif]
    lines = lab.dom0.run(f"for dev in {' '.join(devs)}; do ethtool -S $dev | sed s/^/$dev/; done |"
                         " grep -E 'drop|miss|no_buffer|error'").out
    return {name: int(value) for name, _, value in
            (line.strip().partition(": ") for line in lines.splitlines())}


def under_traffic(lab, guest, cycles, steps, rate=1000, *, size=(60, 1514), clock=None):
    """Frames at a steady rate while each cycle takes the vif through steps.

    steps are pairs of a vmdqctl command and the level that follows from it; with a
    MachineClock the rate is by the machine's time.
    Returns what arrived, with the number of cycles and the seconds of each step.
    """
    receiver = guest.receiver()
    dropped = drops(lab, guest)
    seconds = []
    try:
        sending = lab.wire.start(guest.mac, rate=rate, size=size, clock=clock)
        receiver.expect(sending.stream, 1)
        for _ in range(cycles):
            for command, level in steps:
                started = time.monotonic()
                lab.dom0.run(f"vmdqctl {command}")
                seconds.append(time.monotonic() - started)
                state = vif_row(lab, guest)["state"]
                check(state == level, f"after {command}: {guest.vif} is at {state}, not {level}")
        sent = sending.stop()
        got = receiver.expect(sending.stream, sent)
    finally:
        receiver.stop()
    dropped = {name: n - dropped[name] for name, n in drops(lab, guest).items()
               if n != dropped[name]}
    return {"cycles": cycles, "sent": sent, "received": got["unique"], "lost": got["lost"],
            "dropped": dropped, "duplicated": got["duplicated"], "corrupt": got["corrupt"],
            "slowest_step": round(max(seconds), 2)}


def check_unharmed(outcome, what):
    check(outcome["received"] == outcome["sent"] and not
          outcome["lost"] + outcome["duplicated"] + outcome["corrupt"], f"{what}:", outcome)


def pool_away_and_back(guest, level):
    return [(f"release {guest.vif}", "software"), (f"assign {guest.vif}", level)]


def levels_and_back(guest):
    return [(f"level {guest.vif} copy", "copy"), (f"level {guest.vif} grant", "grant")]


def refusals(lab, command, busy=""):
    """Do a vmdqctl command; returns how many transactions xenstored refused, which it does again.

    busy: a node and its value, which is written again and again until xenstored refuses one.
    strace sees the refusals, and holds vmdqctl up after each request.
    """
    trace = "/tmp/vmdqctl.strace"
    writing = ("trap 'kill $! 2>/dev/null' EXIT;"
               f"until grep -q EAGAIN {trace}; do xenstore-write {busy}; done 2>/dev/null &"
               if busy else "")
    lab.dom0.run(f"rm -f {trace}; {writing} strace -f -o {trace} -e trace=read,write "
                 f"-e inject=write:delay_exit={HELD_UP_US} vmdqctl {command}")
    return int(lab.dom0.run(f"grep -c '\"EAGAIN' {trace}", check=False).out)


# -- counters that must agree --------------------------------------------------

def _from_ip(lab, guest):
    link = json.loads(lab.dom0.run(f"ip -j -s link show {guest.vif}").out)[0]
    stats = link["stats64"]["tx"]
    return stats["packets"], stats["bytes"]


def _from_xentop(lab, guest):
    """xentop's network line of the domain: what the vif transmitted, to the guest."""
    lines = lab.dom0.run("xentop -b -n -f -i 1").out.splitlines()
    for number, line in enumerate(lines):
        if line.split()[:1] == [guest.name]:
            found = re.search(r"Net0\s.*TX:\s*(\d+)bytes\s+(\d+)pkts", lines[number + 1])
            check(found, "xentop says of", guest.name, lines[number + 1])
            return int(found[2]), int(found[1])
    check(False, "xentop does not list", guest.name)


def _from_vmdqctl(lab, guest):
    c = counters(lab, guest)
    return (c["rx_pool_frames"] + c["rx_sw_frames"], c["rx_pool_bytes"] + c["rx_sw_bytes"])


def counters_agree(lab, guests):
    """vmdqctl, ip -s link and xentop -b tell the same of what each vif received."""
    for guest in guests:
        # A frame may come between the readings: then they are taken again.
        while True:
            before = _from_vmdqctl(lab, guest)
            by_ip, by_xentop = _from_ip(lab, guest), _from_xentop(lab, guest)
            if _from_vmdqctl(lab, guest) == before:
                break
        check(by_ip == before, f"{guest.vif}: vmdqctl says {before}, ip -s link {by_ip}")
        check(by_xentop == before, f"{guest.vif}: vmdqctl says {before}, xentop {by_xentop}")


# -- coming and going ------------------------------------------------------------

def grants_in_use(lab):
    """{domain: grants of it that Xen counts as in use}, domains as text."""
    # From the serial console: Xen's own buffer is too short for all of it.
    start = len(lab.read_log("serial.log"))
    lab.dom0.run("xl debug-keys g")
    deadline = time.monotonic() + 20
    while "gnttab_usage_print_all ] done" not in (text := lab.read_log("serial.log")[start:]):
        check(time.monotonic() < deadline, "Xen does not list its grants:", text)
        time.sleep(0.05)
    used, domain = {}, None
    for line in text.splitlines():
        found = re.search(r"grant-table for remote d(\d+)", line)
        if found:
            domain = found[1]
        elif re.search(r"^\(XEN\) \[0x[0-9a-f]+\]", line):
            used[domain] = used.get(domain, 0) + 1
    return used


def grants_left(lab):
    """Grants that Xen still counts as in use for domains that are gone."""
    alive = {line.split()[-5] for line in lab.dom0.run("xl list").out.splitlines()[1:]}
    return sum(n for domain, n in grants_in_use(lab).items() if domain not in alive)


def zombies(lab):
    lines = lab.dom0.run("xl list").out.splitlines()[1:]
    return sum(1 for line in lines if line.startswith("(null)") or line.split()[-2].endswith("d"))


def recreate(lab, describe, cycles, level):
    """A guest is destroyed and made again while frames arrive for it.

    describe are arguments of guest_create(). Returns the last guest and counts.
    """
    guest = lab.guests[describe["name"]]
    found = {"cycles": cycles, "zombies": 0, "grants_left": 0}
    free = pools_free(lab)
    sending = lab.wire.start(guest.mac, rate=300)
    try:
        for _ in range(cycles):
            guest.destroy()
            found["zombies"] += zombies(lab)
            check(pools_free(lab) == free + 1, "the pool of", guest.name, "is not free again")
            guest = lab.guest_create(**describe, mac=guest.mac, address=guest.address)
            wait_level(lab, guest, level, BOOT_TIMEOUT)
    finally:
        sending.stop()
    found["grants_left"] = grants_left(lab)
    return guest, found


def check_recreated(lab, cycles):
    """A guest at level grant that comes and goes under traffic leaves nothing behind."""
    # While it is away its frames are flooded to all others, at some cost.
    lab.destroy_guests()
    describe = {"name": "phoenix", "vcpus": 2, "script": "vif-vmdq"}
    guest = lab.guest_create(**describe)
    wait_level(lab, guest, "grant")
    guest, found = recreate(lab, dict(describe, wait=False), cycles, "grant")
    guest.destroy()
    check(found == {"cycles": cycles, "zombies": 0, "grants_left": 0}, "left over:", found)


def back_to_stock(lab, dev, guests):
    """Our modules go, the stock driver takes the NIC, and networking works."""
    lab.dom0.run("rmmod vmdq_netback")
    lab.dom0.run(f"echo >/sys/bus/pci/devices/{BDF}/driver_override;"
                 f"rmmod vmdq_igb vmdq; ! lsmod | grep vmdq")
    check(dev not in lab.dom0.run("ls /sys/class/net").out.split(), dev, "outlives its driver")
    dev = lab.take_nic("igb")
    lab.dom0.run(f"ip link set {shlex.quote(dev)} master xenbr0 up")
    lab.dom0.wait_for(f"[ $(cat /sys/class/net/{dev}/brport/state) = 3 ]",
                      what=f"{dev} forwarding")
    return reach_all(lab, guests)
