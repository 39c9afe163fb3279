"""Identity."""

import numpy as np

from build_decoder.models.activation import Activation

__all__ = ["ACTIVATION"]


def _linear(x: np.ndarray) -> np.ndarray:
    return np.asarray(x, dtype=np.float64)


ACTIVATION = Activation("linear", _linear, keras="linear", threshold=0.0, scales=True)
