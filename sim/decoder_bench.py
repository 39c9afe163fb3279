"""Test benches around the Verilog of a decoder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.interface import Interface
from build_decoder.hdl.yosys import yosys_share
from build_decoder.models.progress import Progress, silent
from build_decoder.sim.meters import Meter
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.testbench import TestBench

__all__ = ["TOP", "ExportedDecoder", "decoder_bench"]

TOP = "decoder"
"""Name of the decoder's module."""


@dataclass(frozen=True)
class ExportedDecoder:
    """Verilog of a decoder, or its netlist.

    Parameters
    ----------
    source
        File with the module :data:`TOP`.
    interface
        Its streams.
    family
        FPGA family whose blocks it instantiates; None if it is behaviour alone.
    models
        Verilog files with the behaviour of other cells that it instantiates.
    """

    source: Path
    interface: Interface
    family: Family | None = None
    models: tuple[Path, ...] = ()


def decoder_bench(
    decoder: ExportedDecoder,
    work_dir: Path,
    *,
    frames: int,
    simulator: str | None = None,
    progress: Progress = silent,
    waves: bool = False,
    meters: Sequence[Meter] = (),
) -> TestBench:
    """A bench around ``decoder``, with models of the blocks that it instantiates.

    Parameters
    ----------
    work_dir
        Folder for the bench, in ``cells`` of which the models go.
    frames, simulator, progress, waves, meters
        See :class:`sim.testbench.TestBench`.

    Raises
    ------
    ToolError
        If there is no simulator, no Yosys with models of blocks, or the Verilog does not compile.
    """
    cells, include_dirs = [], []
    if decoder.family is not None:
        cells, include_dirs = cell_sources(decoder.family, yosys_share(), work_dir / "cells")
    return TestBench(
        [*cells, *decoder.models, decoder.source],
        TOP,
        decoder.interface,
        work_dir,
        frames=frames,
        simulator=simulator,
        include_dirs=include_dirs,
        progress=progress,
        waves=waves,
        meters=meters,
    )
