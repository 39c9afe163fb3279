"""Small random layers and graphs in integers, as plain data: formats, raw weights, raw inputs.

`layer` and `graph` give the same case for the same arguments. How the layers of a type are drawn
stands in its module of `tests.layers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.qformat import QFormat
from tests import layers
from tests.drawn import Signal, any_of, any_shape, coarse, near, wide

__all__ = ["SAMPLES", "TYPES", "Case", "Node", "graph", "layer"]

SAMPLES = 4
"""Samples of a case."""

TYPES = integer_layers.names()
"""Names of all types of layer that are drawn: whatever `quant.layers` has."""


@dataclass(frozen=True)
class Node:
    """A layer of a case.

    Parameters
    ----------
    name:
        Also of its output.
    type:
        Name of the type of layer.
    inputs:
        Names of inputs or of nodes before it.
    fields:
        Of the layer that describes it in floats, by keyword.
    formats:
        By role.
    weights:
        Raw int64 by the name of the array.
    """

    name: str
    type: str
    inputs: tuple[str, ...]
    fields: Mapping[str, Any]
    formats: Mapping[str, QFormat]
    weights: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Case:
    """Nodes, one or a graph of them, and samples for its inputs.

    Parameters
    ----------
    nodes:
        Each after those that it takes from.
    formats:
        Of the inputs, by name.
    inputs:
        Raw int64 (samples, \\*shape) by name.
    """

    nodes: tuple[Node, ...]
    formats: Mapping[str, QFormat]
    inputs: Mapping[str, np.ndarray]


def layer(type: str, number: int) -> Case:
    """Case `number` of one layer."""
    rng = np.random.default_rng([number, *type.encode()])
    cases = layers.cases(type)
    format = any_of(rng, [coarse, wide, *[near] * 4])
    inputs = [
        Signal(f"x{place}", shape, format(rng, 1, unsigned=0.4))
        for place, shape in enumerate(cases.shapes(rng))
    ]
    inputs = [replace(x, format=cases.input_format(rng, x.format)) for x in inputs]
    node, _ = _node(rng, type, "y", inputs)
    return _case(rng, inputs, [node])


def graph(number: int) -> Case:
    """Case `number` of a graph: 2 to 8 layers, of which one or more join branches."""
    rng = np.random.default_rng([number, *b"graph"])
    while True:
        inputs = [
            Signal(f"x{place}", any_shape(rng, rank), near(rng, 1, unsigned=0.4))
            for place, rank in enumerate(rng.choice([2, 3, 3], size=rng.integers(1, 3)))
        ]
        nodes = _graph_nodes(rng, inputs, rng.integers(1, 8))
        if 2 <= len(nodes) <= 8 and any(len(node.inputs) > 1 for node in nodes):
            return _case(rng, inputs, nodes)


def _graph_nodes(rng, inputs: Sequence[Signal], count: int) -> list[Node]:
    """About `count` layers, then what joins all ends to one output."""
    nodes, signals, ends = [], list(inputs), list(inputs)

    def add(type: str, taken: Sequence[Signal]) -> None:
        node, signal = _node(rng, type, f"n{len(nodes) + 1}", taken)
        nodes.append(node)
        signals.append(signal)
        ends[:] = [end for end in ends if end not in taken] + [signal]

    for _ in range(count):
        # Mostly go on from an end; taking a value for the second time makes a fork.
        first = any_of(rng, ends if rng.random() < 0.7 else signals)
        joins = [(type, found) for type in TYPES if (found := _partners(type, first, signals))]
        if joins and rng.random() < 0.35:
            type, found = any_of(rng, joins)
            others = [any_of(rng, found) for _ in range(layers.cases(type).inputs - 1)]
            add(type, [first, *others])
        else:
            add(any_of(rng, _types_that_take(first)), [first])
    if len(ends) > 1:
        for end in list(ends):
            if len(end.shape) > 1:
                add("flatten", [end])
        add("concat", list(ends))
    return nodes


def _partners(type: str, first: Signal, signals: Sequence[Signal]) -> list[Signal]:
    """Signals that a layer of several inputs can take beside the first."""
    cases = layers.cases(type)
    if cases.inputs == 1 or not cases.takes(first):
        return []
    return [x for x in signals if x != first and cases.takes(x) and cases.fit(first, x)]


def _types_that_take(x: Signal) -> list[str]:
    """Types of one input; three times each that takes inputs of one rank only, which are rarer."""
    return [
        type
        for type in TYPES
        if (cases := layers.cases(type)).inputs == 1 and cases.takes(x)
        for _ in range(3 if len(cases.ranks) == 1 else 1)
    ]


def _node(rng, type: str, name: str, inputs: Sequence[Signal]) -> tuple[Node, Signal]:
    drawn = layers.cases(type).draw(rng, *inputs)
    weights = {
        array: _codes(rng, shape, drawn.formats[role])
        for array, (role, shape) in drawn.arrays.items()
    }
    names = tuple(signal.name for signal in inputs)
    node = Node(name, type, names, drawn.fields, drawn.formats, weights)
    return node, Signal(name, drawn.shape, drawn.output)


def _case(rng, inputs: Sequence[Signal], nodes: Sequence[Node]) -> Case:
    samples = {
        x.name: np.array([_codes(rng, x.shape, x.format) for _ in range(SAMPLES)]) for x in inputs
    }
    return Case(tuple(nodes), {x.name: x.format for x in inputs}, samples)


def _codes(rng, shape: Shape, format: QFormat) -> np.ndarray:
    """Raw int64 of one pattern: random half the time, or an extreme one."""
    low, high = format.min_raw, format.max_raw
    pattern = any_of(rng, ["random"] * 4 + ["least", "greatest", "impulse", "alternating"])
    if pattern == "least":
        return np.full(shape, low)
    if pattern == "greatest":
        return np.full(shape, high)
    if pattern == "alternating":
        row = np.where(np.arange(np.prod(shape)) % 2 == rng.integers(2), low, high)
        return row.reshape(shape)
    if pattern == "impulse":
        codes = np.zeros(shape, dtype=np.int64)
        codes.flat[rng.integers(codes.size)] = any_of(rng, [low, high])
        return codes
    return rng.integers(low, high, shape, endpoint=True)
