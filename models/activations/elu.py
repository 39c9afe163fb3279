"""Exponential linear unit, ``x`` above 0, ``alpha * (exp(x) - 1)`` below; alpha 1 unless named."""

import numpy as np

from build_decoder.models.activation import Activation, Function, Parameter

__all__ = ["ACTIVATION"]

_USUAL = 1.0


def _elu(alpha: float) -> Function:
    def function(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, dtype=np.float64)
        return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0))

    return function


ACTIVATION = Activation(
    "elu",
    _elu(_USUAL),
    threshold=0.0,
    keras="elu",
    parameter=Parameter("alpha", _elu, most=16.0, usual=_USUAL),
    keras_layer="ELU",
)
