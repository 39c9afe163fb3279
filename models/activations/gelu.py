"""Gaussian error linear unit, ``x`` times the normal distribution function of ``x``."""

import math

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]

_erf = np.frompyfunc(math.erf, 1, 1)


def _gelu(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, dtype=np.float64)
    return 0.5 * x * (1.0 + np.asarray(_erf(x / math.sqrt(2.0)), dtype=np.float64))


ACTIVATION = Activation("gelu", _gelu, keras="gelu", threshold=0.0)
