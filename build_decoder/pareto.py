"""``--pareto``: the front of latency against area of a network, estimated and synthesised."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from rich.table import Table

from build_decoder.actions import datapaths_of, steps_of
from build_decoder.boards.board import Board
from build_decoder.design_file import LayerDesign
from build_decoder.hdl.decoder import Decoder
from build_decoder.hdl.engine.stages import Engine
from build_decoder.hdl.export import to_verilog
from build_decoder.hdl.family import Family
from build_decoder.hdl.heap.choose import heaps_of
from build_decoder.hdl.heap.plan import HeapPlan
from build_decoder.hdl.planning.area import Area
from build_decoder.hdl.planning.deciding import deciding, scores_of
from build_decoder.hdl.planning.design_front import DesignPoint, design_front
from build_decoder.hdl.planning.graph_front import front_of, graph_front
from build_decoder.hdl.planning.limits import Limits
from build_decoder.models.errors import InputError
from build_decoder.models.plain import plain
from build_decoder.options import HardwareOptions
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.sim.synthesis import synthesise

__all__ = [
    "FRONT_FILE",
    "MAX_SYNTHESISED_LUT",
    "ParetoPoint",
    "area_title",
    "find_front",
    "pareto_table",
    "save_front",
    "spread",
    "synthesise_some",
]

MAX_SYNTHESISED_LUT = 5000
"""Estimated LUTs of the largest decoder that is synthesised: Yosys takes a minute for it."""

FRONT_FILE = "pareto.json"

_SYNTHESISED = 5
_TABLE_ROWS = 24
_MOST_FOLDINGS = 4


@dataclass(frozen=True)
class ParetoPoint:
    """A decoder of the front; ``synthesised`` is what it was measured to take, None if not."""

    design: DesignPoint
    synthesised: Area | None = None

    @property
    def area(self) -> Area:
        """Measured where it was, and else estimated."""
        return self.synthesised or self.design.area

    @property
    def cost(self) -> float:
        """Cost of the area."""
        return self.design.family.cost(self.area)

    @property
    def label(self) -> str:
        """Inputs by outputs a cycle of each layer that multiplies, or of the engine that all share,
        or planes of bit heaps; of many layers, all products of a cycle together."""
        plan = self.design.plan
        engine = Engine.of(plan)
        if engine is not None:
            early = f", {engine.early} early" if engine.early else ""
            return f"engine {engine.taps}x{engine.filters}, {engine.lanes} out{early}"
        heaps = [layer for layer in plan.layers.values() if isinstance(layer, HeapPlan)]
        if heaps:
            planes = heaps[0].planes
            return f"bit heaps, {planes} planes" if planes > 1 else "bit heaps"
        foldings = [
            layer.multiplying.folding
            for layer in plan.layers.values()
            if layer.multiplying is not None
        ]
        if len(foldings) > _MOST_FOLDINGS:
            return f"{sum(folding.multipliers for folding in foldings)} products"
        return " ".join(map(str, foldings))


def find_front(
    model: IntegerModel, options: HardwareOptions, board: Board, clock_mhz: float
) -> list[ParetoPoint]:
    """The front within ``options``, none of which are foldings, at a clock in MHz, and the board's
    FPGA.

    Raises
    ------
    InputError
        If nothing is within the limits; the message tells what there is without them.
    """
    limits = Limits(
        latency_cycles=options.latency,
        interval_cycles=options.interval_cycles(clock_mhz, steps_of(model)),
        max_lut=options.max_lut,
        max_blocks=options.max_dsp,
    )
    points = _front(model, limits, options, board)
    if not points:
        raise InputError(
            f"{model.name}: expected a decoder {_asked(limits, board)}, got none: "
            f"{_nearest(model, limits, options, board)}"
        )
    return [ParetoPoint(point) for point in points]


def _front(
    model: IntegerModel, limits: Limits, options: HardwareOptions, board: Board
) -> list[DesignPoint]:
    """Decoders within the limits and the board's FPGA that no other is better than."""
    chip, interval = board.capacity, limits.interval_cycles
    max_lut = chip.lut if limits.max_lut is None else min(chip.lut, limits.max_lut)
    max_blocks = chip.dsp if limits.max_blocks is None else min(chip.dsp, limits.max_blocks)
    scores, spare = scores_of(model), options.max_dsp is not None
    cycles = 0 if scores is model else 1
    latency = None if limits.latency_cycles is None else limits.latency_cycles - cycles
    front = design_front if scores.is_dense_chain else partial(graph_front, interval=interval)
    points = front(
        scores,
        family=board.family,
        max_latency=latency,
        max_lut=max_lut,
        max_blocks=max_blocks,
        spare_blocks=spare,
        datapath=datapaths_of(model, options),
    )
    if scores.is_dense_chain and datapaths_of(model, options) is None:
        heaps = [DesignPoint.of(plan, board.family) for plan in heaps_of(scores, board.family)]
        fast = [
            point
            for point in heaps
            if (latency is None or point.latency_cycles <= latency)
            and (interval is None or point.plan.frame_cycles <= interval)
            and point.area.lut <= max_lut
        ]
        points = front_of([*points, *fast], spare_blocks=spare)
    points = _of_model(points, model)
    points = [
        point for point in points if point.area.bram <= chip.bram and point.area.lut <= max_lut
    ]
    if interval is not None:
        points = [point for point in points if point.plan.frame_cycles <= interval]
    return points


