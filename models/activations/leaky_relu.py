"""Leaky rectified linear unit, ``x`` above 0 and ``0.2 * x`` below (Keras' slope)."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _leaky_relu(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, dtype=np.float64)
    return np.maximum(x, 0.2 * x)


ACTIVATION = Activation("leaky_relu", _leaky_relu, keras="leaky_relu", threshold=0.0)
