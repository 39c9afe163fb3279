"""Random layers and graphs: the oracle against floats, what the cases show, and graphs of integer
layers against the oracle. `test_layer_contracts` has single layers against it."""

import dataclasses
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import islice
from math import floor

import numpy as np
import pytest

from build_decoder.models import layers
from build_decoder.quant import layers as integer_layers
from build_decoder.quant.qformat import QFormat
from tests import exact, random_layers
from tests.exact import limits, step
from tests.layer_cases import assert_equals_oracle, exact_outputs, exact_values, with_formats
from tests.random_layers import SAMPLES, TYPES, Node

FINE = QFormat(20, 28)  # what is rounded to it is right to 1e-8
ROLES = {
    name: [role for step in integer_layers.get(name).steps for role in step.roles]
    for name in TYPES
}


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
        roles = integer_layers.get(kind).arrays
        signals = {*node.formats} - {*roles.values()}
        case = with_formats(case, dict.fromkeys(signals, FINE))
        reals = {name: case.formats[name].to_real(raw) for name, raw in case.inputs.items()}
        weights = {
            key: node.formats[roles[key]].to_real(raw) for key, raw in node.weights.items()
        }
        inputs = [reals[name] for name in node.inputs]
        expected = float_layer(node, inputs, weights)
        greatest = FINE.to_real(FINE.max_raw)
        expected = np.clip(expected.reshape(SAMPLES, -1), -greatest, greatest)
        got = np.array(exact_outputs(case), dtype=np.float64)
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
        for values in exact_values(case):
            for value in values.values():
                codes = value.codes()  # refuses what is no value of the format
                at_ends += not {*limits(value.format)}.isdisjoint(codes)
    assert at_ends > 50


def test_graphs_have_branches_and_all_types():
    lengths, types, forks = Counter(), Counter(), 0
    for number in range(200):  # the shortest are few
        case = random_layers.graph(number)
        lengths[len(case.nodes)] += 1
        types.update(node.type for node in case.nodes)
        taken = Counter(name for node in case.nodes for name in node.inputs)
        assert {*taken} | {case.nodes[-1].name} == {*case.inputs, *(n.name for n in case.nodes)}
        assert any(len(node.inputs) > 1 for node in case.nodes)
        forks += max(taken.values()) > 1
    assert set(lengths) == set(range(2, 9))
    assert set(types) == {*TYPES}
    assert forks > 60


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
        return cases, [exact_outputs(case) for case in cases]

    return make


@pytest.mark.parametrize("kind", [name for name in TYPES if ROLES[name]])
def test_cases_tell_each_role_and_rounding(kind, some, monkeypatch):
    """Other formats of any one role, another rounding, or none but the range: results differ."""
    cases, results = some(kind)
    for role in ROLES[kind]:

        def finer(case, role=role):
            format = case.nodes[0].formats[role]
            other = QFormat(format.integer - 1, format.fraction + 1, format.signed)
            return exact_outputs(with_formats(case, {role: other}))

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
        monkeypatch.setattr(exact, "narrow", other)
        assert tell(cases, results, exact_outputs, least), other.__name__


@pytest.mark.parametrize("kind", [name for name in TYPES if "accumulator" in ROLES[name]])
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
        right = exact_outputs(case)
        with monkeypatch.context() as patch:
            patch.setattr(exact, "accumulator_format", lambda role, products: role)
            return exact_outputs(case) != right

    assert any(map(differs, cases))


# The integer layers against the oracle


@pytest.mark.parametrize("count", [100, pytest.param(300, marks=pytest.mark.slow)])
def test_integer_graphs_equal_the_oracle(count):
    for number in range(count):
        assert_equals_oracle(random_layers.graph(number), f"graph {number}")
