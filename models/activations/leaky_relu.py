"""Leaky rectified linear unit, ``x`` above 0 and ``slope * x`` below; slope 0.2 unless named."""

import numpy as np

from build_decoder.models.activation import Activation, Function, Parameter

__all__ = ["ACTIVATION"]

_USUAL = 0.2


def _leaky_relu(slope: float) -> Function:
    def function(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, dtype=np.float64)
        return np.maximum(x, slope * x)

    return function


ACTIVATION = Activation(
    "leaky_relu",
    _leaky_relu(_USUAL),
    threshold=0.0,
    keras="leaky_relu",
    parameter=Parameter("negative_slope", _leaky_relu, most=1.0, usual=_USUAL, scales=True),
    keras_layer="LeakyReLU",
    scales=True,
)
