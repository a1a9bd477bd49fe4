#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows that the operator's guide names every tracepoint of a vif, with its fields.

Each has a one-liner for perf and one for bpftrace, and these use no field that the event
does not have. Would fail if an event were added, renamed or lost a field without the guide.
"""

import os
import re
import sys
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*parts):
    with open(os.path.join(TOP, *parts), encoding="utf-8") as f:
        return f.read()


def events():
    """The events of vif_trace.h: {name: its fields}."""
    text = read("netback", "vif", "vif_trace.h")
    of_class, found = {}, {}
    for kind, name, body in re.findall(
            r"^(DECLARE_EVENT_CLASS|TRACE_EVENT)\((\w+),(.*?)^\);", text, re.M | re.S):
        fields = set(re.findall(r"__(?:field|array)\([\w ]+, (\w+)", body))
        (found if kind == "TRACE_EVENT" else of_class)[name] = fields
    for of, name in re.findall(r"^DEFINE_EVENT\((\w+), (\w+),", text, re.M):
        found[name] = of_class[of]
    return found


EVENTS = events()
SYSTEM = re.search(r"^#define TRACE_SYSTEM (\w+)$", read("netback", "vif", "vif_trace.h"), re.M)[1]
GUIDE = read("docs", "operator.md").split("## Watch it happen")[1].split("\n## ")[0]


class Guide(unittest.TestCase):
    """What the guide says of tracepoints."""

    def test_what_the_issue_wants_is_there(self):
        self.assertEqual(set(EVENTS), {"vif_" + name for name in
                                       ("attach", "detach", "post", "complete", "error")})
        for fields in EVENTS.values():
            self.assertLessEqual({"vif", "domid"}, fields)

    def test_each_has_a_line_for_perf_and_one_for_bpftrace(self):
        for tool, pattern in (("perf", rf"^perf .*-e {SYSTEM}:(\w+)"),
                              ("bpftrace", rf"^bpftrace -e 'tracepoint:{SYSTEM}:(\w+)")):
            self.assertEqual(set(re.findall(pattern, GUIDE, re.M)), set(EVENTS), tool)

    def test_the_table_has_each_with_its_fields(self):
        fields = None
        for name in re.findall(rf"^\| `{SYSTEM}:(\w+)`", GUIDE, re.M):
            row = re.search(rf"^\| `{SYSTEM}:{name}` \|[^|]*\|(.*)\|$", GUIDE, re.M)[1]
            said = set(re.findall(r"`(\w+)`", row))
            fields = fields if row.strip() == "the same" else said
            self.assertEqual(fields, EVENTS[name], name)
        self.assertEqual(set(re.findall(rf"^\| `{SYSTEM}:(\w+)`", GUIDE, re.M)), set(EVENTS))

    def test_lines_use_fields_that_there_are(self):
        used = 0
        for line in re.findall(r"^(?:perf|bpftrace) .*$", GUIDE, re.M):
            # Each probe of a line, to the next
            for name, body in re.findall(rf"{SYSTEM}:(\w+)(.*?)(?=tracepoint:|$)", line):
                fields = set(re.findall(r"args->(\w+)", body))
                fields |= set(re.findall(r"--filter '(\w+)", body))
                used += len(fields)
                self.assertLessEqual(fields, EVENTS[name], line)
        self.assertGreater(used, 8)

    def test_kinds_of_errors(self):
        text = read("netback", "vif", "vif_trace.h")
        numbered = re.findall(r"\tVIF_ERROR_(\w+),", text.split("enum vif_trace_error {")[1])
        said = re.findall(r"(\d) `(\w+)`", GUIDE)
        self.assertEqual([(int(n), name) for n, name in said],
                         list(enumerate(name.lower() for name in numbered)))
        self.assertEqual(re.findall(r"{ VIF_ERROR_(\w+), ", text), numbered)


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
