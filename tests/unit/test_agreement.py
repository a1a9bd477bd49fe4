#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows that what one part writes down twice, or two parts for each other, is the same.

The schema and the header and document made of it; the netlink family's C header and its YAML
spec; the names by which tools and kernel modules know one another's counters and scripts.
"""

import copy
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def path(*parts):
    return os.path.join(TOP, *parts)


def read(*parts):
    with open(path(*parts), encoding="utf-8") as f:
        return f.read()


def load_generator():
    """generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate",
                                                  path("xenstore-schema", "generate.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = load_generator()
SCHEMA = GENERATE.load()


class Schema(unittest.TestCase):
    """The generated header and document say what the schema says, and a bad schema is refused."""

    def test_header_has_every_constant(self):
        found = dict(re.findall(r'^#define (VMDQ_XS_\w+)\t+"(.*)"$', GENERATE.header(SCHEMA),
                                re.M))
        wanted = {}
        for node in SCHEMA["nodes"]:
            wanted["VMDQ_XS_" + node["name"]] = re.sub(
                r"{(\w+)}", lambda m: {"port": "%s"}.get(m[1], "%u"), node["path"])
        for enum, body in SCHEMA["enums"].items():
            for value in body["values"]:
                wanted[f"VMDQ_XS_{enum}_{value.upper()}"] = value
        self.assertEqual(found, wanted)

    def test_header_compiles_alone_and_twice(self):
        compiler = shutil.which("cc")
        with tempfile.TemporaryDirectory() as where:
            header = os.path.join(where, "vmdq_xenstore.h")
            GENERATE.write(header, GENERATE.header(SCHEMA))
            subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c",
                            "-include", header, "-include", header, "-"], input="int unused;\n",
                           text=True, check=True)

    def test_an_unchanged_header_is_left_alone(self):
        with tempfile.TemporaryDirectory() as where:
            header = os.path.join(where, "h")
            GENERATE.write(header, "one\n")
            os.utime(header, (1, 1))
            GENERATE.write(header, "one\n")
            self.assertEqual(os.stat(header).st_mtime, 1)
            GENERATE.write(header, "two\n")
            self.assertNotEqual(os.stat(header).st_mtime, 1)

    def test_document_is_up_to_date(self):
        self.assertEqual(read("docs", "xenstore.md"), GENERATE.doc(SCHEMA))

    def test_document_names_every_path(self):
        document = GENERATE.doc(SCHEMA)
        for node in SCHEMA["nodes"]:
            for one in GENERATE.full_paths(SCHEMA, node):
                self.assertIn(f"`{one}`", document)

    def test_document_draws_every_move(self):
        document = GENERATE.doc(SCHEMA)
        names = {"none": "[*]", "*": "any"}
        for move in SCHEMA["life"]["moves"]:
            for end in move["to"]:
                arrow = f"    {names.get(move['from'], move['from'])} --> {names.get(end, end)}: "
                self.assertIn("\n" + arrow, document)
                line = document.split(arrow, 1)[1].split("\n", 1)[0]
                self.assertLessEqual(set(move["who"]), set(line.split(", ")))

    def test_table_compiles_and_has_every_path(self):
        with tempfile.TemporaryDirectory() as where:
            table = os.path.join(where, "vmdq_rules.h")
            GENERATE.write(table, GENERATE.table(SCHEMA))
            shutil.copy(path("tools", "libvmdq", "rule.h"), where)
            subprocess.run([shutil.which("cc"), "-Wall", "-Wextra", "-Werror", "-Wno-unused",
                            "-fsyntax-only", "-I", where, "-x", "c", "-"], check=True, text=True,
                           input='#include "rule.h"\n#define VMDQ_XS_RULES\n'
                                 '#include "vmdq_rules.h"\n')
        paths = re.findall(r'\.path = "(.*)"', GENERATE.table(SCHEMA))
        self.assertEqual(paths, [one for node in SCHEMA["nodes"]
                                 for one in GENERATE.full_paths(SCHEMA, node)])
        self.assertEqual(len(paths), len(set(paths)))

    def refused(self, change, says):
        schema = copy.deepcopy(SCHEMA)
        change(schema)
        with self.assertRaisesRegex(GENERATE.SchemaError, says):
            GENERATE.verify(schema)

    def test_a_bad_schema_is_refused(self):
        def node(schema):
            return schema["nodes"][2]

        self.refused(lambda s: node(s).update(type="colour"), "unknown type colour")
        self.refused(lambda s: node(s).update(writer=["nobody"]), "nobody")
        self.refused(lambda s: node(s).update(permission="public"), "unknown permission")
        self.refused(lambda s: node(s).pop("permission"), "no permission")
        self.refused(lambda s: node(s).update(presence="often"), "unknown presence")
        self.refused(lambda s: node(s).update(section="attic"), "unknown section")
        self.refused(lambda s: node(s).update(type="uint"), "without a range")
        self.refused(lambda s: node(s).update(also=["NOWHERE"]), "NOWHERE")
        self.refused(lambda s: node(s).update(path="vmdq/vif/{who}"), "unknown parameter who")
        self.refused(lambda s: node(s).update(path="vmdq/0000:00:03.0"), "xenstored refuses")
        self.refused(lambda s: node(s).update(meaning=""), "no meaning")
        self.refused(lambda s: node(s).pop("life"), "no life")
        self.refused(lambda s: s["nodes"].append(node(s)), "defined twice")
        self.refused(lambda s: s["nodes"][-1].update({"in": "NOWHERE"}), "NOWHERE")
        self.refused(lambda s: s["nodes"][-1].update({"in": "ASSIGN"}), "is no directory")
        self.refused(lambda s: s["enums"].update(SHAPE={"meaning": "", "values": {}}), "shape")

    def test_a_bad_life_is_refused(self):
        def move(schema):
            return schema["life"]["moves"][0]

        self.refused(lambda s: move(s).update(to=["heaven"]), "unknown state heaven")
        self.refused(lambda s: move(s).update(who=["fate"]), "unknown mover fate")
        self.refused(lambda s: s["life"]["moves"].append(move(s)), "twice")
        self.refused(lambda s: s["life"]["states"].pop("error"), "no state error")
        self.refused(lambda s: s["life"]["states"].update(limbo=""), "nobody moves a vif to limbo")


