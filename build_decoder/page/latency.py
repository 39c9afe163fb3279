"""Where the cycles of a frame go."""

from build_decoder.hdl.planning.spans import spans
from build_decoder.page.drawing import FAINT, FLOAT, INTEGER, drawing, svg_of
from build_decoder.page.facts import Facts
from build_decoder.page.parts import Figure, Section

__all__ = ["latency"]

_LONG = 24
_TICKS = 6
"""Most steps of the axis: numbers of a million cycles fit beside each other."""


def latency(facts: Facts) -> Section:
    """A waterfall of the stages within a frame, and the times of the whole."""
    if facts.design is None:
        return Section("Latency", text=["There is no hardware yet: the build ended before it."])
    plan, report = facts.design[1], facts.report
    found = spans(plan.stages)
    names = ["input", *(span.stage for span in found)]
    starts = [(0, plan.input_beats - 1), *((span.first, span.last) for span in found)]
    with drawing(0.7 + 0.26 * len(names)) as figure:
        axes = figure.subplots()
        for row, (first, last) in enumerate(starts):
            # A transfer takes a cycle; a short one must be seen beside a long frame.
            width = max(last - first + 1, plan.latency_cycles / 250)
            axes.barh(row, width, left=first, height=0.6, color=INTEGER if row else FLOAT)
        axes.set_yticks(range(len(names)), [_short(name) for name in names], fontsize=8)
        axes.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, None), xlabel="cycles of the frame")
        axes.locator_params(axis="x", nbins=_TICKS)
        axes.grid(axis="x", color=FAINT, alpha=0.3)
        svg = svg_of(figure, "latency", "waterfall of the latency")
    caption = (
        "When each stage of the decoder gives its transfers, from the first to the last, within a "
        "frame that comes without a pause into an idle decoder. Planned: the simulation measures "
        "the whole alone. A stage computes before its bar too. Stages besides layers carry values "
        "from one to the next."
    )
    return Section("Latency", text=_times(report, plan), figures=[Figure(svg, caption)])


def _times(report: dict, plan) -> list[str]:
    clock = report["clock_mhz"]

    def told(cycles: int) -> str:
        return f"{cycles} cycles" + (f", {cycles / clock:.2f} us at {clock:g} MHz" if clock else "")

    measured = report["latency_cycles"] is not None
    latency = report["latency_cycles"] if measured else plan.latency_cycles
    frame = report["frame_cycles"] if measured else plan.frame_cycles
    how = "Measured in simulation" if measured else "Planned, not yet measured in simulation"
    text = [
        f"{how}: {told(latency)}, from the first value in to the last one out; back-to-back frames "
        f"come each {told(frame)}. The host's link is not in it."
    ]
    if report["latency_at_pace"] is not None:
        pace = report["latency_at_pace"]
        text.append(
            f"Planned, where time steps come evenly and a frame in {pace['interval_cycles']} "
            f"cycles: {told(pace['latency_cycles'])} from the first value of the last step on."
        )
    return text


def _short(name: str) -> str:
    return name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"
