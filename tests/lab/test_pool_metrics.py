# SPDX-License-Identifier: GPL-2.0
"""vmdqctl metrics is OpenMetrics text, and says what vmdqctl list says.

Would fail if a line were not of the grammar's form, if a counter of a port, a pool or a vif
were missing or differed, if a file that is read meanwhile could be half written, or if that took
a right that systemd's service does not have.
"""

import os

import image
import openmetrics
import story
from bring import bring, leave
from scene import check

SETUP = "vmdq"
OF_POOLS = ("rx_frames", "rx_bytes", "rx_errors", "rx_csum_bad", "posted", "doorbells", "polls",
            "interrupts")
FILE = "/tmp/vmdq.prom"


def wanted(listing):
    """The samples that follow from what vmdqctl list says."""
    def key(name, **labels):
        return name, tuple(sorted(labels.items()))

    found = {}
    for port in listing["ports"]:
        of = {"port": port["port"], "netdev": port["netdev"]}
        found[key("vmdq_port_up", **of)] = int(port["up"])
        found[key("vmdq_port_pools", **of)] = port["pools_total"]
        found[key("vmdq_port_pools_free", **of)] = port["pools_free"]
        for pool in port["pools"]:
            if pool["state"] == "free":
                continue
            of = {"port": port["port"], "pool": str(pool["pool"]), "vif": pool["owner"]}
            found[key("vmdq_pool_buffers", **of)] = pool["posted_now"]
            for name in OF_POOLS:
                found[key(f"vmdq_pool_{name}_total", **of)] = pool[name]
    for vif in listing["vifs"]:
        of = {"vif": vif["vif"], "domain": vif["domain"]}
        for name, value in vif["counters"].items():
            found[key(f"vmdq_vif_{name}_total", **of)] = value
        found[key("vmdq_vif_info", **of, mac=vif["mac"], bridge=vif["bridge"], mode=vif["mode"],
                  level=vif["level"], served=vif["state"], port=vif["port"] or "",
                  pool=str(vif["pool"] or ""))] = 1
    return found


def test_metrics(scene):
    guests = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"},
                          b={"vcpus": 1, "script": "vif-vmdq"})
    for guest in guests:
        story.check_delivered(story.deliver(scene.lab, guest, 200),
                              "grant" if guest.vcpus > 1 else "copy")
    # A frame may come between the readings: then they are taken again.
    while True:
        before = wanted(story.listing(scene.lab))
        said = openmetrics.parse(scene.dom0.run("vmdqctl metrics").out)
        if wanted(story.listing(scene.lab)) == before:
            break
    check(said == before, "vmdqctl list and metrics differ:",
          sorted(set(said.items()) ^ set(before.items())))
    by_pool = [value for (name, _), value in said.items()
               if name == "vmdq_vif_rx_pool_frames_total"]
    check(sum(by_pool) >= 400, "frames by pools:", by_pool)

    scene.dom0.run(f"vmdqctl metrics {FILE}")
    openmetrics.parse(scene.dom0.run(f"cat {FILE}").out)
    left = scene.dom0.run(f"ls {FILE}*; rm {FILE}").out.split()
    check(left == [FILE], "beside the file:", left)


def test_as_the_service(scene):
    """With no capability, as vmdq-metrics.service has it, vmdqctl can say all the same."""
    with open(os.path.join(image.TOP, "tools", "init", "vmdq-metrics.service"),
              encoding="utf-8") as f:
        check("\nCapabilityBoundingSet=\n" in f.read(), "the service has capabilities")
    guest, = scene.guests(a={"vcpus": 2, "script": "vif-vmdq"})
    where = bring(scene.dom0, "usr/bin/setpriv")
    try:
        scene.dom0.run(f"{where}/setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "
                       f"vmdqctl metrics {FILE}")
        said = openmetrics.parse(scene.dom0.run(f"cat {FILE}; rm {FILE}").out)
    finally:
        leave(scene.dom0, where)
    check(("vmdq_vif_rx_pool_frames_total", (("domain", guest.name), ("vif", guest.vif))) in said,
          "no counters of", guest.vif)
