#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows that kernel modules and tools use no path of xenstore that the schema does not have.

No path is written out in the sources: they use the constants that are made from the schema,
and who uses one is among its writers and readers there. Would fail if a path were written
as a literal, or if the schema named a reader or writer that does not use the node.
"""

import importlib.util
import os
import re
import subprocess
import sys
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SPEC = importlib.util.spec_from_file_location(
    "generate", os.path.join(TOP, "xenstore-schema", "generate.py"))
GENERATE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(GENERATE)
SCHEMA = GENERATE.load()

# What takes paths: xenbus, libxenstore, and what the sources have made of them.
TAKES_PATHS = (r"\b(?:xenbus_(?:read|write|printf|scanf|gather|exists|rm|mkdir|directory|"
               r"read_unsigned|watch_path|watch_pathfmt)|"
               r"xs_(?:read|write|rm|mkdir|directory|watch|set_permissions|get_permissions)|"
               r"vmdq_store_(?:path|get|put|write)|vif_feature|vif_assign_read|"
               r"get_node|get_backend|get_uint|get)\(")
# Beside constants: nothing, formats, slashes.
HARMLESS = re.compile(r"^(?:%[a-z]+|/)*$")
# What looks like a path, or the name of a node, wherever it stands.
TELLING = re.compile(r"^/?(?:local/domain/|backend/|device/|error/|vmdq/)|"
                     r"^(?:feature|request|multi-queue|event-channel|hotplug|queue)-[%a-z0-9-]+$|"
                     r"^[a-z]+-ring-ref$")
# Whose code is where.
PARTS = {"netback": {"backend"}, "tools": {"vif-vmdq", "vmdqctl", "vmdqd"}}


def sources(part):
    """Path and text of each C file below a folder, comments blanked out."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", part], cwd=TOP,
                            check=True, capture_output=True, text=True).stdout.split()
    for name in listed:
        if name.endswith((".c", ".h")) and os.path.isfile(os.path.join(TOP, name)):
            with open(os.path.join(TOP, name), encoding="utf-8") as f:
                yield name, without_comments(f.read())


def without_comments(text):
    """C without comments; lines stay where they are."""
    def blank(match):
        return match[0] if match[0][0] == '"' else re.sub(r"[^\n]", " ", match[0])

    return re.sub(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', blank, text, flags=re.S)


def arguments(text, start):
    """The arguments of a call, from behind its opening parenthesis."""
    depth, begin, found, i = 1, start, [], start
    while depth:
        char = text[i]
        if char == '"':
            i = re.compile(r'"(?:\\.|[^"\\])*"').match(text, i).end()
            continue
        depth += char in "({"
        depth -= char in ")}"
        if depth == 0 or (char == "," and depth == 1):
            found.append(text[begin:i])
            begin = i + 1
        i += 1
    return found


def literals_in_calls(text):
    """Each literal that is handed to what takes paths: (line, literal)."""
    for call in re.finditer(TAKES_PATHS, text):
        given = arguments(text, call.end())
        if call[0].startswith(("xs_watch", "vmdq_store_put")):
            given = given[:2]       # what follows is a token, or a value
        for literal in re.findall(r'"((?:\\.|[^"\\])*)"', " ".join(given)):
            yield text.count("\n", 0, call.start()) + 1, literal


def written_out(name, text):
    """What is wrong with one source."""
    for line, literal in literals_in_calls(text):
        if not HARMLESS.match(literal):
            yield f'{name}:{line}: "{literal}"'
    for match in re.finditer(r'"((?:\\.|[^"\\\n])*)"', text):
        if TELLING.match(match[1]) and "#include" not in text[text.rfind("\n", 0, match.start()):
                                                              match.start()]:
            yield f'{name}:{text.count(chr(10), 0, match.start()) + 1}: "{match[1]}"'


def users(node, part):
    """Those of a node's readers and writers whose code is in that part of the tree."""
    return (set(node["writer"] + node["reader"]) - set(node.get("indirect", []))) & PARTS[part]


class Paths(unittest.TestCase):
    """Paths are the schema's."""

    def test_no_path_is_written_out(self):
        found = [wrong for part in PARTS for name, text in sources(part)
                 for wrong in written_out(name, text)]
        self.assertEqual(found, [], "use a constant of vmdq_xenstore.h, made from the schema")

    def test_a_path_that_is_written_out_is_found(self):
        for line in ('xenbus_read(XBT_NIL, dir, "colour", NULL);',
                     'xenbus_scanf(XBT_NIL, f(dir, 1), "shape",\n "%u", &shape);',
                     'vmdq_store_path(store, path, VMDQ_XS_VIF "/%s/size", 1, 2, name);',
                     'get(&back, "script", script, sizeof(script));',
                     'xs_watch(xs, "vmdq/port", "token");',
                     'snprintf(path, sizeof(path), "/local/domain/%u/name", domid);',
                     'const char *names[] = { "feature-sg", NULL };',
                     'kasprintf(GFP_KERNEL, "%s" "queue-%u", dir, i);'):
            self.assertTrue(list(written_out("x.c", without_comments(line))), line)

    def test_what_is_no_path_is_let_be(self):
        for line in ('xenbus_read(XBT_NIL, dir, VMDQ_XS_ASSIGN, NULL); // not "assign"',
                     'xenbus_printf(xbt, dir, VMDQ_XS_BE_MAX_QUEUES, "%u", n);',
                     'vmdq_store_path(store, path, VMDQ_XS_VIF "/%s", 1, 2, VMDQ_XS_STATE);',
                     '/* xenbus_read(XBT_NIL, dir, "old", NULL) */ exists(dir, "");',
                     'xs_watch(xs, path, "state");', 'netdev_err(dev, "no backend/vif\\n");'):
            self.assertEqual(list(written_out("x.c", without_comments(line))), [], line)

    def test_who_uses_a_node_is_its_reader_or_writer(self):
        for part, who in PARTS.items():
            text = "\n".join(text for name, text in sources(part))
            used = set(re.findall(r"\bVMDQ_XS_(\w+)", text))
            for node in SCHEMA["nodes"]:
                if node["type"] == "directory":
                    continue
                if node.get("planned"):
                    self.assertNotIn(node["name"], used, "it is planned, and used already")
                elif node["name"] in used:
                    self.assertTrue(set(node["writer"] + node["reader"]) & who,
                                    f"{part} uses {node['name']}, and the schema does not know")
                else:
                    self.assertEqual(users(node, part), set(),
                                     f"{part} is said to use {node['name']}")

    def test_constants_that_are_used_exist(self):
        known = {"VMDQ_XS_" + name for name in re.findall(
            r"VMDQ_XS_(\w+)", GENERATE.header(SCHEMA) + GENERATE.table(SCHEMA))}
        for part in PARTS:
            for name, text in sources(part):
                self.assertEqual(set(re.findall(r"\bVMDQ_XS_\w+", text)) - known, set(), name)

    def test_state_is_written_in_one_place(self):
        """The rest of the backend goes by netback/vif/life.h, which test_life.c holds
        against the diagram."""
        writes = [(name, call) for name, text in sources("netback")
                  for call in re.findall(r"xenbus_(?:write|printf)\([^;]*VMDQ_XS_STATE\b[^;]*;",
                                         text)]
        self.assertEqual(len(writes), 1, writes)
        self.assertIn("vif_shown_name(shown)", writes[0][1])
        for name, text in sources("netback"):
            if name != "netback/vif/life.h":
                self.assertNotRegex(text, r"VMDQ_XS_STATE_\w+")


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
