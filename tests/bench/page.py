# SPDX-License-Identifier: GPL-2.0
"""docs/benchmarks.md and its plots, from results.json and profile.json alone."""

import json
import os
import subprocess

import image
import report
from plan import (BETWEEN, COPY, DROP, GRANT, IMIX, OURS, PACED, RECEIVE, SATURATED, SOFTWARE,
                  STOCK, TRANSMIT)
from report import named, ratio

HERE = os.path.dirname(os.path.abspath(__file__))
TEMPLATE = os.path.join(HERE, "benchmarks.md.in")
OUT = os.path.join(image.BUILD, "bench")
DOCS = os.path.join(os.path.dirname(image.BUILD), "docs")
PROFILE_LINES = 14      # the functions that a profile's table names; the rest is one line


def number(value):
    return f"{value:,}"


def counted(value):
    return "-" if value is None else f"{value:.3f}"


# -- tables -------------------------------------------------------------------

def lines(heads, rows):
    """A table of Markdown; heads of numbers begin with ">"."""
    marks = ["---:" if h.startswith(">") else "---" for h in heads]
    found = [[h.lstrip(">") for h in heads], marks, *rows]
    return "\n".join("| " + " | ".join(str(v) for v in row) + " |" for row in found)


def frame_name(row):
    return {IMIX: "IMIX", None: ""}.get(row["frame"], row["frame"])


def results_table(results, **where):
    """Rows that match, as measured."""
    chosen = [r for r in results if all(
        r[k] in (v if isinstance(v, tuple) else (v,)) for k, v in where.items())]
    order = (STOCK, SOFTWARE, COPY, GRANT, DROP)
    chosen.sort(key=lambda r: (r["scenario"], r["offered"] or "", r["guests"],
                               r["direction"], r["frame"] if isinstance(r["frame"], int) else 10**6,
                               order.index(r["backend"])))
    return lines(
        ["Traffic", "Backend", ">dom0+Xen", ">to stock", ">guest", ">to stock", ">sum", ">spread",
         ">interrupts", ">notifications", ">kicks", ">hypercalls", ">grant ops", ">frames a batch",
         ">delivered", ">lost"],
        [[traffic(r), r["backend"], number(r["dom0_insn"]), ratio(r["ratio_to_stock"]),
          number(r["guest_insn"]), ratio(r["guest_ratio_to_stock"]),
          number(r["dom0_insn"] + r["guest_insn"]), f"{r['spread']:.1%}",
          counted(r["interrupts"]), counted(r["notifications"]), counted(r["kicks"]),
          counted(r["hypercalls"]), counted(r["grant_ops"]), f"{1 / r['batches']:.1f}" if r["batches"] else "-",
          number(r["delivered"]), number(r["lost"])] for r in chosen])


def traffic(row):
    if not row["offered"]:
        return f"{row['scenario'].removeprefix('tcp ')}, {row['direction']}"
    words = [frame_name(row), row["offered"], f"{row['guests']} guests" if row["guests"] > 1 else ""]
    return ", ".join(str(w) for w in words if w)


def lost_what(row):
    """What a row's column "lost" counts."""
    return "frames lost" if row["offered"] else "segments sent again"


def targets_table(results):
    return lines(["Ratio to stock, worst row", ">asked", ">measured", "", "which row"],
                 [[t.text, f"{t.limit:.2f}", f"{row[t.column]:.2f}",
                   "reached" if row[t.column] <= t.limit else "**missed**",
                   f"{named(row)}, {row['backend']}" +
                   (f" ({row['lost']} {lost_what(row)})" if row["lost"] else "")]
                  for t, row in report.reached(results)])


def profile_table(profile):
    """One column of instructions a unit for each backend; the dearest functions first."""
    names = sorted(profile, key=(STOCK, *OURS).index)
    functions = {f for backend in names for f in profile[backend]["functions"]}

    def cost(backend, function):
        return profile[backend]["functions"].get(function, 0)

    parts = [modules_table(profile, names)]
    for backend in names:
        first = sorted(functions, key=lambda f, b=backend: -cost(b, f))[:PROFILE_LINES]
        total = profile[backend]["total"]
        columns = [backend] if backend == STOCK else [backend, STOCK]
        rows = [[f"`{f.split(':')[1]}`", f.split(":")[0], f"{cost(backend, f) / total:.1%}",
                 *(f"{cost(c, f):.0f}" for c in columns)] for f in first]
        rest = {c: profile[c]["total"] - sum(cost(c, f) for f in first) for c in columns}
        rows += [["all others", "", f"{rest[backend] / total:.1%}",
                  *(f"{rest[c]:.0f}" for c in columns)]]
        parts.append(f"`{backend}`, instructions a {profile[backend]['per']}:\n\n" + lines(
            ["Function", "of", ">share", *(f">{c}" for c in columns)], rows))
    return "\n\n".join(parts)


