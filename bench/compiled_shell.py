"""A shell's Verilog in a bench, compiled for Verilator."""

from collections.abc import Sequence
from pathlib import Path

from amaranth.lib import wiring

from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.hdl.yosys import yosys_share
from build_decoder.sim.primitives import cell_sources
from build_decoder.sim.simulators import find_simulator

__all__ = ["compiled_shell"]


def compiled_shell(
    shell: wiring.Component,
    name: str,
    around: str,
    folder: Path,
    *,
    family: Family | None = None,
    sources: Sequence[Path] = (),
):
    """The simulator, with ``folder/build`` compiled of a shell and the Verilog around it.

    Parameters
    ----------
    shell, name
        The shell, and the name of its module.
    around
        Verilog that instantiates it.
    folder
        Where sources, log and build go.
    family
        FPGA family whose blocks the Verilog instantiates; None for behaviour alone.
    sources
        Verilog of modules that the shell instantiates.

    Raises
    ------
    ToolError
        If there is no Verilator or the Verilog does not compile.
    """
    folder.mkdir(parents=True, exist_ok=True)
    simulator = find_simulator("verilator")
    bench, inside = folder / "bench.v", folder / "shell.v"
    bench.write_text(around)
    inside.write_text(to_verilog(shell, name=name, family=family))
    cells, include_dirs = [], []
    if family is not None:
        cells, include_dirs = cell_sources(family, yosys_share(), folder / "cells")
    simulator.compile(
        [*cells, *sources, inside, bench], folder / "build", log=folder / "compile.log",
        include_dirs=include_dirs,
    )  # fmt: skip
    return simulator
