"""Puts tensors beside each other."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, LayerType, Mismatch

__all__ = ["LAYER_TYPE", "Concat"]


@dataclass(frozen=True)
class Concat(Layer):
    """Two or more inputs beside each other along the last axis; the other axes are equal.

    Examples
    --------
    For inputs of (12) and (20)::

        {"name": "j", "inputs": ["a", "b"], "type": "concat"}
    """

    in_place = True
    same_if_turned = True

    def output_shape(self, shapes):
        if len(shapes) < 2:
            raise Mismatch("at least two inputs", len(shapes))
        if len({shape[:-1] for shape in shapes}) != 1:
            raise Mismatch("inputs that differ in the last axis only", f"shapes {list(shapes)}")
        return (*shapes[0][:-1], sum(shape[-1] for shape in shapes))

    def output_activation(self):
        return None

    def forward(self, tensors, weights):
        return np.concatenate(tensors, axis=-1)

    def to_keras(self, keras, name):
        return keras.layers.Concatenate(name=name)


def _read(fields: Fields) -> Concat:
    return Concat()


LAYER_TYPE = LayerType("concat", Concat, _read)
