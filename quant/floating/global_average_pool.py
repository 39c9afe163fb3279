"""Mean of each channel in floating point."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import Shape
from build_decoder.quant.floating.means import FloatMeans

__all__ = ["FloatGlobalAveragePool"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatGlobalAveragePool(FloatMeans):
    """Means, as a :class:`quant.floating.means.FloatMeans` has them, of each channel over all rows
    and columns.

    Parameters
    ----------
    shape
        Rows, columns and channels of the input.
    """

    shape: Shape

    @property
    def count(self) -> int:
        return math.prod(self.shape[:-1])

    @property
    def channels(self) -> int:
        """Channels."""
        return self.shape[-1]

    @property
    def output_shape(self) -> Shape:
        """A value a channel."""
        return self.shape[-1:]

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, channels) of codes (samples, rows, columns, channels)."""
        return self.means(raw, lambda x: x.sum(axis=(1, 2)))
