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
# All vifs in xenstore: of the third domain vmdqctl list says nothing, as xen-netback has them
STORE = {"backend/vif/1/0": "", "backend/vif/2/0": "", "backend/vif/3/0": "",
         "backend/vif/3/1": "", "/local/domain/1/name": "web", "/local/domain/2/name": "db",
         "/local/domain/3/name": "mail"}
# xenstore-list and xenstore-read of a store that is a folder; as Xen's, they end at a path
# that is not there
XENSTORE_LIST = """#!/bin/bash
[ "$1" = -p ] && prefix=1 && shift
for path; do
	for node in "$(dirname "$0")/store/$path"/*; do
		[ -e "$node" ] || exit 1
		echo "${prefix:+$path/}${node##*/}"
	done
done
"""
XENSTORE_READ = """#!/bin/bash
for path; do
	cat "$(dirname "$0")/store/$path" || exit 1
done
"""
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

    def furnish(self, folder, store):
        """Fakes of the programs that the completion asks."""
        programs = {"vmdqctl": f"#!/bin/sh\ncat <<'X'\n{json.dumps(LISTING, indent=2)}\nX\n",
                    "xenstore-list": XENSTORE_LIST, "xenstore-read": XENSTORE_READ}
        for name, text in programs.items():
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            os.chmod(path, 0o755)
        for node, value in store.items():
            path = f"{folder}/store/{node}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(value + "\n")

    def offered(self, line, store=None):
        with tempfile.TemporaryDirectory() as folder:
            self.furnish(folder, STORE if store is None else store)
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
        for command in ("assign", "release", "level", "giveback"):
            self.assertEqual(self.offered(f"vmdqctl {command} "), ["db", "vif1.0", "vif2.0", "web"])
        self.assertEqual(self.offered("vmdqctl release w"), ["web"])
        self.assertEqual(self.offered("vmdqctl list "), [])

    def test_vifs_of_xen_netback(self):
        """What works for these too is offered them."""
        for command in ("why", "takeover", "rebind"):
            self.assertEqual(self.offered(f"vmdqctl {command} "),
                             ["db", "mail", "vif1.0", "vif2.0", "vif3.0", "vif3.1", "web"])
            self.assertEqual(self.offered(f"vmdqctl {command} m"), ["mail"])
        ours = ["db", "vif1.0", "vif2.0", "web"]
        self.assertEqual(self.offered("vmdqctl takeover ", {}), ours)
        nameless = {node: STORE[node] for node in STORE if node != "/local/domain/3/name"}
        self.assertEqual(self.offered("vmdqctl takeover ", nameless),
                         sorted([*ours, "vif3.0", "vif3.1"]))

    def test_what_comes_after_the_vif(self):
        self.assertEqual(self.offered("vmdqctl level web "), ["software", "copy", "grant", "auto"])
        self.assertEqual(self.offered("vmdqctl assign web e"), ["eth0"])
        self.assertIn("auto", self.offered("vmdqctl assign web "))
        self.assertEqual(self.offered("vmdqctl drain e"), ["eth0"])
        self.assertEqual(self.offered("vmdqctl drain eth0 o"), ["on", "off"])
        self.assertEqual(self.offered("vmdqctl hotplug on"), ["online"])

    def test_a_vif_of_two_words(self):
        """A domain and a number are one vif."""
        self.assertEqual(self.offered("vmdqctl level web 0 g"), ["grant"])
        self.assertEqual(self.offered("vmdqctl level 3 1 "), ["software", "copy", "grant", "auto"])
        self.assertEqual(self.offered("vmdqctl assign web 0 "), ["auto", "0000:03:00.0", "eth0"])
        self.assertEqual(self.offered("vmdqctl assign -t 9 web 0 e"), ["eth0"])
        for words in ("level vif1.0 0", "level 1/0 0", "level web copy", "level web 0 copy",
                      "assign vif1.0 0", "assign web eth0", "assign web 0 eth0"):
            self.assertEqual(self.offered(f"vmdqctl {words} "), [], words)

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
