"""All values of a tensor in one row."""

import math
from dataclasses import dataclass

from build_decoder.models.fields import Fields
from build_decoder.models.graph.layer import GraphLayer, GraphLayerType, Mismatch

__all__ = ["LAYER_TYPE", "Flatten"]


@dataclass(frozen=True)
class Flatten(GraphLayer):
    """All values in one row; the last axis runs fastest."""

    in_place = True

    def output_shape(self, shapes):
        if len(shapes) != 1:
            raise Mismatch("one input", len(shapes))
        return (math.prod(shapes[0]),)

    def forward(self, tensors, weights):
        return tensors[0].reshape(len(tensors[0]), -1)

    def to_keras(self, keras, name):
        return keras.layers.Flatten(name=name)


def _read(fields: Fields) -> Flatten:
    return Flatten()


LAYER_TYPE = GraphLayerType("flatten", Flatten, _read)
