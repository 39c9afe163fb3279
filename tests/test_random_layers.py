"""Random layers and graphs: the oracle against floats, what the cases show, integer against oracle.
"""

import dataclasses
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import islice
from math import floor

import numpy as np
import pytest

from build_decoder.models import activations, layers
from build_decoder.models.activation import Activation
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.activations import integer_activation
from build_decoder.quant.layer import Parts
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from tests import exact_layers, random_layers
from tests.exact_layers import Tensor, limits, network, step, tensor
from tests.random_layers import SAMPLES, TYPES, Case, Node

FINE = QFormat(20, 28)  # what is rounded to it is right to 1e-8
STORED = ("weight", "recurrent", "bias")  # roles of weights
FORMATS = {name: random_layers.layer(name, 0).nodes[0].formats for name in TYPES}


def float_function(name):
    if name == "exp_tanh":
        return lambda values: np.exp(np.tanh(values))
    return activations.get(name).function


@cache
def rounded(name, source, target):
    """A generated activation: the float function, rounded to the nearest code."""
    function = float_function(name)
    return cache(
        lambda code: int(target.quantise(function(source.to_real([code])))[0])
    )


@cache
def generated(name, source, target):
    """The generated activation of the integer model, one code at a time."""
    function = Activation(name, float_function(name)) if name == "exp_tanh" else name
    compute = integer_activation(function, source, target).compute
    return cache(lambda code: int(compute(np.array([code]))[0]))


def run(case: Case, generated=rounded) -> list[dict[str, Tensor]]:
    """All values of each sample."""
    inputs = case.inputs.items()
    return [
        network(
            case.nodes,
            {name: tensor(raw[i].tolist(), case.formats[name]) for name, raw in inputs},
            generated,
        )
        for i in range(SAMPLES)
    ]


def result(case: Case) -> list[list[Fraction]]:
    """Values of the output of each sample."""
    return [values[case.nodes[-1].name].row() for values in run(case)]


def with_formats(case: Case, formats) -> Case:
    """The case of one node with some roles in other formats."""
    (node,) = case.nodes
    node = dataclasses.replace(node, formats={**node.formats, **formats})
    return dataclasses.replace(case, nodes=(node,))


# The oracle against floats


def float_layer(node: Node, inputs, weights):
    """Output of the layer in floats."""
    layer = layers.get(node.type).layer(**node.fields)
    shapes = [x.shape[1:] for x in inputs]
    y = layer.forward(inputs, weights)
    assert y.shape[1:] == layer.output_shape(shapes)
    assert {key: value.shape for key, value in weights.items()} == layer.weight_shapes(shapes)
    return y


@pytest.mark.parametrize("kind", TYPES)
def test_oracle_with_fine_formats_is_the_float_layer(kind):
    for number in range(10):
        case = random_layers.layer(kind, number)
        (node,) = case.nodes
        signals = [role for role in node.formats if role not in STORED]
        case = with_formats(case, dict.fromkeys(signals, FINE))
        reals = {name: case.formats[name].to_real(raw) for name, raw in case.inputs.items()}
        roles = {"scale": "weight", "shift": "bias", "weights": "weight"}
        weights = {
            key: node.formats[roles.get(key, key)].to_real(raw)
            for key, raw in node.weights.items()
        }
        inputs = [reals[name] for name in node.inputs]
        expected = float_layer(node, inputs, weights)
        greatest = FINE.to_real(FINE.max_raw)
        expected = np.clip(expected.reshape(SAMPLES, -1), -greatest, greatest)
        got = np.array(result(case), dtype=np.float64)
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6, err_msg=f"case {number}")


# What the cases show


def test_cases_are_reproducible_and_differ():
    def text(case):
        return repr(dataclasses.asdict(case))

    for make in (random_layers.graph, lambda number: random_layers.layer("lstm", number)):
        assert text(make(3)) == text(make(3))
        assert text(make(3)) != text(make(4))


@pytest.mark.parametrize("kind", TYPES)
def test_values_stay_in_their_formats(kind):
    """Formats are narrow: values are often at their ends, and never beyond."""
    at_ends = 0
    for number in range(50):
        case = random_layers.layer(kind, number)
        for values in run(case):
            for value in values.values():
                codes = value.codes()  # refuses what is no value of the format
                at_ends += not {*limits(value.format)}.isdisjoint(codes)
    assert at_ends > 50


def test_graphs_have_branches_and_all_types():
    lengths, types, forks = Counter(), Counter(), 0
    for number in range(100):
        case = random_layers.graph(number)
        lengths[len(case.nodes)] += 1
        types.update(node.type for node in case.nodes)
        taken = Counter(name for node in case.nodes for name in node.inputs)
        assert {*taken} | {case.nodes[-1].name} == {*case.inputs, *(n.name for n in case.nodes)}
        assert any(len(node.inputs) > 1 for node in case.nodes)
        forks += max(taken.values()) > 1
    assert set(lengths) == set(range(2, 9))
    assert set(types) == {*TYPES} - {"dropout"}
    assert forks > 30


