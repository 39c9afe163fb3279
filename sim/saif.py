"""Switching activity as a SAIF file, which power analysers read beside the netlist it is of."""

from collections.abc import Iterator
from pathlib import Path

from build_decoder.sim.toggles import Toggles

__all__ = ["write_saif"]


def write_saif(toggles: Toggles, path: Path, *, top: str, clock_mhz: float) -> None:
    """Write what was counted of the nets of the module ``top``: for each bit that something takes,
    how long it was 0 and 1 (T0, T1, in picoseconds) and how often it changed (TC).

    Parameters
    ----------
    clock_mhz
        The clock that a cycle's length follows from.
    """
    period = round(1e6 / clock_mhz)
    lines = [
        "(SAIFILE",
        '(SAIFVERSION "2.0")',
        '(DIRECTION "backward")',
        f'(DESIGN "{top}")',
        '(PROGRAM_NAME "build_decoder")',
        "(DIVIDER / )",
        "(TIMESCALE 1 ps)",
        f"(DURATION {toggles.cycles * period})",
        f"(INSTANCE {top}",
        "  (NET",
        *_nets(toggles, period),
        "  )",
        ")",
        ")",
    ]
    path.write_text("\n".join(lines) + "\n")


def _nets(toggles: Toggles, period: int) -> Iterator[str]:
    for bit, count in sorted(toggles.counts.items(), key=lambda item: item[0].net):
        name = bit.net.replace("[", "\\[").replace("]", "\\]")
        low, high = (toggles.cycles - count.high) * period, count.high * period
        yield f"    ({name} (T0 {low}) (T1 {high}) (TX 0) (TC {count.toggles}) (IG 0))"
