from dataclasses import replace

import numpy as np
import pytest

from build_decoder.models import activations as float_activations
from build_decoder.models.activation import Activation
from build_decoder.quant.activations import integer_activation, is_exact
from build_decoder.quant.activations.generated import (
    cheapest,
    fit_least_segments,
    fit_uniform_segments,
    greatest_error,
)
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.activations.table import Table
from build_decoder.quant.pwl.symmetry import Symmetry
from build_decoder.quant.qformat import QFormat

NAMES = (*float_activations.names(), "leaky_relu(0.01)", "elu(0.5)", "relu(6.0)")
SMOOTH = [name for name in NAMES if not is_exact(name)]
PAIRS = [
    (QFormat(4, 4), QFormat(1, 7)),
    (QFormat(4, 6), QFormat(4, 6)),
    (QFormat(3, 8), QFormat(2, 8)),
    (QFormat(6, 6), QFormat(1, 4)),
    (QFormat(3, 6, signed=False), QFormat(0, 7, signed=False)),
    (QFormat(4, 0), QFormat(1, 1)),
    (QFormat(1, 0), QFormat(1, 3)),
    (QFormat(1, 0, signed=False), QFormat(1, 0)),
]
TINY = PiecewiseLinear(
    input=QFormat(3, 0), output=QFormat(4, 0), symmetry=None, dropped_bits=0, step_bits=1,
    starts=(0, 2), guard_bits=1, intercepts=(0, 6), slopes=(1, -2),
)


def codes(format):
    return np.arange(format.min_raw, format.max_raw + 1)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize(("input", "output"), PAIRS, ids=str)
@pytest.mark.parametrize("form", [cheapest, fit_least_segments], ids=lambda form: form.__name__)
def test_error_of_every_code(form, name, input, output):
    activation = float_activations.get(name)
    parameters = form(activation, input, output)
    wanted = np.clip(
        activation.function(input.to_real(codes(input))) * 2.0**output.fraction,
        output.min_raw,
        output.max_raw,
    )
    assert np.abs(parameters.compute(codes(input)) - wanted).max() <= 1 + 1e-9


STORED = [
    ("sigmoid", QFormat(0, 8, signed=False), 8),
    ("sigmoid", QFormat(1, 7), 8),
    ("tanh", QFormat(1, 7), 8),
    ("sigmoid", QFormat(0, 12, signed=False), 32),
    ("sigmoid", QFormat(1, 11), 32),
    ("tanh", QFormat(1, 11), 32),
]


@pytest.mark.parametrize(
    "input",
    [QFormat(i, f) for i, f in [(4, 4), (3, 5), (4, 6), (4, 8), (3, 9), (4, 10), (6, 10)]],
    ids=str,
)
@pytest.mark.parametrize(("name", "output", "most"), STORED, ids=str)
def test_stored_segments(name, input, output, most):
    activation = float_activations.get(name)
    pwl = fit_least_segments(activation, input, output)
    assert pwl.segments <= most
    assert greatest_error(activation, pwl) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("integer", range(2, 8))
@pytest.mark.parametrize(("name", "output", "most"), STORED, ids=str)
def test_stored_segments_of_any_input(name, output, most, integer):
    activation = float_activations.get(name)
    for fraction in range(3, min(12, 17 - integer) + 1):
        pwl = fit_least_segments(activation, QFormat(integer, fraction), output)
        assert pwl.segments <= most
        assert greatest_error(activation, pwl) <= 1


@pytest.mark.parametrize("bound", [0.5, 0.75, 2.0, 3.5])
@pytest.mark.parametrize("form", [cheapest, fit_least_segments], ids=lambda form: form.__name__)
def test_error_bound(form, bound):
    for name in ("sigmoid", "gelu"):
        activation = float_activations.get(name)
        parameters = form(activation, QFormat(3, 7), QFormat(3, 6), error_bound=bound)
        assert greatest_error(activation, parameters) <= bound + 1e-9


