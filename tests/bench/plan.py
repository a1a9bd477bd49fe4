# SPDX-License-Identifier: GPL-2.0
"""What is measured: cells, each one kind of traffic, and the backends that carry it."""

import dataclasses

# Backends, by the machine that has them: one boot each, side by side
STOCK, DROP = "stock", "drop"
SOFTWARE, COPY, GRANT = "ours-software", "ours-copy", "ours-grant"
MACHINES = {"stock": (STOCK, DROP), "ours": (SOFTWARE, COPY, GRANT)}
OURS = MACHINES["ours"]

RECEIVE, TRANSMIT, BETWEEN = "guest RX", "guest TX", "guest to guest"
SATURATED, PACED = "saturated", "1000/s"
IMIX = "imix"
# 7:4:1, as the simple IMIX has it, mixed
IMIX_SIZES = [60, 590, 60, 590, 60, 60, 1514, 60, 590, 60, 590, 60]
JUMBO = 9014    # bytes without FCS at an MTU of 9,000
PACE = 1000     # frames a second of the machine's own time


@dataclasses.dataclass(frozen=True)
class Cell:
    """One kind of traffic.

    scenario: "frames", "tcp bulk" or "tcp request/response"
    direction: RECEIVE, TRANSMIT or BETWEEN
    frame: bytes without FCS, IMIX, or None where TCP makes the frames
    offered: SATURATED (see window.BURST) or PACED; None for TCP, which goes as fast as it goes
    guests: how many take part at once
    """
    scenario: str
    direction: str
    frame: object
    offered: str = None
    guests: int = 1
    iommu: str = "off"

    @property
    def sizes(self):
        """Of its frames: a length, or lengths in turn."""
        return IMIX_SIZES if self.frame == IMIX else self.frame

    @property
    def per(self):
        return {"tcp bulk": "MB", "tcp request/response": "round trip"}.get(self.scenario,
                                                                           "packet")

    def backends(self, machine):
        """Those of a machine that carry it; XDP takes no frame longer than a page."""
        names = MACHINES[machine]
        if (self.scenario, self.direction, self.guests) != ("frames", RECEIVE, 1) or (
                self.frame == JUMBO):
            names = [n for n in names if n != DROP]
        return names

    def __str__(self):
        words = [self.scenario, self.direction, self.frame and f"{self.frame} bytes",
                 self.offered, f"{self.guests} guests" if self.guests > 1 else None,
                 f"IOMMU {self.iommu}" if self.iommu != "off" else None]
        return ", ".join(str(w) for w in words if w).replace("imix bytes", "IMIX")


def quick():
    """The receive path: the first three rows of what is to be reached."""
    return [Cell("frames", RECEIVE, size, offered)
            for offered in (SATURATED, PACED) for size in (60, 1514)]


def whole():
    """All of it; paced cells last, and those with an IOMMU, which is another boot, behind them."""
    sizes = (60, 512, 1514, IMIX, JUMBO)
    cells = [Cell("frames", direction, size, SATURATED)
             for direction in (RECEIVE, TRANSMIT, BETWEEN) for size in sizes]
    cells += [Cell("tcp bulk", RECEIVE, None), Cell("tcp bulk", TRANSMIT, None),
              Cell("tcp bulk", BETWEEN, None), Cell("tcp request/response", RECEIVE, None)]
    cells += [Cell("frames", RECEIVE, size, SATURATED, guests)
              for guests in (2, 4, 7) for size in (60, 1514)]
    cells += [Cell("frames", RECEIVE, size, PACED) for size in (60, 512, 1514, IMIX)]
    cells += [Cell("frames", TRANSMIT, size, PACED) for size in (60, 512, 1514)]
    cells += [Cell("frames", RECEIVE, size, SATURATED, iommu="strict")
              for size in (60, 512, 1514, JUMBO)]
    return cells


def guard():
    """What make check holds against the limits that the paths have reached: see report.GUARDS."""
    return [Cell("frames", RECEIVE, 60, SATURATED), Cell("frames", TRANSMIT, 1514, SATURATED),
            Cell("tcp bulk", RECEIVE, None), Cell("tcp bulk", TRANSMIT, None)]


# Where the instructions go is asked of these
PROFILED = {"small": Cell("frames", RECEIVE, 60, SATURATED),
            "receive": Cell("frames", RECEIVE, 1514, SATURATED),
            "transmit": Cell("frames", TRANSMIT, 1514, SATURATED),
            "tcp_receive": Cell("tcp bulk", RECEIVE, None),
            "tcp_transmit": Cell("tcp bulk", TRANSMIT, None)}
