"""Estimated energy of a frame on 7 series, from toggles of the netlist on golden frames.

``python -m build_decoder.bench.energy BUILD`` synthesises the Verilog of a build, counts the
netlist's toggles on golden frames back to back, and prints them by the cells that drive the nets,
and three estimates of the dynamic energy of a frame at 100 MHz (bench.energy_model). ``NETWORK`` in
the place of a build is built first. Nothing of it was measured on a board.

``--saif FOLDER`` leaves the netlist, its switching activity and a script there, for Vivado's own
estimate after place and route.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_decoder.bench.energy_model import Estimate, Events, by_events, by_resources, usual_events
from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl import families
from build_decoder.hdl.cells import Resources
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least
from build_decoder.sim.decoder_bench import TOP, ExportedDecoder
from build_decoder.sim.errors import CheckFailed
from build_decoder.sim.saif import write_saif
from build_decoder.sim.synthesis import synthesise
from build_decoder.sim.toggles import Toggles, count_toggles
from build_decoder.stages.rtl import Chip

__all__ = ["main"]

_FAMILY = "xc7"
_BEFORE_AND_BEHIND = 2
_CLOCK_MHZ = 100
_SCRIPT = f"""\
# Vivado's own estimate of the decoder's power, placed and routed without a shell.
# vivado -mode batch -source power.tcl, in this folder; PART is that of your board.
set PART xc7z020clg400-1
read_verilog decoder.v
set_property design_mode GateLvl [current_fileset]
link_design -top {TOP} -part $PART -mode out_of_context
create_clock -name clk -period {1000 / _CLOCK_MHZ:g} [get_ports clk]
place_design
route_design
read_saif -strip_path {TOP} toggles.saif
report_power -file power.rpt
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 the netlist is wrong, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv), prefix="bench.energy: ", failures={CheckFailed: 1}, tools=True
    )


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.energy", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--frames", type=at_least(1), default=10, metavar="N",
        help="golden frames that toggles are counted on (10)",
    )
    parser.add_argument(
        "--saif", type=filled_path, metavar="FOLDER",
        help="also leave netlist, SAIF file and a Tcl script for Vivado there",
    )
    arguments = parser.parse_args(argv)
    frames = arguments.frames
    family = families.get(_FAMILY)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        build = given_build(parser, argv, folder / "build", chip=Chip(family))
        design, plan = build.load_plan()
        if design.family != family:
            raise InputError.at(
                str(build.path), "", expected=f"a build for {_FAMILY}, for which there are "
                "powers to be held to", got=f"one for {design.family}",
            )
        x_raw, y_raw = build.load_expected(design.interface)
        needed = frames + _BEFORE_AND_BEHIND
        if len(x_raw) < needed:
            raise InputError.at(
                str(build.path), "", expected=f"{needed} golden frames, for what is counted and "
                "one ahead and one behind it", got=str(len(x_raw)),
            )
        decoder = ExportedDecoder(build.verilog, design.interface, family)
        synthesis = synthesise(build.verilog, family, folder / "synthesis")
        toggles = count_toggles(
            decoder, synthesis.netlist_json, x_raw[:needed], y_raw[:needed], folder / "toggles"
        )
        print(f"{plan.model.name}: {plan.model.topology}, folded {plan.folded}")
        _show(toggles, synthesis.resources)
        if arguments.saif is not None:
            _leave(toggles, arguments.saif)
    return 0


def _leave(toggles: Toggles, folder: Path) -> None:
    """What Vivado needs for its own estimate."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "decoder.v").write_bytes(toggles.netlist.verilog.read_bytes())
    write_saif(toggles, folder / "toggles.saif", top=TOP, clock_mhz=_CLOCK_MHZ)
    (folder / "power.tcl").write_text(_SCRIPT)
    print(f"for Vivado: {folder / 'power.tcl'}")


def _show(toggles: Toggles, resources: Resources) -> None:
    cycles = toggles.cycles / toggles.frames
    kinds = sorted(toggles.routed_by_type().items(), key=lambda kind: -kind[1])
    total = sum(count for _, count in kinds)
    print(f"{resources.lut} LUT, {resources.ff} FF, {resources.dsp} DSP, {resources.bram} RAMB36; "
          f"{cycles:g} cycles a frame")
    print(f"toggles of routed nets, counted on {toggles.frames} frames without delays, so without "
          f"glitches: {total / toggles.frames:.0f} a frame")
    for kind, count in kinds:
        if count:
            print(f"  driven by {kind:10} {count / toggles.frames:10.1f}")
    counted = Events(total / toggles.cycles, resources.ff, resources.dsp, resources.bram)
    for name, estimate in (
        ("A, by resources", by_resources(resources)),
        ("B, at 12.5 % activity", by_events(usual_events(resources))),
        ("C, by these toggles", by_events(counted)),
    ):
        print(f"estimated energy a frame, {name:21} {_interval(estimate.times(cycles / 1000))}")


def _interval(nanojoules: Estimate) -> str:
    return f"{nanojoules.low:.1f} .. {nanojoules.middle:.1f} .. {nanojoules.high:.1f} nJ"


if __name__ == "__main__":
    sys.exit(main())
