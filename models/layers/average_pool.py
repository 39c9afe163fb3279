"""Average pooling."""

from dataclasses import dataclass

from build_decoder.models.layer import LayerType, only_shape, require
from build_decoder.models.pooling import Pooling

__all__ = ["LAYER_TYPE", "AveragePool"]


@dataclass(frozen=True)
class AveragePool(Pooling):
    """Mean of each window of (rows, columns, channels); windows lie side by side.

    They begin with the first row and column and make (floor(rows / size), floor(columns / size),
    channels). Rows and columns that fill no window are left out, as Keras does for ``valid``.

    Parameters
    ----------
    size:
        Rows and columns of a window.

    Examples
    --------
    For an input of (100, 8, 4)::

        {"name": "p", "inputs": ["c"], "type": "average_pool", "size": [4, 1]}
    """

    def output_shape(self, shapes):
        rows, columns, channels = only_shape(shapes, "rows", "columns", "channels")
        require(
            rows >= self.size[0] and columns >= self.size[1],
            f"an input of at least {self.size[0]} rows and {self.size[1]} columns",
            f"shape {(rows, columns, channels)}",
        )
        return (rows // self.size[0], columns // self.size[1], channels)

    def forward(self, tensors, weights):
        (x,) = tensors
        rows, columns, channels = self.output_shape([x.shape[1:]])
        down, across = self.size
        whole = x[:, : rows * down, : columns * across]
        blocks = whole.reshape(len(x), rows, down, columns, across, channels)
        return blocks.mean(axis=(2, 4))

    def to_keras(self, keras, name):
        return keras.layers.AveragePooling2D(self.size, name=name)


LAYER_TYPE = LayerType("average_pool", AveragePool, AveragePool.read)
