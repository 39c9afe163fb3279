"""AHEAD's two cases in floating point, synthesised for the 7 series without a board's shell.

``python -m build_decoder.bench.floating [--case N] [--arithmetic NAME]`` prints a table: accuracy
lost and the greatest difference of an output from the network in float64, both on the golden
samples that are held out; resources after ``synth_xilinx``; cycles from the first input to the last
output, and between frames. What AHEAD published of the same networks stands beside it. It exits
with status 1 if a decoder takes more than its limits. A decoder takes Yosys 2 to 10 minutes.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from build_decoder.actions import load
from build_decoder.bench.ahead_cases import CASES, Case, PaperColumn
from build_decoder.bench.resources import measure
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.families.xc7 import FAMILY
from build_decoder.hdl.planning.design import design_decoder
from build_decoder.models.arguments import LineParser
from build_decoder.models.command import exit_status
from build_decoder.options import SourceOptions
from build_decoder.options.search import ARITHMETICS
from build_decoder.quant.floating.quantised import float_quantised

__all__ = ["main"]

_FORMATS = ("fp16", "bf16", "fp32")
_HEAD = (
    "case", "arithmetic", "accuracy lost", "greatest error", "LUT", "FF", "DSP", "RAMB36",
    "latency, cycles", "interval, cycles",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 a limit is broken, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.floating: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.floating", description=__doc__.split("\n")[0]
    )
    numbers = [case.number for case in CASES]
    parser.add_argument("--case", type=int, choices=numbers, help="one case alone")
    parser.add_argument("--arithmetic", choices=_FORMATS, help="one format alone")
    asked = parser.parse_args(argv)
    broken = []
    print(_row(*_HEAD))
    print(_row(*["---"] * len(_HEAD)))
    for case in CASES:
        if asked.case in (None, case.number):
            for name in _FORMATS:
                if asked.arithmetic in (None, name):
                    broken += _measured(case, name)
    for line in broken:
        print(f"bench.floating: {line}", file=sys.stderr)
    return 1 if broken else 0


def _measured(case: Case, name: str) -> Iterator[str]:
    """Print a decoder's row, and AHEAD's; the limits that it breaks."""
    network, golden = load(SourceOptions(network=case.network, golden=case.network))
    found = float_quantised(network, golden, ARITHMETICS[name])
    with tempfile.TemporaryDirectory() as folder:
        plan = design_decoder(found.model, family=FAMILY)
        figures = measure(Decoder(plan), FAMILY, Path(folder))
    print(_row(
        str(case.number), name, f"{found.unseen.loss:.2%}",
        f"{max(found.unseen.greatest_errors):.1e}", f"{figures['lut']:,}", f"{figures['ff']:,}",
        str(figures["dsp"]), f"{figures['bram']:g}", str(figures["latency_cycles"]),
        str(figures["frame_cycles"]),
    ), flush=True)  # fmt: skip
    paper = next((column for column in case.paper if column.name == name.upper()), None)
    if paper is not None:
        print(_row(
            str(case.number), f"AHEAD, {paper.name}", "0%", "", f"{paper.lut:,}", f"{paper.ff:,}",
            str(paper.dsp), f"{paper.bram:g}", f"{_cycles(paper)} (time by clock)", "",
        ), flush=True)  # fmt: skip
    limits = next((each.limits for each in case.columns if each.beside == name.upper()), None)
    for text in limits.broken(figures) if limits else ():
        yield f"case {case.number}, {name}: {text}"


def _cycles(paper: PaperColumn) -> int:
    return round(paper.latency_us * paper.fmax_mhz)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
