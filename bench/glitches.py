"""How often nets change where LUTs have delays, beside how often without: glitches.

``python -m build_decoder.bench.glitches BUILD`` synthesises the Verilog of a build for 7 series and
simulates the netlist on golden frames under Icarus Verilog, which has to be installed: once without
delays, once where all LUTs take 0.5 ns, and with random delays of 0.3 to 1.2 ns, drawn anew in each
run. It prints toggles of routed nets by the type of cell that drives them. ``NETWORK`` in the place
of a build is built first. Flip-flops, carries and blocks have no delays, and wires no others than
the LUTs that drive them.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from build_decoder.build_folder import blocks_of
from build_decoder.given_build import add_build_arguments, given_build
from build_decoder.hdl.families.xc7 import FAMILY
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError
from build_decoder.options.types import at_least
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.icarus_toggles import icarus_toggles
from build_decoder.sim.named_netlist import NamedNetlist, named_netlist
from build_decoder.sim.synthesis import synthesise
from build_decoder.stages.rtl import Chip

__all__ = ["main"]

_LUT = re.compile(r"LUT\d(_2)?")
_UNIT, _LEAST, _MOST = 0.5, 0.3, 1.2
_RANDOM_RUNS = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.glitches: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.glitches", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--frames", type=at_least(1), default=2, metavar="N",
        help="golden frames that toggles are counted on (2)",
    )
    frames = parser.parse_args(argv).frames
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        build = given_build(parser, argv, folder / "build", chip=Chip(FAMILY))
        design = build.load_design()
        if blocks_of(design.family) is not FAMILY:
            raise InputError.at(
                str(build.path), "", expected=f"a build for {FAMILY.title}",
                got=f"one for {design.family or 'any FPGA'}",
            )
        x_raw, _ = build.load_expected(design.interface)
        if len(x_raw) < frames + 2:
            raise InputError.at(
                str(build.path), "", expected=f"{frames + 2} golden frames", got=str(len(x_raw))
            )
        netlist_json = synthesise(build.verilog, FAMILY, folder / "synthesis").netlist_json
        named = named_netlist(netlist_json, folder / "named")
        decoder = ExportedDecoder(named.verilog, design.interface, FAMILY)
        cycles = frames * design.interface.frame_cycles
        found = []
        for number, delays in enumerate(_delays(named)):
            run = folder / str(number)
            counts = icarus_toggles(decoder, x_raw[: frames + 2], cycles, run, delays=delays)
            found.append(_by_type(named, counts))
        _show(found, frames)
    return 0


def _delays(netlist: NamedNetlist) -> Iterator[dict[str, float] | None]:
    luts = sorted({bit.cell for bit in netlist.driven if _LUT.fullmatch(bit.type)})
    yield None
    yield dict.fromkeys(luts, _UNIT)
    random = np.random.default_rng(1)
    for _ in range(_RANDOM_RUNS):
        drawn = random.uniform(_LEAST, _MOST, len(luts)).round(3).tolist()
        yield dict(zip(luts, drawn, strict=True))


def _by_type(netlist: NamedNetlist, counts: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for bit in netlist.driven:
        if bit.routed:
            found[bit.type] = found.get(bit.type, 0) + counts[bit.net]
    return found


def _show(runs: Sequence[dict[str, int]], frames: int) -> None:
    still = runs[0]
    heads = ["no delays", "0.5 ns", *["random"] * _RANDOM_RUNS]
    print(f"toggles of routed nets a frame, on {frames} frames, by the cell that drives them")
    print(f"{'':10}" + "".join(f"{head:>12}{'':9}" for head in heads))
    for kind in sorted(still, key=still.get, reverse=True):
        if still[kind]:
            _line(kind, [run[kind] for run in runs], frames)
    _line("all", [sum(run.values()) for run in runs], frames)


def _line(name: str, counts: Sequence[int], frames: int) -> None:
    cells = (f"{each / frames:12.1f} x {each / counts[0]:<6.2f}" for each in counts)
    print(f"{name:10}" + "".join(cells).rstrip())


if __name__ == "__main__":
    sys.exit(main())
