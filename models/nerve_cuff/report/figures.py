"""Figures 3 to 6 of the paper, and the front, redrawn from results, baselines among them."""

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from build_decoder.models.nerve_cuff.report.front import front
from build_decoder.models.nerve_cuff.report.marks import (
    colour_of,
    draw_paper,
    draw_point,
    f1_scale,
    legend,
    look_of,
    placeless,
    style,
)
from build_decoder.models.nerve_cuff.report.needs import need_of
from build_decoder.models.nerve_cuff.report.selection import is_baseline
from build_decoder.models.nerve_cuff.table1 import TABLE_1, PaperNetwork
from build_decoder.models.nerve_cuff.training.summary import Summary

__all__ = ["close", "figure_3", "figure_4", "figure_5", "figure_6", "front_figure"]

_SHORT = {"ESCAPE-NET Mini": "Mini", "ESCAPE-FCN": "FCN", "ESCAPE-RNN": "RNN"}
_MEMORIES_KB = (73, 148, 164, 181.5)  # on-chip, of the accelerators that Section 4.2 cites
_FLOPS = "FLOPs (here: of all time steps)"


def close(figure: Figure) -> None:
    """Free what a figure takes."""
    plt.close(figure)


def figure_3(summaries: Sequence[Summary], marked: Sequence[str], threshold: float) -> Figure:
    """Macro F1 against weights; `marked` are the titles of the highlighted networks."""
    papers = [(paper.weights, paper) for paper in TABLE_1.values()]
    return _scatter(summaries, "weights", "weights", papers, marked, threshold)


def figure_4(summaries: Sequence[Summary], marked: Sequence[str], threshold: float) -> Figure:
    """Macro F1 against FLOPs of all time steps; the paper's as it counted them."""
    papers = [(paper.flops, paper) for paper in TABLE_1.values()]
    return _scatter(summaries, "flops", _FLOPS, papers, marked, threshold)


def figure_5(summaries: Sequence[Summary]) -> Figure:
    """The highlighted networks: weights, memory and FLOPs, with standard deviations."""
    with style():
        figure, panels = plt.subplots(1, 3, figsize=(10.5, 4.6), sharey=True)
        for axes, letter, measure, label in zip(
            panels,
            "abc",
            ("weights", "tflite_bytes", "flops"),
            ("weights", "8-bit TFLite file, KiB", _FLOPS),
            strict=True,
        ):
            scale = 1024 if measure == "tflite_bytes" else 1
            for one in summaries:
                draw_point(
                    axes, one, measure, scale=scale, bars=True, ms=8, mec="black", zorder=4
                )
            for paper in TABLE_1.values():
                value = {
                    "weights": paper.weights,
                    "tflite_bytes": paper.integer_kib,
                    "flops": paper.flops,
                }[measure]
                draw_paper(axes, value, paper, bars=True)
            if measure == "tflite_bytes":
                for memory in _MEMORIES_KB:
                    axes.axvline(memory, color="#777777", linestyle=":", linewidth=0.9)
            axes.set_xscale("log")
            axes.set_xlabel(label)
            axes.set_title(f"({letter})", loc="left")
        _scales(panels, summaries)
        error = Line2D(
            [], [], color="#777777", marker="_", ls="-", label="bars: standard deviation"
        )
        legend(figure, summaries, extra=(error,))
    return figure


def figure_6(summaries: Sequence[Summary], threshold: float) -> Figure:
    """Macro F1 of the best and of the worst subject of each network, against weights."""
    with style():
        figure, axes = plt.subplots(figsize=(7.5, 4.8))
        for one in summaries:
            _, colour, marker = look_of(one)
            means = _subjects(one)
            if placeless(one):
                axes.axhspan(min(means), max(means), color=colour, alpha=0.2, lw=0)
                axes.axhline(one.mean("macro_f1"), color=colour, linestyle="--", lw=1.1)
                continue
            weights = need_of(one, "weights")
            axes.plot([weights] * 2, [min(means), max(means)], color=colour, lw=0.5, alpha=0.35)
            axes.plot(weights, max(means), marker, color=colour, ms=5)
            axes.plot(weights, min(means), marker, color=colour, ms=5, mfc="white")
        _threshold(axes, threshold)
        axes.set_xscale("log")
        axes.set_xlabel("weights")
        f1_scale(axes, min(min(_subjects(one)) for one in summaries))
        best, worst = (
            Line2D([], [], color="#444444", marker="o", ls="", mfc=face, label=label)
            for face, label in (("#444444", "best subject"), ("white", "worst subject"))
        )
        legend(figure, summaries, extra=(best, worst), paper=False)
    return figure


