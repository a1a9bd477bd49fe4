#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the C constants, the C table and the document of the xenstore paths from schema.json.

    generate.py                 all of the following, in their places
    generate.py --header FILE   build/gen/vmdq_xenstore.h: paths and values, for kernel and tools
    generate.py --table FILE    build/gen/vmdq_rules.h: what holds for each path, for vmdqctl check
    generate.py --doc FILE      docs/xenstore.md
    generate.py --check         exit 1 if docs/xenstore.md is not what the schema says

A file that would not change is left alone: the build of the modules calls this each time.
"""

import argparse
import json
import os
import re
import sys
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)
HEADER = os.path.join(TREE, "build", "gen", "vmdq_xenstore.h")
TABLE = os.path.join(TREE, "build", "gen", "vmdq_rules.h")
DOC = os.path.join(TREE, "docs", "xenstore.md")

# What xenstored accepts in a path (docs/misc/xenstore.txt in Xen's tree).
VALID_PATH = re.compile(r"^[A-Za-z0-9/_@-]+$")


class SchemaError(Exception):
    """The schema contradicts itself."""


def load(path=os.path.join(HERE, "schema.json")):
    """Read a schema and refuse one that contradicts itself."""
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    verify(schema)
    return schema


def verify_node(schema, node, seen):
    """Raise SchemaError if the node uses what is not defined; seen are the nodes before it."""
    where = "node %s" % node.get("name", "?")
    for key in ("name", "path", "type", "permission", "presence", "writer", "life", "meaning"):
        if not node.get(key):
            raise SchemaError("%s: no %s" % (where, key))
    if node["name"] in seen:
        raise SchemaError("%s: defined twice" % where)
    for key, defined in (("type", "types"), ("permission", "permission"),
                         ("presence", "presence"), ("section", "sections")):
        if key in node and node[key] not in schema[defined]:
            raise SchemaError("%s: unknown %s %s" % (where, key, node[key]))
    for who in node["writer"] + node["reader"] + node.get("indirect", []):
        if who not in schema["who"]:
            raise SchemaError("%s: unknown reader or writer %s" % (where, who))
    if node["type"] == "uint":
        low, high = node.get("range") or (1, 0)
        if low > high:
            raise SchemaError("%s: a number without a range" % where)
    for parent in ([node["in"]] if "in" in node else []) + node.get("also", []):
        if parent not in seen:
            raise SchemaError("%s: its parent %s is not defined before it" % (where, parent))
        if seen[parent]["type"] != "directory":
            raise SchemaError("%s: its parent %s is no directory" % (where, parent))
    for param in re.findall(r"{(\w+)}", node["path"]):
        if param not in schema["parameters"]:
            raise SchemaError("%s: unknown parameter %s" % (where, param))
    if not VALID_PATH.match(re.sub(r"{\w+}", "0", node["path"])):
        raise SchemaError("%s: xenstored refuses the path %s" % (where, node["path"]))


def verify_life(schema):
    """Raise SchemaError if the life of a vif names what is not defined, or a way twice."""
    states = schema["life"]["states"]
    shown = schema["enums"]["STATE"]["values"]
    for value in shown:
        if value not in states:
            raise SchemaError("life: no state %s, which the node state may have" % value)
    seen = set()
    for move in schema["life"]["moves"]:
        for who in move["who"]:
            if who not in schema["who"]:
                raise SchemaError("life: unknown mover %s" % who)
        for way in ways_of(schema, move):
            for state in way[:2]:
                if state != "none" and state not in states:
                    raise SchemaError("life: unknown state %s" % state)
            if way in seen:
                raise SchemaError("life: from %s to %s by %s twice" % way)
            seen.add(way)
    for state in states:
        if state not in {to for _, to, _ in seen}:
            raise SchemaError("life: nobody moves a vif to %s" % state)


def verify(schema):
    """Raise SchemaError at the first name that is used but not defined, or defined twice."""
    seen = {}
    for node in schema["nodes"]:
        verify_node(schema, node, seen)
        seen[node["name"]] = node
    for enum, body in schema["enums"].items():
        if enum.lower() not in schema["types"]:
            raise SchemaError("enum %s: no type %s" % (enum, enum.lower()))
        for value in body["values"]:
            macro = "%s_%s" % (enum, value.upper())
            if macro in seen:
                raise SchemaError("enum %s: %s is also a node's name" % (enum, macro))
    verify_life(schema)


def ways_of(schema, move):
    """The ways (from, to, who) that a move of a vif's life stands for."""
    several = {"*": schema["life"]["states"], "shown": schema["enums"]["STATE"]["values"]}
    for begin in several.get(move["from"], [move["from"]]):
        for end in move["to"]:
            for who in move["who"]:
                yield begin, end, who


