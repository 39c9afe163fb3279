"""Figures 3 to 6 of the paper, and the front, redrawn from results."""

import math
from collections.abc import Sequence

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

from build_decoder.models.nerve_cuff.report.front import front  # noqa: E402
from build_decoder.models.nerve_cuff.table1 import TABLE_1, PaperNetwork  # noqa: E402
from build_decoder.models.nerve_cuff.training.summary import Summary  # noqa: E402

__all__ = ["close", "figure_3", "figure_4", "figure_5", "figure_6", "front_figure", "style"]

# Fixed identifiers and outlines in place of fonts: the same results give the same bytes.
_STYLE = {
    "svg.hashsalt": "build_decoder",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}
# Colour and marker of each family of networks.
_FAMILIES = {
    "EscapeNet": ("ESCAPE-NET, Mini", "#0072b2", "o"),
    "EscapeFcn": ("ESCAPE-FCN", "#d55e00", "s"),
    "EscapeRnn": ("ESCAPE-RNN", "#009e73", "^"),
    "EscapeTcn": ("ESCAPE-TCN, ours", "#aa3377", "D"),
}
_PAPER_FAMILY = {paper.title: type(paper.network).__name__ for paper in TABLE_1.values()}
_SHORT = {"ESCAPE-NET Mini": "Mini", "ESCAPE-FCN": "FCN", "ESCAPE-RNN": "RNN"}
_FLOOR = 0.5  # macro F1 below which a point is drawn at the edge: the network did not converge
_MEMORIES_KB = (73, 148, 164, 181.5)  # on-chip, of the accelerators that Section 4.2 cites


def style():
    """A context in which figures are drawn and saved as they are meant."""
    return plt.rc_context(_STYLE)


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
    return _scatter(
        summaries, "flops", "FLOPs (here: of all time steps)", papers, marked, threshold
    )


def figure_5(summaries: Sequence[Summary]) -> Figure:
    """The highlighted networks: weights, memory and FLOPs, with standard deviations."""
    with style():
        figure, panels = plt.subplots(1, 3, figsize=(10.5, 4.2), sharey=True)
        for axes, letter, measure, label in zip(
            panels,
            "abc",
            ("weights", "tflite_bytes", "flops"),
            ("weights", "8-bit TFLite file, KiB", "FLOPs (here: of all time steps)"),
            strict=True,
        ):
            scale = 1024 if measure == "tflite_bytes" else 1
            for one in summaries:
                _point(axes, one, one.rows[0][measure] / scale)
            for paper in TABLE_1.values():
                value = {
                    "weights": paper.weights,
                    "tflite_bytes": paper.integer_kib,
                    "flops": paper.flops,
                }[measure]
                _paper_point(axes, value, paper, bars=True)
            if measure == "tflite_bytes":
                for memory in _MEMORIES_KB:
                    axes.axvline(memory, color="#777777", linestyle=":", linewidth=0.9)
            axes.set_xscale("log")
            axes.set_xlabel(label)
            axes.set_title(f"({letter})", loc="left")
        panels[0].set_ylabel("macro F1")
        _legend(figure, summaries, extra=(_error_handle(),))
    return figure


def figure_6(summaries: Sequence[Summary], threshold: float) -> Figure:
    """Macro F1 of the best and of the worst subject of each network, against weights."""
    with style():
        figure, axes = plt.subplots(figsize=(7.5, 4.8))
        for one in summaries:
            _, colour, marker = _FAMILIES[one.network["family"]]
            subjects: dict[str, list[float]] = {}
            for row in one.rows:
                subjects.setdefault(row["digest"], []).append(row["macro_f1"])
            means = [sum(scores) / len(scores) for scores in subjects.values()]
            weights = one.rows[0]["weights"]
            axes.plot([weights] * 2, [min(means), max(means)], color=colour, lw=0.5, alpha=0.35)
            axes.plot(weights, max(means), marker, color=colour, ms=5)
            axes.plot(weights, min(means), marker, color=colour, ms=5, mfc="white")
        _threshold(axes, threshold)
        axes.set_xscale("log")
        axes.set_xlabel("weights")
        axes.set_ylabel("macro F1")
        best, worst = (
            Line2D([], [], color="#444444", marker="o", ls="", mfc=face, label=label)
            for face, label in (("#444444", "best subject"), ("white", "worst subject"))
        )
        _legend(figure, summaries, extra=(best, worst), paper=False)
    return figure


