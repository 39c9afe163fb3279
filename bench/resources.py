"""Resources of a decoder without a board's shell.

``python -m build_decoder.bench.resources NETWORK`` prints one line of JSON: resources after
synthesis (see hdl.cells.Resources for how they are counted), the decoder's documented cycles, the
accuracy that the integer model lost on samples seen and unseen, and its average bit width. Options
that say which decoder are those of ``build_decoder``.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from build_decoder.actions import design, load, search
from build_decoder.hdl import families
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.models.arguments import LineParser, filled
from build_decoder.models.command import exit_status
from build_decoder.options import DesignOptions, add_design_options
from build_decoder.quant.quantise import Quantised
from build_decoder.sim.synthesis import TARGETS, synthesise

__all__ = ["main", "measure", "quality"]


def measure(decoder: Decoder, family: Family, work_dir: Path) -> dict[str, int | float]:
    """Resources and cycles of a decoder, synthesised in ``work_dir``.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    source = work_dir / "decoder.v"
    source.write_text(to_verilog(decoder, family=family))
    resources = synthesise(source, family, work_dir / "synthesis").resources
    return {
        "lut": resources.lut,
        "ff": resources.ff,
        "dsp": resources.dsp,
        "bram": resources.bram,
        "latency_cycles": decoder.latency_cycles,
        "frame_cycles": decoder.frame_cycles,
    }


def quality(quantised: Quantised) -> dict[str, float | None]:
    """What the integer model lost, as fractions, and its average bit width."""
    return {
        "loss_seen": quantised.seen.loss,
        "loss_unseen": None if quantised.unseen is None else quantised.unseen.loss,
        "average_bit_width": quantised.model.average_bit_width(),
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
    parser.add_argument("network", type=filled, help="zoo name, metadata folder or .keras file")
    parser.add_argument("--target", choices=TARGETS, default="xc7", help="(xc7)")
    add_design_options(parser)
    arguments = parser.parse_args(argv)
    options = DesignOptions.of(arguments)
    quantised = search(*load(options.source), options.search)
    family = families.get(arguments.target)
    decoder = Decoder(design(quantised.model, options.hardware, family=family))
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(decoder, family, Path(folder)) | quality(quantised)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
