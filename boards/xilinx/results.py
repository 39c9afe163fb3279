"""Figures in what the toolchains of 7-series FPGAs write."""

import re
from pathlib import Path

from build_decoder.boards.reports import PlacedResources

__all__ = [
    "nextpnr_fmax",
    "nextpnr_placed",
    "untimed_paths",
    "vivado_fmax",
    "vivado_placed",
    "vivado_version",
]


def nextpnr_fmax(log: str) -> float | None:
    """Lowest of the final maximum frequencies in nextpnr's log, MHz; it reports them twice."""
    reported = re.findall(r"Max frequency for clock\s+'?(\S+?)'?: ([\d.]+) MHz", log)
    final = {clock: float(mhz) for clock, mhz in reported}
    return min(final.values(), default=None)


def nextpnr_placed(log: str) -> PlacedResources:
    """Sites taken, of the last table of utilisation in nextpnr's log.

    nextpnr-xilinx shortens names such as ``DSP48E1_DSP48E1``.
    """
    table = log.rpartition("Device utilisation:")[2] if "Device utilisation:" in log else ""
    used = {
        re.sub(r"^(\w+)_\1$", r"\1", name): int(number)
        for name, number in re.findall(r"^\S*\s+(\w+):\s+(\d+)/\s*\d+\s+\d+%", table, re.MULTILINE)
    }
    halves = [used.get("RAMB18E1"), used.get("RAMB36E1")]
    bram = None
    if None not in halves:
        bram = halves[0] / 2 + halves[1]
        bram = int(bram) if bram == int(bram) else bram
    return PlacedResources(
        lut=used.get("SLICE_LUTX"), ff=used.get("SLICE_FFX"), dsp=used.get("DSP48E1"), bram=bram
    )


def untimed_paths(placer: str, placed: PlacedResources) -> str | None:
    """Paths of a design that a placer's timing analysis leaves out; None if it knows all.

    Where it is not known whether the design has such a block, it is taken to have one.
    """
    untimed = {
        "nextpnr-xilinx": {"DSP48E1": placed.dsp, "block RAM": placed.bram},
        "nextpnr-himbaechel": {"DSP48E1": placed.dsp},
        "vivado": {},
    }[placer]
    blocks = [name for name, number in untimed.items() if number != 0]
    return f"to and from {' and '.join(blocks)}" if blocks else None


def vivado_fmax(report: Path, clock_mhz: float) -> float | None:
    """Highest frequency by the worst negative slack of Vivado's timing summary, MHz."""
    if not report.exists():
        return None
    slack = re.search(r"WNS\(ns\).*\n[\s-]*\n\s*(-?[\d.]+)", report.read_text())
    return None if slack is None else 1e3 / (1e3 / clock_mhz - float(slack.group(1)))


def vivado_placed(report: Path) -> PlacedResources:
    """Sites taken, of Vivado's report of utilisation."""
    text = report.read_text() if report.exists() else ""
    used = dict(re.findall(r"^\|\s*([\w ]+?)\*?\s*\|\s*([\d.]+)\s*\|", text, re.MULTILINE))
    number = {
        kind: float(used[row]) if row in used else None
        for kind, row in (
            ("lut", "Slice LUTs"),
            ("ff", "Slice Registers"),
            ("dsp", "DSPs"),
            ("bram", "Block RAM Tile"),
        )
    }
    return PlacedResources(
        **{kind: int(n) if n is not None and n == int(n) else n for kind, n in number.items()}
    )


def vivado_version(log: str) -> str | None:
    """The version in the heading of Vivado's log."""
    told = re.search(r"^\*+ Vivado v?(\S+)", log, re.MULTILINE)
    return told.group(1) if told else None
