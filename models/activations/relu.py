"""Rectified linear unit, ``max(x, 0)``."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(np.asarray(x, dtype=np.float64), 0.0)


ACTIVATION = Activation("relu", _relu, keras="relu")
