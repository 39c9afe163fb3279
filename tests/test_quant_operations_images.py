"""Convolutions and what follows them: against sums one by one, however they are laid out."""

from dataclasses import replace

import numpy as np
import pytest

from build_decoder.quant.activations import integer_activation
from build_decoder.quant.activations.ideal import Ideal
from build_decoder.quant.operations import chain, convolution
from build_decoder.quant.operations.activate import Activate
from build_decoder.quant.operations.biased_sum import BiasedSum
from build_decoder.quant.operations.chain import Chain
from build_decoder.quant.operations.convolution import Convolution
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat
from tests.fractions_of import any_format, any_raw, applied, narrowed, value


@pytest.fixture
def random():
    return np.random.default_rng(13)


def sums_one_by_one(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sums of products (rows, columns, filters) of one sample, in Python's integers."""
    rows, columns, _ = x.shape
    kernel = weights.shape[:2]
    x, weights = x.astype(object), weights.astype(object)
    sums = np.zeros((rows, columns, weights.shape[3]), dtype=object)
    for row, column, i, j in np.ndindex(rows, columns, *kernel):
        r, c = row + i - (kernel[0] - 1) // 2, column + j - (kernel[1] - 1) // 2
        if 0 <= r < rows and 0 <= c < columns:
            sums[row, column] += x[r, c] @ weights[i, j]
    return sums


def any_convolution(random, shape, input, weight) -> Convolution:
    return Convolution(Products(input, RawArray(weight, any_raw(random, weight, shape))))


@pytest.mark.parametrize(
    ("image", "kernel"),
    [
        ((5, 7, 2), (3, 3, 2, 2)),
        ((4, 13, 1), (2, 4, 1, 3)),  # several columns at once, the last ones cut
        ((6, 16, 1), (8, 8, 1, 4)),  # a kernel larger than the image
        ((20, 1, 3), (7, 1, 3, 2)),  # time alone
        ((9, 1, 2), (4, 3, 2, 2)),
        ((1, 12, 2), (1, 5, 2, 1)),
        ((3, 3, 4), (1, 1, 4, 20)),
        ((2, 3, 5), (2, 2, 5, 40)),  # one column at a time
        ((1, 1, 1), (3, 2, 1, 1)),
    ],
)
@pytest.mark.parametrize("part", [1, 200, 1 << 17])
def test_convolutions_are_sums_one_by_one(random, monkeypatch, image, kernel, part):
    monkeypatch.setattr(convolution, "_PART", part)
    made = any_convolution(random, kernel, QFormat(3, 2), QFormat(2, 3))
    x = any_raw(random, made.products.input, (5, *image))
    expected = [sums_one_by_one(sample, made.products.weights.raw) for sample in x]
    for kind in (np.int64, np.float32):
        got = made.compute(x.astype(kind))
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, np.array(expected, dtype=np.float64))
    assert made.compute(x[:0]).shape == (0, *image[:2], kernel[3])


def test_columns_are_taken_together_where_that_is_faster():
    """Of the shapes of nerve-cuff networks; were all single, no test above would tell."""
    def together(rows, columns, kernel):
        return convolution._Windows(np.zeros(kernel, np.float32), rows, columns).together

    assert together(56, 100, (8, 8, 1, 4)) > 1
    assert together(1, 100, (1, 25, 56, 4)) > 1
    assert together(28, 50, (4, 4, 64, 64)) == 1
    assert together(4, 13, (2, 4, 1, 3)) > 1
    assert 13 % together(4, 13, (2, 4, 1, 3))


@pytest.mark.parametrize("width", [8, 16, 20])
def test_wide_convolutions_are_exact_at_their_extremes(random, width):
    """In float32 as long as that is exact, and in float64 from then on."""
    input, weight = QFormat(width, 0), QFormat(width, 0)
    weights = any_raw(random, weight, (3, 3, 4, 2))
    weights[..., 0] = weight.min_raw
    made = Convolution(Products(input, RawArray(weight, weights)))
    assert made.kind == (np.float32 if width == 8 else np.float64)
    x = any_raw(random, input, (2, 4, 5, 4))
    x[0] = input.min_raw
    expected = [sums_one_by_one(sample, weights).tolist() for sample in x]
    assert made.compute(x).astype(np.int64).tolist() == expected
    assert made.compute(x).max() == made.products.high


def test_zeros_around_an_image_take_nothing_from_the_bounds(random):
    made = any_convolution(random, (3, 3, 2, 3), QFormat(2, 2), QFormat(2, 2))
    x = any_raw(random, made.products.input, (50, 4, 4, 2))
    sums = made.compute(x)
    assert made.products.low <= sums.min()
    assert sums.max() <= made.products.high


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_biased_sums_and_activations_of_images_follow_their_definition(
    random, monkeypatch, activation
):
    monkeypatch.setattr(chain, "_PART", 16)
    for _ in range(20):
        input, weight, bias = (any_format(random, most=5) for _ in range(3))
        made = any_convolution(random, (2, 2, 1, 3), input, weight)
        biases = any_raw(random, bias, 3)
        sum, output = any_format(random, signed=True), any_format(random)
        accumulator = QFormat(6 - made.products.fraction, made.products.fraction)
        biased = BiasedSum.after(made.products, accumulator, RawArray(bias, biases), sum)
        function = integer_activation(activation, sum, output)
        x = any_raw(random, input, (6, 3, 4, 1))
        exact = made.compute(x)
        expected = []
        for place, raw in np.ndenumerate(exact):
            whole = int(raw) * value(1, input) * value(1, weight)
            held = value(narrowed(whole, accumulator), accumulator)
            code = narrowed(held + value(biases[place[-1]], bias), sum)
            expected.append(applied(function, code))
        run = Chain((biased, Activate(function)))
        np.testing.assert_array_equal(run.compute(exact).ravel(), expected)
        # However the sums lie in memory.
        turned = np.asfortranarray(exact)
        np.testing.assert_array_equal(run.compute(turned).ravel(), expected)


def test_exact_activations_are_the_same_in_plain_arithmetic_and_by_their_parameters(random):
    for _ in range(100):
        input, output = any_format(random, most=30), any_format(random, most=48)
        for name in ("linear", "relu"):
            activation = integer_activation(name, input, output)
            raw = any_raw(random, input, 50)
            before = raw.copy()
            got = Activate(activation).compute(raw)
            np.testing.assert_array_equal(raw, before)
            np.testing.assert_array_equal(got.astype(np.int64), activation.compute(raw))
            floats = raw.astype(np.float64)
            Activate(activation).compute(floats)
            np.testing.assert_array_equal(floats, before)


@pytest.mark.parametrize("width", [12, 13, 16, 17])
def test_tables_hold_what_activations_give(random, width):
    input, output = QFormat(4, width - 4), QFormat(1, 11, signed=False)
    for activation in (
        integer_activation("relu", input, output),
        Ideal(input, output, lambda x: 1 / (1 + np.exp(-x))),
    ):
        run = Activate(activation)
        # A table of a wide input is made when as many values were asked for as it has.
        for _ in range(5):
            raw = any_raw(random, input, 1 << (width - 2))
            given = run.compute(raw.astype(np.float32))
            np.testing.assert_array_equal(given.astype(np.int64), activation.compute(raw))


def test_chains_of_no_samples_give_none():
    format = QFormat(4, 2)
    run = Chain((Activate(integer_activation("relu", format, format)),))
    assert run.compute(np.zeros((0, 3, 2), np.float32)).shape == (0, 3, 2)
    assert replace(run, operations=()).compute(np.zeros((2, 3))).shape == (2, 3)