def _of_model(points: list[DesignPoint], model: IntegerModel) -> list[DesignPoint]:
    """Points of the scores of a model, with the decision behind them if it has one."""
    if scores_of(model) is model:
        return points
    return [
        DesignPoint.of(deciding(point.plan, model), point.family, point.interval)
        for point in points
    ]


def _asked(limits: Limits, board: Board) -> str:
    """Limits, in words."""
    asked = {
        "a latency of at most {} cycles": limits.latency_cycles,
        "an interval of at most {} cycles": limits.interval_cycles,
        "at most {} LUTs": limits.max_lut,
        "at most {} DSP blocks": limits.max_blocks,
    }
    given = [text.format(most) for text, most in asked.items() if most is not None]
    return f"of {' and '.join(given)}" if given else f"that fits the {board.device}"


def _nearest(
    model: IntegerModel, limits: Limits, options: HardwareOptions, board: Board
) -> str:
    """What there is without the limits: the fastest and the smallest, in words."""
    chip, scores = board.capacity, scores_of(model)
    found = _front(model, Limits(), options, board) if limits != Limits() else []
    if not found:
        return (
            f"the {board.device} has {chip.lut} LUTs, {chip.dsp} DSP blocks and {chip.bram:g} RAM "
            "blocks"
        )
    if scores.is_dense_chain:
        # On the front are those of least cost, which need not have the fewest LUTs.
        found += _of_model(
            design_front(
                scores, family=board.family, max_lut=chip.lut, max_blocks=chip.dsp, least="lut",
                datapath=datapaths_of(model, options),
            ),
            model,
        )  # fmt: skip
    fastest = min(found, key=lambda point: (point.latency_cycles, point.area.lut))
    smallest = min(found, key=lambda point: (point.area.lut, point.latency_cycles))
    told = [
        f"the {name} has a latency of {point.latency_cycles} cycles, an interval of "
        f"{point.plan.frame_cycles}, {math.ceil(point.area.lut)} LUTs and {point.area.dsp} DSP "
        "blocks"
        for name, point in (("fastest", fastest), ("smallest", smallest))
    ]
    return f"without these limits, {', and '.join(told)} (estimated)"


def spread(latencies: Sequence[int], count: int) -> list[int]:
    """Indices of up to ``count`` latencies, first and last among them, spread by their ratio."""
    logs = [math.log(latency) for latency in latencies]
    steps = [logs[0] + (logs[-1] - logs[0]) * n / max(count - 1, 1) for n in range(count)]
    return sorted(
        {min(range(len(logs)), key=lambda n: abs(logs[n] - step)) for step in steps}
    )