def part(profile, backend, module):
    """A module's instructions, of a backend's for one unit; Linux itself is "linux"."""
    return sum(n for f, n in profile[backend]["functions"].items()
               if f.split(":")[0] == module)


def modules_table(profile, names):
    """Who executes them: Xen, the kernel and its modules."""
    modules = {f.split(":")[0] for b in names for f in profile[b]["functions"]}
    most = {m: max(part(profile, b, m) for b in names) for m in modules}
    shown = sorted((m for m in modules if most[m] > 0.01 * profile[STOCK]["total"]),
                   key=lambda m: -most[m])
    rows = [[f"`{m}`", *(f"{part(profile, b, m):.0f}" for b in names)] for m in shown]
    rows += [["all", *(f"{profile[b]['total']:.0f}" for b in names)],
             ["by Xen's clock of dom0", *(f"{profile[b]['accounted']:.0f}" for b in names)],
             ["hypercalls of dom0, all kinds", *(profile[b]["hypercalls"] for b in names)]]
    return lines(["Of", *(f">{b}" for b in names)], rows)


def xen_alone(profile, backend):
    """What a level of the pool would cost, of stock, if nothing but Xen's work cost anything."""
    return part(profile, backend, "xen") / profile[STOCK]["total"]


def floor(profile):
    """The same of both levels, in words."""
    return " and ".join(f"{xen_alone(profile, b):.2f} at `{b}`" for b in (COPY, GRANT))


def asked(profile):
    """Whether what is to be reached of saturated frames lies below that, in words."""
    limits = {b: t.limit for t in reversed(report.TARGETS) for b in t.backends
              if t.where.get("offered") == SATURATED}
    below = [b for b in (COPY, GRANT) if all(xen_alone(p, b) > limits[b]
                                             for p in (profile["small"], profile["receive"]))]
    return " and ".join(f"`{b}`" for b in below) or "neither level"


def crossing(results, iommu):
    """Which level is cheaper for saturated frames to one guest, by their size, in a sentence."""
    found = {}
    for r in results:
        if (r["scenario"], r["direction"], r["offered"], r["guests"], r["iommu"]) == (
                "frames", RECEIVE, SATURATED, 1, iommu) and r["frame"] != IMIX:
            found.setdefault(r["frame"], {})[r["backend"]] = r["dom0_insn"]
    cheaper = {frame: min((COPY, GRANT), key=cost.get) for frame, cost in sorted(found.items())}
    by = ", ".join(f"{frame} bytes: `{level}`, by "
                   f"{1 - found[frame][level] / max(found[frame][COPY], found[frame][GRANT]):.0%}"
                   for frame, level in cheaper.items())
    changes = len(set(cheaper.values())) - 1
    return f"{by}; " + ("they cross between these sizes" if changes else "they do not cross")


def machine_ratio(results, **where):
    """What dom0 and the guest cost together, against stock, for each level of the pool."""
    cost = {r["backend"]: r["dom0_insn"] + r["guest_insn"] for r in results
            if all(r[k] == v for k, v in where.items())}
    return " and ".join(f"{cost[b] / cost[STOCK]:.2f} at `{b}`" for b in (COPY, GRANT))


def changes_table(results):
    rows = [r for r in results if r["scenario"] == "change"]
    return lines(["Change", "Backend", ">ms, lowest", ">median", ">highest", ">instructions",
                  ">frames meanwhile", ">lost", ">doubled", ">displaced"],
                 [[r["direction"], r["backend"], *(f"{ms:.1f}" for ms in r["ms"]),
                   number(r["dom0_insn"]), number(r["delivered"] + r["lost"]), number(r["lost"]),
                   number(r["duplicated"]), number(r["reordered"])] for r in rows])


# -- plots --------------------------------------------------------------------

def plot_data(results, key, backends, **where):
    """Lines of a gnuplot histogram: key, and instructions by backend."""
    cells = {}
    for r in results:
        if all(r[k] == v for k, v in where.items()) and r["backend"] in backends:
            cells.setdefault(r[key], {})[r["backend"]] = r["dom0_insn"]
    rank = sorted(cells, key=lambda c: c if isinstance(c, int) else 1000)
    return [[c, *(cells[c].get(b, "NaN") for b in backends)] for c in rank]


