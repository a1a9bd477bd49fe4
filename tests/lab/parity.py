# SPDX-License-Identifier: GPL-2.0
"""Rows that hold our netback against xen-netback: the same steps on both, in one lab.

A test of SETUP "vmdq" has both backends in one dom0; the hotplug script of a vif
says whose it is. A row is a function of a Backend that does something, checks what
must hold and says in a few words what came out; the words must be the same in each
run, so no figures that vary. compare() runs it on both, and keeps what they said
for docs/parity.md.
"""

import inspect
import json
import os

import image
from scene import check

RESULTS = os.path.join(image.LAB, "parity.json")


class Backend:
    """One of the two, as a row needs to know it."""

    def __init__(self, name, script):
        self.name = name        # the driver in dom0, as sysfs calls its module
        self.script = script    # hotplug script that a vif of it has

    def __str__(self):
        return self.name


STOCK = Backend("xen-netback", "vif-bridge")
OURS = Backend("vmdq_netback", "vif-vmdq")


def compare(feature, row, better=None):
    """Run row(backend) for both; fail unless ours says what stock says.

    better is what ours may say instead, where it can do more.
    """
    caller = inspect.stack()[1]
    test = f"{caller.frame.f_globals['__name__'].removeprefix('test_')}"
    said = {backend: row(backend) for backend in (STOCK, OURS)}
    record(feature, test, said[STOCK], said[OURS])
    check(said[OURS] in (said[STOCK], better),
          f"{feature}: {STOCK} says {said[STOCK]!r}, {OURS} says {said[OURS]!r}")


def record(feature, test, stock, ours):
    """Keep a result for docs/parity.md."""
    kept = results()
    kept["rows"][feature] = {"test": test, "stock": stock, "ours": ours}
    keep(kept)


def begin(tests):
    """These test files are about to run, all of each: they will say everything anew."""
    kept = results()
    keep({"whole": [t for t in kept["whole"] if t not in tests],
          "rows": {f: row for f, row in kept["rows"].items() if row["test"] not in tests}})


def end(tests):
    """These test files have run and not failed: they have no other rows."""
    kept = results()
    keep(dict(kept, whole=sorted({*kept["whole"], *tests})))


def keep(kept):
    os.makedirs(os.path.dirname(RESULTS), exist_ok=True)
    with open(RESULTS + ".new", "w", encoding="utf-8") as f:
        json.dump(kept, f, indent=1, sort_keys=True)
    os.rename(RESULTS + ".new", RESULTS)


def results():
    """All that was recorded: {"whole": test files that said it all, "rows": {feature: row}}."""
    try:
        with open(RESULTS, encoding="utf-8") as f:
            found = json.load(f)
    except FileNotFoundError:
        found = {}
    # an older lab kept the rows alone
    return found if "rows" in found else {"whole": [], "rows": {}}
