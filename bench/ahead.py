"""AHEAD's Tables 2 to 5 and this project's figures.

``python -m build_decoder.bench.ahead [--fmax]``.

Runs the searches, generates and synthesises the decoders of :data:`bench.ahead_cases.CASES`, prints
the tables and writes them to ``--output``. ``--fmax`` also places and routes the decoder of the
first column for a ULX3S, which takes minutes. The command ends with status 1 if a decoder breaks
one of its limits, and says which.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_decoder import boards
from build_decoder.actions import design, load, search
from build_decoder.bench import ahead_cases
from build_decoder.bench.ahead_cases import Case, Column, PaperColumn
from build_decoder.bench.resources import measure
from build_decoder.boards.toolchain import place_and_route, synthesise
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError, ToolError
from build_decoder.options import DesignOptions
from build_decoder.quant.quantise import Quantised

__all__ = ["Measured", "main"]

OUTPUT = Path("docs/ahead_tables.md")
CLOCK_MHZ = 100
"""The clock that AHEAD's hardware is constrained to, at which cycles become times."""

FMAX_BOARD = "ulx3s_85f"
_RESOURCES = {"lut": "slice LUTs", "ff": "slice registers", "dsp": "DSP48E1s", "bram": "BRAMs"}
_AHEAD_STEPS = ("BWS-IBW", "BWS-FBW", "BWO-FBW")
_INTRODUCTION = """\
# AHEAD's tables, and this project beside them

Made by `{command}`, which measures everything anew; do not edit. \
AHEAD: Huang et al., *Energies* 2020, 13(9), 2180.

AHEAD decodes recordings; the decoders here have the same topologies and are trained on generated \
spike counts. Times are wall time on this machine with {cores} cores, AHEAD's on a laptop with \
two. LUT, FF, DSP and block RAM are counts after `synth_xilinx`, of a decoder without a board's \
shell; AHEAD's are Vivado's. Each column names its options: \
`python -m build_decoder.bench.resources NETWORK OPTIONS` gives its figures again. Cycles are \
those documented, which `python -m build_decoder.sim.verify` measures in simulation.
"""
_FOOTNOTES = """\
<sup>1</sup> Not measured here: it takes the vendor's tools, or a board.

<sup>2</sup> Of column (a)'s options on another FPGA, with its shell: after place and route for \
{board} with nextpnr.
"""


@dataclass(frozen=True)
class Measured:
    """A column's decoder: how it was quantised, and its figures, called as limits are."""

    column: Column
    quantised: Quantised
    figures: dict[str, float]
    generation_seconds: float
    fmax_mhz: float | None


def _measure_column(case: Case, column: Column, *, fmax: bool) -> Measured:
    options = DesignOptions.parse([case.network, *column.options])
    quantised = search(*load(options.source), options.search, family=XC7)
    start = time.perf_counter()
    to_verilog(Decoder(design(quantised.model, options.hardware, family=XC7)), family=XC7)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        decoder = Decoder(design(quantised.model, options.hardware, family=XC7))
        figures = measure(decoder, XC7, Path(folder))
    fmax_mhz = _fmax(options, quantised) if fmax else None
    return Measured(column, quantised, figures, seconds, fmax_mhz)


def _fmax(options: DesignOptions, quantised: Quantised) -> float:
    """Fastest clock, MHz, after place and route for :data:`FMAX_BOARD`, shell included."""
    board = boards.get(FMAX_BOARD)
    plan = design(
        quantised.model, options.hardware, family=board.family, max_blocks=board.capacity.dsp
    )
    with tempfile.TemporaryDirectory() as folder:
        synthesis = synthesise(board, Decoder(plan), folder)
        routed = place_and_route(board, folder)
    if synthesis.missing or routed.missing:
        raise ToolError(synthesis.missing or routed.missing)
    return routed.fmax_mhz


def _times_table(case: Case, measured: Measured) -> Iterator[str]:
    options = DesignOptions.parse([case.network, "--search", "ahead"])
    ahead = search(*load(options.source), options.search, family=XC7).search
    default = measured.quantised.search
    yield f"## Table {case.times_table}: execution times, case {case.number}\n"
    yield _row("stage", "step", "AHEAD, mm:ss", "`--search ahead`", "default search")
    yield _row(*["---"] * 5)
    seconds = {step.name: step.seconds for step in ahead.steps}
    for name, paper in zip(_AHEAD_STEPS, case.times, strict=False):
        yield _row("BWID", name, paper, f"{seconds[name]:.2f} s", "-")
    for step in default.steps:
        yield _row("BWID", step.name, "-", "-", f"{step.seconds:.2f} s")
    total = sum(int(m) * 60 + int(s) for m, s in (t.split(":") for t in case.times[:3]))
    yield _row(
        "BWID", "all", f"{total // 60}:{total % 60:02}", f"{ahead.seconds:.2f} s",
        f"{default.seconds:.2f} s",
    )
    yield _row(
        "hardware generation", f"Verilog, {measured.column.title}", case.times[3], "-",
        f"{measured.generation_seconds:.2f} s",
    )
    yield ""


