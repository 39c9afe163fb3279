"""What synthesis and place and route report."""

from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.cells import Resources

__all__ = ["BitstreamReport", "PlacedResources", "SynthesisReport"]


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
class PlacedResources:
    """Sites that place and route took; None for what the tool does not tell.

    Parameters
    ----------
    lut
        LUTs, those in front of carry chains and memories in LUTs included. With Vivado, LUTs of six
        inputs; with nextpnr on the 7 series, halves of them that are in use; on iCE40 logic cells,
        in which a LUT and a flip-flop share a site.
    ff, dsp, bram
        As in synthesis.
    """

    lut: int | None = None
    ff: int | None = None
    dsp: int | None = None
    bram: int | float | None = None


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
    untimed
        Paths of the design that the analysis leaves out; None where it knows all.
    placed
        Sites taken.
    toolchain, version
        Name of the tool that placed and routed, and its version if it tells one.
    warnings
        What the tools said that a user should know, one line each.
    log
        What the tool that placed and routed printed.
    missing
        What to run where, if the tools for it are not here; else None.
    """

    bitstream: Path | None = None
    fmax_mhz: float | None = None
    constraint_mhz: float | None = None
    timing_met: bool | None = None
    untimed: str | None = None
    placed: PlacedResources | None = None
    toolchain: str | None = None
    version: str | None = None
    warnings: tuple[str, ...] = ()
    log: Path | None = None
    missing: str | None = None
