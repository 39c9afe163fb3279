"""The exponential function, limited to what a float64 can hold."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]

_GREATEST = 709.0
"""Its exponential is the last, in whole numbers, that a float64 can hold."""


def _exp(x: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(np.asarray(x, dtype=np.float64), _GREATEST))


ACTIVATION = Activation("exp", _exp, keras="exponential")
