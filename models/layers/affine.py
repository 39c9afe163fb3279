"""A factor and a term for each channel: trained normalisations are that."""

import math
from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape

__all__ = ["LAYER_TYPE", "Affine"]


@dataclass(frozen=True)
class Affine(Layer):
    """``x * scale + shift``, a factor and a term for each channel of the last axis.

    Batch normalisation, normalisation and rescaling are this at inference.

    Arrays
    ------
    scale:
        (channels)
    shift:
        (channels)

    Examples
    --------
    For an input of (24, 16, 4)::

        {"name": "n", "inputs": ["c"], "type": "affine", "scale": "w.npz:s", "shift": "w.npz:t"}
    """

    same_if_turned = True

    def output_shape(self, shapes):
        return only_shape(shapes)

    def weight_shapes(self, shapes):
        channels = (shapes[0][-1],)
        return {"scale": channels, "shift": channels}

    def cost(self, shapes):
        flops = 2 * math.prod(shapes[0])
        return Cost(0, flops, flops)

    def forward(self, tensors, weights):
        return tensors[0] * weights["scale"] + weights["shift"]

    def to_keras(self, keras, name):
        from build_decoder.models.keras_layers import ChannelAffine  # imports TensorFlow

        return ChannelAffine(name=name)


def _read(fields: Fields) -> Affine:
    return Affine()


LAYER_TYPE = LayerType("affine", Affine, _read)
