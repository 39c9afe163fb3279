"""Swish, also called SiLU, ``x / (1 + exp(-x))``."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _swish(x: np.ndarray) -> np.ndarray:
    # exp() of a non-positive number only: it cannot overflow.
    x = np.asarray(x, dtype=np.float64)
    small = np.exp(-np.abs(x))
    return x * np.where(x >= 0, 1.0, small) / (1.0 + small)


ACTIVATION = Activation("swish", _swish, keras="silu", threshold=0.0)
