# SPDX-License-Identifier: GPL-2.0
"""An XDP program that does one thing to every frame, as the object file that `ip link` loads."""

import struct

DROP, PASS = 1, 2       # enum xdp_action in linux/bpf.h
EM_BPF = 247


def program(action):
    """r0 = action; exit"""
    return struct.pack("<BBhi", 0xb7, 0, 0, action) + struct.pack("<BBhi", 0x95, 0, 0, 0)


def object_file(action=PASS):
    """A relocatable ELF file with that program in section "xdp", made by hand."""
    code = program(action)
    names = b"\0xdp\0license\0.symtab\0.strtab\0"
    strings = b"\0all_same\0"
    # value 0, size of the program, global function of section 1
    symbols = bytes(24) + struct.pack("<IBBHQQ", 1, 0x12, 0, 1, 0, len(code))
    parts = [(b"", 0, 0, 0, 0, 0), (code, 1, 1, 6, 0, 0), (b"GPL\0", 5, 1, 3, 0, 0),
             (symbols, 13, 2, 0, 4, 24), (strings, 21, 3, 0, 0, 0), (names, 21, 3, 0, 0, 0)]
    body, headers, offset = b"", b"", 64
    for data, name, kind, flags, link, entry in parts:
        at = offset + len(body)
        # sh_info of the symbol table: the first symbol that is not local
        headers += struct.pack("<IIQQQQIIQQ", name if data else 0, kind, flags, 0,
                               at if data else 0, len(data), link, 1 if entry else 0,
                               8 if data else 0, entry)
        body += data + bytes(-len(data) % 8)
    elf = b"\x7fELF\2\1\1" + bytes(9)
    elf += struct.pack("<HHIQQQIHHHHHH", 1, EM_BPF, 1, 0, 0, offset + len(body), 0, 64, 0, 0, 64,
                       len(parts), 5)
    return elf + body + headers
