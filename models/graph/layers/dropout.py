"""Dropout, which acts in training only."""

from dataclasses import dataclass

from build_decoder.models.fields import Fields
from build_decoder.models.graph.layer import GraphLayer, GraphLayerType, Mismatch, require

__all__ = ["LAYER_TYPE", "Dropout"]


@dataclass(frozen=True)
class Dropout(GraphLayer):
    """Drops values at random in training; hands them on at inference.

    Parameters
    ----------
    rate:
        Fraction of the values that is dropped.
    """

    rate: float

    in_place = True

    def __post_init__(self):
        require(0 < self.rate < 1, "a rate between 0 and 1", self.rate)

    def output_shape(self, shapes):
        if len(shapes) != 1:
            raise Mismatch("one input", len(shapes))
        return shapes[0]

    def forward(self, tensors, weights):
        return tensors[0]

    def to_keras(self, keras, name):
        return keras.layers.Dropout(self.rate, name=name)


def _read(fields: Fields) -> Dropout:
    return Dropout(fields.fraction("rate"))


LAYER_TYPE = GraphLayerType("dropout", Dropout, _read)
