"""Softmax over the classes."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape

__all__ = ["LAYER_TYPE", "Softmax", "softmax"]


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """``exp(x) / sum(exp(x))`` along `axis`."""
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


@dataclass(frozen=True)
class Softmax(Layer):
    """``exp(x) / sum(exp(x))`` along the last axis.

    At the end of a network whose task is ``classes`` it is left to the host, as it changes no
    decision.

    Examples
    --------
    For an input of (3)::

        {"name": "s", "inputs": ["y"], "type": "softmax"}
    """

    same_if_turned = True

    def output_shape(self, shapes):
        return only_shape(shapes)

    def output_activation(self):
        return "softmax"

    def cost(self, shapes):
        flops = 5 * math.prod(shapes[0])
        return Cost(0, flops, flops)

    def forward(self, tensors, weights):
        return softmax(tensors[0], axis=-1)

    def to_keras(self, keras, name):
        return keras.layers.Softmax(name=name)


def _read(fields: Fields) -> Softmax:
    return Softmax()


LAYER_TYPE = LayerType("softmax", Softmax, _read)
