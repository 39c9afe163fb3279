"""Gaussian bell, ``exp(-x**2)``."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.square(np.asarray(x, dtype=np.float64)))


ACTIVATION = Activation("gaussian", _gaussian)
