"""What a build keeps of its energy: figures in its report, and what Vivado needs for its own."""

import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

from build_decoder import boards
from build_decoder.bench.energy_counts import Counted
from build_decoder.bench.estimate import Estimate
from build_decoder.build_folder import BuildFolder
from build_decoder.hdl.family import Family
from build_decoder.manifest import ForeignFiles, check_own, write_manifest
from build_decoder.models.errors import InputError
from build_decoder.report import REPORT_FILE
from build_decoder.sim.decoder_bench import TOP
from build_decoder.sim.saif import write_saif

__all__ = ["POWER", "require_own", "save_energy"]

POWER = "power"
"""Folder in a package for 7 series."""

_VIVADO = "xilinx"
_ANY_MHZ = 100.0
_SCRIPT = """\
# Vivado's own estimate of the power of the decoder alone: its netlist, without the board's shell,
# placed and routed out of context, with the toggles of golden frames back to back.
# vivado -mode batch -source power.tcl, in this folder; leaves power.rpt.
read_verilog decoder.v
set_property design_mode GateLvl [current_fileset]
link_design -top {top} -part {part} -mode out_of_context
create_clock -name clk -period {period:g} [get_ports clk]
place_design
route_design
read_saif -strip_path {top} toggles.saif
report_power -file power.rpt
"""


def require_own(folder: Path) -> None:
    """Check that all in the folder of a build is the build's own, since its record is made anew.

    Raises
    ------
    InputError
        If it is not.
    """
    try:
        check_own(folder)
    except ForeignFiles as foreign:
        raise InputError.at(
            folder, "", expected="a build, its files as it made them", got=str(foreign)
        ) from None


def save_energy(
    build: BuildFolder, family: Family, counted: Counted, estimates: Mapping[str, Estimate]
) -> list[str]:
    """Add what was counted and estimated to a build; names of the files that were written.

    Parameters
    ----------
    estimates
        Nanojoules a frame by what is estimated.
    """
    # The page brings Jinja with it.
    from build_decoder.page import PAGE_FILE, write_page

    report = build.load_report()
    toggles = counted.toggles
    report["energy"] = {
        "family": family.name,
        "frames": toggles.frames,
        "frame_cycles": counted.frame_cycles,
        "toggles": {
            kind: round(count / toggles.frames, 1)
            for kind, count in toggles.routed_by_type().items()
        },
        "estimated_nanojoules": {
            name: [round(end, 3) for end in astuple(estimate)]
            for name, estimate in estimates.items()
        },
    }
    (build.path / REPORT_FILE).write_text(json.dumps(report, indent=2) + "\n")
    write_page(build.path)
    written = [REPORT_FILE, PAGE_FILE]
    if family.toolchain == _VIVADO and report["board"] is not None:
        written += _leave_for_vivado(build, report, counted)
    write_manifest(build.path)
    return written


def _leave_for_vivado(build: BuildFolder, report: Mapping, counted: Counted) -> list[str]:
    folder = build.board / POWER
    folder.mkdir(parents=True, exist_ok=True)
    mhz = report["clock_mhz"] or _ANY_MHZ
    (folder / "decoder.v").write_bytes(counted.toggles.netlist.verilog.read_bytes())
    write_saif(counted.toggles, folder / "toggles.saif", top=TOP, clock_mhz=mhz)
    part = boards.get(report["board"]).device
    script = _SCRIPT.format(top=TOP, part=part, period=1000 / mhz)
    (folder / "power.tcl").write_text(script)
    return [
        (folder / name).relative_to(build.path).as_posix()
        for name in ("decoder.v", "toggles.saif", "power.tcl")
    ]
