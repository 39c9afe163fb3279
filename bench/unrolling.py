"""Latency against LUTs of one decoder, from one product a cycle to all of them.

``python -m build_decoder.bench.unrolling [NETWORK]`` plans, for each doubling of the products a
cycle of the first layer, the decoder of least latency, of all foldings of all layers; the one that
is made without a target; and bit heaps. It prints a table of latency and LUTs, with DSP blocks and
block RAMs, and draws ``unrolling.png``. Of a decoder that is not on the front, it tells which one
is as good in both latency and LUTs, and better in one. Decoders of up to ``--synthesise`` LUTs by
estimate are synthesised; of others, figures are those of the area model. Those of bit heaps are
known cell by cell.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from build_decoder.bench.networks import networks
from build_decoder.bench.resources import measure
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.families.xc7 import FAMILY as XC7
from build_decoder.hdl.heap.choose import heaps_of
from build_decoder.hdl.layers.dense.plan import DensePlan, dense_plans
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.area.plans import decoder_area
from build_decoder.hdl.planning.choose_foldings import default_foldings
from build_decoder.hdl.planning.choose_multipliers import choose_multipliers
from build_decoder.hdl.planning.cost import AreaCost
from build_decoder.hdl.planning.decoder_plan import DecoderPlan
from build_decoder.hdl.planning.folding import Folding
from build_decoder.models.arguments import LineParser, filled
from build_decoder.models.command import exit_status
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.quantise import quantise

__all__ = ["main"]

_NETWORK = "ahead_case1"
_OUTPUT = Path("build/unrolling")
_SYNTHESISED = 3000
_TRIED = 12
"""Decoders of one number of products a cycle that are planned whole."""


@dataclass(frozen=True)
class _Point:
    """A decoder, and what is measured of it if it was synthesised."""

    label: str
    products: int
    plan: DecoderPlan
    area: Area
    measured: dict[str, float] | None = None

    @property
    def latency(self) -> int:
        return self.plan.latency_cycles

    @property
    def lut(self) -> float:
        """LUTs as synthesised, or estimated."""
        return self.area.lut if self.measured is None else self.measured["lut"]

    def beats(self, other: "_Point") -> bool:
        """Whether it is as good in both latency and LUTs, and better in one."""
        mine, others = (self.latency, self.lut), (other.latency, other.lut)
        return mine != others and all(a <= b for a, b in zip(mine, others, strict=True))


def _folded(model: IntegerModel) -> Iterator[_Point]:
    """The decoder of least latency, and of these the cheapest, for each doubling of the products a
    cycle of the first layer."""
    options = [
        [
            (plan.folding, _latency(plan, number))
            for plan in DensePlan.options(layer, ((layer.input_count,),))
        ]
        for number, layer in enumerate(model.layers)
    ]
    octaves: dict[int, list] = {}
    for row in product(*options):
        octaves.setdefault((row[0][0].multipliers - 1).bit_length(), []).append(row)
    for _, rows in sorted(octaves.items()):
        # Between two layers there may be a packer, so that a sum over layers is not quite all.
        rows.sort(key=lambda row: sum(latency for _, latency in row))
        found = [_point(model, [folding for folding, _ in row]) for row in rows[:_TRIED]]
        yield min(found, key=lambda point: (point.latency, XC7.cost(point.area)))


def _latency(plan: DensePlan, number: int) -> int:
    """Cycles that a layer adds: the first from its first input on, others from their last."""
    return plan.times.latency - (plan.beats - 1 if number else 0)


def _point(model: IntegerModel, foldings: Sequence[Folding]) -> _Point:
    units = choose_multipliers(dense_plans(model, foldings), family=XC7)
    plan = DecoderPlan.of(model, foldings, units)
    return _Point(plan.folded, foldings[0].multipliers, plan, decoder_area(plan, XC7))


def _heaps(model: IntegerModel) -> Iterator[_Point]:
    every = sum(layer.weights.size for layer in model.layers)
    for plan in heaps_of(model, XC7):
        planes = plan.stages[0].plan.planes
        label = f"bit heaps, {planes} plane{'s' * (planes > 1)}"
        yield _Point(label, every, plan, decoder_area(plan, XC7))


def _measured(point: _Point, most: float) -> _Point:
    if point.area.lut > most:
        return point
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Decoder(point.plan), XC7, Path(folder))
    return replace(point, measured=found)


_HEADS = (
    "products a cycle", "inputs x neurons a cycle", "latency", "cycles a frame", "LUT", "DSP48E1",
    "RAMB36", "as good in both, or better",
)  # fmt: skip


def _row(point: _Point, points: Sequence[_Point]) -> tuple[str, ...]:
    measured = point.measured
    blocks = (point.area.dsp, point.area.bram)
    if measured is not None:
        blocks = (measured["dsp"], measured["bram"])
    better = [other for other in points if other.beats(point)]
    best = min(better, key=lambda other: (other.lut, other.latency), default=None)
    return (
        str(point.products), point.label, str(point.latency), str(point.plan.frame_cycles),
        f"{point.lut:,.0f}" if _is_exact(point) else f"{point.lut:,.0f} (estimated)",
        *(f"{count:g}" for count in blocks),
        "-" if best is None else f"{best.label}: {best.latency} cycles, {best.lut:,.0f} LUT",
    )


def _is_exact(point: _Point) -> bool:
    """Whether LUTs are known: as synthesised, or planned cell by cell."""
    return point.measured is not None or not point.plan.foldings


def _draw(points: Sequence[_Point], title: str, path: Path) -> None:
    """Latency against LUTs: folded layers, bit heaps, and the front of both."""
    with matplotlib.rc_context({"font.size": 9, "axes.grid": True, "grid.alpha": 0.3}):
        figure = Figure(figsize=(8, 5.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        front = [point for point in points if not any(other.beats(point) for other in points)]
        front.sort(key=lambda point: point.latency)
        axes.step(
            [point.latency for point in front], [point.lut for point in front], where="post",
            color="#888888", lw=0.8, label="front",
        )
        kinds = (
            ("folded, synthesised", "o", "#0072b2", lambda p: p.plan.foldings and _is_exact(p)),
            ("folded, estimated", "o", "#9ac5e0", lambda p: not _is_exact(p)),
            ("bit heaps, planned cell by cell", "D", "#d55e00", lambda p: not p.plan.foldings),
        )
        for label, mark, colour, belongs in kinds:
            those = [point for point in points if belongs(point)]
            if those:
                axes.plot(
                    [p.latency for p in those], [p.lut for p in those], mark, ms=5, color=colour,
                    label=label,
                )
        for number, point in enumerate(points):
            # Neighbours' labels would lie on each other on one side.
            where = {"xytext": (-5, -9), "ha": "right"} if number % 2 else {"xytext": (5, 4)}
            axes.annotate(
                point.label, (point.latency, point.lut), textcoords="offset points", fontsize=7,
                **where,
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("latency (cycles)")
        axes.set_ylabel("LUT of the 7 series, without a shell")
        axes.margins(x=0.2, y=0.1)
        axes.legend()
        axes.set_title(title)
        figure.savefig(path, dpi=130)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; its exit status: 0, 2 bad input, 3 no tools."""
    return exit_status(lambda: _run(argv), prefix="bench.unrolling: ", tools=True)