PLOTS = {
    "receive": ("Guest RX, saturated: dom0+Xen instructions a frame", "bytes a frame", "frame",
                (STOCK, SOFTWARE, COPY, GRANT, DROP),
                {"scenario": "frames", "direction": RECEIVE, "offered": SATURATED, "guests": 1,
                 "iommu": "off"}),
    "paced": ("Guest RX, 1,000 frames a second: dom0+Xen instructions a frame",
              "bytes a frame", "frame", (STOCK, SOFTWARE, COPY, GRANT, DROP),
              {"scenario": "frames", "direction": RECEIVE, "offered": PACED, "guests": 1,
               "iommu": "off"}),
    "guests": ("Guest RX of 1514 bytes, saturated: dom0+Xen instructions a frame",
               "guests at once", "guests", (STOCK, SOFTWARE, COPY, GRANT),
               {"scenario": "frames", "direction": RECEIVE, "offered": SATURATED, "frame": 1514,
                "iommu": "off"}),
    "iommu": ("Guest RX, saturated, strict IOMMU: dom0+Xen instructions a frame",
              "bytes a frame", "frame", (STOCK, COPY, GRANT),
              {"scenario": "frames", "direction": RECEIVE, "offered": SATURATED, "guests": 1,
               "iommu": "strict"}),
}


def plot(name, results):
    """An SVG and a PNG in build/bench; returns whether there was anything to plot."""
    title, axis, key, backends, where = PLOTS[name]
    data = plot_data(results, key, backends, **where)
    if not data:
        return False
    path = os.path.join(OUT, name)
    with open(path + ".dat", "w", encoding="utf-8") as f:
        f.writelines(" ".join(f'"{v}"' if i == 0 else str(v) for i, v in enumerate(row)) + "\n"
                     for row in data)
    series = ", ".join(f'"{path}.dat" using {n + 2}:xtic(1) title "{b}"'
                       for n, b in enumerate(backends))
    for terminal, end in (("svg size 800,400 background 'white'", "svg"),
                          ("pngcairo size 800,400", "png")):
        subprocess.run(["gnuplot"], check=True, text=True, input=f"""
set terminal {terminal}
set output "{path}.{end}"
set title "{title}"
set xlabel "{axis}"
set style data histogram
set style fill solid 0.8
set boxwidth 0.9
set yrange [0:*]
set grid ytics
set key outside
plot {series}
""")
    return True


def plots(results):
    """All that can be drawn; returns their names."""
    return [name for name in PLOTS if plot(name, results)]


# -- the page -----------------------------------------------------------------

def render(results, profile, drawn):
    """The page's text."""
    frames = {"scenario": "frames", "iommu": "off"}
    tcp = ("tcp bulk", "tcp request/response")
    parts = {
        "targets": targets_table(results),
        "receive": results_table(results, **frames, direction=RECEIVE, guests=1),
        "transmit": results_table(results, **frames, direction=TRANSMIT, guests=1),
        "between": results_table(results, **frames, direction=BETWEEN),
        "tcp": results_table(results, scenario=tcp, iommu="off"),
        "guests": results_table(results, **frames, direction=RECEIVE, guests=(2, 4, 7)),
        "iommu": results_table(results, scenario="frames", iommu="strict"),
        "crossing": crossing(results, "off"),
        "crossing_strict": crossing(results, "strict"),
        "tcp_sum": machine_ratio(results, scenario="tcp bulk", direction=RECEIVE),
        "changes": changes_table(results),
        "floor_small": floor(profile["small"]),
        "floor": floor(profile["receive"]),
        "asked": asked(profile),
        **{f"profile_{name}": profile_table(found) for name, found in profile.items()},
        **{f"plot_{name}": f"![{PLOTS[name][0]}](benchmarks/{name}.svg)" if name in drawn else ""
           for name in PLOTS},
    }
    with open(TEMPLATE, encoding="utf-8") as f:
        text = f.read()
    for name, value in parts.items():
        text = text.replace("{{" + name + "}}", value)
    if "{{" in text:
        raise ValueError("nothing was measured for " + text[text.index("{{"):].split("}}")[0])
    return text


def write(results, profile):
    """docs/benchmarks.md and the plots that it shows."""
    drawn = plots(results)
    os.makedirs(os.path.join(DOCS, "benchmarks"), exist_ok=True)
    for name in drawn:
        with open(os.path.join(OUT, name + ".svg"), encoding="utf-8") as f:
            tidy = [line.rstrip() + "\n" for line in f]    # gnuplot leaves blanks at the ends
        with open(os.path.join(DOCS, "benchmarks", name + ".svg"), "w", encoding="utf-8") as f:
            f.writelines(tidy)
    with open(os.path.join(DOCS, "benchmarks.md"), "w", encoding="utf-8") as f:
        f.write(render(results, profile, drawn))


def load(name):
    with open(os.path.join(OUT, name), encoding="utf-8") as f:
        return json.load(f)
