"""All values of a tensor in one row."""

import math
from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, LayerType, only_shape

__all__ = ["LAYER_TYPE", "Flatten"]


@dataclass(frozen=True)
class Flatten(Layer):
    """All values in one row; the last axis runs fastest.

    Examples
    --------
    For an input of (12, 8, 4)::

        {"name": "f", "inputs": ["p"], "type": "flatten"}
    """

    in_place = True
    same_if_turned = True

    def output_shape(self, shapes):
        return (math.prod(only_shape(shapes)),)

    def output_activation(self):
        return None

    def forward(self, tensors, weights):
        return tensors[0].reshape(len(tensors[0]), math.prod(tensors[0].shape[1:]))

    def to_keras(self, keras, name):
        return keras.layers.Flatten(name=name)


def _read(fields: Fields) -> Flatten:
    return Flatten()


LAYER_TYPE = LayerType("flatten", Flatten, _read)
