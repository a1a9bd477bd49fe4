# SPDX-License-Identifier: GPL-2.0
"""QEMU's own control channel: what happens to the machine from outside."""

import json

from channel import LabError


class Qmp:
    """Commands to the QEMU of a lab, one after the other."""

    def __init__(self, lab):
        self.stream = lab.connect("qmp").makefile("rw")
        self.stream.readline()      # the greeting
        self.command("qmp_capabilities")

    def command(self, name, /, **arguments):
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            line = self.stream.readline()
            if not line:
                raise LabError("QEMU has ended")
            answer = json.loads(line)
            if "error" in answer:
                raise LabError(f"QEMU: {name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.stream.close()


def set_link(lab, up, number=0):
    """Plug the cable of a NIC in, or out."""
    qmp = Qmp(lab)
    try:
        qmp.command("set_link", name=f"wire{number}", up=up)
    finally:
        qmp.close()
