"""Mean of each window, exact and rounded once."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.quant.operations.average import Average
from build_decoder.quant.qformat import QFormat

__all__ = ["WindowAverage"]


@dataclass(frozen=True)
class WindowAverage:
    """``y = saturate(round_half_up(sum over a window of x / count))`` of windows of ``size`` (rows,
    columns) that lie side by side from the first value on; values behind the last whole one are
    left out.

    The sum is exact. A count that is a power of two is shifted away, any other one is divided by
    exactly.

    Parameters
    ----------
    input, output
        Formats.
    size
        Rows and columns of a window.
    """

    input: QFormat
    output: QFormat
    size: tuple[int, int]

    @property
    def average(self) -> Average:
        """The mean of one window."""
        return Average(self.input, self.output, math.prod(self.size))

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw (samples, rows, columns, channels) of raw ones."""
        average, kind = self.average, self.average.sums.kind
        rows, columns = (
            length // size for length, size in zip(x.shape[1:3], self.size, strict=True)
        )
        down, across = self.size
        whole = x[:, : rows * down, : columns * across].astype(kind, copy=False)
        # One place of all windows after the other, as in :class:`Pool`.
        whole = _total([whole[:, place::down] for place in range(down)])
        whole = _total([whole[:, :, place::across] for place in range(across)])
        return average.quotient.compute(whole, np.array(average.count))


def _total(places: list[np.ndarray]) -> np.ndarray:
    """Of arrays of one shape, value by value."""
    first, *others = places
    if not others:
        return first
    total = first + others[0]
    for other in others[1:]:
        total += other
    return total
