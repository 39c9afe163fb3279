"""What goes into a decoder and what comes out."""

from collections.abc import Iterator

from build_decoder.models.task import Kind
from build_decoder.page.facts import Facts
from build_decoder.page.parts import Section, Table
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.number_format import NumberFormat

__all__ = ["ends", "format_words"]

_ANSWERS = {
    Kind.CLASSES: "the largest output wins; of equals, the first",
    Kind.BINARY: "one output, which says yes from its threshold on",
    Kind.LABELS: "each output says yes from its own threshold on",
    Kind.REGRESSION: "each output is a value",
}


def ends(facts: Facts) -> Section:
    """Shapes, formats and ranges at both ends, and what the outputs are for."""
    model, report = facts.model, facts.report
    rows = [
        _row("in", " x ".join(map(str, model.inputs[0].shape)), model.input_format),
        _row("out", str(model.output_count), model.output_format),
    ]
    text = [f"Task: {report['task']} ({report['task_source']}). {_answers(facts)}"]
    if model.classes is not None:
        text.append(f"The hardware gives the index of one of {model.classes} classes.")
    if report["thresholds"] is not None:
        text.append("Thresholds: " + ", ".join(f"{t:g}" for t in report["thresholds"]) + ".")
    if model.continuous:
        text.append("A frame is a step in time: the decoder keeps its states until it is reset.")
    if report["built_topology"] != report["topology"]:
        text.append(
            f"Built is {report['built_topology']}, from {report['topology']}: the search left out "
            f"neurons that others stand in for."
        )
    if report["samples_limited"] is not None:
        limited = report["samples_limited"]
        text.append(
            f"Inputs beyond the format are limited to it: those of {limited['searched_on']} golden "
            f"samples that the search saw, and of {limited['held_out']} held out from it."
        )
        for number, also in enumerate(report["also"] or (), start=1):
            limited = also["samples_limited"]
            text.append(
                f"Of network {number} of --also, {also['network']}, these are "
                f"{limited['searched_on']} samples searched on, and {limited['held_out']} held out."
            )
    if report["input_ranges"] is not None:
        text += list(_ranges(report["input_ranges"]))
    notes = [f"Golden data: {note}" for note in report["golden_notes"] or ()]
    notes += [f"Exact rewrite {r['name']}: {r['note']}" for r in report["rewrites"] or ()]
    head = ("", "values a frame", "format", "range", "step")
    return Section("In and out", text=text, tables=[Table(head, rows)], notes=notes)


def _ranges(found: list[dict]) -> Iterator[str]:
    """What layers in floating point take."""
    yield (
        "Floating point: sums are exact, and rounded once a neuron. A layer's sums are as wide as "
        "inputs of its range can make them; inputs beyond are limited to it."
    )
    for each in found:
        states = ""
        if "states" in each:
            states = (
                f" Of {each['states']} states that gates multiply, {each['states_cut']} lose bits."
            )
        yield (
            f"Layer {each['layer']} takes inputs up to {each['greatest']:g} in size, in multiples "
            f"of 2^{each['least_exponent']}: {each['beyond']} of {each['inputs']} inputs that "
            f"golden data leads to are beyond, and {each['cut']} lose bits; before that, "
            f"{each['small']} lose bits or become zero as too small for the format.{states}"
        )


def _answers(facts: Facts) -> str:
    kinds = facts.golden.task.kinds
    kept = "; ".join(_ANSWERS[kind] for kind in kinds)
    if len(kinds) > 1:
        return f"Nobody said the task, and several fit: all of them are kept ({kept})."
    return f"An answer: {kept}."


def _row(name: str, shape: str, format: NumberFormat) -> tuple[str, ...]:
    low, high = format.ends
    step = "relative" if isinstance(format, FloatFormat) else f"{2.0**-format.fraction:g}"
    return name, shape, format_words(format), f"{low:g} to {high:g}", step


def format_words(format: NumberFormat) -> str:
    """A format as integer and fraction bits, and whether it has a sign, or as exponent and fraction
    bits."""
    if isinstance(format, FloatFormat):
        flushed = "" if format.subnormals else ", subnormals are zero"
        return (
            f"{format.width} bits: floating point, exponent {format.exponent}, fraction "
            f"{format.fraction}{flushed}"
        )
    sign = "signed" if format.signed else "unsigned"
    return f"{format.width} bits: {format.integer}.{format.fraction} {sign}"