def c_path(schema, node):
    """A node's path as a printf format."""
    return re.sub(r"{(\w+)}", lambda m: schema["parameters"][m[1]]["format"], node["path"])


def ancestors(schema, node):
    """A node, the directory that it is in, and so on."""
    by_name = {n["name"]: n for n in schema["nodes"]}
    yield node
    while "in" in node:
        node = by_name[node["in"]]
        yield node


def full_path(schema, node):
    """A node's path from the backend domain's directory, with named parameters."""
    path = "/".join(n["path"] for n in reversed(list(ancestors(schema, node))))
    return re.sub(r"{(\w+)}", r"<\1>", path)


def full_paths(schema, node):
    """All paths of a node: some are in one of two directories."""
    yield full_path(schema, node)
    for parent in node.get("also", []):
        yield full_path(schema, dict(node, **{"in": parent}))


def section(schema, node):
    """The section of a node: its own, or that of the directory that it is in."""
    return next((n["section"] for n in ancestors(schema, node) if "section" in n), "vmdq")


def type_text(node):
    """A node's type, with its range."""
    return "%s, %d to %d" % (node["type"], *node["range"]) if "range" in node else node["type"]


def constants(schema):
    """All constants of the header: (name, value) in the order of the schema."""
    for node in schema["nodes"]:
        yield "VMDQ_XS_" + node["name"], c_path(schema, node)
    for enum, body in schema["enums"].items():
        for value in body["values"]:
            yield "VMDQ_XS_%s_%s" % (enum, value.upper()), value


def c_comment(text, indent=""):
    """Wrap text as a C comment."""
    text = text.replace("*/", "* /")
    lines = textwrap.wrap(text, 90 - len(indent))
    if len(lines) == 1:
        return "%s/* %s */\n" % (indent, lines[0])
    return "%s/*\n%s%s */\n" % (indent, "".join("%s * %s\n" % (indent, l) for l in lines), indent)


