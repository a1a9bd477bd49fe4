# SPDX-License-Identifier: GPL-2.0
"""Finds in the lab's logs what a passing test must not leave there."""

import os
import re

from channel import LabError

# Both kernels and Xen write these only when something is wrong.
WRONG = re.compile(
    r"WARNING:|\bBUG\b|Oops|Call Trace|Call trace|Kernel panic|general protection|KASAN|UBSAN|"
    r"still mapped|still in use|leaked|Xen call trace|Assertion|hung_task|blocked for more than|"
    r"soft lockup|rcu.*(stall|detected)|unregister_netdevice: waiting|NETDEV WATCHDOG|"
    r"Tx Unit Hang|refcount_t|bad page|Bad page|scheduling while atomic|sleeping function|"
    r"\(XEN\).*(grant_table|grant ref|maptrack|g\.e\.|gnttab|not accessible|Bad flags|Bad ref)|"
    r"DMAR.*fault|VT-d.*fault|DMAR:\[")
# Known messages of an unmodified boot that match the above and mean nothing.
# Likewise what Xen lists when asked for its grants (debug key g).
HARMLESS = re.compile(
    r"This is not a bug|Debug|debug keys|gnttab_usage_print_all|grant-table for remote|"
    r"\d+ maptrack frames \(")
CONTEXT = 12


class LogWatch:
    """Looks at what was logged since it last looked."""

    def __init__(self, lab):
        self.lab = lab
        self._offset = 0
        self._new_serial()

    def _new_serial(self):
        with open(os.path.join(self.lab.dir, "serial.log"), "rb") as f:
            f.seek(self._offset)
            data = f.read()
        self._offset += len(data)
        return data.decode(errors="replace").splitlines()

    def _guest_lines(self, guest):
        try:
            return guest.run("dmesg -c").out.splitlines()
        except LabError as e:
            return [f"BUG: the guest does not answer: {e}"]

    def problems(self, allowed=None, domains=(), xen_works=True):
        """What is wrong since the last call, as texts.

        allowed is a regular expression of messages that the test provokes;
        domains are names that may exist now, beyond the lab's guests; where Xen's
        tools do not work, they cannot be listed.
        """
        found = []
        allowed = re.compile(allowed) if allowed else None
        # a message that dom0 has printed is in the file once this has run
        listing = self.lab.dom0.run("echo; xl list" if self.lab.xen and xen_works else "echo",
                                    timeout=30).out
        sources = [("dom0/xen", self._new_serial())]
        sources += [(g.name, self._guest_lines(g)) for g in self.lab.guests.values()
                    if not g.ended]
        for name, lines in sources:
            found += [f"{name}: {text}" for text in scan(lines, allowed)]
        found += self._wrong_domains(listing, domains)
        return found

    def _wrong_domains(self, listing, domains):
        known = {"Name", "Domain-0", *self.lab.guests, *domains}
        return [f"xl list: {line}" for line in listing.splitlines()
                if line.strip() and line.split()[0] not in known]


def scan(lines, allowed=None):
    """Wrong lines, each with those that follow it."""
    found = []
    skip_to = 0
    for i, line in enumerate(lines):
        if i < skip_to or not WRONG.search(line) or HARMLESS.search(line):
            continue
        if allowed and allowed.search(line):
            continue
        found.append("\n".join(lines[i:i + CONTEXT]))
        skip_to = i + CONTEXT
    return found
