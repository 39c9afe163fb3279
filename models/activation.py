"""Activation functions in floats."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = ["Activation", "Function", "Parameter"]

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Parameter:
    """A number that a family of activation functions has, such as the slope of a leaky ReLU.

    Parameters
    ----------
    setting:
        What Keras's layer calls it.
    function:
        The function of a value.
    most:
        Largest value; all are above 0.
    usual:
        Value that the name alone stands for; None if that is a function without the parameter.
    scales:
        As that of an `Activation`, of all functions with the parameter.
    """

    setting: str
    function: Callable[[float], Function]
    most: float
    usual: float | None = None
    scales: bool = False


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
    parameter:
        What ``NAME(VALUE)`` names other functions of the same family by; None where there are none.
    keras_layer:
        Keras's layer that has the parameter as a setting.
    scales:
        Whether ``a`` times a value gives ``a`` times the result, for all ``a`` above 0.
    """

    name: str
    function: Function
    threshold: float | None = None
    keras: str | None = None
    parameter: Parameter | None = None
    keras_layer: str | None = None
    scales: bool = False