def test_fewer_segments_for_a_wider_bound():
    tanh = float_activations.get("tanh")
    counts = [
        fit_least_segments(tanh, QFormat(3, 8), QFormat(1, 8), error_bound=bound).segments
        for bound in (0.6, 1.0, 2.0, 4.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


def test_bound_that_cannot_be_kept():
    sigmoid = float_activations.get("sigmoid")
    with pytest.raises(ValueError, match="bound of at least 0.5000 output steps, got 0.3"):
        fit_least_segments(sigmoid, QFormat(4, 6), QFormat(1, 7), error_bound=0.3)


def test_symmetries():
    def found(name, output):
        return fit_least_segments(float_activations.get(name), QFormat(4, 6), output).symmetry

    assert found("tanh", QFormat(1, 7)) == Symmetry(0)
    assert found("sigmoid", QFormat(0, 8, signed=False)) == Symmetry(256)
    assert found("gaussian", QFormat(1, 7)) == Symmetry(None)
    assert found("exp", QFormat(4, 6)) is None


@pytest.mark.parametrize(("name", "output"), [("tanh", QFormat(1, 7)), ("gaussian", QFormat(1, 7))])
def test_symmetry_is_exact(name, output):
    pwl = fit_least_segments(float_activations.get(name), QFormat(4, 8), output)
    assert not pwl.dropped_bits
    x = np.arange(1, pwl.input.max_raw + 1)
    # At the end of a segment the two sides may take different lines.
    inside = np.isin(x & ((1 << pwl.step_bits) - 1), [0], invert=True)
    np.testing.assert_array_equal(
        pwl.compute(-x[inside]), pwl.symmetry.mirrored(pwl.compute(x[inside]))
    )


@pytest.mark.parametrize("name", SMOOTH)
def test_uniform_segments(name):
    activation = float_activations.get(name)
    pwl = fit_uniform_segments(activation, QFormat(4, 4), QFormat(4, 4), 16)
    assert pwl.starts == tuple(range(16))
    assert pwl.symmetry is None
    assert pwl.lengths == (1,) * 16
    assert pwl.block_bits == 4


def test_uniform_segments_by_name():
    pwl = integer_activation("sigmoid", QFormat(4, 4), QFormat(0, 8, signed=False),
                             uniform_segments=16)
    assert pwl.segments == 16
    # A segment of 1 is at most 0.096 / 16 from its line (f'' / 16), and then there is rounding.
    assert greatest_error(float_activations.get("sigmoid"), pwl) <= 256 * 0.096 / 16 + 0.5
    small = integer_activation("tanh", QFormat(2, 0), QFormat(1, 7), uniform_segments=16)
    assert small.segments == 4
    with pytest.raises(ValueError, match="expected a power of two of uniform segments, got 12"):
        integer_activation("tanh", QFormat(4, 4), QFormat(1, 7), uniform_segments=12)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.sin(3 * x),
        np.abs,
        np.sign,
        lambda x: np.where(x > 0.3, np.inf, -np.inf),
        lambda x: np.random.default_rng(1).uniform(-1, 1, x.shape),
        np.zeros_like,
    ],
    ids=["sine", "absolute", "sign", "infinite", "noise", "zero"],
)
def test_any_callable(function):
    activation = Activation("any", function)
    for input, output in [(QFormat(2, 4), QFormat(1, 5)), (QFormat(2, 8), QFormat(1, 5))]:
        least = fit_least_segments(activation, input, output)
        decoders = integer_activation(activation, input, output)
        for parameters in (least, decoders):
            assert greatest_error(activation, parameters) <= 1


def test_callable_that_is_no_number():
    activation = Activation("root", lambda x: np.where(x < 0, np.nan, x))
    with pytest.raises(ValueError, match="expected root to give a number.*NaN at -2.0"):
        integer_activation(activation, QFormat(2, 2), QFormat(1, 5))


