"""Floating point in Python's fractions, the oracle of its models."""

from fractions import Fraction

import numpy as np

from build_decoder.models.network import Network
from build_decoder.quant.floating.input_range import InputRange
from tests.networks import dense, dense_chain

__all__ = ["random_chain", "rounded", "taken"]


def rounded(total: Fraction, format) -> float:
    """The float64 of what ``format`` makes of an exact sum, by Python's own half to even."""
    if not total:
        return 0.0
    size = abs(total)
    lead = size.numerator.bit_length() - size.denominator.bit_length()
    lead -= size < Fraction(2) ** lead
    step = Fraction(2) ** (max(lead, 1 - format.bias) - format.fraction)
    size = round(size / step) * step
    if size >= Fraction(2) ** (format.bias + 1):
        size = np.inf
    elif size < Fraction(2) ** (1 - format.bias) and not format.subnormals:
        size = 0
    return float(np.copysign(float(size), -1 if total < 0 else 1))


def taken(value: float, range: InputRange) -> float:
    """What an input becomes, by the words of the range."""
    size = min(abs(value), range.greatest)
    unit = Fraction(2) ** range.least
    return float(np.copysign(float(Fraction(size) // unit * unit), value))


def random_chain(sizes: tuple[int, ...], activations: tuple[str, ...], seed: int) -> Network:
    """A chain of dense layers of random weights near one."""
    rng = np.random.default_rng(seed)
    layers = [
        dense(units, name, rng.normal(size=(inputs, units)), rng.normal(size=units))
        for inputs, units, name in zip(sizes, sizes[1:], activations, strict=False)
    ]
    return dense_chain("random", sizes[0], layers)
