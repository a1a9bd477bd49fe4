# SPDX-License-Identifier: GPL-2.0
"""vmdqtop says what xentop, ip -s link, ethtool -S and vmdqctl say, on a screen too.

Under load each of its figures lies between two readings of the others, one before and one
after it; when the load has ended all are equal. Its rates are those at which frames come.
Would fail if a path, a direction or a cause of drops were missing or counted twice, if its
seconds were wrong, or if the screen of a serial console's size showed anything else than the
batch mode or than tmux shows, did not follow a new size, or did not end.
"""

import contextlib
import json
import os
import re
import time

import image
import story
from scene import check
from screen import BOLD, REVERSE, Terminal
from tmux import on_tmux
from traffic import BROADCAST, start_sending

SETUP = "vmdq"
GUESTS = {"a": {"vcpus": 2, "script": "vif-vmdq"}, "b": {"vcpus": 1, "script": "vif-vmdq"}}
LEVELS = {"a": "grant", "b": "copy"}
RATE = 300
TERMINFO = "/lib/terminfo/v/vt100"
ONPTY = "/tmp/onpty"
# xentop's line of a network: what it has of the interface, whose RX comes from the guest
XENTOP = re.compile(r"Net0\s+RX:\s*(\d+)bytes\s+(\d+)pkts\s+(\d+)err\s+(\d+)drop\s+"
                    r"TX:\s*(\d+)bytes\s+(\d+)pkts\s+(\d+)err\s+(\d+)drop")
XENTOP_COLUMNS = (("TXB", 1), ("TXP", 2), ("TXERR", 3), ("RXB", 5), ("RXP", 6), ("RXERR", 7),
                  ("dropped", 8))


def rows_of(text):
    """{(vif, state): {column: text}} of what the batch mode printed; the last of each."""
    header, found = None, {}
    for line in text.splitlines():
        cells = line.split()
        if cells[0] == "NAME":
            header = cells
            continue
        check(len(cells) == len(header), "cells:", line)
        row = dict(zip(header, cells))
        found[row["VIF"], row["STATE"]] = row
    return found


def number(row, column):
    return 0 if row[column] == "-" else float(row[column])


def by_vmdqtop(scene, guest):
    rows = rows_of(scene.dom0.run("vmdqtop -b -n -t -f -i 1").out)
    whole, pool, software = (rows[guest.vif, state] for state in
                             (LEVELS[guest.name], "by-pool", "by-sw"))
    check(whole["NAME"] == guest.name and whole["MAC"] == guest.mac, "the row:", whole)
    names = ("RXP", "RXB", "TXP", "TXB", "RXERR", "TXERR", "NOBUF")
    said = {name: number(whole, name) for name in names}
    said["dropped"] = number(whole, "LATE") + number(whole, "REFUS")
    said["late"] = number(whole, "LATE")
    for part, row in (("pool", pool), ("software", software)):
        said[part + " RXP"], said[part + " RXB"] = number(row, "RXP"), number(row, "RXB")
    check(said["RXP"] == said["pool RXP"] + said["software RXP"], "the parts:", said)
    causes = ("NOBUF", "LATE", "REFUS", "RXERR", "TXERR", "TXDRP")
    check(number(whole, "DROPS") == sum(number(whole, cause) for cause in causes), whole)
    return said


def by_vmdqctl(scene, guest):
    """The vif's counters, which are those of ethtool -S, by vmdqtop's names."""
    c = story.counters(scene.lab, guest)
    return of_counters(c)


def of_counters(c):
    return {"RXP": c["rx_pool_frames"] + c["rx_sw_frames"],
            "RXB": c["rx_pool_bytes"] + c["rx_sw_bytes"],
            "pool RXP": c["rx_pool_frames"], "pool RXB": c["rx_pool_bytes"],
            "software RXP": c["rx_sw_frames"], "software RXB": c["rx_sw_bytes"],
            "TXP": c["tx_frames"], "TXB": c["tx_bytes"], "RXERR": c["rx_errors"],
            "TXERR": c["tx_errors"], "late": c["rx_dropped"]}


def ethtool(scene, dev):
    lines = scene.dom0.run(f"ethtool -S {dev}").out.splitlines()[1:]
    return {name: int(value) for name, _, value in (line.strip().partition(": ")
                                                    for line in lines)}


