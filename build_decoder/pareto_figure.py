"""The drawing of a front: latency against cost, and what the cost is made of."""

from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from build_decoder.pareto import ParetoPoint, spread

__all__ = ["draw_front"]

_ESTIMATED = "#3b6ea5"
_SYNTHESISED = "#c8401e"
_PARTS = (("lut", "#3b6ea5", "-"), ("dsp", "#7b4fa3", "--"), ("bram", "#3f8f4f", ":"))
_LABELS = 6


def draw_front(
    points: list[ParetoPoint], title: str, subtitle: str, clock_mhz: float, folder: Path
) -> None:
    """Write ``pareto.svg`` and ``pareto.png`` into ``folder``, the same for the same points."""
    # Identifiers in an SVG are random otherwise.
    with matplotlib.rc_context({"svg.hashsalt": "pareto", "svg.fonttype": "none"}):
        figure = Figure(figsize=(9, 8), layout="constrained")
        FigureCanvasAgg(figure)
        cost, parts = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        figure.suptitle(f"{title}\n{subtitle}", fontsize=11)
        _draw_cost(cost, points, clock_mhz)
        _draw_parts(parts, points)
        figure.savefig(folder / "pareto.svg", metadata={"Date": None})
        figure.savefig(folder / "pareto.png", dpi=150)


def _draw_cost(axes, points: list[ParetoPoint], clock_mhz: float) -> None:
    estimated = [(p.design.latency_cycles, p.design.cost) for p in points]
    measured = [
        (p.design.latency_cycles, p.cost) for p in points if p.synthesised
    ]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.step(*zip(*estimated, strict=True), where="post", color=_ESTIMATED, lw=0.8, alpha=0.5)
    axes.plot(
        *zip(*estimated, strict=True), "o", ms=3.5, mfc="white", color=_ESTIMATED,
        label=f"estimated, {len(estimated)} decoders",
    )
    if measured:
        axes.plot(
            *zip(*measured, strict=True), "D", ms=8, color=_SYNTHESISED, zorder=3,
            label=f"synthesised, {len(measured)} of them",
        )
    labelled = {n for n, point in enumerate(points) if point.synthesised}
    for n in sorted(labelled | {0} if labelled else spread(_latencies(points), _LABELS)):
        point = points[n]
        axes.annotate(
            point.label, (point.design.latency_cycles, point.cost),
            xytext=(9, 9), textcoords="offset points", fontsize=8,
            bbox={"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8},
        )
    axes.set_ylabel(f"cost ({points[0].design.family.cost_formula})")
    axes.margins(x=0.09, y=0.1)
    axes.grid(which="major", alpha=0.4)
    axes.grid(which="minor", alpha=0.15)
    axes.legend(title="labels: inputs x outputs a cycle of each layer", fontsize=9)
    times = axes.secondary_xaxis(
        "top", functions=(lambda cycles: cycles / clock_mhz, lambda us: us * clock_mhz)
    )
    times.xaxis.set_major_formatter(FuncFormatter(_plain))
    times.set_xlabel(f"latency at {clock_mhz:g} MHz (us)")


def _draw_parts(axes, points: list[ParetoPoint]) -> None:
    axes.set_yscale("log")
    cycles = _latencies(points)
    family = points[0].design.family
    names = {"lut": "LUT", "dsp": family.dsp.name, "bram": family.memory.block}
    for part, color, line in _PARTS:
        # What is not there has no place on a logarithmic axis.
        amounts = [getattr(point.design.area, part) or float("nan") for point in points]
        axes.step(cycles, amounts, line, where="post", color=color, lw=1.3, label=names[part])
        measured = [
            (point.design.latency_cycles, getattr(point.synthesised, part))
            for point in points
            if point.synthesised and getattr(point.synthesised, part)
        ]
        if measured:
            axes.plot(*zip(*measured, strict=True), "D", ms=6, color=color)
    axes.xaxis.set_major_formatter(FuncFormatter(_plain))
    axes.set_xlabel("latency (cycles, first input to last output)")
    axes.set_ylabel("resources (number of each)")
    axes.grid(which="major", alpha=0.4)
    axes.grid(which="minor", alpha=0.15)
    axes.legend(title="lines estimated, diamonds synthesised", fontsize=9)


def _latencies(points: list[ParetoPoint]) -> list[int]:
    return [point.design.latency_cycles for point in points]


def _plain(value: float, _position) -> str:
    return f"{value:,.12g}"
