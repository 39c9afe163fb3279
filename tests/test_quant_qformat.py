import numpy as np
import pytest
from fxpmath import Fxp

from build_decoder.quant.qformat import MAX_WIDTH, QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

FORMATS = [
    QFormat(4, 4),
    QFormat(1, 7),
    QFormat(0, 5, signed=False),
    QFormat(8, -2),
    QFormat(-2, 6),
    QFormat(3, 0, signed=False),
    QFormat(1, 0),
]


def oracle(format: QFormat, rounding: str = "floor") -> Fxp:
    return Fxp(
        None, format.signed, format.width, format.fraction, rounding=rounding, overflow="saturate"
    )


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_range_is_that_of_fxpmath(format):
    reference = oracle(format)
    assert format.to_real(format.max_raw) == float(reference.upper)
    assert format.to_real(format.min_raw) == float(reference.lower)
    assert format.resolution == 2.0**-format.fraction


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_quantise_is_fxpmath_of_half_up(format):
    values = np.random.default_rng(1).uniform(-20, 20, 500)
    values = np.concatenate([values, np.arange(-40, 40) / 8])
    # fxpmath has no rounding half up: floor of the value plus half a step is the same.
    expected = oracle(format)(values + format.resolution / 2)
    np.testing.assert_array_equal(format.quantise(values), np.asarray(expected.val, dtype=int))


@pytest.mark.parametrize("source", [QFormat(6, 5), QFormat(5, 6, signed=False)], ids=str)
@pytest.mark.parametrize("target", FORMATS, ids=str)
@pytest.mark.parametrize("rounding", Rounding)
def test_requantise_is_fxpmath_over_every_code(source, target, rounding):
    codes = np.arange(source.min_raw, source.max_raw + 1)
    half = target.resolution / 2 if rounding is Rounding.HALF_UP else 0.0
    dropped = source.fraction - target.fraction
    # What fxpmath calls "around" is to the nearest, ties to the even one.
    how = "around" if rounding is Rounding.HALF_EVEN else "floor"
    expected = oracle(target, how)(
        source.to_real(codes) + (half if dropped > 0 else 0.0)
    )
    actual = Requantise(source, target, rounding).compute(codes)
    np.testing.assert_array_equal(actual, np.asarray(expected.val, dtype=int))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-8, 7, QFormat(4, 0)), (0, 8, QFormat(5, 0)), (-1, 0, QFormat(1, 0)), (0, 0, QFormat(1, 0))],
)
def test_for_raw_range_is_narrowest(low, high, expected):
    format = QFormat.for_raw_range(low, high, fraction=0)
    assert format == expected
    assert format.min_raw <= low <= high <= format.max_raw


@pytest.mark.parametrize(("integer", "fraction"), [(0, 0), (3, -3), (MAX_WIDTH, 1)])
def test_impossible_widths_are_rejected(integer, fraction):
    with pytest.raises(ValueError, match=r"expected a width .* of 1 to 48 bits, got"):
        QFormat(integer, fraction)
