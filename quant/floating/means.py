"""The base of means in floating point: exact sums, divided exactly and rounded once."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.floating.exact_sums import ExactSums
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.ranged import RangedLayer
from build_decoder.quant.layer import Signal

__all__ = ["FloatMeans"]

_LEADING = 53
"""Bits that a sum is brought to before it is divided."""

_MOST_COUNT = 1 << 25
"""A quotient of so many has three bits more than the longest significand."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatMeans(RangedLayer):
    """``output = round(sum(x[...]) / count)`` of ``count`` codes each: the sum and the quotient are
    exact, and the one rounding is to the nearest, ties even. NaN among them makes a mean NaN.

    Parameters
    ----------
    input, greatest, least
        As of a :class:`quant.floating.ranged.RangedLayer`.
    output
        Format of the means.

    Raises
    ------
    ValueError
        If there are more than 2**25 values of a mean, or the greatest input is not finite.
    """

    output: FloatFormat

    def __post_init__(self):
        if self.count > _MOST_COUNT:
            raise ValueError(f"expected at most {_MOST_COUNT} values of a mean, got {self.count}")
        # Made at once, so that what does not fit is told here.
        _ = self.sums.width

    @property
    def count(self) -> int:
        """Values of a mean."""
        raise NotImplementedError

    @cached_property
    def sums(self) -> ExactSums:
        """Exact sums, of products with ones."""
        ones = np.full((self.count, 1), self.input.encode(1.0))
        return ExactSums(self.range, ones, self.input, self.output)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The means."""
        return (Signal("output", self.output, self.output_count),)

    def means(self, raw: np.ndarray, total: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Int64 codes of the means of codes, whose sums ``total`` makes, of float64 numbers."""

        def dot(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
            return total(x)[..., None] * weights[0]

        sums = self.sums.summed(np.asarray(raw), dot)[..., 0]
        known = np.where(np.isnan(sums), 0.0, sums)
        parts, exponents = np.frexp(known)
        leading = np.ldexp(parts, _LEADING).astype(np.int64)
        quotient, rest = np.divmod(leading, self.count)
        # To odd: rounded once more, it is what the whole quotient is.
        odd = 2 * quotient + (rest != 0)
        values = np.ldexp(odd.astype(np.float64), exponents - _LEADING - 1)
        return self.output.encode(np.where(np.isnan(sums), np.nan, values))