def by_ethtool(scene, guest):
    pool = story.pool_row(scene.lab, guest)["pool"]
    return {**of_counters(ethtool(scene, guest.vif)),
            "NOBUF": ethtool(scene, scene.dev)[f"pool{pool}_hw_rx_dropped"]}


def by_ip(scene, guest):
    stats = json.loads(scene.dom0.run(f"ip -j -s link show {guest.vif}").out)[0]["stats64"]
    to, of = stats["tx"], stats["rx"]
    return {"RXP": to["packets"], "RXB": to["bytes"], "RXERR": to["errors"],
            "dropped": to["dropped"], "TXP": of["packets"], "TXB": of["bytes"],
            "TXERR": of["errors"]}


def by_xentop(scene, guest):
    lines = scene.dom0.run("xentop -b -n -f -i 1").out.splitlines()
    for number_of_line, line in enumerate(lines):
        if line.split()[:1] == [guest.name]:
            found = XENTOP.search(lines[number_of_line + 1])
            check(found, "xentop says of", guest.name, lines[number_of_line + 1])
            return {name: int(found[group]) for name, group in XENTOP_COLUMNS}
    check(False, "xentop does not list", guest.name)


OTHERS = {"vmdqctl": by_vmdqctl, "ethtool -S": by_ethtool, "ip -s link": by_ip,
          "xentop": by_xentop}


def bracketed(scene, guest):
    """Under load: no less than what the others said before, no more than what they say after."""
    before = {who: look(scene, guest) for who, look in OTHERS.items()}
    said = by_vmdqtop(scene, guest)
    after = {who: look(scene, guest) for who, look in OTHERS.items()}
    for who, values in before.items():
        for name, value in values.items():
            check(value <= said[name] <= after[who][name], f"{guest.vif}: vmdqtop has {name} as",
                  said[name], f"and {who} as {value} before, {after[who][name]} after")
    return said


def equal(scene, guest):
    """Without load. A frame may come between the readings: then they are taken again."""
    while True:
        before = by_vmdqctl(scene, guest)
        said = by_vmdqtop(scene, guest)
        others = {who: look(scene, guest) for who, look in OTHERS.items()}
        if by_vmdqctl(scene, guest) == before:
            break
    for who, values in others.items():
        for name, value in values.items():
            check(said[name] == value, f"{guest.vif}: vmdqtop has {name} as", said[name],
                  f"and {who} as", value)


