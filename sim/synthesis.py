"""Logic synthesis with Yosys, and what a netlist takes of its target's resources."""

from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.cells import Resources, count_cells
from build_decoder.hdl.yosys import HIDE_NAMES, read_statistics, run_yosys, synth_xc7

__all__ = ["TARGETS", "SynthesisResult", "synthesise"]

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
    work_dir = Path(work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    source = work_dir / f"{top}.synthesis.v"
    source.write_text(Path(verilog).read_text())
    result = work_dir / f"{top}.{target}.v"
    netlist = work_dir / f"{top}.{target}.json"
    statistics = work_dir / f"{top}.{target}.stat.json"
    rtlil = work_dir / f"{top}.il"
    run_yosys(
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
        ],
        work_dir,
    )
    return SynthesisResult(result, netlist, count_cells(read_statistics(statistics), target))
