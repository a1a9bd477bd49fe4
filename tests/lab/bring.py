# SPDX-License-Identifier: GPL-2.0
"""Programs that are not in dom0's image, brought there by the test that needs one."""

import io
import os
import tarfile

import image


def bring(dom0, program):
    """Put a program, such as "usr/bin/perf", and its libraries into a folder of dom0's.

    Returns the folder, in which it is to be run by its name; leave() removes it.
    """
    name = os.path.basename(program)
    where = f"/tmp/brought-{name}"
    path = os.path.join(image.ROOT, program)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as tar:
        tar.add(os.path.realpath(path), "bin")
        for library, file in image.needed_libraries([path]).items():
            tar.add(os.path.realpath(file), "lib/" + os.path.basename(library))
    dom0.put(where + ".tar.gz", packed.getvalue())
    dom0.run(f"mkdir {where} && tar -xzf {where}.tar.gz -C {where} && rm {where}.tar.gz")
    dom0.put(f"{where}/{name}", f'#!/bin/sh\nLD_LIBRARY_PATH={where}/lib exec {where}/bin "$@"\n'
             .encode(), 0o755)
    return where


def leave(dom0, where):
    dom0.run(f"rm -rf {where}")