def test_callable_of_another_shape():
    activation = Activation("mean", np.mean)
    with pytest.raises(ValueError, match=r"expected mean to give a number.*shape \(\)"):
        integer_activation(activation, QFormat(2, 2), QFormat(1, 5))


def test_unbounded_activation_saturates():
    for form in (cheapest, fit_least_segments):
        softplus = form(float_activations.get("softplus"), QFormat(5, 5), QFormat(2, 5))
        results = softplus.compute(codes(softplus.input))
        assert results[-1] in (62, 63)
        assert results[0] in (0, 1)


def test_narrow_input_is_a_table_that_rounds():
    sigmoid = float_activations.get("sigmoid")
    table = integer_activation("sigmoid", QFormat(4, 4), QFormat(1, 7))
    assert isinstance(table, Table)
    np.testing.assert_array_equal(
        table.compute(codes(table.input)),
        table.output.quantise(sigmoid.function(table.input.to_real(codes(table.input)))),
    )


def test_table_is_validated():
    with pytest.raises(ValueError, match="expected 4 entries for sQ2.0, got 3"):
        Table(QFormat(2, 0), QFormat(2, 0), (0, 1, 1))
    with pytest.raises(ValueError, match="expected entries in sQ2.0, raw -2 to 1, got 0 to 2"):
        Table(QFormat(2, 0), QFormat(2, 0), (0, 1, 1, 2))


def test_pwl_formula():
    # Segment 0 is -4 to -1: (0 + offset) >> 1. Segment 1 is 0 to 3: (6 - 2 * offset) >> 1.
    np.testing.assert_array_equal(TINY.compute(np.arange(-4, 4)), [0, 0, 1, 1, 3, 2, 1, 0])


def test_pwl_formula_mirrored():
    # 0 to 3: (6 - 2 * x) >> 1. -1 to -4: 2 - ((6 - 2 * -x) >> 1), all in the one segment.
    pwl = replace(
        TINY, symmetry=Symmetry(2), step_bits=2, starts=(0,), intercepts=(6,), slopes=(-2,)
    )
    np.testing.assert_array_equal(pwl.compute(np.arange(-4, 4)), [3, 2, 1, 0, 3, 2, 1, 0])
    even = replace(pwl, symmetry=Symmetry(None))
    np.testing.assert_array_equal(even.compute(np.arange(-4, 4)), [-1, 0, 1, 2, 3, 2, 1, 0])


def test_pwl_that_leaves_its_output_is_rejected():
    with pytest.raises(ValueError, match="expected results in sQ4.0, raw -8 to 7, got 0 to 13"):
        replace(TINY, intercepts=(0, 26))


def test_pwl_needs_a_coefficient_for_each_segment():
    with pytest.raises(ValueError, match="expected 2 intercepts and slopes, got 1 and 2"):
        replace(TINY, intercepts=(0,))


def test_pwl_needs_ascending_segments():
    with pytest.raises(ValueError, match=r"below block 4, got \(0, 4\)"):
        replace(TINY, starts=(0, 4))


def test_pwl_input_is_limited():
    with pytest.raises(ValueError, match="at most 20 bits, got sQ4.17"):
        integer_activation("tanh", QFormat(4, 17), QFormat(1, 4))


def test_linear_rounds_half_up_and_saturates():
    linear = integer_activation("linear", QFormat(4, 1), QFormat(3, 0))
    np.testing.assert_array_equal(linear.compute(np.array([-16, -3, -1, 1, 3, 15])),
                                  [-4, -1, 0, 1, 2, 3])


def test_relu_rectifies_first():
    relu = integer_activation("relu", QFormat(4, 1), QFormat(2, 0, signed=False))
    np.testing.assert_array_equal(relu.compute(np.array([-16, -1, 0, 1, 2, 15])),
                                  [0, 0, 0, 1, 1, 3])
