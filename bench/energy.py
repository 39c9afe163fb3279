"""Estimated energy of a frame, from toggles of the netlist on golden frames.

``python -m build_decoder.bench.energy BUILD`` synthesises the decoder of a build without a shell,
counts the netlist's toggles on golden frames back to back, and prints them by the cells that drive
the nets, and estimates of the dynamic energy of a frame: on its FPGA family (bench.energy_models),
and of the arithmetic alone in 65 nm (bench.energy_65nm). ``NETWORK`` in the place of a build is
built first, for ``--target``. Nothing of it was measured on a board.

``--keep`` adds the figures to ``report.json`` and ``report.html`` of a build, and to a package for
7 series what Vivado needs for its own estimate.
"""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from build_decoder.bench.energy_65nm import by_operations, products_of
from build_decoder.bench.energy_counts import Counted, count_decoder, golden_frames
from build_decoder.bench.energy_files import require_own, save_energy
from build_decoder.bench.energy_models import estimator_of
from build_decoder.bench.estimate import Estimate
from build_decoder.build_folder import BuildFolder, is_build
from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl import families
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.reloadable_decoder import decoder_of
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.errors import CheckFailed
from build_decoder.stages.rtl import Chip

__all__ = ["main"]

_TARGET = "xc7"
_ARITHMETIC = "65 nm, arithmetic alone"
_MOST_NANOJOULES = 10_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 the netlist is wrong, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv), prefix="bench.energy: ", failures={CheckFailed: 1}, tools=True
    )


def _parser() -> LineParser:
    parser = LineParser(
        prog="python -m build_decoder.bench.energy", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    targets = [name for name, family in families.FAMILIES.items() if family.netlist]
    parser.add_argument(
        "--target", choices=targets,
        help=f"FPGA family (that of the build; for a network {_TARGET})",
    )
    parser.add_argument(
        "--frames", type=at_least(1), default=10, metavar="N",
        help="golden frames that toggles are counted on (10)",
    )
    parser.add_argument(
        "--keep", action="store_true",
        help="add the figures to the build's report.json and report.html, and netlist, SAIF file "
        "and a script for Vivado to a package for 7 series",
    )
    return parser


def _run(argv: Sequence[str] | None) -> int:
    parser = _parser()
    arguments = parser.parse_args(argv)
    if arguments.keep:
        if not is_build(arguments.network):
            raise InputError.at(
                "--keep", "", expected="the folder of a build, which the figures are added to",
                got=arguments.network,
            )
        require_own(Path(arguments.network))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        chip = Chip(families.get(arguments.target or _TARGET))
        build = given_build(parser, argv, folder / "build", chip=chip)
        design, plan = build.load_plan()
        family = _family(build, design.family, arguments.target)
        x_raw, y_raw = golden_frames(build, design.interface, arguments.frames)
        # As it is built into the FPGA, whether or not the build's own Verilog has blocks in it.
        source = folder / "decoder.v"
        source.write_text(to_verilog(decoder_of(plan), family=family))
        decoder = ExportedDecoder(source, design.interface, family)
        counted = count_decoder(decoder, x_raw, y_raw, folder)
        estimates = _estimates(build, plan, family, counted)
        _show(plan, family, counted, estimates)
        if arguments.keep:
            kept = save_energy(build, family, counted, estimates)
            print(f"kept: {', '.join(kept)}")
    return 0


def _family(build: BuildFolder, own: Family | None, asked: str | None) -> Family:
    """The family whose netlist is counted."""
    if own is None or own.netlist is None:
        raise InputError.at(
            str(build.path), "", expected="a build for an FPGA family whose netlist can be "
            "simulated", got=f"one for {own or 'any'}",
        )
    if asked not in (None, own.name):
        raise InputError.at("--target", "", expected=f"{own}, as the build", got=asked)
    return own


def _estimates(
    build: BuildFolder, plan: DecoderPlan, family: Family, counted: Counted
) -> dict[str, Estimate]:
    """Nanojoules a frame by what is estimated."""
    estimator = estimator_of(family)
    found = {
        f"{family.title}, {name}": estimate.times(counted.frame_cycles / 1000)
        for name, estimate in (estimator(counted) if estimator else {}).items()
    }
    products = products_of(plan.model, build.load_network())
    if products is not None:
        found[_ARITHMETIC] = by_operations(products).times(1 / 1000)
    return found


def _show(
    plan: DecoderPlan, family: Family, counted: Counted, estimates: Mapping[str, Estimate]
) -> None:
    resources, toggles = counted.resources, counted.toggles
    kinds = sorted(toggles.routed_by_type().items(), key=lambda kind: -kind[1])
    total = sum(count for _, count in kinds)
    print(f"{plan.model.name}: {plan.model.topology}, folded {plan.folded}, for {family.title}")
    print(f"{resources.lut} LUT, {resources.ff} FF, {resources.dsp} {family.dsp.name}, "
          f"{resources.bram:g} {family.memory.block}; {counted.frame_cycles} cycles a frame")
    print(f"toggles of routed nets, counted on {toggles.frames} frames without delays, so without "
          f"glitches: {total / toggles.frames:.0f} a frame")
    for kind, count in kinds:
        if count:
            print(f"  driven by {kind:10} {count / toggles.frames:12.1f}")
    if estimator_of(family) is None:
        print(f"nobody has published what an event takes in {family.title}: no estimate")
    if not total:
        print("no net changes on these frames: what the decoder gives is constant there")
    for name, estimate in estimates.items():
        print(f"estimated energy a frame, {name:32} {_interval(estimate)}")
    if _ARITHMETIC in estimates:
        print(f"{_ARITHMETIC}: of all products of its layers, those with weights of zero too, and "
              "of no toggle above")


def _interval(nanojoules: Estimate) -> str:
    if nanojoules.high < _MOST_NANOJOULES:
        return f"{nanojoules.low:.1f} .. {nanojoules.middle:.1f} .. {nanojoules.high:.1f} nJ"
    micro = nanojoules.times(1 / 1000)
    return f"{micro.low:.1f} .. {micro.middle:.1f} .. {micro.high:.1f} uJ"


if __name__ == "__main__":
    sys.exit(main())
