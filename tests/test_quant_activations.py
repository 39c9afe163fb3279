from dataclasses import replace

import numpy as np
import pytest

import models.activations
from quant.activations import integer_activation, is_exact
from quant.activations.piecewise_linear import ERROR_BOUND, PiecewiseLinear, fit
from quant.qformat import QFormat


@pytest.mark.parametrize(
    "name", [name for name in models.activations.names() if not is_exact(name)]
)
@pytest.mark.parametrize(
    ("input", "output"),
    [
        (QFormat(4, 4), QFormat(1, 7)),
        (QFormat(4, 8), QFormat(1, 7)),
        (QFormat(3, 9), QFormat(1, 11)),
        (QFormat(4, 0), QFormat(1, 1)),
        (QFormat(6, 6), QFormat(1, 4)),
        (QFormat(1, 0), QFormat(1, 3)),
    ],
    ids=str,
)
def test_pwl_is_within_one_step_for_every_code(name, input, output):
    pwl = fit(name, input, output)
    codes = np.arange(input.min_raw, input.max_raw + 1)
    function = models.activations.get(name).function
    wanted = np.clip(
        function(input.to_real(codes)) * 2.0**output.fraction, output.min_raw, output.max_raw
    )
    assert np.abs(pwl.compute(codes) - wanted).max() <= ERROR_BOUND


def test_pwl_formula():
    pwl = PiecewiseLinear(QFormat(3, 0), QFormat(4, 0), 1, 1, (0, 6), (1, -2))
    # Segment 0 is -4 to -1: (0 + offset) >> 1. Segment 1 is 0 to 3: (6 - 2 * offset) >> 1.
    np.testing.assert_array_equal(pwl.compute(np.arange(-4, 4)), [0, 0, 1, 1, 3, 2, 1, 0])


def test_pwl_that_leaves_its_output_is_rejected():
    pwl = fit("tanh", QFormat(3, 3), QFormat(1, 4))
    with pytest.raises(ValueError, match="expected results in sQ1.4, raw -16 to 15, got"):
        replace(pwl, intercepts=tuple(i + 8 * 2**pwl.guard_bits for i in pwl.intercepts))


def test_pwl_needs_a_coefficient_for_each_segment():
    with pytest.raises(ValueError, match="expected 2 intercepts and slopes, got 1 and 2"):
        PiecewiseLinear(QFormat(3, 0), QFormat(4, 0), 1, 1, (0,), (1, -2))


def test_pwl_input_is_limited():
    with pytest.raises(ValueError, match="at most 20 bits, got sQ4.17"):
        fit("tanh", QFormat(4, 17), QFormat(1, 4))


def test_linear_rounds_half_up_and_saturates():
    linear = integer_activation("linear", QFormat(4, 1), QFormat(3, 0))
    np.testing.assert_array_equal(linear.compute(np.array([-16, -3, -1, 1, 3, 15])),
                                  [-4, -1, 0, 1, 2, 3])


def test_relu_rectifies_first():
    relu = integer_activation("relu", QFormat(4, 1), QFormat(2, 0, signed=False))
    np.testing.assert_array_equal(relu.compute(np.array([-16, -1, 0, 1, 2, 15])),
                                  [0, 0, 0, 1, 1, 3])
