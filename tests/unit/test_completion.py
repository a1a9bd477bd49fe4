#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Shows what bash offers after the beginning of a command line of vmdqctl or vmdqtop."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import pysuite

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LISTING = {"ports": [{"port": "0000:03:00.0", "netdev": "eth0"}],
           "vifs": [{"vif": "vif1.0", "domain": "web"}, {"vif": "vif2.0", "domain": "db"}]}
# Words as readline has them: a colon or an equals sign is a word of its own
SCRIPT = """
source /usr/share/bash-completion/bash_completion
source "$1"
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
COMP_TYPE=9
COMP_KEY=9
read -r -a COMP_WORDS <<<"$(sed 's/[:=][:=]*/ & /g' <<<"$COMP_LINE")"
[[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_${COMP_WORDS[0]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    """Each is a line with what it may go on with."""

    def offered(self, line):
        with tempfile.TemporaryDirectory() as folder:
            fake = os.path.join(folder, "vmdqctl")
            with open(fake, "w", encoding="utf-8") as f:
                f.write(f"#!/bin/sh\ncat <<'X'\n{json.dumps(LISTING, indent=2)}\nX\n")
            os.chmod(fake, 0o755)
            completion = os.path.join(TOP, "tools", f"{line.split()[0]}.bash-completion")
            done = subprocess.run(["bash", "-c", SCRIPT, "bash", completion, line], text=True,
                                  check=True, capture_output=True,
                                  env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"))
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_commands(self):
        self.assertEqual(self.offered("vmdqctl re"), ["release", "rebind"])
        self.assertEqual(self.offered("vmdqctl che"), ["check"])
        self.assertEqual(self.offered("vmdqctl -c /x --timeout 3 ta"), ["takeover"])

    def test_options(self):
        self.assertEqual(self.offered("vmdqctl list --j"), ["--json"])

    def test_vifs_and_domains(self):
        self.assertEqual(self.offered("vmdqctl why "), ["db", "vif1.0", "vif2.0", "web"])
        self.assertEqual(self.offered("vmdqctl release w"), ["web"])
        self.assertEqual(self.offered("vmdqctl list "), [])

    def test_what_comes_after_the_vif(self):
        self.assertEqual(self.offered("vmdqctl level web "), ["software", "copy", "grant", "auto"])
        self.assertEqual(self.offered("vmdqctl assign web e"), ["eth0"])
        self.assertIn("auto", self.offered("vmdqctl assign web "))
        self.assertEqual(self.offered("vmdqctl drain e"), ["eth0"])
        self.assertEqual(self.offered("vmdqctl drain eth0 o"), ["on", "off"])
        self.assertEqual(self.offered("vmdqctl hotplug on"), ["online"])

    def test_addresses(self):
        """What is offered follows the last colon, as readline replaces no more than that."""
        for command in ("assign web", "drain"):
            self.assertEqual(self.offered(f"vmdqctl {command} 0"), ["0000:03:00.0"])
            self.assertEqual(self.offered(f"vmdqctl {command} 0000:0"), ["03:00.0"])
            self.assertEqual(self.offered(f"vmdqctl {command} 0000:03:"), ["00.0"])
            self.assertEqual(self.offered(f"vmdqctl {command} 0000:04:"), [])
        self.assertEqual(self.offered("vmdqctl drain 0000:03:00.0 o"), ["on", "off"])
        self.assertEqual(self.offered("vmdqctl assign 1:2 e"), ["eth0"])
        self.assertEqual(self.offered("vmdqctl --config=/usr/share/bash-c"),
                         ["/usr/share/bash-completion"])
        self.assertEqual(self.offered("vmdqctl --config=/x --timeout=3 ta"), ["takeover"])

    def test_vmdqtop(self):
        self.assertEqual(self.offered("vmdqtop --b"), ["--batch"])
        self.assertEqual(self.offered("vmdqtop -b --sort rxe"), ["RXERR"])
        self.assertEqual(self.offered("vmdqtop -b -s f"), ["F/INT"])
        self.assertEqual(self.offered("vmdqtop -d "), [])
        self.assertEqual(self.offered("vmdqtop --sort n"), ["NAME", "NOBUF"])


if __name__ == "__main__":
    sys.exit(pysuite.main(sys.modules[__name__]))
