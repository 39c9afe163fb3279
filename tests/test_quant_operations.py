"""Operations on raw integers against exact fractions, one value at a time."""

from fractions import Fraction

import numpy as np
import pytest

from build_decoder.quant.operations.average import Average
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.narrow import Narrow
from build_decoder.quant.operations.pool import Pool
from build_decoder.quant.operations.products import Products
from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.operations.scale import Scale
from build_decoder.quant.operations.span import Span
from build_decoder.quant.operations.union import Concatenate, union
from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.requantise import Requantise
from tests.fractions_of import any_format, any_raw, narrowed, value


@pytest.fixture
def random():
    return np.random.default_rng(11)


def test_span_of_sums_and_products_holds_exactly_what_occurs(random):
    for _ in range(200):
        a, b = (any_format(random, most=4) for _ in range(2))
        codes = [[value(raw, f) for raw in range(f.min_raw, f.max_raw + 1)] for f in (a, b)]
        for of, together in (
            (Span.of(a) + Span.of(b), lambda x, y: x + y),
            (Span.of(a) - Span.of(b), lambda x, y: x - y),
            (Span.of(a) * Span.of(b), lambda x, y: x * y),
        ):
            raw = [together(x, y) * Fraction(2) ** of.fraction for x in codes[0] for y in codes[1]]
            assert (min(raw), max(raw)) == (of.low, of.high)


@pytest.mark.parametrize(
    ("low", "high", "width"), [(0, 0, 1), (0, 1, 2), (-1, 0, 1), (-4, 3, 3), (-5, 3, 4), (-4, 4, 4)]
)
def test_width_of_a_span_is_that_of_its_format(low, high, width):
    span = Span(2, low, high)
    assert span.width == width
    assert span.format == QFormat(width - 2, 2)
    assert span.format.min_raw <= low <= high <= span.format.max_raw


def test_span_of_known_integers_holds_zero():
    assert Span.of_raw(np.array([3, 5]), 1) == Span(1, 0, 5)
    assert Span.of_raw(np.array([-3, -5]), 1) == Span(1, -5, 0)


def test_too_wide_a_span_is_told_in_one_sentence():
    with pytest.raises(ValueError, match=r"^cell: expected sums of at most 48 bits, got 49$"):
        Span(0, 0, 1 << (MAX_WIDTH - 1)).check("sums", "cell")
    Span(0, 0, (1 << (MAX_WIDTH - 1)) - 1).check("sums", "cell")


@pytest.mark.parametrize("width", [6, 23, 24, 40, 48])
def test_narrow_rounds_half_up_and_saturates(random, width):
    for _ in range(100):
        fraction = int(random.integers(-2, width))
        source = QFormat(width - fraction, fraction)
        target = any_format(random, most=MAX_WIDTH)
        raw = any_raw(random, source, 30)
        # Exactly half a step, and what is next to it.
        dropped = source.fraction - target.fraction
        if 0 < dropped < width - 1:
            half = (1 << (dropped - 1)) + (random.integers(-3, 3, 3) << dropped)
            raw[:9] = np.clip(
                np.concatenate([half - 1, half, half + 1]), source.min_raw, source.max_raw
            )
        narrow = Narrow(Span.of(source), target)
        expected = [narrowed(value(x, source), target) for x in raw]
        for kind in (np.int64, np.float64):
            got = narrow.compute(raw.astype(kind))
            np.testing.assert_array_equal(got.astype(np.int64), expected)
        if max(dropped, -dropped) < 62 - width:
            np.testing.assert_array_equal(narrow.requantise.compute(raw), expected)


def test_narrow_offers_hardware_its_requantiser():
    narrow = Narrow(Span(5, -9, 8), QFormat(2, 1))
    assert narrow.requantise == Requantise(QFormat(0, 5), QFormat(2, 1))


def exact_quotient(n: int, d: int, quotient: Quotient) -> int:
    exact = Fraction(0)
    if d:
        exact = Fraction(n, d) * Fraction(2) ** (
            quotient.denominator.fraction - quotient.numerator.fraction
        )
    return narrowed(exact, quotient.output)


