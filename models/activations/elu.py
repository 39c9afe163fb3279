"""Exponential linear unit, ``x`` above 0 and ``exp(x) - 1`` below."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _elu(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, dtype=np.float64)
    return np.maximum(x, 0.0) + np.expm1(np.minimum(x, 0.0))


ACTIVATION = Activation("elu", _elu, keras="elu", threshold=0.0)
