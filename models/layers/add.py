"""Elementwise sum of two or more branches."""

import math
from dataclasses import dataclass
from functools import reduce
from operator import add

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, require

__all__ = ["LAYER_TYPE", "Add"]


@dataclass(frozen=True)
class Add(Layer):
    """``y = x1 + x2 + ...``, element by element; two or more inputs, all of one shape.

    A layer may be named more than once among the inputs.

    Examples
    --------
    For inputs of (8) and (8)::

        {"name": "both", "inputs": ["a", "b"], "type": "add"}
    """

    def output_shape(self, shapes):
        require(len(shapes) >= 2, "at least two inputs", len(shapes))
        require(len(set(shapes)) == 1, "inputs of one shape", f"shapes {list(shapes)}")
        return shapes[0]

    def cost(self, shapes):
        flops = (len(shapes) - 1) * math.prod(shapes[0])
        return Cost(0, flops, flops)

    def forward(self, tensors, weights):
        return reduce(add, tensors)

    def to_keras(self, keras, name):
        return keras.layers.Add(name=name)


def _read(fields: Fields) -> Add:
    return Add()


LAYER_TYPE = LayerType("add", Add, _read)
