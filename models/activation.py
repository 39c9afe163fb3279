"""Activation functions in floats."""

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
    threshold:
        Output from which on a decoder that is trained to decide says yes; None where the function
        has no such place.
    keras:
        Name of the same function, with its default arguments, in ``keras.activations``; None where
        Keras has none.
    """

    name: str
    function: Callable[[np.ndarray], np.ndarray]
    threshold: float | None = None
    keras: str | None = None