def define(name, value):
    """One #define, its value aligned by tabs as the kernel does."""
    tabs = max(1, (40 - 8 - len(name) + 7) // 8)
    text = value if isinstance(value, int) else '"%s"' % value
    return "#define %s%s%s\n" % (name, "\t" * tabs, text)


def header(schema):
    """The text of vmdq_xenstore.h."""
    out = ["/* SPDX-License-Identifier: GPL-2.0 */\n",
           "/*\n * Generated by xenstore-schema/generate.py from schema.json: do not edit.\n *\n"
           " * Paths are relative to the backend domain's own directory if they do not begin\n"
           " * with a slash; those of a vif's, a port's or a pool's nodes, of the vif's directory\n"
           " * in the backend domain and in the guest, and of a domain's are relative to\n"
           " * VMDQ_XS_VIF, _PORT, _POOL, _BE, _FE and _DOMAIN.\n */\n",
           "#ifndef VMDQ_XENSTORE_H\n#define VMDQ_XENSTORE_H\n"]
    parent = None
    for node in schema["nodes"]:
        if node.get("in") != parent:
            parent = node.get("in")
            out.append("\n/* ---- relative to %s ---- */\n"
                       % ("VMDQ_XS_" + parent if parent else "the backend domain"))
        out.append("\n" + c_comment("%s: %s" % (full_path(schema, node), node["meaning"])))
        out.append(define("VMDQ_XS_" + node["name"], c_path(schema, node)))
        # what a person writes is held against it before it gets there
        if section(schema, node) == "vmdq" and not node.get("planned") and \
                node.get("range", (0, 1 << 31))[1] < 1 << 31:
            out.append(define("VMDQ_XS_%s_MAX" % node["name"], node["range"][1]))
    for enum, body in schema["enums"].items():
        out.append("\n/* ---- %s ---- */\n" % body["meaning"])
        for value in body["values"]:
            out.append(define("VMDQ_XS_%s_%s" % (enum, value.upper()), value))
    out.append("\n#endif /* VMDQ_XENSTORE_H */\n")
    return "".join(out)


def c_enum(name, values):
    """An enum of C, with a last value that counts the others."""
    names = ["VMDQ_XS_%s_%s" % (name, v.upper()) for v in [*values, "count"]]
    return "\nenum vmdq_xs_%s {\n%s};\n" % (name.lower(), "".join("\t%s,\n" % n for n in names))


def rule(schema, node, path):
    """One rule of the table: the initializer of a struct vmdq_rule."""
    values = schema["enums"].get(node["type"].upper(), {"values": {}})["values"]
    words = ", ".join('"%s"' % v for v in [*values])
    low, high = node.get("range", (0, 0))
    lines = ['.path = "%s"' % path,
             ".section = VMDQ_XS_SECTION_" + section(schema, node).upper(),
             ".type = VMDQ_XS_TYPE_" + node["type"].upper(),
             ".permission = VMDQ_XS_PERMISSION_" + node["permission"].upper(),
             ".presence = VMDQ_XS_PRESENCE_" + node["presence"].upper(),
             '.writer = "%s"' % ", ".join(node["writer"])]
    if words:
        lines.append(".words = (const char * const []){ %s, NULL }" % words)
    if "range" in node:
        lines.append(".min = %du, .max = %du" % (low, high))
    if node.get("planned"):
        lines.append(".planned = true")
    return "\t{\n%s\t},\n" % "".join("\t\t%s,\n" % l for l in lines)


def table(schema):
    """The text of vmdq_rules.h."""
    out = ["/* SPDX-License-Identifier: GPL-2.0 */\n",
           "/*\n * Generated by xenstore-schema/generate.py from schema.json: do not edit.\n *\n"
           " * Included by tools/libvmdq/rule.h, and with VMDQ_XS_RULES defined by rule.c, where\n"
           " * the table is.\n */\n"
           "#ifndef VMDQ_RULES_H\n#define VMDQ_RULES_H\n"]
    out.append(c_enum("TYPE", schema["types"]))
    out.append(c_enum("PERMISSION", schema["permission"]))
    out.append(c_enum("PRESENCE", schema["presence"]))
    out.append(c_enum("SECTION", schema["sections"]))
    out.append("\n#endif /* VMDQ_RULES_H */\n\n#ifdef VMDQ_XS_RULES\n"
               "static const struct vmdq_rule vmdq_rules[] = {\n")
    out += [rule(schema, node, path) for node in schema["nodes"]
            for path in full_paths(schema, node)]
    out.append("};\n#endif /* VMDQ_XS_RULES */\n")
    return "".join(out)


def doc_paths(schema):
    """The tables of paths, one a section."""
    for key, title in [*schema["sections"].items(), (None, "Reserved: nothing writes these yet")]:
        nodes = [n for n in schema["nodes"]
                 if n.get("planned", False) == (key is None)
                 and (key is None or section(schema, n) == key)]
        if not nodes:
            continue
        yield "## %s\n\n" % title
        yield ("| Path | Type | Written by | Read by | Permission | Must be there | Life time "
               "| Meaning |\n|---|---|---|---|---|---|---|---|\n")
        for n in nodes:
            yield "| %s | %s | %s | %s | %s | %s | %s | %s |\n" % (
                ", ".join("`%s`" % p for p in full_paths(schema, n)), type_text(n),
                ", ".join(n["writer"]), ", ".join(n["reader"]) or "people", n["permission"],
                n["presence"], n["life"], n["meaning"])
        yield "\n"


def doc_life(schema):
    """The state diagram of a vif, and the same as a table."""
    life = schema["life"]
    yield "## The life of a vif\n\n%s\n\n```mermaid\nstateDiagram-v2\n" % life["meaning"]
    arrows = {}
    for move in life["moves"]:
        for end in move["to"]:
            arrows.setdefault((move["from"], end), []).extend(move["who"])
    for (begin, end), who in arrows.items():
        begin = {"none": "[*]", "*": "any"}.get(begin, begin)
        yield "    %s --> %s: %s\n" % (begin, "[*]" if end == "none" else end, ", ".join(who))
    yield "```\n\n| State | Is |\n|---|---|\n"
    for state, meaning in life["states"].items():
        yield "| %s | %s |\n" % (state, meaning)
    yield "\n| From | To | Moved by | When |\n|---|---|---|---|\n"
    for move in life["moves"]:
        yield "| %s | %s | %s | %s |\n" % (
            {"*": "*any*", "shown": "*shown*", "none": "(no vif)"}.get(move["from"], move["from"]),
            ", ".join("(no vif)" if to == "none" else to for to in move["to"]),
            ", ".join(move["who"]), move["when"])
    yield "\n"


def doc_terms(schema):
    """What the words of the tables mean."""
    yield "## Parts of a path\n\n| Part | Meaning |\n|---|---|\n"
    for name, body in schema["parameters"].items():
        yield "| `<%s>` | %s |\n" % (name, body["meaning"])
    yield "\n## Types\n\n| Type | Value |\n|---|---|\n"
    for name, meaning in schema["types"].items():
        values = schema["enums"].get(name.upper())
        if values:
            meaning = ", ".join("`%s`" % v for v in values["values"])
        yield "| %s | %s |\n" % (name, meaning)
    for enum, body in schema["enums"].items():
        yield ("\n### %s: %s\n\n| Value | Meaning |\n|---|---|\n"
               % (enum.lower().capitalize(), body["meaning"]))
        for value, meaning in body["values"].items():
            yield "| `%s` | %s |\n" % (value, meaning)
    for title, key in (("Who", "who"), ("Permissions", "permission"),
                       ("Must be there", "presence")):
        yield "\n## %s\n\n| Name | Is |\n|---|---|\n" % title
        for name, meaning in schema[key].items():
            yield "| %s | %s |\n" % (name, meaning)


def doc(schema):
    """The text of docs/xenstore.md."""
    out = ["<!-- Generated by xenstore-schema/generate.py from schema.json: do not edit. -->\n",
           "# %s\n\n" % schema["title"]]
    out += ["%s\n\n" % p for p in schema["intro"]]
    out += [*doc_paths(schema), *doc_life(schema), *doc_terms(schema)]
    return "".join(out)


def write(path, text):
    """Write a file unless it already says that."""
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == text:
                return
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    tmp = "%s.%d" % (path, os.getpid())
    with open(tmp, "w", encoding="utf-8") as f:
        f.write(text)
    os.replace(tmp, path)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("header", "table", "doc"):
        parser.add_argument("--" + name, metavar="FILE")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit 1 if docs/xenstore.md is out of date")
    args = parser.parse_args()
    try:
        schema = load()
    except (SchemaError, ValueError) as e:
        print("schema.json: %s" % e, file=sys.stderr)
        return 1
    if args.check:
        with open(DOC, encoding="utf-8") as f:
            if f.read() == doc(schema):
                return 0
        print("docs/xenstore.md is out of date: run xenstore-schema/generate.py", file=sys.stderr)
        return 1
    everything = not (args.header or args.table or args.doc)
    for given, usual, text in ((args.header, HEADER, header), (args.table, TABLE, table),
                               (args.doc, DOC, doc)):
        if given or everything:
            write(given or usual, text(schema))
    return 0


if __name__ == "__main__":
    sys.exit(main())
