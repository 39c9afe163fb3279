"""Switching activity as a SAIF file, which power analysers read beside the netlist it is of."""

from collections.abc import Iterator
from pathlib import Path

from build_decoder.sim.toggles import Toggles

__all__ = ["write_saif"]


def write_saif(toggles: Toggles, path: Path, *, top: str, clock_mhz: float) -> None:
    """Write what was counted of the nets of the module ``top``: for each bit that a cell drives,
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
    found = {}
    for output in toggles.outputs:
        for net, count, high in zip(output.nets, output.toggles, output.high, strict=True):
            if net is not None:
                found[net] = count, high
    for net, (count, high) in sorted(found.items()):
        name = net.replace("[", "\\[").replace("]", "\\]")
        low = toggles.cycles - high
        yield (
            f"    ({name} (T0 {low * period}) (T1 {high * period}) (TX 0) (TC {count}) (IG 0))"
        )
