"""One value of each so many rows and columns."""

from dataclasses import dataclass

from build_decoder.models.layer import Cost, LayerType
from build_decoder.models.pooling import Pooling

__all__ = ["LAYER_TYPE", "Stride"]


@dataclass(frozen=True)
class Stride(Pooling):
    """Every ``size``-th row and column of (rows, columns, channels), from the first one on.

    They make (ceil(rows / size), ceil(columns / size), channels). Behind a convolution this is what
    strides of it are; the convolution computes all positions, also those that are left out.

    Parameters
    ----------
    size:
        Rows and columns from one value to the next.

    Examples
    --------
    For an input of (100, 8, 4)::

        {"name": "s", "inputs": ["c"], "type": "stride", "size": [2, 1]}
    """

    def output_activation(self):
        return None

    def cost(self, shapes):
        return Cost(0, 0, 0)

    def forward(self, tensors, weights):
        return tensors[0][:, :: self.size[0], :: self.size[1]]

    def to_keras(self, keras, name):
        # A window of one value.
        return keras.layers.MaxPooling2D(1, strides=self.size, name=name)


LAYER_TYPE = LayerType("stride", Stride, Stride.read)
