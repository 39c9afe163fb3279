"""AHEAD's Tables 2 to 5 and this project's figures.

``python -m build_decoder.bench.ahead [--fmax] [--power]``.

Runs the searches, generates and synthesises the decoders of :data:`bench.ahead_cases.CASES`, prints
the tables and writes them to ``--output``. ``--fmax`` also places and routes the first decoder in
fixed point for a ULX3S, and ``--power`` counts toggles of all netlists on golden frames, from which
power is estimated; either takes minutes. The command ends with status 1 if a decoder breaks one of
its limits, and says which.
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
from build_decoder.bench.energy_counts import BESIDES, Counted, count_decoder
from build_decoder.bench.energy_models.xc7 import by_resources, estimates
from build_decoder.bench.estimate import Estimate
from build_decoder.bench.resources import measure
from build_decoder.boards.toolchain import place_and_route, synthesise
from build_decoder.hdl.cells import Resources
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.planning.interface import Interface
from build_decoder.models.arguments import LineParser, filled_path
from build_decoder.models.command import exit_status
from build_decoder.models.errors import InputError, ToolError
from build_decoder.options import DesignOptions
from build_decoder.quant.quantise import Quantised
from build_decoder.sim.decoder_bench import ExportedDecoder
from build_decoder.sim.errors import CheckFailed

__all__ = ["Measured", "main"]

OUTPUT = Path("docs/ahead_tables.md")
CLOCK_MHZ = 100
"""The clock that AHEAD's hardware is constrained to, at which cycles become times."""

FMAX_BOARD = "ulx3s_85f"
_FIXED = "Fixed-Point"
_POWER_FRAMES = 10
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

