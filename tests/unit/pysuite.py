# SPDX-License-Identifier: GPL-2.0
"""Runs the tests of a Python file as tests/unit/run wants it."""

import os
import sys
import unittest


def main(module):
    """Run all tests of a module; the last line says how many passed. Returns the exit status."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        result = unittest.TextTestRunner(stream=nowhere).run(suite)
    bad = result.failures + result.errors
    for test, why in bad:
        print(f"{test}: {why.strip()}")
    name = os.path.basename(sys.argv[0]).removesuffix(".py")
    print(f"{name}: {result.testsRun - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0
