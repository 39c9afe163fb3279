"""Exact sums of products over windows: what a convolution begins with."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.carrier import carried
from build_decoder.quant.operations.products import Products

__all__ = ["Convolution"]

_BLOCK = 1 << 20
"""Values of windows that are laid out at a time, which then lie in a cache."""


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
        kernel_rows, kernel_columns, channels, _ = self.products.weights.raw.shape
        x = carried(x, self.takes)
        up, left = (kernel_rows - 1) // 2, (kernel_columns - 1) // 2
        around = ((up, kernel_rows - 1 - up), (left, kernel_columns - 1 - left))
        padded = np.pad(x, ((0, 0), *around, (0, 0)))
        values = max(x.shape[1] * x.shape[2] * kernel_columns * channels, 1)
        most = max(_BLOCK // values, 1)
        parts = [
            self._block(padded[start : start + most], x.shape[1], x.shape[2])
            for start in range(0, max(len(x), 1), most)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _block(self, padded: np.ndarray, rows: int, columns: int) -> np.ndarray:
        """Sums of padded samples: a product of matrices for each row of the kernel."""
        kernel_rows, kernel_columns, channels, filters = self.products.weights.raw.shape
        terms = kernel_columns * channels
        weights = self.products.weights.carried(self.takes).reshape(kernel_rows, terms, filters)
        # A row of a window is neighbours in memory, so that no index is needed.
        padded = np.ascontiguousarray(padded)
        windows = np.lib.stride_tricks.as_strided(
            padded,
            (*padded.shape[:2], columns, terms),
            padded.strides,
            writeable=False,
        )
        sums = None
        for row in range(kernel_rows):
            laid_out = np.ascontiguousarray(windows[:, row : row + rows]).reshape(-1, terms)
            part = laid_out @ weights[row]
            sums = part if sums is None else np.add(sums, part, out=sums)
        return sums.reshape(len(padded), rows, columns, filters)
