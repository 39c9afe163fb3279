"""Number formats keep one contract, fixed point and floating point alike."""

from pathlib import Path

import numpy as np
import pytest

from build_decoder.models.errors import InputError
from build_decoder.models.files.fields import Fields
from build_decoder.quant.floating.float_format import BF16, FP16, FP32, FloatFormat
from build_decoder.quant.format_fields import (
    format_of_word,
    format_told,
    format_word,
    read_format,
    told,
)
from build_decoder.quant.qformat import QFormat

FORMATS = [
    QFormat(3, 4), QFormat(0, 6, False), QFormat(9, -3), FP16, BF16, FP32, FloatFormat(5, 2),
    FloatFormat(4, 3, subnormals=False),
]  # fmt: skip


def some(format) -> np.ndarray:
    """Raw values of a format: its ends, and random ones."""
    random = np.random.default_rng(7)
    raw = random.integers(format.min_raw, format.max_raw, 300, endpoint=True)
    return np.concatenate([[format.min_raw, format.max_raw], raw])


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_raw_values_are_those_of_their_numbers(format):
    raw = some(format)
    values = format.to_real(raw)
    same = format.to_real(format.quantise(values))
    if not getattr(format, "subnormals", True):
        values = np.where(np.abs(values) == 0, 0, values)
    np.testing.assert_array_equal(same, values)


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_order_is_that_of_the_values(format):
    raw = some(format)
    raw = raw[~np.isnan(format.to_real(raw))]
    keys, values = format.order(raw), format.to_real(raw)
    np.testing.assert_array_equal(keys[:, None] > keys, values[:, None] > values)
    least, greatest = format.ends
    finite = values[np.isfinite(values)]
    assert least <= finite.min()
    assert finite.max() <= greatest


@pytest.mark.parametrize("format", [f for f in FORMATS if isinstance(f, FloatFormat)], ids=str)
def test_ranks_are_of_single_codes_and_sort_as_the_values(format):
    codes = np.unique(np.concatenate([some(format), [0, format.sign_bit]]))
    ranks = format.ranks(codes)
    np.testing.assert_array_equal(format.of_ranks(ranks), codes)
    assert -(1 << format.width - 1) <= ranks.min()
    assert ranks.max() < 1 << format.width - 1
    in_turn = format.to_real(codes[np.argsort(ranks)])
    numbers = in_turn[~np.isnan(in_turn)]
    assert (np.diff(numbers[np.isfinite(numbers)]) >= 0).all()
    assert format.ranks([0]) == format.ranks([format.sign_bit]) + 1


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_what_lies_outside_is_known(format):
    least, greatest = format.ends
    assert format.outside([2 * greatest, least, greatest, 0.0]).tolist() == [
        True, False, False, False,
    ]


@pytest.mark.parametrize("format", FORMATS, ids=str)
def test_formats_are_read_as_they_are_told(format):
    assert format_told({"layer": 1, **told(format)}) == format
    assert read_format(Fields({"f": told(format)}, Path("x.json")), "f") == format
    assert format_of_word(*format_word(format)) == format


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"exponent": 9, "fraction": 3, "subnormals": True}, "expected 2 to 8 exponent bits"),
        ({"exponent": 5, "fraction": 3}, "subnormals"),
        ({"exponent": 5, "fraction": 3, "subnormals": 2}, "true or false"),
    ],
)
def test_a_file_with_another_format_is_refused(entries, says):
    with pytest.raises(InputError, match=says):
        read_format(Fields({"f": entries}, Path("x.json")), "f")


@pytest.mark.parametrize("word", [(16, 3, 10), (16, 4, 10), (40, 2, 10), (0, 0, 0), (8, 1, 600)])
def test_a_word_of_no_format_is_refused(word):
    with pytest.raises(ValueError, match="expected"):
        format_of_word(*word)
