"""Resources of a decoder without a board's shell.

``python -m build_decoder.bench.resources BUILD`` prints one line of JSON: resources after synthesis
(see hdl.cells.Resources for how they are counted), their cost by the family, the decoder's
documented cycles, the accuracy that the integer model lost on samples seen and unseen, and its
average bit width. ``NETWORK`` in the place of a build is built first, for ``--target``.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_decoder.given_build import add_build_arguments, given_build, target_of
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.synthesis import TARGETS, synthesise
from build_decoder.stages.rtl import Chip

__all__ = ["main", "measure"]

_TARGET = "xc7"


def measure(decoder: Decoder, family: Family, work_dir: Path) -> dict[str, int | float]:
    """Resources and cycles of a decoder, synthesised in ``work_dir``.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    source = work_dir / "decoder.v"
    source.write_text(to_verilog(decoder, family=family))
    return _measure(ExportedDecoder(source, Interface.of(decoder), family), work_dir)


def _measure(decoder: ExportedDecoder, work_dir: Path) -> dict[str, int | float]:
    found = synthesise(decoder.source, decoder.family, work_dir / "synthesis").resources
    return {
        "lut": found.lut,
        "ff": found.ff,
        "dsp": found.dsp,
        "bram": found.bram,
        "latency_cycles": decoder.interface.latency_cycles,
        "frame_cycles": decoder.interface.frame_cycles,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv),
        prefix="bench.resources: ",
        tools=True,
    )


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.resources", description=__doc__.split("\n")[0]
    )
    add_build_arguments(parser)
    parser.add_argument(
        "--target", choices=TARGETS,
        help=f"FPGA family (that of the build; for a network {_TARGET})",
    )
    asked = parser.parse_args(argv).target
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        chip = Chip(families.get(asked or _TARGET))
        build = given_build(parser, argv, folder / "build", chip=chip)
        design, _ = build.load_plan()
        target = target_of(design, asked, _TARGET)
        figures = _measure(ExportedDecoder(build.verilog, design.interface, target), folder)
        area = Area(**{name: figures[name] for name in ("lut", "ff", "dsp", "bram")})
        cost = {"cost": target.cost(area)}
        print(json.dumps(figures | cost | _quality(build.load_report())))
    return 0


def _quality(report: dict) -> dict[str, float | None]:
    """What the integer model lost, as fractions, and its average bit width."""
    seen, unseen = (report["quality"][part] for part in ("searched_on", "held_out"))
    return {
        "loss_seen": seen["loss"],
        "loss_unseen": None if unseen is None else unseen["loss"],
        "average_bit_width": report["average_bit_width"],
    }


if __name__ == "__main__":
    sys.exit(main())
