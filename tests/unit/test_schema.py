#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows that kernel modules and tools use no path of xenstore that the schema does not have.

No path is written out in the sources: they use the constants that are made from the schema,
and who uses one is among its writers and readers there; each tool for itself, by what its
functions call. Would fail if a path were written as a literal, if the schema named a reader
or writer that does not use the node, or if it left out one that does.
"""

import copy
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
PARTS = {"netback": {"backend"}, "tools": {"vif-vmdq", "vmdqctl", "vmdqd", "vmdqtop"}}
# Of each tool: its folder beside libvmdq, where it begins, and what there is another's.
TOOLS = {"vif-vmdq": ("vmdqctl", "cmd_hotplug", set()),
         "vmdqctl": ("vmdqctl", "main", {"cmd_hotplug"}),
         "vmdqd": ("vmdqd", "main", set()),
         "vmdqtop": ("vmdqtop", "main", set())}
# The head of a function or a table, at the line's beginning as the style has it.
HEAD = re.compile(r"^[\w} ][^;:{}=#]*?\b(\w+)(?:\(|\[| =)", re.M)
# A function that calls one of these writes the nodes that it names; others read them.
WRITES = re.compile(r"\b(?:vmdq_store_(?:write\w*|put)|xs_(?:write|rm|mkdir))\(")


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


def definitions(text):
    """The functions and tables of a C file: (name, whether others see it, text of it)."""
    text = re.sub(r'__attribute__\(\(.*?\)\)\s|"(?:\\.|[^"\\\n])*"', "", text)
    for part in re.split(r"(?<=^})", text, flags=re.M):
        for head in HEAD.finditer(part):
            yield head[1], not head[0].startswith(("static", "}")), part


def uses_of(files, begin, others=()):
    """The nodes that a program reads, and those that it writes: all that stand in what it
    gets to from where it begins. Files are (name, text)."""
    defined = {name: {} for name, _ in files}
    everywhere = {}
    for name, text in files:
        for what, shared, part in definitions(text):
            defined[name].setdefault(what, []).append((name, part))
            if shared:
                everywhere.setdefault(what, []).append((name, part))
    used = (set(), set())
    left, seen = list(everywhere[begin]), set()
    while left:
        where, part = left.pop()
        if (where, part) in seen:
            continue
        seen.add((where, part))
        used[bool(WRITES.search(part))].update(re.findall(r"\bVMDQ_XS_(\w+)", part))
        for word in set(re.findall(r"(?<![.>\w])[a-z]\w+", part)) - set(others):
            left += defined[where].get(word) or everywhere.get(word, [])
    return used


def uses_of_tool(tool):
    """The same of one of ours."""
    folder, begin, others = TOOLS[tool]
    files = [(name, text) for part in ("tools/libvmdq", f"tools/{folder}")
             for name, text in sources(part) if name.endswith(".c")]
    return uses_of(files, begin, others)


def tool_faults(schema):
    """Where the schema and the tools' sources differ in who reads and writes what."""
    by_tool = {tool: uses_of_tool(tool) for tool in TOOLS}
    live = [n for n in schema["nodes"] if not n.get("planned")]
    values = [n for n in live if n["type"] != "directory"]
    for node in live:
        if node["type"] != "directory":
            below = [node]
        else:       # who reads something in a directory reads it, too
            path = GENERATE.full_path(schema, node) + "/"
            below = [n for n in values if GENERATE.full_path(schema, n).startswith(path)]
        for tool, used in by_tool.items():
            for kind, names in zip(("reader", "writer"), used):
                if kind == "writer" and node["type"] == "directory":
                    continue
                does = any(n["name"] in names for n in below)
                if does != (tool in node[kind]):
                    yield f"{tool} is {'a' if does else 'no'} {kind} of {node['name']}"


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

    def test_each_tool_is_among_the_readers_and_writers_of_what_it_uses(self):
        self.assertEqual(list(tool_faults(SCHEMA)), [], "says the code, but not the schema")

    def test_a_tool_that_is_left_out_or_put_in_is_noticed(self):
        def faults(name, kind, tool):
            schema = copy.deepcopy(SCHEMA)
            who = next(n for n in schema["nodes"] if n["name"] == name)[kind]
            if tool in who:
                who.remove(tool)
            else:
                who.append(tool)
            return list(tool_faults(schema))

        self.assertEqual(faults("ASSIGN", "reader", "vif-vmdq"), ["vif-vmdq is a reader of ASSIGN"])
        self.assertEqual(faults("BE_MAC", "reader", "vmdqtop"), ["vmdqtop is a reader of BE_MAC"])
        self.assertEqual(faults("PORT", "reader", "vmdqtop"), ["vmdqtop is a reader of PORT"])
        self.assertEqual(faults("ERROR", "writer", "vmdqd"), ["vmdqd is a writer of ERROR"])
        self.assertEqual(faults("STATE", "writer", "vmdqtop"), ["vmdqtop is no writer of STATE"])
        self.assertEqual(faults("BE_RATE", "reader", "vmdqd"), ["vmdqd is no reader of BE_RATE"])

    def test_only_what_a_program_gets_to_counts(self):
        files = [("a.c", "static const char * const table[] = {\n\tVMDQ_XS_A,\n};\n"
                         "static int __attribute__((format(printf, 1, 2)))\nget(char *x)\n"
                         "{\n\treturn table[0] == x;\n}\n"
                         "static void put(void)\n{\n\tvmdq_store_write(VMDQ_XS_B);\n}\n"
                         "int main(void)\n{\n\tput();\nout:\n"
                         "\treturn x.idle(get, far, \"idle\");\n}\n"
                         "static void idle(void)\n{\n\tread(VMDQ_XS_C);\n}\n"),
                 ("b.c", "static int get(void)\n{\n\treturn read(VMDQ_XS_D);\n}\n"
                         "static int out(void)\n{\n\treturn read(VMDQ_XS_E);\n}\n"
                         "int far(void)\n{\n\treturn 0;\n}\n")]
        self.assertEqual(uses_of(files, "main"), ({"A"}, {"B"}))
        self.assertEqual(uses_of(files, "main", {"put"}), ({"A"}, set()))

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
