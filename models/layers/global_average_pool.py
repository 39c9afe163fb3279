"""Mean of each channel."""

import math
from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape

__all__ = ["LAYER_TYPE", "GlobalAveragePool"]


@dataclass(frozen=True)
class GlobalAveragePool(Layer):
    """Mean of each channel over all rows and columns: from (rows, columns, channels) to (channels).

    Examples
    --------
    For an input of (12, 8, 4)::

        {"name": "m", "inputs": ["c"], "type": "global_average_pool"}
    """

    same_if_turned = True

    def output_shape(self, shapes):
        return (only_shape(shapes, "rows", "columns", "channels")[2],)

    def cost(self, shapes):
        flops = math.prod(shapes[0])
        return Cost(0, flops, flops)

    def forward(self, tensors, weights):
        return tensors[0].mean(axis=(1, 2))

    def to_keras(self, keras, name):
        return keras.layers.GlobalAveragePooling2D(name=name)


def _read(fields: Fields) -> GlobalAveragePool:
    return GlobalAveragePool()


LAYER_TYPE = LayerType("global_average_pool", GlobalAveragePool, _read)
