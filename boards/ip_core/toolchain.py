"""Verilog of a core, and what it takes of an FPGA. No bitstream: the design around it is another's.
"""

from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.ip_core.component import component_xml
from build_decoder.boards.ip_core.top import NAME, AxiLiteTop
from build_decoder.boards.reports import SynthesisReport
from build_decoder.boards.resources import check_capacity
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.yosys import read_statistics, run_yosys

__all__ = ["COMPONENT_FILE", "VERILOG_FILE", "CoreToolchain"]

VERILOG_FILE = f"{NAME}.v"
COMPONENT_FILE = "component.xml"

_STAT_FILE = f"{NAME}.stat.json"


class CoreToolchain:
    """Writes and measures a core."""

    def instructions(self, board: Board) -> str:
        """Text on how to use the package."""
        blocks = (
            f"It has blocks of the {board.family.title} in it, and is for that family."
            if board.family.own_blocks
            else "It is behaviour alone."
        )
        return (
            f"{VERILOG_FILE} is all of the core, module {NAME}.\n{blocks}\n"
            f"{COMPONENT_FILE} describes it in IP-XACT: in Vivado, add this folder to the IP\n"
            f"repositories of a project (set_property ip_repo_paths), and it to a block design."
        )

    def prepare(self, board: Board, top: AxiLiteTop, build_dir: Path, *, seed: int) -> None:
        """Write the Verilog and its description.

        Raises
        ------
        ToolError
            If Yosys is missing or fails.
        """
        # With the FPGA's own blocks, as the decoder's Verilog has been simulated.
        family = board.family if board.family.own_blocks else None
        (build_dir / VERILOG_FILE).write_text(to_verilog(top, name=NAME, family=family))
        about = f"Neural decoder {top.shell.core.interface.name} with registers on AXI4-Lite"
        text = component_xml(top, verilog=VERILOG_FILE, about=about)
        (build_dir / COMPONENT_FILE).write_text(text)

    def synthesise(self, board: Board, build_dir: Path) -> SynthesisReport:
        """Count what the core takes of the board's FPGA, with Yosys."""
        log = run_yosys(
            [
                f"read_verilog {VERILOG_FILE}",
                f"hierarchy -top {NAME}",
                "proc",
                # As `sim.synthesis` does: Yosys is not to elaborate Verilog anew.
                f"write_rtlil {NAME}.il",
                "design -reset",
                f"read_rtlil {NAME}.il",
                *board.family.synthesis_commands(NAME, bare=True),
                f"tee -q -o {_STAT_FILE} stat -json",
            ],
            build_dir,
        )
        resources = board.family.resources_of(read_statistics(build_dir / _STAT_FILE))
        check_capacity(board, resources)
        return SynthesisReport(resources=resources, log=log)
