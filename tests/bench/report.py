# SPDX-License-Identifier: GPL-2.0
"""Rows of results.json from what the machines measured, the table of them, and what is to
be reached."""

import dataclasses
import statistics

from plan import BETWEEN, COPY, GRANT, MACHINES, PACED, RECEIVE, SATURATED, SOFTWARE, STOCK, TRANSMIT
from window import SPREAD, spread

KEY = ("scenario", "direction", "frame", "offered", "guests", "iommu")
POOL = (COPY, GRANT)


def key(row):
    """Which cell it is."""
    return tuple(row[k] for k in KEY)


def rows(cells, measured):
    """One row for each cell and backend, each held against stock's of the same cell.

    cells: {number: Cell}; measured: lines of machine.py.
    """
    found = []
    for line in measured:
        if "failed" in line:
            continue
        cell = cells[line["cell"]]
        counted = line["counted"]
        found.append({
            **{name: getattr(cell, name) for name in KEY},
            "backend": line["backend"],
            "dom0_insn": round(statistics.median(line["dom0"])),
            "guest_insn": round(statistics.median(line["guest"])),
            "per": cell.per, "spread": round(spread(line["dom0"]), 4),
            "windows": len(line["dom0"]), "pieces": line["pieces"],
            "delivered": round(line["delivered"]), "lost": line["lost"],
            "rate": round(line["rate"], 1),
            "hypercalls": round(counted["hypercalls"], 4),
            "grant_ops": counted.get("grant_ops"),
            "interrupts": counted["interrupts"], "notifications": counted["notifications"],
            "kicks": counted["kicks"],
            # what a batch is made of is frames, and TCP's rows are of MB
            "batches": counted.get("batches") if cell.scenario == "frames" else None,
        })
    stock = {key(r): r for r in found if r["backend"] == STOCK}
    for row in found:
        of = stock.get(key(row))
        row["ratio_to_stock"] = round(row["dom0_insn"] / of["dom0_insn"], 3) if of else None
        row["guest_ratio_to_stock"] = (round(row["guest_insn"] / of["guest_insn"], 3)
                                       if of and of["guest_insn"] else None)
    return with_one_guest(found)


def uncertain(results):
    """The cells of which a row's windows differ by more than they should."""
    return {key(r) for r in results if (r.get("spread") or 0) > SPREAD}


def replaced(results, again):
    """Results in which cells that were measured again have the rows of that."""
    cells = {key(r) for r in again}
    return with_one_guest([r for r in results if key(r) not in cells] + again)


# -- what is to be reached ----------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Target:
    """A ratio that no row of those that match may exceed."""
    text: str
    limit: float
    backends: tuple
    where: dict
    column: str = "ratio_to_stock"

    def match(self, row):
        return row["backend"] in self.backends and all(
            row[name] in (value if isinstance(value, tuple) else (value,))
            for name, value in self.where.items())

    def worst(self, results):
        """The row with the highest ratio, or None where nothing was measured."""
        matching = [r for r in results if self.match(r) and r.get(self.column) is not None]
        return max(matching, key=lambda r: r[self.column], default=None)


def missing(cells, results):
    """Of these cells, with each of their backends, those that have no row."""
    have = {(key(r), r["backend"]) for r in results}
    return [f"{cell} by {backend}" for cell in cells for machine in MACHINES
            for backend in cell.backends(machine) if (key(vars(cell)), backend) not in have]


ONE = {"guests": 1, "iommu": "off"}
FRAMES = {**ONE, "scenario": "frames"}
TARGETS = (
    Target("guest RX, 60 and 1514 bytes, saturated, `grant`", 0.20, (GRANT,),
           {**FRAMES, "direction": RECEIVE, "offered": SATURATED, "frame": (60, 1514)}),
    Target("the same, `copy`", 0.18, (COPY,),
           {**FRAMES, "direction": RECEIVE, "offered": SATURATED, "frame": (60, 1514)}),
    Target("guest RX, paced 1,000/s, either level", 0.60, POOL,
           {**FRAMES, "direction": RECEIVE, "offered": PACED, "frame": (60, 1514)}),
    Target("guest RX, TCP bulk, per MB, `grant`", 0.60, (GRANT,),
           {**ONE, "scenario": "tcp bulk", "direction": RECEIVE}),
    Target("the same, `copy`", 0.60, (COPY,),
           {**ONE, "scenario": "tcp bulk", "direction": RECEIVE}),
    Target("guest TX, 1514 bytes, with a pool", 0.80, POOL,
           {**FRAMES, "direction": TRANSMIT, "frame": 1514}),
    Target("guest TX, TCP bulk, with a pool", 0.80, POOL,
           {**ONE, "scenario": "tcp bulk", "direction": TRANSMIT}),
    Target("software queue, to the guest", 1.05, (SOFTWARE,), {**FRAMES, "direction": RECEIVE}),
    Target("software queue, from the guest", 1.05, (SOFTWARE,),
           {**FRAMES, "direction": (TRANSMIT, BETWEEN)}),
    Target("7 guests against 1, with a pool", 1.10, POOL,
           {"scenario": "frames", "direction": RECEIVE, "guests": 7}, "ratio_to_one_guest"),
    Target("guest instructions a packet, with a pool", 1.05, POOL,
           {"scenario": "frames", "iommu": "off"}, "guest_ratio_to_stock"),
)


