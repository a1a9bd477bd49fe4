# SPDX-License-Identifier: GPL-2.0
"""xenstored, the one in C, is killed, and there is none any more: pools go on without it.

It keeps all in its memory, so nothing of Xen's toolstack works after that; the machine is
of no more use to another test. Would fail if vmdqd ended, hung or span, if it said nothing
or went on saying it, if a pool ceased to carry frames, if vmdqd did not end when told to,
or if vmdqctl or vmdqtop waited for xenstored instead of saying that there is none.
"""

import signal

import daemon
from front import wait_until
from scene import check
from test_daemon_xenstored_hangs import RATE, Flow, idles, without_xenstored

SETUP = "vmdq"
LAST = True


def test_xenstored_killed(scene):
    dom0 = scene.dom0
    guest = scene.guest("a", vcpus=2, script="vif-vmdq")
    vmdqd = daemon.start(scene)
    wait_until(lambda: daemon.served(scene, [guest]), "a pool for the guest")
    pid = dom0.run("pidof vmdqd").out.strip()
    flow = Flow(scene, guest)
    dom0.run("kill -9 $(pidof xenstored)")
    wait_until(lambda: "lost xenstored" in daemon.said(vmdqd), "xenstored missed")
    ticks = idles(dom0, pid, flow)
    print(f"       vmdqd used {ticks} ticks of CPU time", flush=True)
    check(daemon.said(vmdqd).count("\n") == 2, "it said:", daemon.said(vmdqd))
    for tool in ("vmdqctl list", f"vmdqctl why {guest.vif}", "vmdqctl metrics", "vmdqtop -b -i 1"):
        without_xenstored(dom0.run(tool, check=False))
    vmdqd.signal(signal.SIGTERM)
    ended = vmdqd.wait(10, check=False)
    check(ended.status == 0, "told to end, it ended with", ended)
    flow.goes_on(RATE)
    flow.end("without xenstored")