def test_inputs_and_weights_have_extremes():
    seen = Counter()
    for number in range(100):
        case = random_layers.layer("dense", number)
        (node,) = case.nodes
        arrays = [(case.formats["x0"], sample) for sample in case.inputs["x0"]]
        arrays.append((node.formats["weight"], node.weights["weights"]))
        for format, codes in arrays:
            low, high = limits(format)
            if codes.size > 2:
                places = np.flatnonzero(codes)
                seen["least"] += low < 0 and bool((codes == low).all())
                seen["greatest"] += high > 0 and bool((codes == high).all())
                seen["impulse"] += len(places) == 1 and codes.flat[places[0]] in (low, high)
                both = {low, high} == {*codes.flat}
                seen["alternating"] += both and bool((codes.flat[1:] != codes.flat[:-1]).all())
    assert min(seen[name] for name in ("least", "greatest", "impulse", "alternating")) > 10


def tell(cases, results, compute, least: int) -> bool:
    """Whether `compute` of the cases gives other results for at least so many of them."""
    others = (1 for case, old in zip(cases, results, strict=True) if compute(case) != old)
    return sum(islice(others, least)) == least


@pytest.fixture(scope="module")
def some():
    """Cases of a type and their results."""

    @cache
    def make(kind):
        cases = [random_layers.layer(kind, number) for number in range(40)]
        return cases, [result(case) for case in cases]

    return make


@pytest.mark.parametrize("kind", [name for name in TYPES if FORMATS[name]])
def test_cases_tell_each_role_and_rounding(kind, some, monkeypatch):
    """Other formats of any one role, another rounding, or none but the range: results differ."""
    cases, results = some(kind)
    for role in FORMATS[kind]:

        def finer(case, role=role):
            format = case.nodes[0].formats[role]
            other = QFormat(format.integer - 1, format.fraction + 1, format.signed)
            return result(with_formats(case, {role: other}))

        assert tell(cases, results, finer, least=2), role

    def floored(value, format):
        low, high = limits(format)
        return max(low, min(floor(value / step(format)), high)) * step(format)

    def wrapped(value, format):
        low, high = limits(format)
        code = floor(value / step(format) + Fraction(1, 2))
        return ((code - low) % (high - low + 1) + low) * step(format)

    def even(value, format):
        low, high = limits(format)
        return max(low, min(round(Fraction(value) / step(format)), high)) * step(format)

    for other, least in ((floored, 10), (wrapped, 10), (even, 1)):
        monkeypatch.setattr(exact_layers, "narrow", other)
        assert tell(cases, results, result, least), other.__name__


@pytest.mark.parametrize("kind", ["attention", "conv2d", "dense", "gru", "lstm"])
def test_cases_tell_the_steps_at_which_accumulators_saturate(kind, monkeypatch):
    """Of 1,000 cases, some whose accumulator is finer than its products."""

    def is_finer(case):
        (node,) = case.nodes
        finest = case.formats["x0"].fraction + node.formats["weight"].fraction
        if "recurrent" in node.formats:
            state = node.formats["output"].fraction + node.formats["recurrent"].fraction
            finest = max(finest, state)
        return node.formats["accumulator"].fraction > finest

    cases = filter(is_finer, (random_layers.layer(kind, number) for number in range(1000)))

    def differs(case):
        right = result(case)
        with monkeypatch.context() as patch:
            patch.setattr(exact_layers, "accumulator_format", lambda role, products: role)
            return result(case) != right

    assert any(map(differs, cases))


# The integer layers against the oracle


def integer_outputs(case: Case) -> dict[str, tuple[QFormat, np.ndarray]]:
    """Format and raw codes (samples, \\*shape) of each node, by the layers of `quant`."""
    values = {name: (case.formats[name], raw) for name, raw in case.inputs.items()}
    for node in case.nodes:
        formats, raw = zip(*(values[name] for name in node.inputs), strict=True)
        integer = integer_layer(node, tuple(x.shape[1:] for x in raw), formats)
        values[node.name] = integer.output, integer.compute(*raw)
    return values


def integer_layer(node: Node, shapes, inputs):
    """The layer of `quant`: the one place that knows how it is made."""
    quantiser = integer_layers.get(node.type)

    def array(name):
        return RawArray(node.formats[quantiser.arrays[name]], node.weights[name])

    layer = layers.get(node.type).layer(**node.fields)
    return quantiser.integer(Parts(layer, shapes, inputs, node.formats, array))


def assert_equals_oracle(case: Case, label: str) -> None:
    got = integer_outputs(case)
    for i, expected in enumerate(run(case, generated)):
        for name, value in expected.items():
            format, raw = got[name]
            assert format == value.format, f"{label}, {name}"
            assert raw.shape[1:] == value.shape, f"{label}, {name}"
            assert raw[i].ravel().tolist() == value.codes(), f"{label}, sample {i}, {name}"


COUNTS = pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.slow)])


@COUNTS
@pytest.mark.parametrize("kind", TYPES)
def test_integer_layers_equal_the_oracle(kind, count):
    for number in range(count):
        assert_equals_oracle(random_layers.layer(kind, number), f"{kind} {number}")


@pytest.mark.parametrize("count", [100, pytest.param(300, marks=pytest.mark.slow)])
def test_integer_graphs_equal_the_oracle(count):
    for number in range(count):
        assert_equals_oracle(random_layers.graph(number), f"graph {number}")
