"""Dropout, which acts in training only."""

from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, LayerType, only_shape, require

__all__ = ["LAYER_TYPE", "Dropout"]


@dataclass(frozen=True)
class Dropout(Layer):
    """Drops values at random in training; hands its input on at inference.

    Parameters
    ----------
    rate:
        Fraction of the values that is dropped: between 0 and 1, neither of them.

    Examples
    --------
    For an input of (128)::

        {"name": "d", "inputs": ["f"], "type": "dropout", "rate": 0.5}
    """

    rate: float

    in_place = True
    same_if_turned = True

    def __post_init__(self):
        require(0 < self.rate < 1, "a rate between 0 and 1", self.rate)

    def output_shape(self, shapes):
        return only_shape(shapes)

    def output_activation(self):
        return None

    def forward(self, tensors, weights):
        return tensors[0]

    def to_keras(self, keras, name):
        return keras.layers.Dropout(self.rate, name=name)


def _read(fields: Fields) -> Dropout:
    return Dropout(fields.fraction("rate"))


LAYER_TYPE = LayerType("dropout", Dropout, _read)
