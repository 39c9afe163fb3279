"""Hyperbolic tangent."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _tanh(x: np.ndarray) -> np.ndarray:
    return np.tanh(np.asarray(x, dtype=np.float64))


ACTIVATION = Activation("tanh", _tanh, keras="tanh", threshold=0.0)
