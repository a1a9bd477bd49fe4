# SPDX-License-Identifier: GPL-2.0
"""A guest that offers pages which are none costs only its own frames.

Bad grant references, read-only and revoked grants, one grant many times, and requests
rewritten after they were posted, on the software queue and on the pool queue at level
grant. Each request is answered in its turn, with an error where it cannot be written;
good ones between them get their frames; another guest's traffic goes on without a loss.
Would fail if a bad page held up the ring or dom0 believed a request twice, or if a grant
stayed mapped.
"""

import story
from front import RSP_ERROR, actors, mac_bytes, rx, rx_request, wait_until
from scene import check
from traffic import BROADCAST
from witness import Witness

SETUP = "vmdq"
BAD_REF = 0x3fffff


def marked(dst, src, mark):
    """A frame that says which one it is."""
    return (mac_bytes(dst) + mac_bytes(src) + b"\x88\xb5" + bytes([mark])).ljust(100, b"\x5a")


def wait_posted(scene, guest, before, n):
    """Wait until the pool's queue has taken n requests since then, good or bad."""
    def taken():
        now = story.counters(scene.lab, guest)
        return sum(now[name] - before[name] for name in ("pool_grant_maps", "pool_errors")) >= n
    wait_until(taken, f"{n} requests of {guest.vif} posted")


def mixed_requests(front, queue):
    """Posts good and bad pages in turn; returns the pages of the good ones, None for bad."""
    good = front.numbers("grant 100 8")
    readonly, = front.numbers("grant 110 ro")
    ended, = front.numbers("grant 111")
    front.do(f"end {ended}")
    refs = [good[0], BAD_REF, good[1], readonly, good[1], ended, good[2], BAD_REF - 1,
            *good[3:5]]
    pages = [100, None, 101, None, 101, None, 102, None, 103, 104]
    front.put_rx(refs, queue)
    return pages


def check_mixed(front, queue, pages, frames):
    """Each request answered in its turn, the good ones with frames in their order."""
    answers = front.received(len(pages), queue)
    check([a[0] for a in answers] == list(range(len(pages))), "not in order:", answers)
    found = [None if status < 0 else status for _, _, _, status in answers]
    expected = [None if page is None else len(frames[0]) for page in pages]
    check(found == expected, f"queue {queue}: answers", answers, "for pages", pages)
    # A page that was posted twice holds the later frame.
    last = dict(zip([p for p in pages if p is not None], range(len(frames))))
    said = front.do(*[f"peek {page} 12 3" for page in last])
    check([words[0] for words in said] == [f"88b5{mark:02x}" for mark in last.values()],
          f"queue {queue}: pages hold", said)


def test_pool_queue(scene):
    victim, attacker, front = actors(scene)
    front.connect(queues=2)
    story.wait_level(scene.lab, attacker, "grant")
    with Witness(scene, victim):
        before = story.counters(scene.lab, attacker)
        pages = mixed_requests(front, 1)
        good = [p for p in pages if p is not None]
        frames = [marked(attacker.mac, scene.lab.wire.mac, n) for n in range(len(good))]
        wait_posted(scene, attacker, before, len(pages))
        for frame in frames:
            scene.lab.wire.raw(frame)
        check_mixed(front, 1, pages, frames)
        after = story.counters(scene.lab, attacker)
        check(after["pool_errors"] - before["pool_errors"] == len(pages) - len(good),
              "pool_errors:", after["pool_errors"] - before["pool_errors"])

        # Rewritten after posting: the copy counts. Revoked while the NIC holds it: nobody
        # else's page is written, and it is given back like any other.
        refs = front.numbers("grant 120 4")
        before = story.counters(scene.lab, attacker)
        front.put_rx(refs, 1)
        wait_posted(scene, attacker, before, 4)
        front.do(f"revoke {refs[1]}", f"seek {rx(1)} {len(pages)}",
                 f"put {rx(1)} " + " ".join([rx_request(BAD_REF, 99)] * 4))
        for frame in frames[:4]:
            scene.lab.wire.raw(frame)
        answers = front.received(4, 1)
        check([(a[0], a[3]) for a in answers] == [(len(pages) + n, 100) for n in range(4)],
              "rewritten requests:", answers)
        counters = story.counters(scene.lab, attacker)
        check(counters["pool_grant_maps"] == counters["pool_grant_unmaps"],
              "pages still mapped:", counters)

        # One page in every buffer of the pool
        front.reconnect()
        story.wait_level(scene.lab, attacker, "grant")
        ref, = front.numbers("grant 130")
        before = story.counters(scene.lab, attacker)
        front.put_rx([ref] * 255, 1)
        wait_posted(scene, attacker, before, 200)    # the rest waits for a full batch
        for frame in frames[:5]:
            scene.lab.wire.raw(frame)
        check([a[3] for a in front.received(5, 1)] == [100] * 5, "one page many times: no frames")
        front.reconnect()
    front.close()


def test_software_queue(scene):
    victim, attacker, front = actors(scene)
    front.connect()
    scene.dom0.run(f"vmdqctl release {attacker.vif}")
    story.wait_level(scene.lab, attacker, "software")
    pages = mixed_requests(front, 0)
    # The software queue gives a bad buffer the frame that it would have had.
    frames = [marked(BROADCAST, scene.lab.wire.mac, n) for n in range(len(pages))]
    for frame in frames:
        scene.lab.wire.raw(frame)
    answers = front.received(len(pages))
    # Somebody else's broadcast may be among them.
    check([RSP_ERROR if a[3] < 0 else a[3] >= 60 for a in answers] ==
          [RSP_ERROR if p is None else True for p in pages], "software queue: answers", answers)
    check(victim.run("true").status == 0, "the other guest does not answer")
    front.close()
    scene.dom0.run(f"vmdqctl assign {attacker.vif}")
