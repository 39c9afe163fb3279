"""Marks of the figures: points of networks, baselines and the paper, scales and legends."""

import math
from collections.abc import Sequence

import matplotlib

matplotlib.use("svg")

import numpy as np  # noqa: E402
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402

from build_decoder.models.nerve_cuff.report.needs import need_of  # noqa: E402
from build_decoder.models.nerve_cuff.table1 import TABLE_1, PaperNetwork  # noqa: E402
from build_decoder.models.nerve_cuff.training.summary import Summary  # noqa: E402

__all__ = [
    "FLOOR", "colour_of", "draw_paper", "draw_point", "f1_scale", "legend", "look_of", "placeless",
    "style",
]

FLOOR = 0.5
"""Macro F1 below which the scale is narrower: networks that did not converge, the majority."""

_SQUEEZED = 4  # times, below it

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
# Label, colour and marker of each family of networks, and of each baseline.
_LOOKS = {
    "EscapeNet": ("ESCAPE-NET, Mini", "#0072b2", "o"),
    "EscapeFcn": ("ESCAPE-FCN", "#d55e00", "s"),
    "EscapeRnn": ("ESCAPE-RNN", "#009e73", "^"),
    "EscapeTcn": ("ESCAPE-TCN, ours", "#aa3377", "D"),
    "logistic_regression": ("logistic regression", "#222222", "P"),
    "svm_rbf": ("SVM, RBF", "#8a6d00", "X"),
    "majority_class": ("majority class, no weights", "#777777", ""),
}
_PAPER_FAMILY = {paper.title: type(paper.network).__name__ for paper in TABLE_1.values()}


def style():
    """A context in which figures are drawn and saved as they are meant."""
    return plt.rc_context(_STYLE)


def look_of(one: Summary) -> tuple[str, str, str]:
    """Label, colour and marker; no marker of what has no place on a scale of weights."""
    network = one.network
    return _LOOKS[network["name"] if network["family"] == "Baseline" else network["family"]]


def colour_of(one: Summary) -> str:
    """Its colour."""
    return look_of(one)[1]


def placeless(one: Summary) -> bool:
    """Whether it needs nothing, and so has no place on a logarithmic scale: the majority class."""
    return not need_of(one, "weights")


def draw_point(
    axes: Axes, one: Summary, measure: str, *, scale: float = 1.0, bars: bool = False, **marker
) -> None:
    """A network or baseline at what it needs and its mean macro F1; a line of what needs nothing.

    Parameters
    ----------
    scale:
        The measure is divided by it.
    bars:
        Whether the standard deviation is drawn.
    marker:
        Of `Axes.errorbar`.
    """
    _, colour, shape = look_of(one)
    mean, deviation = one.mean("macro_f1"), one.deviation("macro_f1")
    if placeless(one):
        axes.axhline(mean, color=colour, linestyle="--", linewidth=1.1)
        return
    axes.errorbar(
        need_of(one, measure) / scale,
        mean,
        yerr=deviation if bars and not math.isnan(deviation) else None,
        fmt=shape,
        color=colour,
        elinewidth=1,
        capsize=2,
        **marker,
    )


def draw_paper(axes: Axes, x: float, paper: PaperNetwork, *, bars: bool = False) -> None:
    """The paper's star at its own figures; its bars are thin and have wide ends."""
    _, colour, _ = _LOOKS[_PAPER_FAMILY[paper.title]]
    mean, deviation = paper.macro_f1
    axes.errorbar(
        x,
        mean,
        yerr=deviation if bars else None,
        fmt="*",
        color=colour,
        mfc="white",
        ms=11,
        elinewidth=0.6,
        capsize=5,
        zorder=5,
    )


def f1_scale(axes: Axes, lowest: float) -> None:
    """Scale of macro F1; where `lowest` is below `FLOOR`, it is narrower there, and says so."""
    if lowest >= FLOOR:
        axes.set_ylabel("macro F1")
        return

    def narrower(values):
        values = np.asarray(values, float)
        return np.where(values < FLOOR, FLOOR + (values - FLOOR) / _SQUEEZED, values)

    def wider(values):
        values = np.asarray(values, float)
        return np.where(values < FLOOR, FLOOR + (values - FLOOR) * _SQUEEZED, values)

    axes.set_yscale("function", functions=(narrower, wider))
    top = axes.get_ylim()[1]
    axes.set_ylim(0, top)
    step = 0.05 if top - FLOOR < 0.6 else 0.1
    axes.set_yticks([0, 0.25, *np.arange(FLOOR, top, step).round(2).tolist()])
    axes.yaxis.set_major_formatter("{x:.2f}")
    axes.yaxis.set_minor_locator(plt.NullLocator())
    axes.axhline(FLOOR, color="#bbbbbb", linewidth=1.1, zorder=0.5)
    axes.set_ylabel(f"macro F1 (below {FLOOR:g} a quarter of the scale)")


def legend(
    figure: Figure, summaries: Sequence[Summary], *, extra: Sequence[Line2D] = (),
    paper: bool = True,
) -> None:
    """Legend of what is drawn, above the figure; everything else is laid out below it."""
    present = dict.fromkeys(look_of(one) for one in summaries)
    handles = [
        Line2D([], [], color=colour, marker=marker or None, ls="" if marker else "--", label=label)
        for label, colour, marker in _LOOKS.values()
        if (label, colour, marker) in present
    ]
    if paper:
        handles.append(
            Line2D([], [], color="#444444", marker="*", mfc="white", ls="", ms=10, label="paper")
        )
    handles += extra
    columns = 5 if figure.get_figwidth() > 9 else 4
    lines = -(-len(handles) // columns)
    inches = 0.2 * lines + 0.15
    figure.tight_layout(rect=(0, 0, 1, 1 - inches / figure.get_figheight()))
    figure.legend(
        handles=handles, loc="upper center", ncols=columns, frameon=False, fontsize=8
    )