def front_figure(summaries: Sequence[Summary], named: Sequence[Summary]) -> Figure:
    """Macro F1 against weights and MACs with the front of each; `named` have their names."""
    with style():
        figure, panels = plt.subplots(1, 2, figsize=(10.5, 4.9), sharey=True)
        for axes, measure, label in zip(
            panels, ("weights", "macs"), ("weights", "MACs of all time steps"), strict=True
        ):
            for one in summaries:
                alone = is_baseline(one.network)
                draw_point(axes, one, measure, ms=7 if alone else 4, alpha=1 if alone else 0.6)
            # What needs nothing is on the front as well, and has no place on the scale.
            best = [one for one in front(summaries, (measure,)) if not placeless(one)]
            axes.step(
                [need_of(one, measure) for one in best],
                [one.mean("macro_f1") for one in best],
                where="post",
                color="#444444",
                linewidth=1.0,
            )
            for one in named:
                draw_point(axes, one, measure, ms=8, mec="black", mew=1.2)
                _name(axes, one, need_of(one, measure), one.mean("macro_f1"))
            axes.set_xscale("log")
            axes.margins(x=0.12)  # room for the names
            axes.set_xlabel(label)
        _scales(panels, summaries)
        line = Line2D([], [], color="#444444", label="front")
        legend(figure, summaries, extra=(line,), paper=False)
    return figure


def _subjects(one: Summary) -> list[float]:
    """Mean macro F1 of each subject."""
    subjects: dict[str, list[float]] = {}
    for row in one.rows:
        subjects.setdefault(row["digest"], []).append(row["macro_f1"])
    return [sum(scores) / len(scores) for scores in subjects.values()]


def _scales(panels: Sequence[Axes], summaries: Sequence[Summary]) -> None:
    """The same scale of macro F1 for all panels, named at the first."""
    lowest = min(one.mean("macro_f1") for one in summaries)
    for axes in panels:
        f1_scale(axes, lowest)
    for axes in panels[1:]:
        axes.set_ylabel("")


def _name(axes: Axes, one: Summary, x: float, y: float) -> None:
    """The title beside a point, on the side of the family, as the paper's three lie close."""
    side, offset = {
        "EscapeNet": ("center", (0, 9)),
        "EscapeFcn": ("center", (0, -15)),
        "EscapeRnn": ("left", (7, -3)),
        "EscapeTcn": ("center", (0, -15)),
    }[one.network["family"]]
    axes.annotate(
        _SHORT.get(one.title, one.title),
        (x, y),
        xytext=offset,
        textcoords="offset points",
        ha=side,
        fontsize=8,
        bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
        zorder=6,
    )


def _scatter(
    summaries: Sequence[Summary],
    measure: str,
    label: str,
    papers: Sequence[tuple[float, PaperNetwork]],
    marked: Sequence[str],
    threshold: float,
) -> Figure:
    with style():
        figure, axes = plt.subplots(figsize=(7.5, 4.8))
        for one in summaries:
            chosen = one.title in marked
            large = chosen or is_baseline(one.network)
            draw_point(
                axes,
                one,
                measure,
                ms=9 if large else 5.5,
                mec="black" if chosen else colour_of(one),
                mew=1.4 if chosen else 0.5,
                alpha=1 if large else 0.75,
                zorder=4 if large else 3,
            )
        for value, paper in papers:
            draw_paper(axes, value, paper)
        _threshold(axes, threshold)
        axes.set_xscale("log")
        axes.set_xlabel(label)
        f1_scale(axes, min(one.mean("macro_f1") for one in summaries))
        highlighted = Line2D(
            [], [], color="#bbbbbb", marker="o", ls="", ms=8, mec="black", mew=1.4,
            label="highlighted",
        )
        legend(figure, summaries, extra=(highlighted,))
    return figure


def _threshold(axes: Axes, threshold: float) -> None:
    axes.axhline(threshold, color="#444444", linestyle=":", linewidth=1.1)