def test_quotients_are_exact_and_round_half_up(random):
    for _ in range(300):
        numerator, denominator = (any_format(random, most=9) for _ in range(2))
        quotient = Quotient(Span.of(numerator), Span.of(denominator), any_format(random, most=9))
        n, d = (any_raw(random, format, 40) for format in (numerator, denominator))
        d[:3] = 0
        for kind in (np.int64, np.float64):
            got = quotient.compute(n.astype(kind), d.astype(kind))
            expected = [exact_quotient(int(a), int(b), quotient) for a, b in zip(n, d, strict=True)]
            np.testing.assert_array_equal(got.astype(np.int64), expected)


@pytest.mark.parametrize("signed", [False, True])
def test_widest_quotients_are_exact_at_their_extremes(random, signed):
    widest = QFormat(MAX_WIDTH, 0, signed)
    quotient = Quotient(Span.of(QFormat(40, 0)), Span.of(widest), QFormat(40, 8))
    assert quotient.dividend.width == MAX_WIDTH
    ends = [QFormat(40, 0).min_raw, QFormat(40, 0).max_raw]
    n = np.array(ends * 20)
    d = np.concatenate([[1, 2, 3, widest.max_raw], any_raw(random, widest, 36)])
    # Quotients of k + 1/2, and what is next to them: d is a multiple of 2 * 2**8.
    d[4:20] = 512 * random.integers(1, 1 << 20, 16)
    k = random.integers(0, 1 << 10, 16)
    n[4:20] = (2 * k + 1) * (d[4:20] // 512) + np.tile([-1, 0, 1, 0], 4)
    expected = [exact_quotient(int(a), int(b), quotient) for a, b in zip(n, d, strict=True)]
    np.testing.assert_array_equal(quotient.compute(n, d), expected)


def test_quotients_of_more_bits_than_are_built_are_those_of_real_numbers():
    wide = Span(40, -(1 << 80), 1 << 80)
    quotient = Quotient(wide, Span(20, 0, 1 << 30), QFormat(20, 20))
    got = quotient.compute(np.array([2.0**70, 2.0**60, 1.0]), np.array([2.0**29, 3.0, 0.0]))
    assert got[1] == quotient.output.max_raw
    np.testing.assert_array_equal(got[[0, 2]], [quotient.output.max_raw, 0])
    assert quotient.compute(np.array(2.0**50), np.array(3 * 2.0**28)) == round(2**22 / 3)
    with pytest.raises(ValueError, match=r"^output: expected a dividend, with the fraction bits"):
        quotient.check()


def test_averages_are_exact(random):
    for _ in range(60):
        input, output = any_format(random), any_format(random)
        rows, columns, channels = random.integers(1, 6, 3)
        x = any_raw(random, input, (5, rows, columns, channels))
        x[0], x[1] = input.min_raw, input.max_raw
        average = Average(input, output, int(rows) * int(columns))
        average.check()
        count = int(rows * columns)
        expected = [
            [
                narrowed(sum(value(r, input) for r in sample[..., c].flat) / count, output)
                for c in range(channels)
            ]
            for sample in x
        ]
        np.testing.assert_array_equal(average.compute(x.astype(np.float32)), expected)


def test_averages_of_many_wide_values_are_exact(random):
    input, output = QFormat(20, 2), QFormat(20, 10)
    x = any_raw(random, input, (3, 7, 9, 2))
    x[0] = input.max_raw
    expected = [
        [narrowed(value(sample[..., c].sum(), input) / 63, output) for c in range(2)]
        for sample in x
    ]
    np.testing.assert_array_equal(Average(input, output, 63).compute(x), expected)


def test_average_rounds_a_half_up_on_either_side_of_zero():
    average = Average(QFormat(4, 0), QFormat(4, 0), 2)
    x = np.array([[1, 2], [-1, -2], [-1, 0]]).reshape(3, 1, 2, 1)
    np.testing.assert_array_equal(average.compute(x)[:, 0], [2, -1, 0])


def test_scaled_and_shifted_values_are_narrowed_once(random):
    for _ in range(60):
        input, scale, shift, output = (any_format(random) for _ in range(4))
        shape = tuple(random.integers(1, 4, random.integers(1, 4)))
        x = any_raw(random, input, (6, *shape))
        scales, shifts = (any_raw(random, f, shape[-1]) for f in (scale, shift))
        operation = Scale(input, RawArray(scale, scales), RawArray(shift, shifts), output)
        expected = [
            narrowed(
                value(r, input) * value(scales[n % shape[-1]], scale)
                + value(shifts[n % shape[-1]], shift),
                output,
            )
            for n, r in enumerate(x.reshape(6, -1).flat)
        ]
        got = operation.compute(x.astype(np.float32))
        np.testing.assert_array_equal(got, np.reshape(expected, x.shape))


def test_maximum_pool_commutes_with_every_narrowing(random):
    for size in ((1, 1), (2, 2), (3, 2), (1, 4)):
        source, target = any_format(random, signed=True), any_format(random, signed=True)
        narrow = Narrow(Span.of(source), target)
        x = any_raw(random, source, (4, 5, 7, 2)).astype(np.float64)
        pool = Pool(size)
        first = pool.compute(narrow.compute(x.copy()))
        np.testing.assert_array_equal(first, narrow.compute(pool.compute(x)))


def test_maximum_pool_takes_the_smaller_part_of_a_cut_window_before():
    x = np.arange(-10, -5).reshape(1, 5, 1, 1)
    # Of five values, six places: none is missing before, one after.
    np.testing.assert_array_equal(Pool((2, 1)).compute(x).ravel(), [-9, -7, -6])
    # Eight places: one is missing before, two after.
    np.testing.assert_array_equal(Pool((4, 1)).compute(x).ravel(), [-8, -6])


def test_concatenated_values_are_unchanged(random):
    for _ in range(60):
        formats = tuple(any_format(random) for _ in range(random.integers(2, 5)))
        target = union(formats)
        parts = [any_raw(random, f, (3, 2, n)) for n, f in enumerate(formats, start=1)]
        got = Concatenate(formats).compute(*parts)
        expected = [
            [value(r, f) for f, part in zip(formats, parts, strict=True) for r in part[s, t]]
            for s in range(3)
            for t in range(2)
        ]
        raw = [[int(r) for r in row] for row in got.reshape(6, -1)]
        assert [[value(r, target) for r in row] for row in raw] == expected
        assert target.min_raw <= got.min()
        assert got.max() <= target.max_raw


def test_union_has_no_bit_that_no_input_needs():
    assert union((QFormat(2, 3), QFormat(4, 1))) == QFormat(4, 3)
    assert union((QFormat(2, 3, False), QFormat(4, 1, False))) == QFormat(4, 3, False)
    assert union((QFormat(4, 3, False), QFormat(4, 1))) == QFormat(5, 3)
    assert union((QFormat(3, 3, False), QFormat(4, 1))) == QFormat(4, 3)


def test_extremes_of_each_sum_are_reached(random):
    input, weight = QFormat(3, 2), QFormat(2, 3)
    weights = any_raw(random, weight, (6, 4))
    products = Products(input, RawArray(weight, weights))
    for sign, extremes in ((-1, products.lows), (1, products.highs)):
        x = np.where(sign * weights > 0, input.max_raw, input.min_raw)
        np.testing.assert_array_equal((x * weights).sum(axis=0), extremes)


def test_identity_tells_shapes_weights_and_formats_apart():
    raw = np.arange(6)
    array = RawArray(QFormat(4, 0), raw.reshape(2, 3))
    others = [
        RawArray(QFormat(4, 0), raw.reshape(3, 2)),
        RawArray(QFormat(5, 0), raw.reshape(2, 3)),
        RawArray(QFormat(4, 0), raw[::-1].reshape(2, 3)),
    ]
    assert identity(array) == identity(RawArray(QFormat(4, 0), raw.reshape(2, 3)))
    array.carried(np.float32)  # what is remembered changes nothing
    assert identity(array) == identity(RawArray(QFormat(4, 0), raw.reshape(2, 3)))
    assert len({identity(array), *map(identity, others)}) == 4
