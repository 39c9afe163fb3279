"""Logic synthesis with Yosys, and what a netlist takes of its target's resources."""

from dataclasses import dataclass
from pathlib import Path

from build_decoder.hdl.cells import Resources
from build_decoder.hdl.families import FAMILIES
from build_decoder.hdl.family import Family
from build_decoder.hdl.yosys import read_statistics, run_yosys

__all__ = ["TARGETS", "SynthesisResult", "synthesise"]

TARGETS = tuple(name for name, family in FAMILIES.items() if family.own_blocks)
"""Names of the families whose blocks Verilog has, and whose netlists are checked."""


@dataclass(frozen=True)
class SynthesisResult:
    """A netlist: as Verilog, as JSON for place and route, and its resources."""

    netlist_verilog: Path
    netlist_json: Path
    resources: Resources


def synthesise(
    verilog: Path, family: Family, work_dir: Path, *, top: str = "decoder"
) -> SynthesisResult:
    """Synthesise a Verilog file, and leave the netlist and yosys.log in ``work_dir``.

    Parameters
    ----------
    family
        What FPGA it is for.

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
    result = work_dir / f"{top}.{family}.v"
    netlist = work_dir / f"{top}.{family}.json"
    statistics = work_dir / f"{top}.{family}.stat.json"
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
            *family.synthesis_commands(top, bare=True),
            f"tee -q -o {statistics.name} stat -json",
            f"write_json {netlist.name}",
            f"write_verilog -noattr {result.name}",
        ],
        work_dir,
    )
    resources = family.resources_of(read_statistics(statistics))
    return SynthesisResult(result, netlist, resources)
