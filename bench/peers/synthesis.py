"""Synthesis of Verilog that others wrote, with cells counted as those of this project."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from build_decoder.hdl.cells import Resources
from build_decoder.hdl.families.xc7 import FAMILY
from build_decoder.hdl.yosys import read_statistics, run_yosys

__all__ = ["synthesise_peer"]

_STATISTICS = "peer.stat.json"


def synthesise_peer(
    verilog: Sequence[Path], data: Sequence[Path], top: str, work_dir: Path
) -> Resources:
    """What ``synth_xilinx`` for the 7 series makes of Verilog.

    Parameters
    ----------
    verilog
        Its files.
    data
        Files that it reads memories from, by their names alone.

    Raises
    ------
    ToolError
        If Yosys is missing or stops, or the netlist has a cell of which no count is known.
    """
    work_dir.mkdir(parents=True, exist_ok=True)
    for path in (*verilog, *data):
        shutil.copy(path, work_dir)
    run_yosys(
        [
            # Modules are read for the parameters of their instances: their own defaults may name
            # files that are not there.
            *(f"read_verilog -defer {path.name}" for path in verilog),
            f"hierarchy -top {top}",
            "proc",
            # Yosys refuses a memory of a style that it has no block for; without, it chooses.
            "setattr -unset rom_style */*",
            *FAMILY.synthesis_commands(top, bare=True),
            f"tee -q -o {_STATISTICS} stat -json",
        ],
        work_dir,
    )
    return FAMILY.resources_of(read_statistics(work_dir / _STATISTICS))