def _run(argv: Sequence[str] | None) -> int:
    parser = LineParser(
        prog="python -m build_decoder.bench.unrolling", description=__doc__.split("\n")[0]
    )
    parser.add_argument("network", type=filled, nargs="?", default=_NETWORK)
    parser.add_argument(
        "--synthesise", type=int, default=_SYNTHESISED, metavar="LUT",
        help=f"decoders of up to so many LUTs by estimate ({_SYNTHESISED})",
    )
    parser.add_argument("--output", type=Path, default=_OUTPUT)
    asked = parser.parse_args(argv)
    ((network, golden),) = networks([asked.network])
    model = quantise(network, golden, cost=partial(AreaCost, family=XC7)).model
    folded = [*_folded(model), _point(model, default_foldings(model))]
    points = [*sorted(folded, key=lambda point: point.products), *_heaps(model)]
    points = [
        _measured(point, asked.synthesise) if point.plan.foldings else point for point in points
    ]
    print("| " + " | ".join(_HEADS) + " |")
    print("|---" * len(_HEADS) + "|")
    for point in points:
        print("| " + " | ".join(_row(point, points)) + " |")
    asked.output.mkdir(parents=True, exist_ok=True)
    _draw(points, f"{network.name} ({model.topology})", asked.output / "unrolling.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