# What was reached when this was written, and some: make check says when it is lost
GUARDS = (
    Target("guest RX, 60 bytes, saturated, grant", 0.40, (GRANT,),
           {**FRAMES, "direction": RECEIVE, "offered": SATURATED, "frame": 60}),
    Target("guest RX, 60 bytes, saturated, copy", 0.33, (COPY,),
           {**FRAMES, "direction": RECEIVE, "offered": SATURATED, "frame": 60}),
    Target("guest TX, 1514 bytes, any level", 0.60, (SOFTWARE, *POOL),
           {**FRAMES, "direction": TRANSMIT, "frame": 1514}),
    Target("guest RX, TCP bulk, copy", 0.70, (COPY,),
           {**ONE, "scenario": "tcp bulk", "direction": RECEIVE}),
    Target("guest TX, TCP bulk, with a pool", 0.75, POOL,
           {**ONE, "scenario": "tcp bulk", "direction": TRANSMIT}),
)


def with_one_guest(results):
    """The rows in their order; those of several guests with their ratio to the same with one."""
    same = [k for k in (*KEY, "backend") if k != "guests"]
    one = {tuple(r.get(k) for k in same): r for r in results if r.get("guests") == 1}
    for row in results:
        of = one.get(tuple(row.get(k) for k in same))
        row["ratio_to_one_guest"] = round(row["dom0_insn"] / of["dom0_insn"], 3) if of else None
    return sorted(results, key=lambda r: [str(r.get(k)) for k in KEY])


def reached(results, targets=TARGETS):
    """[(Target, its worst row)] of those that were measured."""
    return [(t, row) for t in targets if (row := t.worst(results))]


# -- as text ------------------------------------------------------------------

COLUMNS = [("what", 34), ("backend", 14), ("dom0+Xen", 10), ("spread", 7), ("ratio", 6),
           ("guest", 9), ("ratio", 6), ("irqs", 6), ("events", 6), ("lost", 6)]


def named(row):
    words = [row["scenario"] if row["scenario"] != "frames" else "", row["direction"],
             row["frame"] or "", row["offered"] or "",
             f"{row['guests']} guests" if row["guests"] > 1 else "",
             "IOMMU" if row["iommu"] != "off" else ""]
    return " ".join(str(w) for w in words if w)


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


def table(results, targets=TARGETS):
    """All rows as text."""
    lines = [" ".join(f"{name:>{width}}" for name, width in COLUMNS)]
    for r in (r for r in results if r["scenario"] != "change"):
        values = [named(r), r["backend"], f"{r['dom0_insn']}", f"{r['spread']:.1%}",
                  ratio(r["ratio_to_stock"]), f"{r['guest_insn']}",
                  ratio(r["guest_ratio_to_stock"]), f"{r['interrupts']:.2f}",
                  f"{r['notifications']:.2f}", f"{r['lost']}"]
        lines.append(" ".join(f"{v:>{width}}" for v, (_, width) in zip(values, COLUMNS)))
    lines += [f"{r['direction']:>34} {r['backend']:>14}: {r['ms'][1]} ms, {r['lost']} of "
              f"{r['lost'] + r['delivered']} frames lost"
              for r in results if r["scenario"] == "change"]
    lines += [f"{'reached' if row[t.column] <= t.limit else 'MISSED':8} {row[t.column]:.3f} of "
              f"{t.limit:.2f}  {t.text} ({named(row)}, {row['backend']})"
              for t, row in reached(results, targets)]
    return "\n".join(lines)
