"""Forms of sigmoid and tanh in floating point: which fixed-point formats they are between."""

import math
from functools import lru_cache

import numpy as np

from build_decoder.models.activation import Activation
from build_decoder.quant.activations import IntegerActivation, integer_activation
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.qformat import QFormat

__all__ = ["BOUNDED", "bounded_form", "form_fraction", "greatest_size"]

BOUNDED = {"sigmoid": (0, 1), "tanh": (-1, 1)}
"""Least and greatest result of activations that have a form."""

_MOST_FRACTION = 14
"""Most fraction bits of a form's output: its input then has at most 20, all of which are tried."""


def form_fraction(format: FloatFormat) -> int:
    """Fraction bits of a form's output: a bit more than a significand has."""
    return min(format.fraction + 2, _MOST_FRACTION)


def bounded_form(
    format: FloatFormat, activation: str, uniform_segments: int | None
) -> IntegerActivation:
    """The form of an activation of :data:`BOUNDED`; all take sums of as many fraction bits.

    Parameters
    ----------
    uniform_segments
        As of :func:`quant.activations.integer_activation`.
    """
    least, greatest = BOUNDED[activation]
    # Half an output step from the end that it approaches, it may as well be there.
    flat = (form_fraction(format) + 2) * math.log(2) * (1 if least == 0 else 0.5)
    return form_between(
        format, activation, (least, greatest), 1 + math.ceil(math.log2(flat)), uniform_segments
    )


def form_between(
    format: FloatFormat,
    activation: str | Activation,
    results: tuple[int, int],
    integer: int,
    uniform_segments: int | None,
) -> IntegerActivation:
    """The form of an activation with such results, of sums of so many integer bits."""
    least, greatest = results
    fraction = form_fraction(format)
    output = QFormat(greatest.bit_length() + (least < 0), fraction, signed=least < 0)
    into = QFormat(integer, fraction + 1)
    return integer_activation(activation, into, output, uniform_segments=uniform_segments)


@lru_cache(maxsize=256)
def greatest_size(form: IntegerActivation) -> int:
    """The greatest size among all raw results of a form: found by trying all of its inputs."""
    codes = np.arange(form.input.min_raw, form.input.max_raw + 1)
    return int(np.abs(form.compute(codes)).max())
