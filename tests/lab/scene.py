# SPDX-License-Identifier: GPL-2.0
"""What tests share within one boot: the network, and guests made on first use."""

from traffic import intact


class TestFailed(Exception):
    """A test saw something that it does not accept."""


def check(condition, *what):
    """Fail the test unless the condition holds."""
    if not condition:
        raise TestFailed(" ".join(str(w) for w in what))


def check_intact(got, count, what):
    """Fail the test unless frames 0..count-1 arrived, once each and undamaged."""
    check(intact(got, count), f"{what}: {count} frames sent, arrived:", got)


class Scene:
    """Handed to each test.

    A test may use what is there, and must leave it as it was. Guests of the
    scene are shared; a test that destroys one uses scene.lab.guest_create().
    There is no room for all that are shared anywhere: those that are not in
    "kept" end with the tests of a file.
    """

    SETUPS = {"bare": None, "stock": "igb", "vmdq": "vmdq_igb"}

    def __init__(self, lab, setup):
        self.lab = lab
        self.dom0 = lab.dom0
        self.setup = setup
        self.kept = {"a", "b", "front"}
        self.dev = None      # dom0's interface of the NIC, when below xenbr0
        driver = self.SETUPS[setup]
        if driver:
            self.dev = lab.bridge_up(driver)

    def guest(self, name, **options):
        """The shared guest of that name, made now if it is not there."""
        guest = self.lab.guests.get(name)
        return guest or self.lab.guest_create(name, **options)

    def guests(self, **options):
        """Several shared guests at once: guests(a={"vcpus": 2}, b={})."""
        missing = [dict(o, name=n) for n, o in options.items() if n not in self.lab.guests]
        self.lab.guests_create(missing)
        return [self.lab.guests[name] for name in options]
