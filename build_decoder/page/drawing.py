"""Drawings by matplotlib as SVG within a page, whose colours follow the page's."""

import contextlib
import io
import re
import warnings
from collections.abc import Iterator

import matplotlib
from markupsafe import Markup
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["BACK", "FAINT", "FLOAT", "INK", "INTEGER", "drawing", "shade", "styled", "svg_of"]

# Colours that stand for those of the page, whichever it has at that time of day.
INK, FAINT, BACK, FLOAT, INTEGER = "#010203", "#010204", "#010205", "#010206", "#010207"
_COLOURS = {
    INK: "var(--ink)", FAINT: "var(--faint)", BACK: "var(--back)", FLOAT: "var(--float)",
    INTEGER: "var(--integer)",
}  # fmt: skip
_WIDTH = 4.8
"""Inches: legible at its own size, and at the width of a telephone."""


@contextlib.contextmanager
def drawing(height: float, layout: str | None = "constrained") -> Iterator[Figure]:
    """A figure of the page's width, so many inches high, with its colours; ``layout`` is
    matplotlib's."""
    with matplotlib.rc_context(
        {
            "svg.fonttype": "none", "font.size": 10, "text.parse_math": False,
            "text.color": INK, "axes.labelcolor": INK, "axes.edgecolor": FAINT,
            "xtick.color": INK, "ytick.color": INK, "axes.facecolor": "none",
            "axes.spines.top": False, "axes.spines.right": False,
        }
    ):  # fmt: skip
        figure = Figure(figsize=(_WIDTH, height), layout=layout, facecolor="none")
        FigureCanvasAgg(figure)
        yield figure


def shade(fraction: float) -> tuple[float, float, float, float]:
    """Colour of a cell: the integer model's, as strong as a fraction says."""
    return matplotlib.colors.to_rgba(INTEGER, 0.06 + 0.6 * fraction)


def svg_of(figure: Figure, name: str, label: str) -> Markup:
    """The figure as an SVG element with identifiers of its own, called ``name``."""
    stream = io.StringIO()
    with (
        matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}),
        warnings.catch_warnings(),
    ):
        # Text stays text, in the reader's own fonts; what is missing here is measured as a box.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        figure.savefig(stream, format="svg", metadata={"Date": None}, transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    opening, rest = text.split(">", 1)
    return Markup("{}{}{}").format(
        Markup(opening),
        Markup(' role="img" aria-label="{}">').format(label),
        Markup(styled(rest)),
    )


def styled(svg: str) -> str:
    """``svg`` with the page's colours in place of those that stand for them."""
    # In styles alone: a name may look like a colour.
    return re.sub(
        r"\b(fill|stroke): (#0102\w\w)",
        lambda found: f"{found[1]}: {_COLOURS.get(found[2], found[2])}", svg,
    )
