"""Average pooling in floating point: mean of each window."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.floating.means import FloatMeans

__all__ = ["FloatAveragePool"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatAveragePool(FloatMeans):
    """Means, as a :class:`quant.floating.means.FloatMeans` has them, of windows that lie side by
    side from the first value on; values behind the last whole one are left out.

    Parameters
    ----------
    shape
        Rows, columns and channels of the input.
    size
        Rows and columns of a window.
    """

    shape: Shape
    size: tuple[int, int]

    @property
    def count(self) -> int:
        return math.prod(self.size)

    @property
    def output_shape(self) -> Shape:
        """Rows, columns and channels."""
        rows, columns, channels = self.shape
        return (rows // self.size[0], columns // self.size[1], channels)

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, rows, columns, channels) of codes."""
        rows, columns, channels = self.output_shape
        down, across = self.size

        def total(x: np.ndarray) -> np.ndarray:
            whole = x[:, : rows * down, : columns * across]
            return whole.reshape(len(x), rows, down, columns, across, channels).sum(axis=(2, 4))

        return self.means(raw, total)
