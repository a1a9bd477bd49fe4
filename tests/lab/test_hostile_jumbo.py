# SPDX-License-Identifier: GPL-2.0
"""Frames longer than a page, and a guest whose buffers are not what they should be.

At level grant a bad page in the middle of a frame costs that frame alone, and all of its
buffers are answered with errors; what does not fit in the buffers that there are is dropped
whole; a guest without scatter-gather gets no frame in parts. At level copy the guest's buffers
may have headroom, so that a frame fills more of them than of dom0's; a bad one spoils its
frame alone; and a frame waits until there are buffers enough. Would fail if a part of a frame
were shown as a frame, if what comes next were delivered into the wrong buffers, or if a
grant stayed mapped.
"""

import contextlib

import story
from front import MORE_DATA, PAGE, Front
from scene import check
from test_hostile_grants import BAD_REF, wait_posted
from test_pool_jumbo import oversize

SETUP = "vmdq"
HEADROOM = 256
ROOM = PAGE - HEADROOM
FIRST = 100     # the test's pages are from here on


@contextlib.contextmanager
def connected(scene, level, max_frame=9022, **how):
    """A frontend, connected so, whose vif has MTU 9000 and which gets nothing by software."""
    guest, = scene.guests(front={"script": "vif-vmdq", "extra": "testfront=1"})
    front = Front(guest)
    # others' broadcasts would take buffers of the queue that the pool shares
    scene.dom0.run(f"tc qdisc replace dev {guest.vif} root blackhole; "
                   f"ip link set {guest.vif} mtu 9000")
    try:
        front.connect(**how)
        story.wait_level(scene.lab, guest, level)
        story.wait_max_frame(scene.lab, guest, max_frame)
        yield guest, front
        front.close()
    finally:
        scene.dom0.run(f"ip link set {guest.vif} mtu 1500; tc qdisc del dev {guest.vif} root")


def frame_of(scene, guest, length, mark):
    """A frame each of whose 16 bytes say where they are."""
    head = bytes.fromhex((guest.mac + scene.lab.wire.mac).replace(":", "")) + b"\x88\xb5"
    body = b"".join(bytes([mark, at >> 8, at & 0xff, 0x5a]) * 4 for at in range(0, length, 16))
    return (head + body)[:length]


def check_frame(front, answers, pages, frame, room=PAGE):
    """These answers hold that frame, in these pages, each of which has so much room."""
    headroom = PAGE - room
    parts = [frame[at:at + room] for at in range(0, len(frame), room)]
    check([a[3] for a in answers] == [len(p) for p in parts], "answers", answers, "for a frame of",
          len(frame))
    check([bool(a[2] & MORE_DATA) for a in answers] == [True] * (len(parts) - 1) + [False],
          "a frame's parts do not say that they are:", answers)
    check([a[1] for a in answers] == [headroom] * len(parts), "offsets:", answers)
    for page, part in zip(pages, parts):
        for at, size in ((0, min(16, len(part))), (max(0, len(part) - 16), min(16, len(part)))):
            said, = front.do(f"peek {page} {headroom + at} {size}")
            check(said[0] == part[at:at + size].hex(), f"page {page} holds at {at}:", said[0])


def post(scene, guest, front, refs, queue):
    """Post these, and wait until the pool has them."""
    before = story.counters(scene.lab, guest)
    front.put_rx(refs, queue)
    wait_posted(scene, guest, before, len(refs))


def test_bad_page_inside(scene):
    with connected(scene, "grant", queues=2) as (guest, front):
        good = front.numbers(f"grant {FIRST} 7")
        post(scene, guest, front, [good[0], BAD_REF, *good[1:6], BAD_REF, good[6]], 1)
        for mark, length in enumerate((9000, 9000, 100)):
            scene.lab.wire.raw(frame_of(scene, guest, length, mark))
        answers = front.received(9, 1)
        check([a[0] for a in answers] == list(range(9)), "not in order:", answers)
        check(all(a[3] < 0 and not a[2] & MORE_DATA for a in answers[:4]),
              "a frame with a hole was delivered:", answers)
        check_frame(front, answers[4:7], range(FIRST + 3, FIRST + 6),
                    frame_of(scene, guest, 9000, 1))
        check(answers[7][3] < 0, "a bad page behind a frame:", answers)
        check_frame(front, answers[8:], [FIRST + 6], frame_of(scene, guest, 100, 2))


def test_too_few_buffers(scene):
    """A frame that needs more than there are is dropped whole, and the next one is not."""
    with connected(scene, "grant", queues=2) as (guest, front):
        refs = front.numbers(f"grant {FIRST} 5")
        post(scene, guest, front, refs[:2], 1)
        scene.lab.wire.raw(frame_of(scene, guest, 9000, 1))
        scene.lab.wire.raw(frame_of(scene, guest, 100, 2))
        check_frame(front, front.received(1, 1), [FIRST], frame_of(scene, guest, 100, 2))
        post(scene, guest, front, refs[2:], 1)
        scene.lab.wire.raw(frame_of(scene, guest, 9000, 3))
        check_frame(front, front.received(3, 1), range(FIRST + 1, FIRST + 4),
                    frame_of(scene, guest, 9000, 3))


def test_no_scatter_gather(scene):
    """Who takes no frame in parts gets none, whatever the MTU."""
    with connected(scene, "grant", max_frame=PAGE, queues=2,
                   nodes={"feature-sg": 0}) as (guest, front):
        before = oversize(scene)
        post(scene, guest, front, front.numbers(f"grant {FIRST} 8"), 1)
        for mark, length in enumerate((9000, PAGE)):
            scene.lab.wire.raw(frame_of(scene, guest, length, mark))
        check_frame(front, front.received(1, 1), [FIRST], frame_of(scene, guest, PAGE, 1))
        check(oversize(scene) == before + 1, "the long frame was not counted as such")


def test_headroom(scene):
    nodes = {"xdp-headroom": HEADROOM}
    with connected(scene, "copy", queues=1, nodes=nodes) as (guest, front):
        pages = range(FIRST, FIRST + 17)
        refs = front.numbers(f"grant {FIRST} 17")
        refs[6] = BAD_REF
        # fewer than the longest frame might need: it waits
        front.put_rx(refs[:5])
        lengths = (PAGE, 9000, 9000, 9000, ROOM, ROOM + 1)
        for mark, length in enumerate(lengths):
            scene.lab.wire.raw(frame_of(scene, guest, length, mark))
        front.put_rx(refs[5:])
        answers, at = front.received(2 + 3 + 3 + 3 + 1), 0
        # five buffers are left again, and the last frame waits for one more
        check(len(answers) == 12, "not 12 answers:", answers)
        for mark, length in enumerate(lengths[:5]):
            slots = -(-length // ROOM)
            mine = answers[at:at + slots]
            if mark == 2:   # the frame of the bad page
                check([a[3] < 0 for a in mine].count(True) == 1, "a bad page:", mine)
                check([bool(a[2] & MORE_DATA) for a in mine] == [True, True, False], mine)
            else:
                check_frame(front, mine, pages[at:at + slots],
                            frame_of(scene, guest, length, mark), ROOM)
            at += slots
        front.put_rx(front.numbers(f"grant {FIRST + 17} 1"))
        check_frame(front, front.received(2), pages[at:], frame_of(scene, guest, ROOM + 1, 5), ROOM)
