"""The integer layer against arithmetic on Python's own integers, one step at a time."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
import pytest

from build_decoder.quant.activations import integer_activation
from build_decoder.quant.integer_model import IntegerModel
from build_decoder.quant.layers.dense import NODES, Dense
from build_decoder.quant.qformat import QFormat


def layer(
    *, inputs=5, units=3, input=QFormat(3, 2), weight=QFormat(1, 4), accumulator=QFormat(3, 3),
    bias=QFormat(2, 5), sum=QFormat(3, 2), output=QFormat(2, 1), activation="linear", seed=0,
) -> Dense:
    random = np.random.default_rng(seed)
    return Dense(
        input=input,
        weight=weight,
        accumulator=accumulator,
        bias=bias,
        weights=random.integers(weight.min_raw, weight.max_raw + 1, (inputs, units)),
        biases=random.integers(bias.min_raw, bias.max_raw + 1, units),
        activation=integer_activation(activation, sum, output),
    )


def to_node(value: Fraction, format: QFormat) -> Fraction:
    """`value` rounded half up and saturated, by the definition."""
    step = Fraction(2) ** -format.fraction
    raw = floor(value / step + Fraction(1, 2))
    return min(max(raw, format.min_raw), format.max_raw) * step


def reference_sums(dense: Dense, x: np.ndarray) -> list[list[Fraction]]:
    """The sum node, unit by unit, in exact fractions."""
    def real(raw, format):
        return int(raw) * Fraction(2) ** -format.fraction

    rows = []
    for sample in x:
        row = []
        for unit in range(dense.units):
            exact = sum(
                (real(a, dense.input) * real(w, dense.weight)
                 for a, w in zip(sample, dense.weights[:, unit], strict=True)),
                Fraction(0),
            )
            accumulator = to_node(exact, dense.accumulator)
            biased = accumulator + real(dense.biases[unit], dense.bias)
            row.append(to_node(biased, dense.sum))
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    "formats",
    [
        {},
        {"accumulator": QFormat(8, 6)},
        {"accumulator": QFormat(6, -1), "bias": QFormat(5, -2)},
        {"sum": QFormat(5, 6), "bias": QFormat(-1, 8)},
        {"sum": QFormat(5, -1)},
        {"input": QFormat(4, 0, signed=False), "weight": QFormat(-1, 5)},
    ],
    ids=str,
)
def test_sum_node_follows_its_definition(formats):
    dense = layer(**formats)
    random = np.random.default_rng(5)
    x = random.integers(dense.input.min_raw, dense.input.max_raw + 1, (40, dense.input_count))
    x[0], x[1] = dense.input.min_raw, dense.input.max_raw
    sums = dense.biased_sum.compute(dense.products.compute(x)).astype(np.int64)
    expected = [
        [int(value * Fraction(2) ** dense.sum.fraction) for value in row]
        for row in reference_sums(dense, x)
    ]
    np.testing.assert_array_equal(sums, expected)
    np.testing.assert_array_equal(dense.compute(x), dense.activation.compute(sums))


def test_exact_format_holds_every_running_sum_and_is_tight():
    dense = layer(inputs=9, units=4, seed=3)
    extremes = []
    for unit in range(dense.units):
        for sign in (-1, 1):
            x = np.where(
                sign * dense.weights[:, unit] > 0, dense.input.max_raw, dense.input.min_raw
            )
            running = dense.rounding_constant + np.cumsum(x * dense.weights[:, unit])
            extremes += [running.min(), running.max()]
    assert dense.exact.min_raw <= min(extremes)
    assert max(extremes) <= dense.exact.max_raw
    narrower = QFormat(dense.exact.integer - 1, dense.exact.fraction)
    assert min(extremes) < narrower.min_raw or max(extremes) > narrower.max_raw


def test_biased_format_holds_its_extremes():
    dense = layer(bias=QFormat(4, 1), accumulator=QFormat(3, 4))
    shift = dense.biased.fraction - dense.accumulator.fraction
    for accumulator in (dense.accumulator.min_raw, dense.accumulator.max_raw):
        for bias in dense.stored_biases:
            total = (accumulator << shift) + bias
            assert dense.biased.min_raw <= total <= dense.biased.max_raw


def test_values_outside_their_format_are_rejected():
    good = layer()
    weights = good.weights.copy()
    weights[0, 0], weights[1, 0] = 16, -16
    with pytest.raises(ValueError, match="expected raw weight values in sQ1.4, got -16 to 16"):
        replace(good, weights=weights)


def test_accumulator_finer_than_products_is_rejected():
    with pytest.raises(ValueError, match="expected at most 6 accumulator fraction bits"):
        layer(accumulator=QFormat(3, 7))


def test_layers_must_chain():
    first, second = layer(units=3), layer(inputs=3, input=QFormat(3, 3))
    with pytest.raises(ValueError, match="expected layer 2 to take values in sQ2.1, got sQ3.3"):
        IntegerModel.chain("net", (first, second))


def test_model_nodes_average_and_fingerprint():
    first = layer(units=4)
    second = layer(inputs=4, input=first.output, seed=2)
    model = IntegerModel.chain("net", (first, second))
    nodes = model.signals()
    assert [(n.layer, n.name) for n in nodes] == [(n, name) for n in (1, 2) for name in NODES]
    assert model.average_bit_width() == np.mean([n.format.width for n in nodes])
    assert model.topology == "5-4-3"
    other = IntegerModel.chain("net", (first, layer(inputs=4, input=first.output, seed=4)))
    assert model.fingerprint() == IntegerModel.chain("net", (first, second)).fingerprint()
    assert model.fingerprint() != other.fingerprint()
