"""Rectified linear unit, ``max(x, 0)``; at most the cap where one is named, as of ReLU6."""

import numpy as np

from build_decoder.models.activation import Activation, Function, Parameter

__all__ = ["ACTIVATION"]


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(np.asarray(x, dtype=np.float64), 0.0)


def _capped(cap: float) -> Function:
    return lambda x: np.minimum(_relu(x), cap)


ACTIVATION = Activation(
    "relu",
    _relu,
    keras="relu",
    parameter=Parameter("max_value", _capped, most=2.0**20),
    keras_layer="ReLU",
    scales=True,
)