<sup>3</sup> Low .. middle .. high; nothing was measured. AHEAD's powers are estimates of Vivado, \
and its energy is power times latency. Ours are estimates A and C of [energy.md](energy.md), \
fitted to AHEAD's six; C is by toggles that were counted on {frames} golden frames back to back, \
without glitches, and its energy is that of a frame's cycles.
"""


@dataclass(frozen=True)
class Measured:
    """A column's decoder: how it was quantised, its figures, called as limits are, and what was
    counted, if it was."""

    column: Column
    quantised: Quantised
    figures: dict[str, float]
    generation_seconds: float
    fmax_mhz: float | None
    counted: Counted | None


def _measure_column(case: Case, column: Column, *, fmax: bool, power: bool) -> Measured:
    options = DesignOptions.parse([case.network, *column.options])
    network, golden = load(options.source)
    quantised = search(network, golden, options.search, family=XC7)
    start = time.perf_counter()
    to_verilog(Decoder(design(quantised.model, options.hardware, family=XC7)), family=XC7)
    seconds = time.perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        decoder = Decoder(design(quantised.model, options.hardware, family=XC7))
        if power:
            x_raw = quantised.model.quantise_input(golden.x[: _POWER_FRAMES + BESIDES])
            counted = _counted(decoder, x_raw, quantised.model.compute(x_raw), Path(folder))
            figures = counted.resources.as_dict() | {
                name: getattr(decoder, name) for name in ("latency_cycles", "frame_cycles")
            }
        else:
            counted, figures = None, measure(decoder, XC7, Path(folder))
    fmax_mhz = _fmax(options, quantised) if fmax else None
    return Measured(column, quantised, figures, seconds, fmax_mhz, counted)


def _counted(decoder: Decoder, x_raw, y_raw, folder: Path) -> Counted:
    source = folder / "decoder.v"
    source.write_text(to_verilog(decoder, family=XC7))
    return count_decoder(
        ExportedDecoder(source, Interface.of(decoder), XC7), x_raw, y_raw, folder
    )


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
    board = boards.get(case.board)
    columns = [
        column
        for paper in case.paper
        for column in (paper, *(m for m in measured if m.column.beside == paper.name))
    ]

    def row(name: str, of_paper, of_ours) -> str:
        return _row(
            name,
            *(
                of_ours(column) if isinstance(column, Measured) else of_paper(column)
                for column in columns
            ),
        )

    def ours_alone(name: str, text) -> str:
        return row(name, lambda _: "-", text)

    table = case.figures_table
    yield f"## Table {table}: accuracy, performance, power and area, case {case.number}\n"
    yield f"`{case.network}` ({case.topology}), {board.title} ({board.device}).\n"
    yield row("metric", lambda p: f"AHEAD {p.name}", lambda m: m.column.title)
    yield _row(*["---"] * (1 + len(columns)))
    yield ours_alone("options", lambda m: f"`{' '.join((case.network, *m.column.options))}`")
    yield row("loss of accuracy, searched on", lambda _: "0%", _loss("seen"))
    yield ours_alone("loss of accuracy, held out from the search", _loss("unseen"))
    yield row(
        "average bit width, input layer counted",
        lambda p: f"{case.average_bit_width:.2f}" if p.name == _FIXED else "-",
        lambda m: f"{m.quantised.model.average_bit_width_with_input_layer():.2f}",
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
    yield row(
        "dynamic power, estimated by resources (A) <sup>3</sup>", lambda p: f"{p.power_mw} mW",
        lambda m: _interval(_by_resources(m).times(CLOCK_MHZ / 1000), "mW"),
    )
    yield row(
        "dynamic power, estimated by toggles (C) <sup>3</sup>", lambda p: f"{p.power_mw} mW",
        lambda m: _by_toggles(m, CLOCK_MHZ / 1000, "mW"),
    )
    yield row(
        "energy a frame, estimated by toggles (C) <sup>3</sup>",
        lambda p: f"{p.power_mw * p.latency_us:,.0f} nJ",
        lambda m: _by_toggles(m, m.figures["frame_cycles"] / 1000, "nJ"),
    )
    for name, title in _RESOURCES.items():
        most = getattr(board.capacity, name)

        def of_paper(p: PaperColumn, name=name, most=most) -> str:
            return _used(getattr(p, name), most)

        def of_ours(m: Measured, name=name, most=most) -> str:
            return _used(m.figures[name], most)

        yield row(f"{title} (utilisation)", of_paper, of_ours)
    yield ""


def _by_resources(measured: Measured) -> Estimate:
    names = ("lut", "ff", "dsp", "bram")
    return by_resources(Resources(**{name: measured.figures[name] for name in names}))


def _by_toggles(measured: Measured, factor: float, unit: str) -> str:
    if measured.counted is None:
        return "-"
    return _interval(estimates(measured.counted)["C, by these toggles"].times(factor), unit)


def _interval(estimate: Estimate, unit: str) -> str:
    return f"{estimate.low:,.1f} .. {estimate.middle:,.1f} .. {estimate.high:,.1f} {unit}"


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


def _tables(cases: Sequence[Case], *, fmax: bool, power: bool) -> tuple[str, list[str]]:
    """The whole document, and which limits are not met."""
    asked = " --fmax" * fmax + " --power" * power
    command = "python -m build_decoder.bench.ahead" + asked
    lines = [_INTRODUCTION.format(command=command, cores=os.cpu_count())]
    broken = []
    for case in cases:
        first = next(column for column in case.columns if column.beside == _FIXED)
        measured = [
            _measure_column(case, column, fmax=fmax and column is first, power=power)
            for column in case.columns
        ]
        of_first = measured[case.columns.index(first)]
        lines += [*_times_table(case, of_first), *_figures_table(case, measured)]
        broken += [
            f"Table {case.figures_table}, {m.column.title}: {finding}"
            for m in measured
            for finding in m.column.limits.broken(m.figures)
        ]
    lines.append(_FOOTNOTES.format(board=boards.get(FMAX_BOARD).title, frames=_POWER_FRAMES))
    return "\n".join(lines), broken


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 1 a limit is not met or a netlist is wrong, 2 bad
    input, 3 no tools."""
    return exit_status(
        lambda: _run(argv), prefix="bench.ahead: ", failures={CheckFailed: 1}, tools=True
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
    parser.add_argument(
        "--power", action="store_true",
        help="also count toggles of the netlists and estimate power from them, which takes minutes",
    )
    arguments = parser.parse_args(argv)
    if not arguments.output.absolute().parent.is_dir():
        raise InputError.at(
            arguments.output, "", expected="a file in a folder that there is", got="none"
        )
    document, broken = _tables(
        ahead_cases.CASES, fmax=arguments.fmax, power=arguments.power
    )
    print(document)
    arguments.output.write_text(document)
    for finding in broken:
        print(f"bench.ahead: {finding}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