def front_figure(summaries: Sequence[Summary], named: Sequence[Summary]) -> Figure:
    """Macro F1 against weights and MACs with the front of each; `named` have their names."""
    with style():
        figure, panels = plt.subplots(1, 2, figsize=(10.5, 4.6), sharey=True)
        for axes, measure, label in zip(
            panels, ("weights", "macs"), ("weights", "MACs of all time steps"), strict=True
        ):
            for one in summaries:
                _, colour, marker = _FAMILIES[one.network["family"]]
                x, y = one.rows[0][measure], one.mean("macro_f1")
                if y < _FLOOR:
                    _at_the_edge(axes, x, colour)
                else:
                    axes.plot(x, y, marker, color=colour, ms=4, alpha=0.6)
            best = front(summaries, (measure,))
            # Small networks that learnt nothing are on the front as well, and tell nothing.
            best = [one for one in best if one.mean("macro_f1") >= _FLOOR]
            axes.step(
                [one.rows[0][measure] for one in best],
                [one.mean("macro_f1") for one in best],
                where="post",
                color="#444444",
                linewidth=1.0,
            )
            for one in named:
                _, colour, marker = _FAMILIES[one.network["family"]]
                x, y = one.rows[0][measure], max(one.mean("macro_f1"), _FLOOR)
                axes.plot(x, y, marker, color=colour, ms=8, mec="black", mew=1.2)
                _name(axes, one, x, y)
            axes.set_xscale("log")
            axes.set_xlabel(label)
        panels[0].set_ylabel("macro F1")
        line = Line2D([], [], color="#444444", label="front")
        _legend(figure, summaries, extra=(line, *_edge_handle(summaries)), paper=False)
    return figure


def _name(axes: Axes, one: Summary, x: float, y: float) -> None:
    """The title beside a point, on the side of the family, as the paper's three lie close."""
    side, offset = {
        "EscapeNet": ("center", (0, 9)),
        "EscapeFcn": ("center", (0, -15)),
        "EscapeRnn": ("left", (7, -3)),
        "EscapeTcn": ("right", (-7, 5)),
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
            _, colour, marker = _FAMILIES[one.network["family"]]
            chosen = one.title in marked
            if one.mean("macro_f1") < _FLOOR:
                _at_the_edge(axes, one.rows[0][measure], colour)
                continue
            axes.plot(
                one.rows[0][measure],
                one.mean("macro_f1"),
                marker,
                color=colour,
                ms=9 if chosen else 5.5,
                mec="black" if chosen else colour,
                mew=1.4 if chosen else 0.5,
                alpha=1 if chosen else 0.75,
                zorder=4 if chosen else 3,
            )
        for value, paper in papers:
            _paper_point(axes, value, paper)
        _threshold(axes, threshold)
        axes.set_xscale("log")
        axes.set_xlabel(label)
        axes.set_ylabel("macro F1")
        highlighted = Line2D(
            [], [], color="#bbbbbb", marker="o", ls="", ms=8, mec="black", mew=1.4,
            label="highlighted",
        )
        _legend(figure, summaries, extra=(highlighted, *_edge_handle(summaries)))
    return figure


def _at_the_edge(axes: Axes, x: float, colour: str) -> None:
    axes.plot(x, _FLOOR, "v", color=colour, mfc="white", ms=6)


def _edge_handle(summaries: Sequence[Summary]) -> tuple[Line2D, ...]:
    if min(one.mean("macro_f1") for one in summaries) >= _FLOOR:
        return ()
    label = f"below {_FLOOR:g}"
    return (Line2D([], [], color="#444444", marker="v", mfc="white", ls="", label=label),)


def _point(axes: Axes, one: Summary, x: float) -> None:
    _, colour, marker = _FAMILIES[one.network["family"]]
    mean, deviation = one.mean("macro_f1"), one.deviation("macro_f1")
    axes.errorbar(
        x,
        mean,
        yerr=None if math.isnan(deviation) else deviation,
        fmt=marker,
        color=colour,
        ms=8,
        mec="black",
        elinewidth=1,
        capsize=2,
        zorder=4,
    )


def _paper_point(axes: Axes, x: float, paper: PaperNetwork, *, bars: bool = False) -> None:
    _, colour, _ = _FAMILIES[_PAPER_FAMILY[paper.title]]
    mean, deviation = paper.macro_f1
    axes.errorbar(
        x * (1.12 if bars else 1),  # beside our point, which often lies at the same place
        mean,
        yerr=deviation if bars else None,
        fmt="*",
        color=colour,
        mfc="white",
        ms=11,
        elinewidth=0.8,
        capsize=2,
        zorder=5,
    )


def _threshold(axes: Axes, threshold: float) -> None:
    axes.axhline(threshold, color="#444444", linestyle=":", linewidth=1.1)


def _error_handle() -> Line2D:
    return Line2D([], [], color="#777777", marker="_", ls="-", label="bars: standard deviation")


def _legend(
    figure: Figure, summaries: Sequence[Summary], *, extra=(), paper: bool = True
) -> None:
    present = {one.network["family"] for one in summaries}
    handles = [
        Line2D([], [], color=colour, marker=marker, ls="", label=label)
        for family, (label, colour, marker) in _FAMILIES.items()
        if family in present
    ]
    if paper:
        handles.append(
            Line2D([], [], color="#444444", marker="*", mfc="white", ls="", ms=10, label="paper")
        )
    handles += extra
    wide = figure.get_figwidth() > 9
    figure.tight_layout(rect=(0, 0, 1, 0.95 if wide else 0.9))
    figure.legend(
        handles=handles,
        loc="upper center",
        ncols=len(handles) if wide else 4,
        frameon=False,
        fontsize=8,
    )
