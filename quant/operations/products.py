"""Exact sums of products: the first operation of every layer with weights."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.raw_array import RawArray
from build_decoder.quant.qformat import QFormat

__all__ = ["Products", "sum_carrier"]

_PART = 1 << 16
"""Values of another type that are converted at a time, which then lie in a cache."""

_FLOAT32_SUM = 1 << 24
"""Integers up to here, either sign, are exact in float32."""


def sum_carrier(low: int, high: int) -> type[np.floating]:
    """Type in which no running sum from ``low`` to ``high`` loses anything."""
    return np.float32 if max(-low, high) <= _FLOAT32_SUM else np.float64


@dataclass(frozen=True, eq=False)
class Products:
    """``sum over n of x[..., n] * weights[n, u]``, exact, with the fraction bits of both.

    Parameters
    ----------
    input
        Format of ``x``.
    weights
        Raw weights of (terms, sums), or of any shape that comes to that. The sums' bounds follow
        from the weights or, where others may be written in their place, from their reach.
    """

    input: QFormat
    weights: RawArray

    @property
    def fraction(self) -> int:
        """Fraction bits of a product."""
        return self.input.fraction + self.weights.format.fraction

    @property
    def low(self) -> int:
        """Least sum, raw, over all inputs that the format has.

        A product's extremes enclose zero, as every format does, so that the extremes of whole sums
        bound all running sums, in any order.
        """
        return self._range[0]

    @property
    def high(self) -> int:
        """Greatest sum, raw, over all inputs that the format has."""
        return self._range[1]

    @cached_property
    def _range(self) -> tuple[int, int]:
        if self.weights.reach is not None:
            return min(self.lows), max(self.highs)
        return self.weights.range(self.input.min_raw, self.input.max_raw)

    @cached_property
    def lows(self) -> list[int]:
        """Least value of each sum."""
        return self._extremes(self.input.min_raw, self.input.max_raw)

    @cached_property
    def highs(self) -> list[int]:
        """Greatest value of each sum."""
        return self._extremes(self.input.max_raw, self.input.min_raw)

    def _extremes(self, times_positive: int, times_negative: int) -> list[int]:
        if self.weights.reach is not None:
            furthest = self.weights.reach.extreme(times_positive, times_negative)
            return [furthest] * self.weights.raw.shape[-1]
        return self.weights.extremes(times_positive, times_negative)

    @cached_property
    def takes(self) -> type[np.floating]:
        """Type of the inputs in which no running sum loses anything."""
        return sum_carrier(self.low, self.high)

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw sums (..., sums) of raw inputs (..., terms)."""
        terms = x.shape[-1]
        rows, weights = x.reshape(-1, terms), self.weights.carried(self.takes)
        sums = np.empty((len(rows), weights.shape[1]), self.takes)
        most = len(rows) if rows.dtype == self.takes else max(_PART // terms, 1)
        # Whole numbers are never invalid; linear algebra may compute on what lies behind an array.
        with np.errstate(invalid="ignore"):
            for start in range(0, len(rows), max(most, 1)):
                part = slice(start, start + most)
                np.matmul(carried(rows[part], self.takes), weights, out=sums[part])
        return sums.reshape(*x.shape[:-1], sums.shape[1])
