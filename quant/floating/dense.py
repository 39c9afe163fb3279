"""Dense layer in floating point: exact sums of products, and one rounding a neuron."""

from dataclasses import dataclass

import numpy as np

from build_decoder.quant.dense_shape import DenseShape
from build_decoder.quant.floating.weighted import FloatWeighted

__all__ = ["FloatDense"]


@dataclass(frozen=True, eq=False, kw_only=True)
class FloatDense(DenseShape, FloatWeighted):
    """A dense layer whose raw values are codes: ``exact = sum(x[i] * w[i, u]) + bias[u]``, and all
    else as in a :class:`quant.floating.weighted.FloatWeighted`, with weights (inputs, units).
    """

    def compute(self, raw: np.ndarray) -> np.ndarray:
        """Int64 codes (samples, units) of codes (samples, inputs)."""
        return self.ended(self.sums.values(raw))
