#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows that vmdqctl answers in JSON whatever becomes of a command, and with its exit status.

Runs the whole program with fakes below it. Would fail if a command printed anything else to
standard output, if its answer and exit status differed, if a failure left out why, or if a
command were added that this does not know.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(TOP, "build", "unit", "ctl_on_fakes")
sys.path.insert(0, os.path.join(TOP, "tests", "lab"))

import openmetrics                                      # noqa: E402

# Each command: (words, what is missing, exit status, members of the answer)
ASKED = {
    "list": [("", "", 0, {"ports", "vifs"}), ("", "xen", 3, {"ports", "vifs"}),
             ("", "module", 4, {"ports", "vifs"}), ("all", "", 2, set())],
    "assign": [("web", "", 0, {"vif"}), ("web eth0/3", "", 0, {"vif"}), ("nobody", "", 8, set()),
               ("web", "pool", 6, set()), ("web eth0/9", "", 7, set()), ("web eth7", "", 5, set()),
               ("-t 0 web", "backend", 11, set()), ("web", "xen", 3, set()),
               ("web", "module", 4, set()), ("", "", 2, set())],
    "release": [("web", "", 0, {"vif"}), ("nobody", "", 8, set()), ("", "", 2, set())],
    "level": [("web copy", "", 0, {"vif"}), ("web fast", "", 2, set()), ("web", "", 2, set()),
              ("nobody copy", "", 8, set())],
    "drain": [("eth0", "", 0, {"port", "drain", "coordinated"}), ("eth9", "", 5, set()),
              ("eth0 off", "", 0, {"port", "drain", "coordinated"}), ("eth0 up", "", 2, set()),
              ("eth0", "module", 4, set()), ("-t 0 eth0", "pool", 11, set())],
    "why": [("web", "", 13, {"code", "reason", "help", "vif"}), ("nobody", "", 8, set()),
            ("", "", 2, set()), ("web", "xen", 3, set())],
    "takeover": [("web", "", 0, {"vifs"}), ("nobody", "", 8, set()), ("--all", "", 0, {"vifs"}),
                 ("", "", 2, set())],
    "giveback": [("web", "", 1, {"vifs"}), ("nobody", "", 8, set()), ("web", "xen", 3, set())],
    "rebind": [("web", "", 0, {"vifs"}), ("--all", "", 0, {"vifs"}), ("", "", 2, set())],
    "check": [("", "", 15, {"vifs", "nodes", "kernel_asked", "deviations"}),
              ("", "xen", 3, set()), ("now", "", 2, set())],
    "config": [("check", "", 0, {"file", "sections", "mistakes"}), ("", "", 2, set()),
               ("-c {bad} check", "", 14, {"file", "sections", "mistakes"}),
               ("-c /nowhere/at/all check", "", 1, set())],
    "metrics": [("", "", 0, {"metrics"}), ("", "module", 4, {"metrics"}),
                ("{file}", "", 0, {"file"}), ("{file}", "xen", 3, set()),
                ("/nowhere/at/all", "", 1, set()), ("a b", "", 2, set())],
    "hotplug": [("online", "", 0, {"vif", "no_pool"}), ("offline", "", 0, {"vif", "no_pool"}),
                ("online", "module", 0, {"vif", "no_pool"}), ("online", "xen", 3, set()),
                ("-c {strict} online", "pool", 12, {"vif", "no_pool"}), ("up", "", 2, set())],
}
# The script's, which has what is said in its log, failure or not
LOGS = {"hotplug"}
# Statuses that are no failure to do what was asked: the answer itself tells
TELLING = {"why": 13, "config": 14, "check": 15}


def read(*parts):
    with open(os.path.join(TOP, *parts), encoding="utf-8") as f:
        return f.read()


def run(words, without=""):
    return subprocess.run([PROGRAM, *words], text=True, check=False, capture_output=True,
                          env=dict(os.environ, FAKE_WITHOUT=without,
                                   XENBUS_PATH="backend/vif/1/0"), timeout=60)


