"""Convolution in floating point: exact sums of a window's products, and one rounding an output."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.convolution_shape import ConvolutionShape
from build_decoder.quant.floating.weighted import FloatWeighted
from build_decoder.quant.operations.convolution import window_sums

__all__ = ["FloatConv2d"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatConv2d(ConvolutionShape, FloatWeighted):
    """A convolution of stride 1 with ``same`` padding whose raw values are codes.

    ::

        exact = sum(x[r + i - pr, c + j - pc, k] * w[i, j, k, f]) + bias[f]

    with exact zeros around ``x``, where ``pr`` and ``pc`` are half a kernel; and all else as in a
    :class:`quant.floating.weighted.FloatWeighted`. NaN reaches the windows that it is in.

    Parameters
    ----------
    shape
        Rows, columns and channels of the input.
    weights
        Of (kernel rows, kernel columns, channels, filters).
    """

    shape: Shape

    def __post_init__(self):
        self.check_shapes()
        super().__post_init__()

    @property
    def input_count(self) -> int:
        return math.prod(self.shape)

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, rows, columns, filters) of codes (samples, rows, columns,
        channels)."""

        def dot(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
            return window_sums(x, weights.reshape(*self.weights.shape[:3], -1))

        return self.ended(self.sums.summed(np.asarray(raw), dot))