def synthesise_some(
    model: IntegerModel, points: list[ParetoPoint], folder: Path, announce: Callable[[str], None]
) -> list[ParetoPoint]:
    """``points``, with measured areas of a few that are no larger than MAX_SYNTHESISED_LUT.

    Raises
    ------
    ToolError
        If Yosys is missing or stops with an error.
    """
    points = list(points)
    small = [n for n, p in enumerate(points) if p.design.area.lut <= MAX_SYNTHESISED_LUT]
    latencies = [points[n].design.latency_cycles for n in small]
    chosen = spread(latencies, _SYNTHESISED) if small else []
    for number, n in enumerate((small[n] for n in chosen), start=1):
        point = points[n]
        family = point.design.family
        announce(f"synthesise {number} of {len(chosen)}: {point.label}")
        work = folder / "synthesis" / f"{point.design.latency_cycles}_cycles"
        work.mkdir(parents=True)
        source = work / "decoder.v"
        source.write_text(to_verilog(Decoder(point.design.plan), family=family))
        found = synthesise(source, family, work).resources
        area = Area(found.lut, found.ff, found.dsp, found.bram)
        points[n] = replace(point, synthesised=area)
    return points


def save_front(
    path: Path, model: IntegerModel, points: list[ParetoPoint], board: Board, clock_mhz: float
) -> None:
    """Write the whole front as JSON."""
    figures = {
        "network": model.name,
        "topology": model.topology,
        "area": area_title(board),
        "cost": board.family.cost_formula,
        "clock_mhz": clock_mhz,
        "points": [_figures(point, clock_mhz) for point in points],
    }
    path.write_text(json.dumps(plain(figures), indent=2) + "\n")


def _figures(point: ParetoPoint, clock_mhz: float) -> dict:
    design = point.design
    engine = Engine.of(design.plan)
    return {
        "latency_cycles": design.latency_cycles,
        "latency_us": round(design.latency_cycles / clock_mhz, 4),
        "frame_cycles": design.plan.frame_cycles,
        "label": point.label,
        "layers": [each.as_json() for each in LayerDesign.each_of(design.plan)],
        "engine": engine and asdict(engine),
        "estimated": _area_figures(design.area, design.family),
        "synthesised": point.synthesised and _area_figures(point.synthesised, design.family),
    }


def _area_figures(area: Area, family: Family) -> dict:
    return {
        "lut": round(area.lut),
        "ff": round(area.ff),
        "dsp": area.dsp,
        "bram": area.bram,
        "cost": round(family.cost(area)),
    }


def area_title(board: Board) -> str:
    """Of which FPGA the areas are."""
    return f"{board.family.title}, within the {board.device}, without a board's shell"


def pareto_table(path: Path) -> Table:
    """The front of :func:`save_front` on the terminal: what was synthesised, and some between."""
    front = json.loads(path.read_text())
    clock_mhz, points = front["clock_mhz"], front["points"]
    table = Table(
        title=f"{front['network']} ({front['topology']}): {front['area']}",
        box=None,
        padding=(0, 1, 0, 0),
    )
    for name in ("cycles", "us", "a frame", "in x out", "LUT", "FF", "DSP", "BRAM", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    latencies = [point["latency_cycles"] for point in points]
    measured = {n for n, point in enumerate(points) if point["synthesised"]}
    for n in sorted(measured | set(spread(latencies, _TABLE_ROWS))):
        area = points[n]["synthesised"] or points[n]["estimated"]
        table.add_row(
            str(latencies[n]),
            f"{latencies[n] / clock_mhz:.2f}",
            str(points[n]["frame_cycles"]),
            points[n]["label"],
            str(area["lut"]),
            str(area["ff"]),
            str(area["dsp"]),
            f"{area['bram']:g}",
            str(area["cost"]),
            "synthesised" if n in measured else "estimated",
            style="bold" if n in measured else None,
        )
    table.caption = (
        f"{len(points)} decoders on the front, latency in us at {clock_mhz:g} MHz, a frame in "
        f"cycles back to back, inputs x outputs a cycle of each layer; cost is {front['cost']}"
    )
    return table
