"""Division by a constant: exact for every numerator."""

import numpy as np
import pytest

from build_decoder.hdl.planning.reciprocal import Reciprocal
from build_decoder.quant.operations.quotient import Quotient
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat


@pytest.mark.parametrize("seed", range(60))
def test_every_numerator(seed):
    random = np.random.default_rng(seed)
    bits, fraction = int(random.integers(1, 9)), int(random.integers(-3, 8))
    given = QFormat(bits - fraction, fraction, bool(random.integers(2)))
    count = int(random.integers(1, 300))
    bits, fraction = int(random.integers(1, 12)), int(random.integers(-4, 10))
    output = QFormat(bits - fraction, fraction, bool(random.integers(2)))
    quotient = Quotient(Span.of(given).times(count), Span(0, 0, count), output)
    division = Reciprocal(quotient, count)
    every = np.arange(quotient.numerator.low, quotient.numerator.high + 1)
    shifted = every.astype(object) * division.multiplier + division.addend >> division.shift
    got = division.narrowing.compute(shifted.astype(np.int64))
    np.testing.assert_array_equal(got, quotient.compute(every, np.array(count)))


def test_a_power_of_two_is_a_shift():
    quotient = Quotient(Span.of(QFormat(4, 0)).times(8), Span(0, 0, 8), QFormat(4, 0))
    division = Reciprocal(quotient, 8)
    assert (division.multiplier, division.addend, division.shift) == (2, 8, 4)