class Netlink(unittest.TestCase):
    """vmdq.yaml and vmdq_netlink.h describe the same family."""

    def test_spec_and_header_agree(self):
        done = subprocess.run([path("netback", "vmdq", "check-spec")], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_the_tools_use_no_other_names(self):
        header = read("netback", "vmdq", "vmdq_netlink.h")
        used = set(re.findall(r"\bVMDQ_(?:A|CMD|POOL|FAMILY)_[A-Z_]+\b",
                              read("tools", "libvmdq", "netlink.c")))
        self.assertTrue(used)
        for name in used:
            self.assertRegex(header, rf"\b{name}\b")


class Names(unittest.TestCase):
    """The kernel's names that the tools rely on exist."""

    def test_counters_that_vmdqctl_shows(self):
        counted = set(re.findall(r"VIF_STAT\((\w+)\)", read("netback", "vif", "ethtool.c")))
        shown = set(re.findall(r'value\(&c, "(\w+)"', read("tools", "vmdqctl", "list.c")))
        self.assertTrue(shown)
        self.assertEqual(shown - counted, set())

    def test_counters_that_vmdqtop_shows(self):
        rates = read("tools", "vmdqtop", "rates.c")
        of_vifs = set(re.findall(r"VIF_STAT\((\w+)\)", read("netback", "vif", "ethtool.c")))
        shown = set(re.findall(r' value\(c, "(\w+)"\)', rates))
        shown |= set(re.findall(r'vmdq_counter\(c->now, "(\w+)"\)', rates))
        self.assertGreater(len(shown), 8)
        self.assertEqual(shown - of_vifs, set())
        ratios = read("tools", "libvmdq", "ratios.c").split("VMDQ_RATIO_COUNT] = {")[1]
        used = set(re.findall(r'"((?:pool|rx)_[a-z_]+)"', ratios.split("};")[0]))
        self.assertGreater(len(used), 5)
        self.assertEqual(used - of_vifs, set())

        port = read("netback", "igb", "igb_ethtool.c").split("pool_names[] = {")[1].split("};")[0]
        of_pools = set(re.findall(r'"(\w+)"', port))
        listed = set(re.findall(r'"(\w+)"', rates.split("pool_counters[] = {")[1].split("};")[0]))
        shown = set(re.findall(r'pool_value\(c, p->index, "(\w+)"\)', rates))
        self.assertEqual(shown, listed)
        self.assertEqual(shown - of_pools, set())

    def test_script(self):
        kernel = re.search(r'#define VIF_SCRIPT\t"(.*)"', read("netback", "vif", "xenbus.c"))[1]
        tools = re.search(r'#define VMDQ_SCRIPT\t"(.*?)"', read("tools", "libvmdq", "store.h"))[1]
        self.assertEqual(kernel, tools)
        self.assertTrue(os.access(path("tools", kernel), os.X_OK))

    def test_operators_guide_has_every_exit_status(self):
        statuses = re.findall(r"^\tVMDQ_S_\w+ = (\d+),", read("tools", "libvmdq", "error.h"), re.M)
        guide = read("docs", "operator.md").split("## Exit statuses")[1]
        self.assertTrue(statuses)
        self.assertEqual(re.findall(r"^\| (\d+) \|", guide, re.M), statuses)

    def test_manual_has_every_command_option_and_exit_status(self):
        manual = read("tools", "man", "vmdqctl.8")
        source = read("tools", "vmdqctl", "main.c")
        commands = re.findall(r'^\t{ "(\w+)", cmd_', source, re.M)
        options = re.findall(r'^\t\t{ "([\w-]+)", \w+, NULL, \'(\w)\' }', source, re.M)
        self.assertTrue(commands and options)
        self.assertEqual(re.findall(r"^\.It Cm (\w+)$", manual, re.M), commands)
        self.assertEqual(re.findall(r"^\.It Fl (\w) , -([\w-]+)", manual, re.M),
                         [(letter, word) for word, letter in options])
        statuses = re.findall(r"^\tVMDQ_S_\w+ = (\d+),", read("tools", "libvmdq", "error.h"), re.M)
        self.assertEqual(re.findall(r"^\.It (\d+)$", manual, re.M), statuses)
        completion = read("tools", "vmdqctl.bash-completion")
        self.assertEqual(re.search(r'commands="(.*)"', completion)[1].split(), commands)
        self.assertEqual(re.search(r'options="(.*)"', completion)[1].split(),
                         ["--" + word for word, _ in options])

    def test_manual_of_vmdqtop_has_every_option_and_column(self):
        manual = read("tools", "man", "vmdqtop.1")
        source = read("tools", "vmdqtop", "options.c")
        options = re.findall(r'^\t\t{ "([\w-]+)", \w+, NULL, \'(\w)\' }', source, re.M)
        self.assertTrue(options)
        self.assertEqual(re.findall(r"^\.It Fl (\w) , -([\w-]+)", manual, re.M),
                         [(letter, word) for word, letter in options])
        completion = read("tools", "vmdqtop.bash-completion")
        self.assertEqual(re.search(r'options="(.*)"', completion)[1].split(),
                         ["--" + word for word, _ in options])

        layout = read("tools", "vmdqtop", "layout.c")
        columns = {place: (total, rate or total) for place, total, rate in re.findall(
            r'^\t\[(TOP_\w+)\] = { "(\S+)", (?:NULL|"(\S+)"),', layout, re.M)}
        order = re.findall(r"^\t(TOP_\w+),$", read("tools", "vmdqtop", "rates.h"), re.M)
        order = [place for place in order if place in columns]
        self.assertEqual(len(order), len(columns))
        listed = manual.split("The columns are:")[1].split(".El")[0]
        self.assertEqual(re.findall(r"^\.It Cm (\S+)$", listed, re.M),
                         [columns[place][1] for place in order])
        self.assertEqual(re.search(r'columns="(.*)"', completion)[1].split(),
                         [columns[place][0] for place in order])
        # what is left out, and in which order; two columns always stay
        kept = re.findall(r"TOP_\w+", layout.split("kept[] = {")[1].split("};")[0])
        gone = [columns[place][1] for place in reversed(kept[2:])]
        said = manual.split("the first first:")[1].split("A terminal")[0]
        self.assertEqual(re.findall(r"[A-Z/s]{2,}", re.sub(r"^\.Cm", "", said, flags=re.M)), gone)
        guide = read("docs", "operator.md").split("are left out")[1].split("\n")[0]
        self.assertEqual(re.findall(r"`([A-Z/s]+)`", guide)[:len(gone)], gone)

    def test_manual_of_the_coordinator_has_every_option_and_number(self):
        manual = read("tools", "man", "vmdqd.8")
        options = re.findall(r'^\t\t{ "([\w-]+)", \w+, NULL, \'(\w)\' }',
                             read("tools", "vmdqd", "main.c"), re.M)
        self.assertTrue(options)
        self.assertEqual(re.findall(r"^\.It Fl (\w) , -([\w-]+)", manual, re.M),
                         [(letter, word) for word, letter in options])
        plan = read("tools", "vmdqd", "plan.h")
        number = {name: int(value) for name, value in
                  re.findall(r"^#define PLAN_(\w+)\s+(\d+)\b", plan, re.M)}
        window = number["SAMPLE_MS"] * number["SAMPLES"] // 1000
        busy, ratio = number["BUSY"], {2: "twice"}[number["RATIO"]]
        text = " ".join(manual.split())
        self.assertIn(f"for {window} seconds, in every sample of {number['SAMPLE_MS'] // 1000} "
                      f"seconds, it received more than {ratio}", text)
        self.assertIn(f"{busy} a second more", text)
        self.assertIn(f"down or away for {number['PORT_GRACE_MS'] // 1000} seconds", text)
        guide = " ".join(read("docs", "operator.md").split())
        self.assertIn(f"when for {window} s, in each sample of {number['SAMPLE_MS'] // 1000} s, "
                      f"it received more than {ratio}", guide)
        self.assertIn(f"{busy} frames a second more", guide)

    def test_manual_of_the_configuration_has_every_key(self):
        known = re.findall(r'^\t*{ "(\w+)", ', read("tools", "libvmdq", "conf.c"), re.M)
        self.assertTrue(known)
        manual = read("tools", "man", "vmdq.conf.5").split("The keys are:")[1]
        self.assertEqual(re.findall(r"^\.It Cm (\w+)$", manual, re.M), known)

    def test_highest_pool_that_the_configuration_takes(self):
        node = next(n for n in SCHEMA["nodes"] if n["name"] == "REQUEST_POOL")
        low, high = node["range"]
        self.assertIn(f"#define VMDQ_XS_REQUEST_POOL_MAX\t{high}\n", GENERATE.header(SCHEMA))
        self.assertIn(f"The number of a pool, {low} to {high}:", read("tools", "man", "vmdq.conf.5"))

    def test_script_knows_the_status_that_stops_a_domain(self):
        status = re.search(r"VMDQ_S_REQUIRED = (\d+)", read("tools", "libvmdq", "error.h"))[1]
        script = re.search(r"^REQUIRED=(\d+)$", read("tools", "vif-vmdq"), re.M)[1]
        self.assertEqual(status, script)


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
