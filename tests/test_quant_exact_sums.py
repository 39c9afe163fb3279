"""Exact sums of floating-point products equal fractions, rounded once."""

from fractions import Fraction

import numpy as np
import pytest

from build_decoder.quant.floating.exact_sums import ExactSums
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.sim.float_codes import codes_near, finite_codes
from tests.floats import rounded, taken

E5M2 = FloatFormat(5, 2)
FORMATS = [FP16, BF16, FP32, E5M2, FloatFormat(5, 10, subnormals=False)]


def mismatches(sums: ExactSums, x: np.ndarray) -> int:
    """Sums of rows of codes that differ from the fractions, in value or in sign."""
    weights = [[Fraction(w) for w in row] for row in sums.weight_format.decode(sums.weights).T]
    unit = Fraction(2) ** sums.least
    codes = sums.compute(x)
    found = sums.output.decode(codes)
    wrong = 0
    for row, got in zip(sums.inputs.format.decode(x).tolist(), found, strict=True):
        if np.isnan(row).any():
            wrong += np.count_nonzero(~np.isnan(got))
            continue
        values = [Fraction(taken(value, sums.inputs)) for value in row]
        for neuron, is_now in zip(weights, got.tolist(), strict=True):
            products = [a * b for a, b in zip(values, neuron, strict=True)]
            total = sum(products)
            wanted = rounded(total, sums.output)
            wrong += wanted != is_now or np.signbit(wanted) != np.signbit(is_now)
            assert all((product / unit).denominator == 1 for product in products)
            assert sum(abs(product) for product in products) / unit <= sums.bound
    return wrong


