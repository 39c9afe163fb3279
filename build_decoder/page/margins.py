"""How sure decisions are, and what the search for formats promises."""

import numpy as np
from matplotlib.ticker import FuncFormatter

from build_decoder.page.drawing import FLOAT, INTEGER, drawing, svg_of
from build_decoder.page.facts import Facts
from build_decoder.page.parts import Figure, Section

__all__ = ["margins"]

_BINS = 40


def margins(facts: Facts) -> Section:
    """Distances from deciding otherwise, and the limits of the search."""
    golden, task = facts.golden, facts.golden.task
    text, figures = _promise(facts), []
    decided = task.decisions(golden.y)
    if decided.shape[1]:
        found = task.margins(golden.y, decided)[facts.shown]
        changed = (facts.decided != decided)[facts.shown]
        figures.append(_histogram(found[~changed], found[changed]))
        text.append(
            f"{int(changed.sum())} of {changed.size} decisions of {facts.which} differ from those "
            f"of the network in floats."
        )
        if facts.report["near_ties"]:
            text.append(
                f"{facts.report['near_ties']} of the samples searched on have a decision so near "
                f"its boundary that not even perfect formats keep it."
            )
    return Section("Margins, and what the search promises", text=text, figures=figures)


def _promise(facts: Facts) -> list[str]:
    limits = facts.report["limits"]
    if facts.report["input_ranges"] is not None:
        return [
            "Nothing was searched: all values are in one format. What that lost is above, measured."
        ]
    if limits is None:
        return [
            "AHEAD's search keeps to no limit: it weighs loss against width. What it lost is "
            "above, measured."
        ]
    text = []
    if facts.golden.task.decisions(facts.golden.y[:1]).shape[1]:
        text.append(
            f"On samples like golden data, the search expects that formats change at most "
            f"{100 * limits['max_flips']:.3g} % of the decisions: an estimate from samples near "
            f"the decision boundary, not a proof. On the samples that it saw, no more than "
            f"{100 * limits['max_loss']:.3g} % of accuracy may be lost."
        )
    if limits["max_error"] is not None:
        text.append(
            f"On the samples that it saw, the root mean square error of each output is at most "
            f"{limits['max_error']:g} of the output's standard deviation."
        )
    return [*text, "Nothing is promised of inputs that are unlike golden data."]


def _histogram(kept: np.ndarray, changed: np.ndarray) -> Figure:
    edges = np.linspace(0, max(np.max(kept, initial=0), np.max(changed, initial=0)) or 1, _BINS + 1)
    with drawing(2.6) as figure:
        axes = figure.subplots()
        for name, found, colour in (
            ("as in floats", kept, FLOAT), ("differ", changed, INTEGER)
        ):
            if len(found):
                counts, _ = np.histogram(found, edges)
                axes.stairs(
                    counts, edges, baseline=0.1, fill=True, color=colour,
                    label=f"{name}, {len(found)}",
                )
        axes.set(yscale="log", ylim=(0.7, None), xlabel="margin, in the output's unit",
                 ylabel="decisions")  # fmt: skip
        axes.yaxis.set_major_formatter(FuncFormatter(lambda count, _: f"{count:,.0f}"))
        axes.minorticks_off()
        axes.legend(fontsize=8, frameon=False)
        svg = svg_of(figure, "margins", "histogram of margins")
    return Figure(svg, "Margins of the network in floats: the winner less the runner-up, or the "
                       "distance from the threshold. The axis of decisions is logarithmic.")
