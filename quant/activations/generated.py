"""Activations generated from a function: least segments, uniform segments, or cheapest."""

from bisect import bisect_left

import numpy as np

from build_decoder.models.activation import Activation
from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.activations.piecewise_linear import PiecewiseLinear
from build_decoder.quant.activations.table import Table
from build_decoder.quant.pwl.coefficients import coefficients
from build_decoder.quant.pwl.limits import ROUNDING_SLACK, Limits, limits_of, wanted_results
from build_decoder.quant.pwl.search import Fit, cheapest_fit, fewest_segments, uniform_fit
from build_decoder.quant.pwl.size import table_size
from build_decoder.quant.pwl.symmetry import Symmetry, find_symmetry, folded_limits
from build_decoder.quant.qformat import QFormat

__all__ = ["cheapest", "fit_least_segments", "fit_uniform_segments", "greatest_error"]

_TABLE_WIDTH = 8
"""Inputs of so many bits get a table. Lines within one step would often be of about its size, for
some functions half of it, but have twice its error."""

_GOOD_TABLE_SIZE = 6
"""A table of so small a size an output bit is taken whatever the size of lines: where outputs have
few bits, that it is exact to half a step is worth more than some logic."""


def fit_least_segments(
    activation: Activation, input: QFormat, output: QFormat, *, error_bound: float = 1.0
) -> PiecewiseLinear:
    """The PWL form of ``activation`` with the least number of stored segments.

    The error is taken over every input code, in steps of ``output``, against the real function
    limited to the range of ``output``. Among forms with that number of segments, boundaries are at
    the coarsest positions and the input loses as many low bits as possible.

    Raises
    ------
    ValueError
        If the input is too wide, the function is not a number somewhere, or no integer is within
        the bound; the message of the last has the least bound that can be kept.
    """
    wanted = wanted_results(activation, input, output)
    limits = limits_of(wanted, output, error_bound)
    symmetry, stored = _halved(wanted, limits, input)
    fit = fewest_segments(stored)
    if symmetry is not None:
        # What makes use of the symmetry is held to more, which may not be worth it.
        plain = fewest_segments(limits, most=len(fit.segments))
        if plain is not None:
            symmetry, fit = None, plain
    return _assembled(wanted, input, output, symmetry, fit, error_bound)


def fit_uniform_segments(
    activation: Activation, input: QFormat, output: QFormat, count: int
) -> PiecewiseLinear:
    """PWL form with ``count`` uniform segments over the whole input (AHEAD's Figure 7b has 16).

    ``count`` is a power of two; there is at most one segment a code. The greatest error is what
    ``count`` segments allow, to 1/16 of a step.

    Raises
    ------
    ValueError
        If ``count`` is not a power of two, or as :func:`fit_least_segments` does.
    """
    if count < 1 or count & (count - 1):
        raise ValueError(f"expected a power of two of uniform segments, got {count}")

    def fits(sixteenths: int) -> Fit | None:
        return uniform_fit(limits_of(wanted, output, sixteenths / 16), step_bits)

    wanted = wanted_results(activation, input, output)
    count = min(count, len(wanted))
    step_bits = (len(wanted) // count).bit_length() - 1
    # In sixteenths. Nothing is farther off than the whole output range: a constant line does.
    bounds = range(8, (16 << output.width) + 1)
    index = bisect_left(bounds, True, key=lambda bound: fits(bound) is not None)
    bound = bounds[index]
    return _assembled(wanted, input, output, None, fits(bound), bound / 16)


def cheapest(
    activation: Activation, input: QFormat, output: QFormat, *, error_bound: float = 1.0
) -> PiecewiseLinear | Table:
    """The smaller form of ``activation``, by :mod:`quant.pwl.size`.

    A table, which rounds and so keeps to half a step, or a PWL form for wide inputs. The latter has
    short segments of one length, so that the multiplier is small and there is little or no address
    to generate.

    Raises
    ------
    ValueError
        As :func:`fit_least_segments` does.
    """
    wanted = wanted_results(activation, input, output)
    limits = limits_of(wanted, output, error_bound)
    entries = np.floor(wanted + 0.5).astype(np.int64)
    table = Table(input, output, tuple(entries.tolist()))
    if input.width <= _TABLE_WIDTH:
        return table
    size = table_size(entries, output.width)
    if size <= _GOOD_TABLE_SIZE * output.width:
        return table
    symmetry, stored = _halved(wanted, limits, input)
    fit = cheapest_fit(stored, folded=symmetry is not None, output_width=output.width)
    lines = _assembled(wanted, input, output, symmetry, fit, error_bound)
    return lines if lines.size < size else table


def greatest_error(activation: Activation, parameters: IntegerActivation) -> float:
    """Greatest error of ``parameters`` over all input codes, in steps of the output.

    It is taken against ``activation``, limited to the range of the output.
    """
    wanted = wanted_results(activation, parameters.input, parameters.output)
    return _greatest_error(wanted, parameters)


def _halved(
    wanted: np.ndarray, limits: Limits, input: QFormat
) -> tuple[Symmetry | None, Limits]:
    """The function's symmetry and limits with it; none and ``limits`` if it has none."""
    symmetry = find_symmetry(wanted) if input.signed else None
    if symmetry is not None:
        return symmetry, folded_limits(limits, symmetry)
    return None, limits


def _assembled(
    wanted: np.ndarray,
    input: QFormat,
    output: QFormat,
    symmetry: Symmetry | None,
    fit: Fit,
    error_bound: float,
) -> PiecewiseLinear:
    """The parameter object of ``fit``, proved to keep to the bound by trying every code."""
    intercepts, slopes = coefficients(fit.limits, fit.segments, fit.guard_bits)
    parameters = PiecewiseLinear(
        input=input,
        output=output,
        symmetry=symmetry,
        dropped_bits=fit.dropped_bits,
        step_bits=fit.step_bits,
        starts=tuple(segment.start >> fit.step_bits for segment in fit.segments),
        guard_bits=fit.guard_bits,
        intercepts=intercepts,
        slopes=slopes,
    )
    error = _greatest_error(wanted, parameters)
    if error > error_bound + ROUNDING_SLACK:
        raise AssertionError(f"expected an error of at most {error_bound} steps, got {error}")
    return parameters


def _greatest_error(wanted: np.ndarray, parameters: IntegerActivation) -> float:
    codes = np.arange(parameters.input.min_raw, parameters.input.max_raw + 1)
    return float(np.abs(parameters.compute(codes) - wanted).max())
