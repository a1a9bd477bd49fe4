# SPDX-License-Identifier: GPL-2.0
"""Ordinary programs work at both ends: a file by HTTP, its checksum, and iperf3.

Would fail if segmentation or checksum offloads were broken on the way, or if the
wire's tap did not carry TCP.
"""

from scene import check

SIZE = 2 << 20


def test_stock_tcp(scene):
    guest = scene.guest("a")
    guest.run(f"mkdir -p /www && head -c {SIZE} /dev/urandom >/www/file")
    want = guest.run("sha256sum </www/file").out
    server = guest.start("exec busybox httpd -f -p 8000 -h /www")
    guest.wait_for("netstat -ltn | grep -q :8000")
    try:
        for place in (scene.lab.peer, scene.dom0):
            got = place.run(f"set -o pipefail; curl -sS http://{guest.address}:8000/file | sha256sum").out
            check(got == want, "another checksum:", got, want)
    finally:
        server.signal()
    with scene.lab.peer.start("exec iperf3 -s -1 >/dev/null") as iperf:
        scene.lab.peer.run("until ss -ltn | grep -q :5201; do sleep 0.05; done")
        guest.run(f"iperf3 -c {scene.lab.peer.address} -t 2", timeout=40)
        iperf.wait(10)
