# SPDX-License-Identifier: GPL-2.0
"""The control ring: hashes and tables of queues, as xen-netback has them.

The same requests give the same answers from both, right and wrong ones; the same frames
take the same queues with the same hash told. On ours the pool's queue stays free of
software frames even where the guest's table names it. Would fail if a status, a hash, a
queue or an extra-info slot differed, or if a request reached beyond the table (XSA-270).
"""

import struct

import story
from front import (CTRL_EVENT, CTRL_RING, EXTRA_HASH, EXTRA_INFO, MACS, RSP_OKAY, Complaints,
                   frontend, mac_bytes, rx, wait_until)
from parity import OURS, STOCK, compare
from scene import check
from traffic import BROADCAST

SETUP = "vmdq"

(GET_FLAGS, SET_FLAGS, SET_KEY, GET_MAPPING_SIZE, SET_MAPPING_SIZE, SET_MAPPING,
 SET_ALGORITHM) = range(1, 8)
IPV4, IPV4_TCP, IPV6, IPV6_TCP = 1, 2, 4, 8
# The key of the RSS verification suite, and connections whose hashes it lists
RSS_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b4"
                        "77cb2da38030f20c6a42b73bbeac01fa")
CONNECTIONS = [
    ("420995bb", "a18e6450", 2794, 1766),
    ("c75c6f02", "41458c53", 14230, 4739),
    ("1813c65f", "0c16cfb8", 12898, 38024),
    ("3ffe2501 02001fff 00000000 00000007", "3ffe2501 02000003 00000000 00000001", 2794, 1766),
]


LENGTHS = (60, 74)


def answers(scene, backend):
    """What a list of requests is answered."""
    front = frontend(scene, backend)
    front.connect(queues=2, ctrl=True)
    key, table, bad = front.numbers("grant 61 3")
    front.do(f"poke 61 0 {RSS_KEY.hex()}",
             "poke 62 0 " + struct.pack("<6I", 0, 1, 1, 0, 1, 0).hex(),
             "poke 63 0 " + struct.pack("<6I", 0, 1, 2, 0, 1, 0).hex(), "poke 64 0 00")
    missing = 0x3fffff
    requests = [
        (GET_FLAGS,), (SET_FLAGS, IPV4), (SET_ALGORITHM, 2), (SET_ALGORITHM, 0xffffffff),
        (GET_MAPPING_SIZE,), (SET_ALGORITHM, 1), (GET_FLAGS,), (SET_FLAGS, 16),
        (SET_FLAGS, 0x80000001), (SET_FLAGS, 15), (SET_KEY, key, 40), (SET_KEY, key, 41),
        (SET_KEY, key, 0xffffffff), (SET_KEY, missing, 40), (SET_KEY, missing, 0),
        (SET_KEY, key, 16), (SET_MAPPING, table, 1, 0), (SET_MAPPING_SIZE, 129),
        (SET_MAPPING_SIZE, 0x40000000), (SET_MAPPING_SIZE, 128), (SET_MAPPING_SIZE, 6),
        (SET_MAPPING, table, 6, 0), (SET_MAPPING, table, 6, 1), (SET_MAPPING, table, 3, 3),
        (SET_MAPPING, table, 1, 6), (SET_MAPPING, table, 0, 6), (SET_MAPPING, table, 0, 7),
        (SET_MAPPING, table, 2, 0xffffffff), (SET_MAPPING, table, 0xffffffff, 1),
        (SET_MAPPING, table, 0x80000000, 0x80000000), (SET_MAPPING, missing, 6, 0),
        (SET_MAPPING, missing, 0, 0), (SET_MAPPING, bad, 6, 0), (SET_MAPPING, bad, 2, 4),
        (SET_MAPPING_SIZE, 0), (SET_MAPPING, table, 1, 0), (0,), (8,), (0xffff,),
        (SET_ALGORITHM, 0), (SET_FLAGS, 1), (GET_FLAGS,),
    ]
    said = ["{}/{:x}".format(*answer) for answer in front.controls(requests)]
    front.close()
    return " ".join(said)


def packet(dst, src, connection, proto=6, fragment=0):
    """An IP packet with nothing but what a hash needs."""
    source, target, *ports = connection
    source, target = bytes.fromhex(source), bytes.fromhex(target)
    body = struct.pack(">HHIIHHHH", *ports, 1, 1, 0x5010, 100, 0, 0)
    if len(source) == 4:
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, proto, 0)
        kind = b"\x08\x00"
    else:
        header = struct.pack(">IHBB", 0x60000000, len(body), proto, 64)
        kind = b"\x86\xdd"
    addresses = mac_bytes(dst) + mac_bytes(src)
    return (addresses + kind + header + source + target + body).ljust(60, b"\0")


def frames(scene, dst):
    src = scene.lab.wire.mac
    made = [packet(dst, src, connection) for connection in CONNECTIONS]
    made += [packet(dst, src, connection, proto=17) for connection in CONNECTIONS]
    made += [packet(dst, src, CONNECTIONS[0], fragment=0x2000)]
    return made + [(mac_bytes(dst) + mac_bytes(src) + b"\x88\xb5").ljust(60, b"\0")]


