# SPDX-License-Identifier: GPL-2.0
"""TCP connections that must outlive what is done to the vifs of their guests."""

import contextlib

from transfer import EchoServer, Transfer


@contextlib.contextmanager
def connections(lab, *guests):
    """One from the wire's far end to each guest, data both ways; at the end all was intact."""
    with contextlib.ExitStack() as stack:
        transfers = []
        for guest in guests:
            echo = EchoServer(guest)
            stack.callback(echo.stop)
            transfers.append(stack.enter_context(Transfer(lab.peer, guest.address, rate=50_000)))
        yield transfers
        for transfer in transfers:
            transfer.finish()
