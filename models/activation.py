"""What an activation function is, in floats."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Activation"]


@dataclass(frozen=True)
class Activation:
    """A named activation function.

    Parameters
    ----------
    name:
        Name in ``network.json``.
    function:
        Element-wise, from a float64 array of any shape to a float64 array of the same shape.
    keras:
        Name of the same function, with its default arguments, in ``keras.activations``; None where
        Keras has none.
    """

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    keras: str | None = None
