"""What a build shows on the terminal: stages as they run, and a closing table."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from build_decoder.models.task import Kind
from build_decoder.options.search import FIXED
from build_decoder.quant.layers.dense import NODES
from build_decoder.report import Report

__all__ = ["closing_table", "show_stage"]

_PARTS = {"searched_on": "searched on", "held_out": "held out from the search"}

_LISTED = 8
"""Most outputs that a row of the table has figures for; report.json has all."""


def show_stage(console: Console, name: str) -> None:
    """Tell that stage ``name`` starts."""
    console.print(f"[bold]{name}[/bold] ...")


def closing_table(report: Report, output: Path) -> Table:
    """The build's figures; rows that no stage has filled are left out."""
    title = f"{report.network} ({report.topology}) on {report.board}"
    if report.shell is not None:
        title += f", shell {report.shell}"
    table = Table(title=title, show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in _rows(report):
        table.add_row(name, value)
    table.add_row("output", str(output))
    return table


def _quality_rows(figures: dict, title: str, decoder: str):
    """How good the decoder, which is called ``decoder``, is on one part of golden data."""
    samples = figures["samples"]
    if figures["kind"] == Kind.REGRESSION:
        found = f"{_listed(figures['r2s'], '.4f')}; {samples} samples"
        if figures["truth"]:
            found = f"float {_listed(figures['float_r2s'], '.4f')}; {decoder} {found}"
            yield f"R2, {title}", found
        else:
            yield f"R2 with the float outputs, {title}", found
        yield f"errors, {title}", (
            f"{_listed(figures['errors'], '.3f')} of each output's standard deviation; greatest "
            f"{_listed(figures['greatest_errors'], '.3g')} in its own unit"
        )
        if figures["agreement"] is None:
            return
    elif figures["truth"]:
        each = ", mean of labels" if figures["kind"] == Kind.LABELS else ""
        yield f"accuracy, {title}", (
            f"float {figures['float_accuracy']:.2%}, {decoder} {figures['accuracy']:.2%}{each}"
        )
    each = " a label" if figures["kind"] == Kind.LABELS else ""
    yield f"decisions kept, {title}", (
        f"{_listed(figures['agreements'], '.2%')} of {samples}{each}"
    )


def _listed(values: list, form: str) -> str:
    shown = [f"{value:{form}}" if value is not None else "-" for value in values[:_LISTED]]
    return ", ".join(shown) + (f" and {len(values) - _LISTED} more" * (len(values) > _LISTED))


def _loss(report: Report, loss: float | None) -> str:
    if loss is None:
        return "loss not defined"
    return f"R2 lost {loss:.4f}" if report.task == Kind.REGRESSION else f"loss {loss:.2%}"


def _rows(report: Report):
    if report.task is not None:
        text = f"{' and '.join(report.tasks_kept)}: {report.task_source}"
        if report.thresholds:
            text += f"; yes from {_listed(report.thresholds, 'g')} on"
        yield "task", text
    for note in report.golden_notes or ():
        yield "golden data", note
    for rewrite in report.rewrites or ():
        yield "rewritten", rewrite["note"]
    decoder = "integer" if report.arithmetic == FIXED else report.arithmetic
    measured = [("", report.quality or {}, report.samples_limited or {})]
    for number, also in enumerate(report.also or (), start=1):
        title = f", also {number}, {also['network']}"
        measured.append((title, also["quality"], also["samples_limited"]))
    for whose, quality, _ in measured:
        for part, title in _PARTS.items():
            if figures := quality.get(part):
                yield from _quality_rows(figures, f"{title}{whose}", decoder)
    for whose, _, limited in measured:
        if any(limited.values()):
            yield f"inputs limited{whose}", (
                f"of {limited['searched_on']} samples searched on, {limited['held_out']} held out: "
                "they are beyond the input's format"
            )
    if report.near_ties:
        yield "near ties", (
            f"{report.near_ties} of the samples searched on: no formats tried keep their decisions"
        )
    if report.built_topology not in (None, report.topology):
        yield "neurons kept", f"{report.built_topology} of {report.topology}"
    if report.input_ranges is not None:
        ranges = ", ".join(f"{found['greatest']:g}" for found in report.input_ranges)
        beyond = sum(found["beyond"] for found in report.input_ranges)
        small = sum(found["small"] for found in report.input_ranges)
        yield "arithmetic", (
            f"{report.arithmetic}; inputs of layers up to {ranges} in size, {beyond} beyond"
            + (f", {small} too small" if small else "")
        )
    if report.average_bit_width is not None:
        yield "bit width", (
            f"{report.average_bit_width:.2f} average of {len(report.nodes)} nodes, "
            f"{report.average_bit_width_by_words:.2f} weighted by words, "
            f"{report.average_bit_width_with_input_layer:.2f} of "
            f"{len(report.nodes) + len(NODES)} with an input layer"
        )
    for step in report.search_steps or ():
        yield f"search {report.search}, {step['step']}", (
            f"{step['average_bit_width']:.2f} bits, {_loss(report, step['loss'])}, "
            f"{step['evaluations']} evaluations, {step['seconds']:.2f} s"
        )
    if report.foldings:
        yield "inputs x outputs a cycle", ", ".join(
            f"{f['inputs_per_cycle']}x{f['outputs_per_cycle']}" for f in report.foldings
        )
    if report.bit_heaps is not None:
        planned = report.bit_heaps
        yield "bit heaps, as planned", (
            f"{planned['lut']} lut, {planned['ff']} ff of {planned['cells']}, "
            f"{planned['levels']} levels"
            + (f", {planned['planes']} planes" if planned["planes"] > 1 else "")
        )
    if report.latency_cycles is not None:
        latency = f"{report.latency_cycles} cycles"
        if report.clock_mhz is not None:
            latency += f", {report.latency_cycles / report.clock_mhz:.2f} us"
        yield "latency", f"{latency}; a frame each {report.frame_cycles} cycles"
    if report.latency_at_pace is not None:
        pace = report.latency_at_pace
        yield "latency at the pace", (
            f"{pace['latency_cycles']} cycles from the first value of the last time step on, where "
            f"a frame comes in {pace['interval_cycles']} cycles"
        )
    if report.vectors_checked is not None:
        yield "checked", f"{report.vectors_checked} frames, {report.mismatches} mismatches"
    if report.resources is not None:
        yield "resources", ", ".join(f"{n} {name}" for name, n in report.resources.items())
    if report.placed_resources is not None:
        placed = [f"{n} {name}" for name, n in report.placed_resources.items() if n is not None]
        yield "placed", ", ".join(placed)
    if report.fmax_mhz is not None:
        yield "fmax", f"{report.fmax_mhz:.1f} MHz, runs at {report.clock_mhz:g} MHz"
    if report.fmax_untimed is not None:
        yield "not timed", f"paths {report.fmax_untimed}"
    if report.toolchain is not None:
        yield "toolchain", " ".join(filter(None, (report.toolchain, report.toolchain_version)))
    if report.bitstream is not None:
        yield "bitstream", report.bitstream
    yield "seconds", ", ".join(f"{name} {s:.1f}" for name, s in report.stage_seconds.items())