def _figures_table(case: Case, measured: Sequence[Measured]) -> Iterator[str]:
    board, paper = boards.get(case.board), case.paper
    widths = ["-"] * (len(paper) - 1) + [f"{case.average_bit_width:.2f}"]

    def row(name: str, of_paper, of_ours) -> str:
        return _row(name, *map(of_paper, paper), *map(of_ours, measured))

    def ours_alone(name: str, text) -> str:
        return row(name, lambda _: "-", text)

    table = case.figures_table
    yield f"## Table {table}: accuracy, performance, power and area, case {case.number}\n"
    yield f"`{case.network}` ({case.topology}), {board.title} ({board.device}).\n"
    yield row("metric", lambda p: f"AHEAD {p.name}", lambda m: m.column.title)
    yield _row(*["---"] * (1 + len(paper) + len(measured)))
    yield ours_alone("options", lambda m: f"`{' '.join((case.network, *m.column.options))}`")
    yield row("loss of accuracy, searched on", lambda _: "0%", _loss("seen"))
    yield ours_alone("loss of accuracy, held out from the search", _loss("unseen"))
    yield _row(
        "average bit width, input layer counted", *widths,
        *(f"{m.quantised.model.average_bit_width_with_input_layer():.2f}" for m in measured),
    )
    yield ours_alone(
        "average bit width", lambda m: f"{m.quantised.model.average_bit_width():.2f}"
    )
    yield row("max. frequency", lambda p: f"{p.fmax_mhz} MHz", lambda _: "- <sup>1</sup>")
    yield ours_alone("frequency on ULX3S <sup>2</sup>", _fmax_text)
    yield row(
        f"throughput at {CLOCK_MHZ} MHz", lambda p: f"{p.frames_per_second // 1000}K",
        lambda m: f"{1000 * CLOCK_MHZ / m.figures['frame_cycles']:.0f}K",
    )
    yield ours_alone("cycles a frame", lambda m: str(m.figures["frame_cycles"]))
    yield ours_alone("latency, cycles", lambda m: str(m.figures["latency_cycles"]))
    yield row(
        f"latency at {CLOCK_MHZ} MHz", lambda p: f"{p.latency_us} us",
        lambda m: f"{m.figures['latency_cycles'] / CLOCK_MHZ:.2f} us",
    )
    yield row("dynamic power", lambda p: f"{p.power_mw} mW", lambda _: "- <sup>1</sup>")
    for name, title in _RESOURCES.items():
        most = getattr(board.capacity, name)

        def of_paper(p: PaperColumn, name=name, most=most) -> str:
            return _used(getattr(p, name), most)

        def of_ours(m: Measured, name=name, most=most) -> str:
            return _used(m.figures[name], most)

        yield row(f"{title} (utilisation)", of_paper, of_ours)
    yield ""


def _loss(part: str):
    def text(measured: Measured) -> str:
        quality = getattr(measured.quantised, part)
        return "-" if quality is None else f"{quality.loss:.2%}"

    return text


def _fmax_text(measured: Measured) -> str:
    return "-" if measured.fmax_mhz is None else f"{measured.fmax_mhz:.1f} MHz"


def _used(count: float, capacity: int) -> str:
    return f"{count:,} ({100 * count / capacity:.2f}%)"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _tables(cases: Sequence[Case], *, fmax: bool) -> tuple[str, list[str]]:
    """The whole document, and which limits are not met."""
    command = "python -m build_decoder.bench.ahead" + (" --fmax" if fmax else "")
    lines = [_INTRODUCTION.format(command=command, cores=os.cpu_count())]
    broken = []
    for case in cases:
        measured = [
            _measure_column(case, column, fmax=fmax and column is case.columns[0])
            for column in case.columns
        ]
        lines += [*_times_table(case, measured[0]), *_figures_table(case, measured)]
        broken += [
            f"Table {case.figures_table}, {m.column.title}: {finding}"
            for m in measured
            for finding in m.column.limits.broken(m.figures)
        ]
    lines.append(_FOOTNOTES.format(board=boards.get(FMAX_BOARD).title))
    return "\n".join(lines), broken


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 a limit is not met, 2 bad input, 3 no tools."""
    return exit_status(
        lambda: _run(argv),
        prefix="bench.ahead: ",
        tools=True,
    )


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.ahead", description=__doc__.split("\n")[0]
    )
    parser.add_argument(
        "--output", type=filled_path, default=OUTPUT, metavar="FILE", help="Markdown (%(default)s)"
    )
    parser.add_argument(
        "--fmax", action="store_true",
        help=f"also place and route for {FMAX_BOARD}, which takes minutes",
    )
    arguments = parser.parse_args(argv)
    if not arguments.output.absolute().parent.is_dir():
        raise InputError.at(
            arguments.output, "", expected="a file in a folder that there is", got="none"
        )
    document, broken = _tables(ahead_cases.CASES, fmax=arguments.fmax)
    print(document)
    arguments.output.write_text(document)
    for finding in broken:
        print(f"bench.ahead: {finding}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
