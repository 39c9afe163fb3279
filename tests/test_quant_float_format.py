"""Float formats: codes equal NumPy's and ml_dtypes', which know nothing of this project."""

from fractions import Fraction

import numpy as np
import pytest

from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat

E5M2 = FloatFormat(5, 2)


def oracle(format):
    """NumPy type, and the unsigned type of its codes."""
    if format in (FP16, FP32):
        return (np.float16, np.uint16) if format == FP16 else (np.float32, np.uint32)
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="ml_dtypes comes with tensorflow")
    return (ml_dtypes.bfloat16, np.uint16) if format == BF16 else (ml_dtypes.float8_e5m2, np.uint8)


def every_code(format):
    """All codes of up to 16 bits; of more, random ones and those at the borders."""
    if format.width <= 16:
        return np.arange(1 << format.width)
    rng = np.random.default_rng(3)
    borders = np.array([0, format.least_normal, format.infinity, format.nan])
    near = (borders[:, None] + np.arange(-3, 4)).ravel()
    near = near[near >= 0]
    random = rng.integers(0, 1 << format.width, 100_000)
    return np.concatenate([near, near | format.sign_bit, random])


def hard_values(format):
    """Values between codes: ties, next to ties, any float64, beyond the range, and specials."""
    rng = np.random.default_rng(4)
    values = format.decode(every_code(format))
    values = np.sort(values[np.isfinite(values)])
    ties = (values[1:] + values[:-1]) / 2
    greatest = format.decode(format.infinity - 1)
    step = greatest - format.decode(format.infinity - 2)
    edges = greatest + step * np.array([0.25, 0.5, 0.75, 1.0])
    least = 2.0**format.least_exponent
    tiny = least * np.array([0.25, 0.5, 0.75, 1.0, 1.5])
    bits = rng.integers(0, 0x7FF << 52, 50_000, dtype=np.int64).view(np.float64)
    scaled = rng.normal(size=50_000) * 2.0 ** rng.integers(-160, 130, 50_000)
    some = np.concatenate([ties, edges, tiny, bits, scaled, [0.0, np.inf, 5e-324, 1e308]])
    with np.errstate(over="ignore"):
        near = np.concatenate([np.nextafter(some, np.inf), np.nextafter(some, 0)])
    everything = np.concatenate([some, near, [np.nan]])
    return np.concatenate([everything, -everything])


def halfway(format):
    """Values halfway between a random finite code and the next, and just beside that."""
    codes = np.random.default_rng(5).integers(0, format.infinity - 1, 20_000)
    tie = (format.decode(codes) + format.decode(codes + 1)) / 2
    return codes, tie


@pytest.mark.parametrize("format", [FP16, BF16, FP32, E5M2], ids=str)
def test_decode_equals_other_programs(format):
    kind, unsigned = oracle(format)
    codes = every_code(format)
    with np.errstate(invalid="ignore"):  # signalling NaN
        wanted = codes.astype(unsigned).view(kind).astype(np.float64)
    found = format.decode(codes)
    np.testing.assert_array_equal(found, wanted)
    sized = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(found[sized]), np.signbit(wanted[sized]))


@pytest.mark.parametrize("format", [FP16, FP32], ids=str)
def test_encode_equals_numpy(format):
    kind, unsigned = oracle(format)
    values = hard_values(format)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        wanted = values.astype(kind).view(unsigned).astype(np.int64)
    wanted[np.isnan(values)] = format.nan
    np.testing.assert_array_equal(format.encode(values), wanted)


@pytest.mark.parametrize("format", [BF16, E5M2, FloatFormat(4, 3), FloatFormat(2, 1)], ids=str)
def test_encode_is_nearest_and_even(format):
    # ml_dtypes rounds twice, through float32: the oracle here is the order of exact fractions.
    finite = [Fraction(x) for x in format.decode(np.arange(format.infinity)).tolist()]
    codes, tie = halfway(format)
    even = codes + (codes & 1)
    np.testing.assert_array_equal(format.encode(tie), even)
    np.testing.assert_array_equal(format.encode(np.nextafter(tie, np.inf)), codes + 1)
    np.testing.assert_array_equal(format.encode(np.nextafter(tie, 0)), codes)
    limit = finite[-1] + (finite[-1] - finite[-2]) / 2
    assert format.encode(float(limit)) == format.infinity
    assert format.encode(np.nextafter(float(limit), 0)) == format.infinity - 1


@pytest.mark.parametrize("format", [BF16, E5M2], ids=str)
def test_encode_equals_ml_dtypes_for_float32(format):
    kind, unsigned = oracle(format)
    values = FP32.decode(every_code(FP32)).astype(np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        wanted = values.astype(kind).view(unsigned).astype(np.int64)
    wanted[np.isnan(values)] = format.nan
    np.testing.assert_array_equal(format.encode(values), wanted)


@pytest.mark.parametrize("format", [FP16, BF16, FP32, FloatFormat(3, 4)], ids=str)
def test_codes_come_back(format):
    codes = every_code(format)
    is_nan = (codes & (format.sign_bit - 1)) > format.infinity
    wanted = np.where(is_nan, format.nan, codes)
    np.testing.assert_array_equal(format.encode(format.decode(codes)), wanted)


@pytest.mark.parametrize("kept", [FP16, BF16, FP32], ids=str)
def test_flush_to_zero_comes_after_the_rounding_and_keeps_the_sign(kept):
    flushed = FloatFormat(kept.exponent, kept.fraction, subnormals=False)
    values = hard_values(kept)
    codes = kept.encode(values)
    small = (codes & (kept.sign_bit - 1)) < kept.least_normal
    assert small.any()
    wanted = np.where(small, codes & kept.sign_bit, codes)
    np.testing.assert_array_equal(flushed.encode(values), wanted)
    read = flushed.decode(codes)
    assert not read[small].any()
    np.testing.assert_array_equal(np.signbit(read[small]), codes[small] >= kept.sign_bit)
    np.testing.assert_array_equal(read[~small], kept.decode(codes[~small]))


def test_parts_are_the_size():
    codes = np.arange(FP16.infinity)
    significands, exponents = FP16.parts(codes)
    sizes = [
        s * Fraction(2) ** e for s, e in zip(significands.tolist(), exponents.tolist(), strict=True)
    ]
    assert sizes == [Fraction(x) for x in FP16.decode(codes).tolist()]


def test_shapes_stay():
    values = np.ones((2, 0, 3))
    assert FP16.encode(values).shape == FP16.decode(FP16.encode(values)).shape == (2, 0, 3)
    assert FP16.encode(1.5).shape == ()


@pytest.mark.parametrize(("exponent", "fraction"), [(1, 4), (9, 4), (5, 0), (5, 24)])
def test_fields_outside_of_the_range_are_refused(exponent, fraction):
    with pytest.raises(ValueError, match=f"got {exponent} and {fraction}"):
        FloatFormat(exponent, fraction)


@pytest.mark.parametrize("codes", [[-1], [1 << 16], [0.5], [1.0]])
def test_codes_of_no_number_are_refused(codes):
    with pytest.raises(ValueError, match="expected codes"):
        FP16.decode(codes)


@pytest.mark.parametrize("values", [[(1 << 53) + 1], np.array([1 + 1j]), ["1"]])
def test_values_beyond_float64_are_refused(values):
    with pytest.raises(ValueError, match="expected"):
        FP16.encode(values)
