"""Maximum pooling."""

from dataclasses import dataclass

import numpy as np

from build_decoder.models.layer import LayerType
from build_decoder.models.pooling import Pooling
from build_decoder.models.windows import pad_same

__all__ = ["LAYER_TYPE", "MaxPool"]


@dataclass(frozen=True)
class MaxPool(Pooling):
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

    def output_activation(self):
        return None

    def forward(self, tensors, weights):
        x = pad_same(tensors[0], self.size, self.size, -np.inf)
        samples, rows, columns, channels = x.shape
        down, across = self.size
        blocks = x.reshape(samples, rows // down, down, columns // across, across, channels)
        return blocks.max(axis=(2, 4))

    def to_keras(self, keras, name):
        return keras.layers.MaxPooling2D(self.size, padding="same", name=name)


LAYER_TYPE = LayerType("max_pool", MaxPool, MaxPool.read)
