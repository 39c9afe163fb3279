"""Exact sums of products over windows: the first operation of a convolution."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from build_decoder.quant.operations.products import Products

__all__ = ["Convolution", "window_sums"]

_PART = 1 << 16
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
    def kind(self) -> type[np.floating]:
        """Type in which no running sum loses anything."""
        return self.products.takes

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Raw sums (samples, rows, columns, filters) of raw (samples, rows, columns, channels)."""
        if self._weights.shape[:2] == (1, 1):
            return self.products.compute(x)
        return window_sums(x, self._weights)

    @cached_property
    def _weights(self) -> np.ndarray:
        return self.products.weights.carried(self.kind).reshape(self.products.weights.raw.shape)


def window_sums(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The sums of a :class:`Convolution`, (samples, rows, columns, filters), of (samples, rows,
    columns, channels) and (kernel rows, kernel columns, channels, filters), in the type of
    ``weights``; exact as far as that holds all sums of any of the products."""
    samples, rows, columns, _ = x.shape
    if columns == 1:
        # Neighbours lie along the rows, so that they take the place of columns.
        sums = _Windows(weights.swapaxes(0, 1), 1, rows).sums(x.swapaxes(1, 2))
    else:
        sums = _Windows(weights, rows, columns).sums(x)
    return sums.reshape(samples, rows, columns, weights.shape[3])


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
        self.together = _together(self.kernel, self.channels, self.filters, columns)
        self.matrix = self._matrix(weights)

    def _matrix(self, weights: np.ndarray) -> np.ndarray:
        (rows, columns), together = self.kernel, self.together
        shape = (rows, together + columns - 1, self.channels, together, self.filters)
        matrix = np.zeros(shape, weights.dtype)
        for column in range(together):
            matrix[:, column : column + columns, :, column] = weights
        return matrix.reshape(-1, together * self.filters)

    def sums(self, x: np.ndarray) -> np.ndarray:
        """Sums (samples, rows, columns, filters) of (samples, rows, columns, channels)."""
        together, kind = self.together, self.matrix.dtype
        blocks, terms = _blocks(self.columns, together), len(self.matrix)
        up, left = ((size - 1) // 2 for size in self.kernel)
        # A few samples at a time, or a few rows of one.
        most = min(max(_PART // (self.rows * blocks * terms), 1), max(len(x), 1))
        band = min(max(_PART // (blocks * terms), 1), self.rows)
        width = blocks * together + self.kernel[1] - 1
        padded = np.zeros((most, self.rows + self.kernel[0] - 1, width, self.channels), kind)
        sample, row, column, value = padded.strides
        # Columns of a window are neighbours in memory, so that a view shows all windows.
        windows = np.lib.stride_tricks.as_strided(
            padded,
            (most, self.rows, blocks, self.kernel[0], terms // self.kernel[0]),
            (sample, row, column * together, row, value),
            writeable=False,
        )
        laid_out = np.empty(most * band * blocks * terms, kind)
        sums = np.empty((len(x), self.rows, self.columns, self.filters), kind)
        for start in range(0, len(x), most):
            part = x[start : start + most]
            padded[: len(part), up : up + self.rows, left : left + self.columns] = part
            for top in range(0, self.rows, band):
                seen = windows[: len(part), top : top + band]
                rows = laid_out[: seen.size].reshape(seen.shape)
                np.copyto(rows, seen)
                given = sums[start : start + most, top : top + band]
                if blocks * together == self.columns:
                    # In one piece: all rows of some samples, or some rows of one sample.
                    given = given.reshape(-1, together * self.filters)
                    np.matmul(rows.reshape(-1, terms), self.matrix, out=given)
                else:
                    made = rows.reshape(-1, terms) @ self.matrix
                    made = made.reshape(*seen.shape[:2], blocks * together, self.filters)
                    given[:] = made[:, :, : self.columns]
        return sums


@lru_cache(maxsize=256)
def _together(kernel: tuple[int, int], channels: int, filters: int, columns: int) -> int:
    """How many of ``columns`` neighbours cost least when they are summed at once."""

    def cost(together: int) -> int:
        terms = kernel[0] * (together + kernel[1] - 1) * channels
        sums = -(-together * filters // _LANES) * _LANES
        return _blocks(columns, together) * (terms + _ROW) * (sums + _LAYING_OUT)

    return min(range(1, columns + 1), key=cost)


def _blocks(columns: int, together: int) -> int:
    return -(-columns // together)
