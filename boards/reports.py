"""What synthesis and place and route report."""

from dataclasses import dataclass
from pathlib import Path

from boards.resources import Resources

__all__ = ["BitstreamReport", "SynthesisReport"]


@dataclass(frozen=True, kw_only=True)
class SynthesisReport:
    """Outcome of synthesis.

    Parameters
    ----------
    resources
        What the whole design takes; None where there was no Yosys to count it.
    log
        What Yosys printed.
    missing
        What to run where, if the tools for it are not here; else None.
    """

    resources: Resources | None = None
    log: Path | None = None
    missing: str | None = None


@dataclass(frozen=True, kw_only=True)
class BitstreamReport:
    """Outcome of place and route.

    Parameters
    ----------
    bitstream
        File to load into the board; None if it was not made. It is made even if timing is not met.
    fmax_mhz
        Highest decoder clock according to static timing analysis.
    constraint_mhz
        Decoder clock that the design was built for.
    timing_met
        Whether the former reaches the latter; None where it is not known.
    toolchain
        Name of the tool that placed and routed.
    log
        What it printed.
    missing
        What to run where, if the tools for it are not here; else None.
    """

    bitstream: Path | None = None
    fmax_mhz: float | None = None
    constraint_mhz: float | None = None
    timing_met: bool | None = None
    toolchain: str | None = None
    log: Path | None = None
    missing: str | None = None