def arrivals(front, queue):
    """Frames that a queue's ring has brought: their lengths and the hash told of each."""
    words = front.do(f"take {rx(queue)} 0 0")[0]
    found = []
    while words:
        _, _, flags, status = struct.unpack("<HHHh", bytes.fromhex(words.pop(0)))
        told = "-"
        more = flags & EXTRA_INFO
        while more:
            kind, more, data = struct.unpack("<BB6s", bytes.fromhex(words.pop(0)))
            if kind == EXTRA_HASH:
                htype, algorithm, value = struct.unpack("<BBI", data)
                told = f"{htype}.{algorithm}.{value:08x}"
        if status in LENGTHS:    # anything else is not from this test
            found.append(f"{status}:{told}")
    return found


def spread(scene, front, dst):
    """Where each of the frames goes."""
    said = {queue: [] for queue in range(front.queues)}
    sent = frames(scene, dst)
    for frame in sent:
        scene.lab.wire.raw(frame)

    def all_there():
        for queue, found in said.items():
            found += arrivals(front, queue)
        return sum(len(found) for found in said.values()) >= len(sent)
    wait_until(all_there, f"{len(sent)} frames at {front.guest.name}")
    return "; ".join(f"queue {queue}: " + " ".join(found) for queue, found in said.items())


def configure(front, flags, table):
    """Have the backend hash, and spread by a table."""
    key, mapping = front.numbers("grant 61 2")
    front.do(f"poke 61 0 {RSS_KEY.hex()}",
             "poke 62 0 " + struct.pack(f"<{len(table)}I", *table).hex() if table else "page 62")
    said = front.controls([
        (SET_ALGORITHM, 1), (SET_KEY, key, 40), (SET_FLAGS, flags),
        (SET_MAPPING_SIZE, len(table)), (SET_MAPPING, mapping, len(table), 0)])
    check(said == [(0, 0)] * 5, "right requests are answered", said)


def queues_of(scene, backend):
    """Where frames go by several choices of hash and table."""
    front = frontend(scene, backend)
    front.connect(queues=2, ctrl=True)
    for queue in range(2):
        front.post(200, queue)
    said = []
    for flags, table in ((15, [0, 1, 1, 0, 1]), (IPV4 | IPV6, [1, 0]), (IPV4_TCP, []), (0, [1])):
        configure(front, flags, table)
        said.append(spread(scene, front, MACS[backend]))
    front.close()
    return " | ".join(said)


def hash_with_one_queue(scene, backend):
    """What is told of frames where there is nothing to spread over."""
    front = frontend(scene, backend)
    front.connect(ctrl=True)
    front.post(64)
    configure(front, 15, [])
    front.control(SET_FLAGS, 0)
    said = spread(scene, front, MACS[backend])
    front.close()
    return said


def same_of_both(scene, feature, row, summary):
    """All that is said must be the same; a summary of it is kept."""
    said = {backend: row(scene, backend) for backend in (STOCK, OURS)}
    check(said[OURS] == said[STOCK], f"{STOCK} says {said[STOCK]!r}, {OURS} says {said[OURS]!r}")
    compare(feature, lambda backend: summary(said[backend]))
    return said[OURS]


def test_answers(scene):
    same_of_both(scene, "control ring: right and wrong requests", answers,
                 lambda said: f"{said.count('0/')} of {len(said.split())} accepted")


def test_queues(scene):
    def hashes(said):
        return f"{said.count('.1.')} of {said.count('60:') + said.count('74:')} hashed"
    said = same_of_both(scene, "control ring: queue and hash of frames", queues_of, hashes)
    check(all(value in said for value in ("51ccc178", "c626b0ea", "5c2b394a", "40207d3d")),
          "not the hashes of the RSS suite:", said)
    same_of_both(scene, "control ring: hash with one queue", hash_with_one_queue, hashes)


def test_pool_queue_stays_free(scene):
    """A table that sends everything to the pool's queue."""
    front = frontend(scene, OURS)
    guest = front.guest
    front.connect(queues=2, ctrl=True)
    for queue in range(2):
        front.post(64, queue)
    configure(front, 15, [1])
    scene.dom0.run(f"vmdqctl assign {guest.vif}")
    story.wait_level(scene.lab, guest, "grant")
    said = spread(scene, front, BROADCAST)
    check("queue 0: 60:1.1.51ccc178" in said and said.endswith("queue 1: "), "frames went to",
          said)
    # A guest that breaks the control ring's protocol is disabled like any other.
    seen = Complaints(scene.lab)
    front.do(f"prod {CTRL_RING} 500", f"kick {CTRL_EVENT}")
    seen.expect(rf"{guest.vif}: .*impossible control producer index.*disabled")
    front.close()
    front.connect(queues=2, ctrl=True)
    check(front.control(GET_FLAGS) == (1, 0), "a choice of hash outlives its connection")
    check(front.transmit(frames(scene, scene.lab.wire.mac)[-1]) == RSP_OKAY, "no frame passes")
    front.close()
