"""Cases of `tests.random_layers`, run: in exact fractions, and by the layers of `quant`."""

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np

from build_decoder.models import activations, layers
from build_decoder.models.activation import Activation
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layer import Kind, Parts
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from tests import random_layers
from tests.exact import Tensor, tensor
from tests.layers import network
from tests.random_layers import SAMPLES, Case, Node

__all__ = [
    "assert_equals_oracle",
    "carries_states",
    "exact_outputs",
    "exact_values",
    "float_case",
    "has_weights",
    "parts_of",
    "raw_inputs",
    "run_steps",
    "with_formats",
]


# In exact fractions


def _float_function(name):
    if name == "exp_minus":
        return lambda x: np.exp(-np.maximum(x, 0.0))
    if name == "exp_tanh":
        return lambda values: np.exp(np.tanh(values))
    return activations.get(name).function


@cache
def rounded(name, source, target):
    """A generated activation: the float function, rounded to the nearest code."""
    function = _float_function(name)
    return cache(lambda code: int(target.quantise(function(source.to_real([code])))[0]))


@cache
def generated(name, source, target):
    """The generated activation of the integer model, one code at a time."""
    function = Activation(name, _float_function(name)) if name.startswith("exp_") else name
    compute = integer_activation(function, source, target).compute
    return cache(lambda code: int(compute(np.array([code]))[0]))


def exact_values(case: Case, generated=rounded) -> list[dict[str, Tensor]]:
    """All values of each sample, by the oracle."""
    inputs = case.inputs.items()
    return [
        network(
            case.nodes,
            {name: tensor(raw[i].tolist(), case.formats[name]) for name, raw in inputs},
            generated,
        )
        for i in range(SAMPLES)
    ]


def exact_outputs(case: Case) -> list[list[Fraction]]:
    """Values of the output of each sample, by the oracle."""
    return [values[case.nodes[-1].name].row() for values in exact_values(case)]


def with_formats(case: Case, formats) -> Case:
    """The case of one node with some roles in other formats."""
    (node,) = case.nodes
    node = replace(node, formats={**node.formats, **formats})
    return replace(case, nodes=(node,))


# In integers


def has_weights(kind: str) -> bool:
    """Whether layers of the type have weights."""
    return bool(integer_layers.get(kind).arrays)


def carries_states(kind: str) -> bool:
    """Whether layers of the type carry states from step to step."""
    (node,) = random_layers.layer(kind, 0).nodes
    roles = integer_layers.get(kind).roles(layers.get(kind).layer(**node.fields))
    return any(role.kind is Kind.STATE for role in roles)


def parts_of(case: Case, *, weights=None, fields=None, **others) -> Parts:
    """The parts of a case of one layer, some of them replaced."""
    (node,) = case.nodes
    shapes = [case.inputs[name].shape[1:] for name in node.inputs]
    formats = tuple(case.formats[name] for name in node.inputs)
    changed = replace(
        node,
        weights={**node.weights, **(weights or {})},
        fields={**node.fields, **(fields or {})},
    )
    return replace(_parts(changed, shapes, formats), **others)


def _parts(node: Node, shapes, inputs) -> Parts:
    """What an integer layer is made of: the one place that knows."""
    quantiser = integer_layers.get(node.type)

    def array(name):
        return RawArray(node.formats[quantiser.arrays[name]], node.weights[name])

    layer = layers.get(node.type).layer(**node.fields)
    return Parts(layer, shapes, inputs, node.formats, array)


def raw_inputs(case: Case) -> list[np.ndarray]:
    """Raw inputs of the layer of a case of one."""
    return [case.inputs[name] for name in case.nodes[0].inputs]


def run_steps(quantiser, parts: Parts, inputs: list[np.ndarray]) -> np.ndarray:
    """What a search runs: step by step, each from its own parts."""
    values = inputs
    for step in quantiser.steps:
        values = [step.make(parts).compute(*values)]
    return values[0]


def _integer_outputs(case: Case) -> dict[str, tuple[QFormat, np.ndarray]]:
    """Format and raw codes (samples, \\*shape) of each node, by the layers of `quant`."""
    values = {name: (case.formats[name], raw) for name, raw in case.inputs.items()}
    for node in case.nodes:
        formats, raw = zip(*(values[name] for name in node.inputs), strict=True)
        parts = _parts(node, tuple(x.shape[1:] for x in raw), formats)
        integer = integer_layers.get(node.type).integer(parts)
        values[node.name] = integer.output, integer.compute(*raw)
    return values


def assert_equals_oracle(case: Case, label: str) -> None:
    """Every value of every node and sample is that of the oracle, and so is its format."""
    got = _integer_outputs(case)
    for i, expected in enumerate(exact_values(case, generated)):
        for name, value in expected.items():
            format, raw = got[name]
            assert format == value.format, f"{label}, {name}"
            assert raw.shape[1:] == value.shape, f"{label}, {name}"
            assert raw[i].ravel().tolist() == value.codes(), f"{label}, sample {i}, {name}"


# In floats


def float_case(kind: str, seed: int, **fields):
    """A layer in floats with inputs and weights about 1: layer, inputs, weights."""
    case = random_layers.layer(kind, seed)
    (node,) = case.nodes
    layer = layers.get(kind).layer(**{**node.fields, **fields})
    random = np.random.default_rng(seed)
    inputs = [random.normal(0, 1, (5, *raw.shape[1:])) for raw in raw_inputs(case)]
    shapes = layer.weight_shapes([x.shape[1:] for x in inputs])
    return layer, inputs, {name: random.normal(0, 0.7, shape) for name, shape in shapes.items()}