@contextlib.contextmanager
def load(scene, guests):
    """Frames to and from each guest, by its pool and by software."""
    sending = [scene.lab.wire.start(guest.mac, rate=RATE) for guest in guests]
    sending.append(scene.lab.wire.start(BROADCAST, rate=RATE // 4))
    from_guests = [start_sending(guest, scene.lab.wire.mac, rate=RATE // 4)[0]
                   for guest in guests]
    try:
        yield
    finally:
        for stream in sending:
            stream.stop()
        for process in from_guests:
            process.signal()
            process.wait()


def at_their_levels(scene):
    guests = scene.guests(**GUESTS)
    for guest in guests:
        story.wait_level(scene.lab, guest, LEVELS[guest.name])
    return guests


def test_agrees(scene):
    guests = at_their_levels(scene)
    with load(scene, guests):
        for guest in guests:
            first = bracketed(scene, guest)
            second = bracketed(scene, guest)
            for name in ("pool RXP", "software RXP", "TXP"):
                check(second[name] > first[name], f"{guest.vif}: no load by {name}:", second)
    for guest in guests:
        equal(scene, guest)


def test_gauges(scene):
    guests = at_their_levels(scene)
    for guest in guests:
        story.deliver(scene.lab, guest, 50)
        while True:
            before = story.vif_row(scene.lab, guest)["counters"]
            row = rows_of(scene.dom0.run("vmdqtop -b -t -i 1").out)[
                guest.vif, LEVELS[guest.name]]
            pool = story.pool_row(scene.lab, guest)
            after = story.vif_row(scene.lab, guest)
            if after["counters"] == before:
                break
        c = after["counters"]
        size = story.listing(scene.lab)["ports"][0]["ring_size"]
        check(row["PORT"] == after["port"] and int(row["POOL"]) == after["pool"], row, after)
        check(row["RING"] == f"{100 * pool['posted_now'] / size:.0f}%", row, pool)
        check(int(row["MAPPED"]) == c["pool_grant_maps"] - c["pool_grant_unmaps"], row, c)
        check((int(row["MAPPED"]) > 0) == (LEVELS[guest.name] == "grant"), row)
        check(abs(float(row["F/INT"]) - after["ratios"]["frames_per_interrupt"]) < 0.01, row,
              after["ratios"])


def test_rates(scene):
    """Of the middle of a steady stream, beside what the counters say of all of it."""
    guest, _ = at_their_levels(scene)
    with load(scene, [guest]):
        # when it is within a look that the counters are read is not known
        looks = [time.monotonic()]
        before = story.counters(scene.lab, guest)
        looks.append(time.monotonic())
        rows = rows_of(scene.dom0.run("vmdqtop -b -n -d 3 -i 2").out)
        looks.append(time.monotonic())
        after = story.counters(scene.lab, guest)
        looks.append(time.monotonic())
    frames = after["rx_pool_frames"] - before["rx_pool_frames"]
    least, most = frames / (looks[3] - looks[0]), frames / (looks[2] - looks[1])
    size = ((after["rx_pool_bytes"] - before["rx_pool_bytes"]) /
            (after["rx_pool_frames"] - before["rx_pool_frames"]))
    row = rows[guest.vif, "by-pool"]
    said = number(row, "RXP/s")
    print(f"{said:.0f} frames a second, and by the counters {least:.0f} to {most:.0f}")
    check(0.9 * least < said < 1.1 * most, "frames a second:", row, "by the counters:", least, most)
    check(abs(number(row, "RXB/s") / said - size) < 0.1 * size, "bytes:", row, "a frame:", size)
    check(number(rows[guest.vif, "by-sw"], "RXP/s") > 0, "by software:", rows)
    check(number(rows[guest.vif, "grant"], "TXP/s") > 0, "from the guest:", rows)
    check(number(rows[guest.vif, "grant"], "F/INT") > 0, "frames per interrupt:", rows)


@contextlib.contextmanager
def on_terminal(scene, options, rows=24, columns=80):
    """vmdqtop on a VT100 in dom0; gives the Terminal and the Process."""
    program = os.path.join(image.LAB, "onpty")
    image.compile_static(os.path.join(image.HERE, "onpty.c"), program)
    with open(program, "rb") as f:
        scene.dom0.put(ONPTY, f.read(), 0o755)
    with open(TERMINFO, "rb") as f:
        scene.dom0.run("mkdir -p /tmp/terminfo/v")
        scene.dom0.put("/tmp/terminfo/v/vt100", f.read())
    terminal = Terminal(rows, columns)
    process = scene.dom0.start(f"TERM=vt100 TERMINFO=/tmp/terminfo exec {ONPTY} {rows}x{columns} "
                               f"vmdqtop {options}", sink=terminal.feed)
    terminal.write = process.write
    try:
        yield terminal, process
    finally:
        process.signal()
        process.wait(check=False)
        scene.dom0.run(f"rm -r {ONPTY} /tmp/terminfo")


def cells(line):
    return line.split()


def find(lines, vif):
    """The line of a vif."""
    return next((n for n, line in enumerate(lines) if vif in cells(line)), None)


def same_as_batch(scene, guests, terminal):
    """Wait until the screen shows what the batch mode prints; returns both.

    A frame may come in between: then both are looked at again.
    """
    while True:
        before = [story.counters(scene.lab, guest) for guest in guests]
        batch = rows_of(scene.dom0.run("vmdqtop -b -t -i 1").out)
        wanted = [batch[guest.vif, LEVELS[guest.name]] for guest in guests]
        try:
            return terminal.wait(lambda seen: all(agrees(seen, row) for row in wanted),
                                 "as the batch mode prints it", 20), batch
        except AssertionError:
            if before == [story.counters(scene.lab, guest) for guest in guests]:
                raise


def agrees(lines, row):
    """Whether a line of the screen shows what the batch mode does, where numbers are short."""
    if find(lines, row["VIF"]) is None:
        return False
    shown = dict(zip(cells(lines[3]), cells(lines[find(lines, row["VIF"])])))
    exact = {name: text for name, text in row.items()
             if name in shown and not re.fullmatch(r"\d{6,}|\d+\.\d+", text)}
    return {name: shown[name] for name in exact} == exact


def parts(lines, vif):
    """What stands below a vif, as far as it is on the screen yet."""
    at = find(lines, vif)
    return None if at is None else [cells(line)[:1] for line in lines[at + 1:at + 3]]


def test_screen(scene):
    guests = at_their_levels(scene)
    for guest in guests:
        equal(scene, guest)
    with on_terminal(scene, "-d 1 -t") as (terminal, process):
        lines, batch = same_as_batch(scene, guests, terminal)
        check(re.fullmatch(r"vmdqtop - \d\d:\d\d:\d\d   vmdq \S+   every 1\.0 s", lines[0]),
              "title:", lines[0])
        check(re.fullmatch(r"1 port: \d+ pools, \d+ taken, \d+ free", lines[1]), lines[1])
        check(" 1 grant, 1 copy," in lines[2], lines[2])
        check(cells(lines[3])[:4] == ["NAME", "VIF", "POOL", "STATE"] and
              cells(lines[3])[-1] in ("MAPPED", "F/INT"), "header:", lines[3])
        check(terminal.screen.has(3, REVERSE) == list(range(80)), "the header is not reverse")
        check(lines[23].startswith(" Delay  Networks  Repeat header"), "keys:", lines[23])

        sorted_by = terminal.screen.has(3, BOLD)
        terminal.type("s")
        terminal.wait(lambda _: terminal.screen.has(3, BOLD) not in ([], sorted_by),
                      "another column to sort by")
        terminal.type("n")
        terminal.wait(lambda seen: parts(seen, guests[0].vif) == [["by-pool"], ["by-sw"]],
                      "the parts")
        terminal.type("N")
        terminal.resize(24, 132)
        lines = terminal.wait(lambda seen: "PORT" in seen[3] and seen[23], "132 columns")
        check(batch[guests[0].vif, "grant"]["PORT"] in lines[find(lines, guests[0].vif)], lines)
        terminal.resize(10, 40)
        lines = terminal.wait(lambda seen: seen[3].endswith("RXP") and seen[9], "40 columns")
        terminal.type("q")
        check(process.wait(30, check=False).status == 0, "it does not end well")


def below_the_time(terminal):
    """What is on the screen now, but for the line with the time."""
    return [line.rstrip() for line in terminal.wait(lambda _: True, "a screen")[1:]]


def test_tmux(scene):
    """In tmux it shows what it shows on the VT100 of ours, and follows its keys and its size."""
    guests = at_their_levels(scene)
    for guest in guests:
        equal(scene, guest)
    with on_tmux(scene.dom0, "vmdqtop -d 1 -t") as pane:
        same_as_batch(scene, guests, pane)
        pane.type("n")
        for rows, columns in ((24, 80), (24, 132), (10, 40)):
            pane.resize(rows, columns)
            with on_terminal(scene, "-d 1 -t", rows, columns) as (terminal, _):
                terminal.type("n")
                pane.wait(lambda lines: lines[1:] == below_the_time(terminal),
                          f"{rows}x{columns}, as the VT100")
        pane.type("q")
        scene.dom0.wait_for(f"! {pane.tmux} has-session", what="vmdqtop's end")


def test_screen_under_load(scene):
    """Rates appear, change, and end with the traffic; a vif that gets no pool has a row."""
    guests = at_their_levels(scene)
    a = guests[0]

    def rate(seen):
        line = find(seen, a.vif)
        if line is None or "RXP/s" not in cells(seen[3]):
            return None
        return dict(zip(cells(seen[3]), cells(seen[line]))).get("RXP/s", "-")

    with on_terminal(scene, "-d 1") as (terminal, process):
        with load(scene, guests):
            terminal.wait(lambda seen: (rate(seen) or "-").isdigit() and
                          int(rate(seen)) > RATE // 2, "the rate under load")
        terminal.wait(lambda seen: rate(seen) not in (None, "-") and
                      float(rate(seen).lstrip("<")) < RATE // 10, "the rate after it")
        try:
            scene.dom0.run(f"vmdqctl release {a.vif}")
            terminal.wait(lambda seen: find(seen, a.vif) is not None and
                          cells(seen[find(seen, a.vif)])[2:4] == ["-", "software"],
                          "the vif without a pool")
        finally:
            scene.dom0.run(f"vmdqctl assign {a.vif}")
        story.wait_level(scene.lab, a, "grant")
        terminal.wait(lambda seen: cells(seen[find(seen, a.vif) or 0])[3:4] == ["grant"],
                      "its pool again")
        terminal.type("\x1b")
        check(process.wait(30, check=False).status == 0, "it does not end well")
