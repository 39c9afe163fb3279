"""Softplus, ``log(1 + exp(x))``."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _softplus(x: np.ndarray) -> np.ndarray:
    # exp() of a non-positive number only: it cannot overflow.
    x = np.asarray(x, dtype=np.float64)
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


ACTIVATION = Activation("softplus", _softplus, keras="softplus")
