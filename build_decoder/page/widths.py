"""The width of every node, which step of the search set it, and what occurs there."""

import math
from typing import NamedTuple

import numpy as np

from build_decoder.page.facts import Facts
from build_decoder.page.parts import Bar, Section, Table
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.quantised import FLOATING
from build_decoder.quant.format_fields import format_told
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.trace import trace

__all__ = ["widths"]

_MOST_VALUES = 1 << 23
_MOST_SAMPLES = 256
_WEIGHTS = {"weights": "weight"}
"""Roles of arrays that are called otherwise."""

_STEPS = {
    "range": "range: integer bits that hold what occurs, and many fraction bits",
    "pruned": "pruned: as range, once neurons were left out",
    "alone": "alone: the fewest fraction bits, all other nodes perfect",
    "narrowed": "narrowed: all nodes together, as narrow as the limits of the search allow",
    "exchanged": "exchanged: a bit more at one node for fewer at another",
    "exact": "exact: made to hold for activations as they are built",
    "spare": "spare: bits for weights of other days",
    "BWS-IBW": "BWS-IBW: AHEAD's selection of integer bits",
    "BWS-FBW": "BWS-FBW: AHEAD's selection of fraction bits",
    "BWO-FBW": "BWO-FBW: AHEAD's optimisation of fraction bits",
    FLOATING: "floating: one format for all, nothing is searched",
    "": "follows: the format follows from those of several other nodes",
}


class _Occurs(NamedTuple):
    """Least and greatest value, the share of values at the format's ends, and of those that
    were clipped, None where that is not known."""

    low: float
    high: float
    at_ends: float
    clipped: float | None


def widths(facts: Facts) -> Section:
    """A row for each node."""
    samples = _samples(facts)
    occurs = _occurring(facts, samples)
    rows, steps = [], []
    formats = [format_told(node) for node in facts.formats["nodes"]]
    widest = max(format.width for format in formats)
    for node, format in zip(facts.formats["nodes"], formats, strict=True):
        step = node.get("decided_by", "")
        steps.append(step)
        found = occurs.get((node["layer"], node["node"]))
        rows.append(
            (
                f"{node['name']}: {node['node']}", Bar(format.width / widest, step),
                str(format.width), _bits(format), step or "follows", *_cells(found),
            )
        )
    kinds = tuple(dict.fromkeys(steps))
    report = facts.report
    text = [
        f"{report['average_bit_width']:.2f} bits on average over {len(rows)} nodes, "
        f"{report['average_bit_width_by_words']:.2f} weighted by the values that each holds. "
        f"Ranges are those of {facts.numbers} on {len(samples)} of {len(facts.golden.x)} golden "
        "samples, "
        f"{'the first sequences' if facts.golden.steps else 'evenly spaced'}."
    ]
    head = (
        "node", "width", "bits", "format", "set by", "least", "greatest", "at an end", "clipped",
    )  # fmt: skip
    notes = [
        _STEPS.get(kind, kind) for kind in kinds
    ] + [
        "at an end: values that are the least or the greatest code of the format, such as the 0 of "
        "a rectified value. clipped: values that lay outside and were narrowed to it, which is no "
        "fault: the search leaves out integer bits where the answers above stay as good. A dash: "
        "not recorded for this type of node."
    ]
    table = Table(head, rows, kinds=kinds, numeric=(2, 3, 5, 6, 7, 8))
    return Section("Widths", text=text, tables=[table], notes=notes)


def _bits(format: NumberFormat) -> str:
    """Bits of a format's parts."""
    if isinstance(format, FloatFormat):
        return str(format)
    return f"{format.integer}.{format.fraction}"


def _cells(found: _Occurs | None) -> tuple[str, str, str, str]:
    if found is None:
        return ("–",) * 4
    low, high = f"{found.low:.5g}", f"{found.high:.5g}"
    return low, high, _share(found.at_ends), _share(found.clipped)


def _share(value: float | None) -> str:
    if value is None:
        return "–"
    return "0" if not value else f"{100 * value:.2g} %"


def _samples(facts: Facts) -> np.ndarray:
    """Numbers of the samples that ranges are taken from: few of a large network."""
    model, every = facts.model, len(facts.golden.x)
    held = sum(math.prod(item.shape) for item in model.inputs)
    held += sum(3 * layer.output_count for layer in model.layers)
    most = min(every, _MOST_SAMPLES, max(_MOST_VALUES // held, 1))
    if steps := facts.golden.steps:
        return np.arange(max(most // steps, 1) * steps)  # whole sequences
    return np.linspace(0, every - 1, most).astype(int)


def _occurring(facts: Facts, samples: np.ndarray) -> dict[tuple[int, str], _Occurs]:
    """What occurs at nodes, by the layer's number and the role."""
    model, found = facts.model, {}
    x, numbers = facts.golden.x[samples], {n.name: i for i, n in enumerate(model.nodes, start=1)}
    given: dict[str, _Occurs] = {}
    for node in trace(model, model.quantise_input(x), steps=facts.golden.steps):
        clipped = node.clipped
        if node.name == model.inputs[0].name:
            clipped = np.count_nonzero(node.format.outside(x))
        occurs = _of(node.raw, node.format, clipped)
        if node.role == "output":
            given[node.name] = occurs
        if node.name in numbers:
            found[numbers[node.name], node.role] = occurs
    for number, node in enumerate(model.nodes, start=1):
        found[number, "input"] = given[node.inputs[0]]
        for name, array in node.layer.arrays.items():
            found[number, _WEIGHTS.get(name, name)] = _of(array.raw, array.format, None)
    return found


def _of(raw: np.ndarray, format: NumberFormat, clipped: int | None) -> _Occurs:
    values = format.to_real(raw)
    ends = np.count_nonzero(np.isin(values, format.ends))
    share = None if clipped is None else clipped / raw.size
    return _Occurs(float(values.min()), float(values.max()), ends / raw.size, share)
