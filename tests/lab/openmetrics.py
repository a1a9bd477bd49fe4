# SPDX-License-Identifier: GPL-2.0
"""Reads OpenMetrics text strictly: what is not of the grammar's form is a ValueError.

Of the grammar (OpenMetrics 1.0.0, "Text format") it knows what vmdqctl writes:
counters and gauges, TYPE and HELP, labels, integers.
"""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
META = re.compile(rf"# (TYPE|HELP) ({NAME}) (.+)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?\d+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=.)|$)')
ESCAPED = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}
SUFFIX = {"counter": "_total", "gauge": ""}


def labels_of(text):
    """{name: value} of what stands between the braces."""
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        if not match or match[1] in found:
            raise ValueError(f"labels: {text}")
        found[match[1]] = re.sub(r'\\["\\n]', lambda m: ESCAPED[m[0]], match[2])
        at = match.end()
    return found


def parse(text):
    """{(sample's name, sorted labels): value}."""
    if not text.endswith("\n# EOF\n"):
        raise ValueError("it does not end with # EOF")
    families, samples, current = {}, {}, None
    for line in text.split("\n")[:-2]:
        meta, sample = META.fullmatch(line), SAMPLE.fullmatch(line)
        if meta:
            word, name, value = meta.groups()
            if name != current and name in families:
                raise ValueError(f"{name} stands in two places")
            current = name
            said = families.setdefault(name, {})
            if word in said or (word == "TYPE" and value not in SUFFIX):
                raise ValueError(line)
            said[word] = value
        elif sample:
            name, labels, value = sample.groups()
            kind = families.get(current, {}).get("TYPE")
            if kind is None or name != current + SUFFIX[kind]:
                raise ValueError(f"not of the family {current}: {line}")
            key = (name, tuple(sorted(labels_of(labels or "").items())))
            if key in samples:
                raise ValueError(f"twice: {line}")
            samples[key] = int(value)
        else:
            raise ValueError(f"neither sample nor TYPE nor HELP: {line}")
    return samples
