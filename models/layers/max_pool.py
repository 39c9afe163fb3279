"""Maximum pooling."""

import math
from dataclasses import dataclass

import numpy as np

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, LayerType, only_shape, require
from build_decoder.models.limits import MAX_WIDTH
from build_decoder.models.windows import pad_same

__all__ = ["LAYER_TYPE", "MaxPool"]


@dataclass(frozen=True)
class MaxPool(Layer):
    """Largest value of each window of (rows, columns, channels); windows lie side by side.

    They make (ceil(rows / size), ceil(columns / size), channels). If they do not fit, they reach
    beyond the image by the same number of rows (columns) before and after it, or by one more after
    it, as Keras does for ``same``; what lies beyond takes no part.

    Parameters
    ----------
    size:
        Rows and columns of a window.

    Examples
    --------
    For an input of (100, 8, 4)::

        {"name": "p", "inputs": ["c"], "type": "max_pool", "size": [2, 2]}
    """

    size: tuple[int, int]

    def __post_init__(self):
        require(
            len(self.size) == 2 and min(self.size) >= 1,
            "a size of rows and columns, at least 1 each",
            self.size,
        )

    def output_shape(self, shapes):
        rows, columns, channels = only_shape(shapes, "rows", "columns", "channels")
        return (-(-rows // self.size[0]), -(-columns // self.size[1]), channels)

    def output_activation(self):
        return None

    def cost(self, shapes):
        flops = math.prod(self.output_shape(shapes)) * math.prod(self.size)
        return Cost(0, flops, flops)

    def turned(self, weights):
        return MaxPool(self.size[::-1]), weights

    def forward(self, tensors, weights):
        x = pad_same(tensors[0], self.size, self.size, -np.inf)
        samples, rows, columns, channels = x.shape
        down, across = self.size
        blocks = x.reshape(samples, rows // down, down, columns // across, across, channels)
        return blocks.max(axis=(2, 4))

    def to_keras(self, keras, name):
        return keras.layers.MaxPooling2D(self.size, padding="same", name=name)


def _read(fields: Fields) -> MaxPool:
    return MaxPool(fields.sizes("size", 2, MAX_WIDTH))


LAYER_TYPE = LayerType("max_pool", MaxPool, _read)
