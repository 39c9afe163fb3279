"""A decoder in the standard cells of a Liberty file: gate equivalents, slack and power.

``python -m build_decoder.bench.asic BUILD --liberty FILE`` synthesises the Verilog of a build onto
the library's cells, compares the netlist with the integer model on golden frames, which it gets to
after a reset from random contents of all flip-flops and memories that are written, and has OpenSTA
tell slack and power, with the toggles of these frames. ``NETWORK`` in the place of a build is built
first, for no FPGA. There are neither wires nor a clock tree: figures are of cells alone.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_decoder.bench.energy_counts import BESIDES, golden_frames
from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least, positive
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.standard_cells import CellNetlist, map_to_cells
from build_decoder.sim.static_timing import CellFigures, analyse_cells, require_opensta
from build_decoder.sim.toggles import count_toggles
from build_decoder.stages.rtl import Chip

__all__ = ["main"]

_CLOCK_MHZ = 100.0
_MEMORIES = ("sram", "gates")
_SRAM_PICOJOULES_A_BIT = 10 / 64
"""Reading 64 bits of an SRAM of 8 KB at 45 nm and 0.9 V: Horowitz, "Computing's energy problem",
ISSCC 2014."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 the netlist is wrong, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv), prefix="bench.asic: ", failures={CheckFailed: 1}, tools=True
    )


def _parser() -> LineParser:
    parser = LineParser(
        prog="python -m build_decoder.bench.asic", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--liberty", type=filled_path, metavar="FILE", required=True,
        help="the library of standard cells, as .lib or .lib.gz",
    )
    parser.add_argument(
        "--memory", choices=_MEMORIES, default=_MEMORIES[0],
        help="what memories of 1,024 bits or more are: SRAM macros, which are left out of area "
        "and power, or gates and flip-flops (sram)",
    )
    parser.add_argument(
        "--clock", type=positive, default=_CLOCK_MHZ, metavar="MHZ",
        help=f"clock that gates are chosen for, and power is of ({_CLOCK_MHZ:g})",
    )
    parser.add_argument(
        "--dont-use", nargs="+", default=(), metavar="CELL",
        help="cells of the library that must not be used, with * for any letters",
    )
    parser.add_argument(
        "--frames", type=at_least(1), default=10, metavar="N",
        help="golden frames that toggles are counted on (10)",
    )
    return parser


def _run(argv: Sequence[str] | None) -> int:
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not arguments.liberty.is_file():
        raise InputError.at(
            "--liberty", "", expected="a Liberty file", got=f"{arguments.liberty}, which is none"
        )
    require_opensta()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        build = given_build(parser, argv, folder / "build", chip=Chip(None))
        design, plan = build.load_plan()
        if build.exported(design).family is not None:
            raise InputError.at(
                str(build.path), "", expected="a build for no FPGA, or one whose Verilog has no "
                "blocks of one", got=f"one for {design.family}",
            )
        x_raw, y_raw = golden_frames(build, design.interface, arguments.frames)
        netlist = map_to_cells(
            build.verilog, arguments.liberty, folder / "cells", clock_mhz=arguments.clock,
            macros=arguments.memory == "sram", unused=arguments.dont_use,
        )
        toggles = count_toggles(
            ExportedDecoder(build.verilog, design.interface, models=netlist.models),
            netlist.netlist_json, x_raw, y_raw, folder / "toggles",
        )
        figures = analyse_cells(
            toggles, netlist.library, folder / "sta", clock_mhz=arguments.clock
        )
        _show(plan, netlist, figures, arguments.clock, arguments.frames, arguments.liberty)
    return 0


def _show(
    plan: DecoderPlan,
    netlist: CellNetlist,
    figures: CellFigures,
    clock_mhz: float,
    frames: int,
    liberty: Path,
) -> None:
    cycles = plan.frame_cycles
    nanoseconds = 1000 * cycles / clock_mhz
    print(f"{plan.model.name}: {plan.model.topology}, folded {plan.folded}, "
          f"{cycles} cycles a frame, in cells of {liberty.name}")
    print(f"{netlist.gates:,.0f} gate equivalents, {netlist.sequential_gates:,.0f} of them "
          f"flip-flops; {sum(netlist.cells.values()):,} cells, area {netlist.area:,.0f} "
          "in the library's unit")
    for macro in netlist.macros:
        kind = "read and written" if macro.written else "read alone"
        print(f"SRAM {macro.rows} x {macro.width}, {kind}, {macro.bits / 8192:.2f} KB: left out")
    print(f"{frames + BESIDES} golden frames compared with the integer model, "
          "0 mismatches")
    fastest = 1000 / (1000 / clock_mhz - figures.slack_ns)
    print(f"estimated without wires, {clock_mhz:g} MHz: slack {figures.slack_ns:.2f} ns, so at "
          f"most {fastest:.0f} MHz")
    print(f"estimated without wires and clock tree, toggles of {frames} frames without glitches: "
          f"{figures.dynamic_mw:.3f} mW dynamic ({figures.internal_mw:.3f} inside of cells), "
          f"{figures.leakage_mw:.4f} mW leakage")
    dynamic = figures.dynamic_mw * nanoseconds / 1000
    leakage = figures.leakage_mw * nanoseconds / 1000
    print(f"estimated energy a frame: {dynamic:.2f} nJ dynamic, {leakage:.3f} nJ leakage")
    if netlist.macros:
        bits = sum(macro.width for macro in netlist.macros)
        sram = cycles * bits * _SRAM_PICOJOULES_A_BIT / 1000
        print(f"beside these, SRAM, estimated for 45 nm, all macros read in each cycle: at most "
              f"{sram:.2f} nJ a frame")


if __name__ == "__main__":
    sys.exit(main())