class Answers(unittest.TestCase):
    """vmdqctl, run as a person or a program does."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.paths = {name: os.path.join(self.folder.name, name) for name in ("bad", "strict", "file")}
        with open(self.paths["bad"], "w", encoding="utf-8") as f:
            f.write("[default]\nmode = perhaps\n")
        with open(self.paths["strict"], "w", encoding="utf-8") as f:
            f.write("[default]\nmode = required\n")

    def test_every_command_is_asked(self):
        commands = re.findall(r'^\t{ "(\w+)", cmd_', read("tools", "vmdqctl", "main.c"), re.M)
        self.assertEqual(set(commands), set(ASKED))

    def ask(self, command, words, without):
        words = words.format(**self.paths).split()
        done = run(["--json", command, *words], without)
        line = f"vmdqctl --json {command} {' '.join(words)} without {without}: "
        try:
            return line, done, json.loads(done.stdout)
        except ValueError:
            self.fail(f"{line}no JSON: {done.stdout}{done.stderr}")

    def test_answers(self):
        for command, cases in ASKED.items():
            for words, without, status, members in cases:
                line, done, said = self.ask(command, words, without)
                self.assertEqual(done.returncode, status, line + done.stderr)
                self.assertEqual((said["status"], said["ok"]), (status, not status), line)
                self.assertEqual(set(said) - {"ok", "status", "error"} >= members, True,
                                 f"{line}{set(said)}")
                if not status or status == TELLING.get(command):
                    self.assertIsNone(said["error"], line)
                    if command not in LOGS:
                        self.assertEqual(done.stderr, "", line)
                else:
                    self.assertTrue(said["error"], line)
                    self.assertIn(said["error"], done.stderr, line)

    def test_the_option_may_stand_anywhere(self):
        for words in (["-j", "list"], ["list", "-j"], ["list", "--json"]):
            self.assertTrue(json.loads(run(words).stdout)["ok"], words)
        self.assertEqual(json.loads(run(["--json"]).stdout)["status"], 2)
        self.assertEqual(json.loads(run(["--json", "dance"]).stdout)["status"], 2)
        for words in (["-t", "x", "list", "-j"], ["--bogus", "list", "--json"]):
            self.assertEqual(json.loads(run(words).stdout)["status"], 2, words)

    def test_what_is_no_text_is_shown_as_such(self):
        with open(self.paths["bad"], "wb") as f:
            f.write(b"[default]\ngr\xf6\xdfe = 3\n[mac \xe2\x82]\n[domain \xe2\x82\xac]\nx = 1\n")
        _, done, said = self.ask("config", "-c {bad} check", "")
        self.assertEqual(done.returncode, 14)
        self.assertEqual(len(said["mistakes"]), 3)
        self.assertIn("gr??e", done.stdout)

    def test_what_cannot_be_written_was_not_said(self):
        for words in (["list"], ["-j", "list"], ["metrics"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([PROGRAM, *words], text=True, check=False, stdout=full,
                                      stderr=subprocess.PIPE, timeout=60,
                                      env=dict(os.environ, FAKE_WITHOUT=""))
            self.assertEqual(done.returncode, 1, words)
            self.assertIn("cannot write", done.stderr, words)

    def test_without_it_there_is_no_json(self):
        for command, cases in ASKED.items():
            words = cases[0][0].format(**self.paths).split()
            done = run([command, *words])
            self.assertEqual(done.returncode, cases[0][2], command)
            self.assertFalse(done.stdout.startswith("{"), command)

    def test_metrics_are_the_same_in_both_forms(self):
        text = openmetrics.parse(run(["metrics"]).stdout)
        found = {}
        for family in json.loads(run(["--json", "metrics"]).stdout)["metrics"]:
            suffix = openmetrics.SUFFIX[family["type"]]
            for sample in family["samples"]:
                key = (family["name"] + suffix, tuple(sorted(sample["labels"].items())))
                self.assertNotIn(key, found)
                found[key] = sample["value"]
        self.assertEqual(found, text)
        self.assertGreater(len(found), 10)


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
