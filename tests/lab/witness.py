# SPDX-License-Identifier: GPL-2.0
"""An innocent guest, with traffic by its pool and by software, beside a guest that attacks."""

import json

import story
from scene import check, check_intact
from traffic import BROADCAST, start_sending


class Witness:
    """Traffic of one guest, of which nothing may be lost: with Witness(scene, guest): ..."""

    def __init__(self, scene, guest, rate=100):
        self.scene = scene
        self.lab = scene.lab
        self.guest = guest
        self.rate = rate

    def __enter__(self):
        lab, guest = self.lab, self.guest
        story.wait_level(lab, guest, "grant")
        self.before = story.counters(lab, guest)
        self.drops = self.dropped()
        self.receiver = guest.receiver()
        self.pool = lab.wire.start(guest.mac, rate=self.rate)
        self.software = lab.wire.start(BROADCAST, rate=self.rate // 4)
        self.process, self.stream = start_sending(guest, lab.wire.mac, rate=self.rate // 4)
        return self

    def dropped(self):
        """Where frames can have been lost: counters of the NIC, and of the guest's vif."""
        lines = self.lab.dom0.run(f"for dev in {self.scene.dev} {self.guest.vif}; do "
                                  "ethtool -S $dev; done | grep -E 'drop|miss|no_buffer|error'").out
        return {name: int(value) for name, _, value in
                (line.strip().partition(": ") for line in lines.splitlines())}

    def where(self):
        now = self.dropped()
        return {name: now[name] - was for name, was in self.drops.items() if now[name] != was}

    def __exit__(self, kind, *_):
        try:
            sent = {"by its pool": (self.pool.stream, self.pool.stop()),
                    "by software": (self.software.stream, self.software.stop())}
            self.process.signal()
            count = json.loads(self.process.wait().out)["sent"]
            if kind:
                return
            for how, (stream, frames) in sent.items():
                check_intact(self.receiver.expect(stream, frames), frames,
                             f"to {self.guest.name}, {how}, beside the attack {self.where()}")
            check_intact(self.lab.wire.expect(self.stream, count), count,
                         f"from {self.guest.name}, beside the attack")
        finally:
            self.receiver.stop()
        after = story.counters(self.lab, self.guest)
        by_pool = after["rx_pool_frames"] - self.before["rx_pool_frames"]
        frames = sent["by its pool"][1]
        check(by_pool >= frames > 0, self.guest.name, "got", by_pool, "frames by its pool of",
              frames)
