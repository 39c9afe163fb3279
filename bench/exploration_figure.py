"""The figure of the exploration's hardware, below the paper's Figure 4."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from build_decoder.models.nerve_cuff.table1 import TABLE_1

__all__ = ["draw"]

_COLOURS = {"GRU": "#0072b2", "LSTM": "#d55e00"}
_PAPER = "#444444"
_ESTIMATED = {"ms": 4, "alpha": 0.7}


def draw(rows: Sequence[Mapping], path: Path, *, clock_mhz: float) -> None:
    """Draw rows of :mod:`bench.exploration_hardware` as ``path``.

    Panels over the same FLOPs, which are those of the paper: a recurrent layer counts with one
    time step. The first one is Figure 4, of which the paper has four networks in figures.
    """
    panels = (
        ("LUT", lambda row: _area(row)["lut"], "linear"),
        ("RAMB36", lambda row: _area(row)["bram"], "linear"),
        ("latency (cycles)", lambda row: row["latency_cycles"], "log"),
    )
    with matplotlib.rc_context({"font.size": 9, "axes.grid": True, "grid.alpha": 0.3}):
        figure = Figure(figsize=(8, 11), layout="constrained")
        FigureCanvasAgg(figure)
        first, *others = figure.subplots(1 + len(panels), 1, sharex=True)
        _figure_4(first, rows)
        for axes, (label, value, scale) in zip(others, panels, strict=True):
            for row in rows:
                known = scale == "log" or row["synthesised"]
                mark = _mark(row["network"]) | ({} if known else _ESTIMATED)
                axes.plot(row["profiled_flops"], value(row), **mark)
            axes.set_yscale(scale)
            axes.set_ylabel(label)
            if scale == "linear":
                # Markers at nothing are whole.
                top = 1.12 * (max(map(value, rows)) or 1)
                axes.set_ylim(-0.06 * top, top)
        times = others[-1].secondary_yaxis(
            "right",
            functions=(lambda cycles: cycles / clock_mhz / 1e3, lambda ms: ms * clock_mhz * 1e3),
        )
        times.set_ylabel(f"latency at {clock_mhz:g} MHz (ms)")
        others[-1].set_xlabel("FLOPs as in the paper: one time step of each recurrent layer")
        figure.suptitle("Recurrent networks of the exploration, equal products a cycle")
        handles = _legend(estimates=not all(row["synthesised"] for row in rows))
        figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, dpi=130)


def _area(row: Mapping) -> Mapping:
    """What it takes, as synthesised; an estimate of what was not."""
    return row["synthesised"] or row["estimated"]


def _figure_4(axes, rows: Sequence[Mapping]) -> None:
    """The paper's networks with their macro F1; where on this scale the rows are."""
    for paper in TABLE_1.values():
        mean, deviation = paper.macro_f1
        axes.errorbar(
            paper.flops, mean, yerr=deviation, fmt="*", ms=11, mfc="white", color=_PAPER,
            capsize=4, elinewidth=0.7,
        )
        axes.annotate(
            paper.title, (paper.flops, mean), xytext=(-7, 6), textcoords="offset points",
            fontsize=8, ha="right",
        )
    axes.axhline(0.7, color=_PAPER, ls=":", lw=1)
    for row in rows:
        axes.axvline(row["profiled_flops"], ymax=0.06, lw=1.2, color=_mark(row["network"])["color"])
    axes.set_xscale("log")
    axes.margins(x=0.12)
    axes.set_ylabel("macro F1 (paper)")
    axes.set_title("Figure 4 of the paper; ticks at the bottom: the networks below", fontsize=9)


def _mark(title: str) -> dict:
    """Colour by cell, shape by direction, filled if it has attention."""
    colour = _COLOURS["GRU" if "GRU" in title else "LSTM"]
    return {
        "marker": "D" if "bidirectional" in title else "o",
        "color": colour,
        "mfc": colour if "attention" in title else "white",
        "ms": 7,
        "ls": "",
    }


def _legend(*, estimates: bool) -> list[Line2D]:
    marks = {
        "GRU": {"marker": "s", "color": _COLOURS["GRU"]},
        "LSTM": {"marker": "s", "color": _COLOURS["LSTM"]},
        "one direction": {"marker": "o", "color": _PAPER, "mfc": "white"},
        "both directions": {"marker": "D", "color": _PAPER, "mfc": "white"},
        "attention": {"marker": "o", "color": _PAPER},
        "the paper's": {"marker": "*", "color": _PAPER, "mfc": "white", "ms": 11},
    }
    if estimates:
        marks["estimated"] = {"marker": "o", "color": _PAPER, "mfc": "white", **_ESTIMATED}
    return [Line2D([], [], ls="", label=label, **mark) for label, mark in marks.items()]
