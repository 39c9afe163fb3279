"""Exact sums of products over windows: the first operation of a convolution."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.products import Products

__all__ = ["Convolution"]

_PART = 1 << 17
"""Values of windows that are laid out at a time, which then lie in a cache."""

_LANES = 16
"""A product of matrices with so many columns takes as long as one with a single column."""

_LAYING_OUT = 10
"""So many columns of a product take as long as laying out its rows."""

_ROW = 8
"""Values of a row, beside its own, that it costs to begin one."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """``sum over i, j, k of x[r + i - (kr - 1) // 2, c + j - (kc - 1) // 2, k] * w[i, j, k, f]``,
    exact, with zeros around ``x``: stride 1 and ``same`` padding, as TensorFlow has it.

    Parameters
    ----------
    products
        The same sums of a window that is laid out, with weights of raw shape (kernel rows, kernel
        columns, channels, filters). Zeros take nothing from their bounds, which enclose zero.
    """

    products: Products

    @property
    def takes(self) -> type[np.floating]:
        """Type of the inputs in which no running sum loses anything."""
        return self.products.takes

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw sums (samples, rows, columns, filters) of raw (samples, rows, columns, channels)."""
        x = carried(x, self.takes)
        samples, rows, columns, _ = x.shape
        filters = self._weights.shape[3]
        if self._weights.shape[:2] == (1, 1):
            return self.products.compute(x)
        if columns == 1:
            # Neighbours lie along the rows, so that they take the place of columns.
            sums = _Windows(self._weights.swapaxes(0, 1), 1, rows).sums(x.swapaxes(1, 2))
        else:
            sums = _Windows(self._weights, rows, columns).sums(x)
        return sums.reshape(samples, rows, columns, filters)

    @cached_property
    def _weights(self) -> np.ndarray:
        return self.products.weights.carried(self.takes).reshape(self.products.weights.raw.shape)


class _Windows:
    """Sums of several neighbouring columns at once, as a product of matrices.

    A row of the one has all that is under any of their windows; the other has the weights of each
    column where its window lies, and zeros. Some products more, in vain, cost less than to lay out
    each window on its own and to multiply it by few columns.
    """

    def __init__(self, weights: np.ndarray, rows: int, columns: int):
        self.rows, self.columns = rows, columns
        self.kernel = weights.shape[:2]
        self.channels, self.filters = weights.shape[2:]
        self.together = min(range(1, columns + 1), key=self._cost)
        self.matrix = self._matrix(weights)

    def _blocks(self, together: int) -> int:
        return -(-self.columns // together)

    def _terms(self, together: int) -> int:
        return self.kernel[0] * (together + self.kernel[1] - 1) * self.channels

    def _cost(self, together: int) -> int:
        sums = -(-together * self.filters // _LANES) * _LANES
        return self._blocks(together) * (self._terms(together) + _ROW) * (sums + _LAYING_OUT)

    def _matrix(self, weights: np.ndarray) -> np.ndarray:
        (rows, columns), together = self.kernel, self.together
        shape = (rows, together + columns - 1, self.channels, together, self.filters)
        matrix = np.zeros(shape, weights.dtype)
        for column in range(together):
            matrix[:, column : column + columns, :, column] = weights
        return matrix.reshape(-1, together * self.filters)

    def sums(self, x: np.ndarray) -> np.ndarray:
        """Sums (samples, rows, columns, filters) of (samples, rows, columns, channels)."""
        blocks, terms = self._blocks(self.together), self._terms(self.together)
        up, left = ((size - 1) // 2 for size in self.kernel)
        most = min(max(_PART // (self.rows * blocks * terms), 1), max(len(x), 1))
        width = blocks * self.together + self.kernel[1] - 1
        padded = np.zeros((most, self.rows + self.kernel[0] - 1, width, self.channels), x.dtype)
        sample, row, column, value = padded.strides
        # Columns of a window are neighbours in memory, so that a view shows all windows.
        windows = np.lib.stride_tricks.as_strided(
            padded,
            (most, self.rows, blocks, self.kernel[0], terms // self.kernel[0]),
            (sample, row, column * self.together, row, value),
            writeable=False,
        )
        laid_out = np.empty(windows.shape, x.dtype)
        sums = np.empty((len(x), self.rows, self.columns, self.filters), x.dtype)
        for start in range(0, len(x), most):
            part = x[start : start + most]
            padded[: len(part), up : up + self.rows, left : left + self.columns] = part
            np.copyto(laid_out, windows)
            rows = laid_out[: len(part)].reshape(-1, terms) @ self.matrix
            rows = rows.reshape(len(part), self.rows, blocks * self.together, self.filters)
            sums[start : start + most] = rows[:, :, : self.columns]
        return sums