def cases(format, rows, seed):
    """Sums and rows of codes: any numbers, cancellations, ties, subnormals, overflows, specials."""
    rng = np.random.default_rng(seed)
    whole = InputRange(format)
    few = InputRange(format, greatest=3.0, least=-1)
    for terms in (1, 2, 5, 16):
        for draw in (finite_codes, codes_near):
            weights = draw(rng, format, (terms, 2))
            weights[terms // 2 :] = weights[: (terms + 1) // 2]
            for range in (whole, few):
                sums = ExactSums(range, weights, format, format)
                anything = rng.integers(0, 1 << format.width, (rows, terms))
                # The second half takes away the first, but for its last bits.
                against = draw(rng, format, (rows, terms))
                half = (terms + 1) // 2
                change = rng.integers(0, 2, (rows, half)) * rng.integers(0, 2, (rows, half))
                against[:, terms // 2 :] = against[:, :half] ^ format.sign_bit ^ change
                small = rng.integers(0, 2 * format.least_normal, (rows, terms))
                specials = rng.choice(
                    [0, format.sign_bit, 1, format.infinity - 1, format.infinity, format.nan],
                    (rows, terms),
                    p=[0.3, 0.2, 0.2, 0.2, 0.08, 0.02],
                )
                yield from ((sums, x) for x in (anything, against, small, specials))


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_sums_equal_fractions(format):
    assert sum(mismatches(*case) for case in cases(format, 12, seed=1)) == 0


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_sums_of_100000_rows_equal_fractions(format):
    vectors = 0
    for sums, x in cases(format, 1600, seed=2):
        assert mismatches(sums, x) == 0
        vectors += len(x)
    assert vectors >= 100_000


@pytest.mark.parametrize("format", [FP16, FP32], ids=str)
def test_single_products_equal_numpy(format):
    rng = np.random.default_rng(6)
    kind, unsigned = (np.float16, np.uint16) if format == FP16 else (np.float32, np.uint32)
    weights = np.concatenate([finite_codes(rng, format, 50), codes_near(rng, format, 50)])[None]
    x = np.concatenate([finite_codes(rng, format, 400), codes_near(rng, format, 400)])[:, None]
    found = ExactSums(InputRange(format), weights, format, format).compute(x)
    with np.errstate(over="ignore", under="ignore"):
        wanted = x.astype(unsigned).view(kind) * weights.astype(unsigned).view(kind)
    # An accumulator that begins at plus zero ends there after minus zero; a product rounds to it.
    exact_zero = (format.decode(x) == 0) | (format.decode(weights) == 0)
    wanted = np.where(exact_zero, kind(0), wanted)
    np.testing.assert_array_equal(found, wanted.view(unsigned))


def test_order_of_terms_does_not_matter():
    rng = np.random.default_rng(7)
    x, weights = finite_codes(rng, FP32, (50, 30)), finite_codes(rng, FP32, (30, 4))
    order = rng.permutation(30)
    one = ExactSums(InputRange(FP32), weights, FP32, FP32).compute(x)
    other = ExactSums(InputRange(FP32), weights[order], FP32, FP32).compute(x[:, order])
    np.testing.assert_array_equal(one, other)


def test_ties_are_broken_by_bits_far_below():
    far = np.arange(25, 140)
    x = np.stack([np.full(len(far), 1.0), np.full(len(far), 2.0**-24), 2.0**-far], axis=1)
    x = np.concatenate([x, x * [1, 1, -1], -x, x * [-1, -1, 1]])
    sums = ExactSums(InputRange(FP32), FP32.encode(np.ones((3, 1))), FP32, FP32)
    assert mismatches(sums, FP32.encode(x)) == 0


def test_long_rows_equal_fractions():
    # Limbs are shorter here: more sums of their products have to be exact.
    rng = np.random.default_rng(8)
    x, weights = finite_codes(rng, FP32, (3, 5000)), finite_codes(rng, FP32, (5000, 1))
    x[:, 2500:], weights[2500:] = x[:, :2500] ^ FP32.sign_bit ^ 1, weights[:2500]
    assert mismatches(ExactSums(InputRange(FP32), weights, FP32, FP32), x) == 0


def test_placement_of_small_layers():
    weights = FP16.encode([[1.5, -0.25], [2.0, 0.0]])
    sums = ExactSums(InputRange(FP16, greatest=15.0, least=0), weights, FP16, FP16)
    # 1.5 * 15 + 2 * 15 = 52.5 = 210 quarters: eight bits and a sign.
    assert (sums.least, sums.bound, sums.width) == (-2, 210, 9)
    zeros = ExactSums(InputRange(FP16), np.zeros((3, 1), np.int64), FP16, FP16)
    assert (zeros.bound, zeros.width) == (0, 1)
    assert not zeros.compute(FP16.encode(np.full((2, 3), 60000.0))).any()


def test_inputs_beyond_the_range():
    range = InputRange(FP16, greatest=15.0, least=0)
    x = FP16.encode([3.0, -15.0, 15.5, -np.inf, 2.75, -0.5, np.nan])
    np.testing.assert_array_equal(FP16.decode(range.take(x)), [3, -15, 15, -15, 2, -0.0, np.nan])
    np.testing.assert_array_equal(range.beyond(x), [False, False, True, True, True, True, True])


@pytest.mark.parametrize("settings", [{"greatest": 0.1}, {"greatest": np.inf}, {"least": -25}])
def test_ranges_that_a_format_lacks_are_refused(settings):
    with pytest.raises(ValueError, match="expected a"):
        InputRange(FP16, **settings)


def test_other_weights_and_inputs_are_refused():
    range = InputRange(FP16)
    with pytest.raises(ValueError, match="finite weights"):
        ExactSums(range, np.array([[FP16.infinity]]), FP16, FP16)
    with pytest.raises(ValueError, match=r"\(terms, sums\)"):
        ExactSums(range, np.array([1]), FP16, FP16)
    with pytest.raises(ValueError, match=r"expected inputs \(..., 1\)"):
        ExactSums(range, np.array([[1]]), FP16, FP16).compute(np.array([[1, 2]]))
