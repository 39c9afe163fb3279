"""One value of each so many rows and columns."""

from dataclasses import dataclass

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Layer, LayerType, only_shape, require
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["LAYER_TYPE", "Stride"]


@dataclass(frozen=True)
class Stride(Layer):
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

    def turned(self, weights):
        return Stride(self.size[::-1]), weights

    def forward(self, tensors, weights):
        return tensors[0][:, :: self.size[0], :: self.size[1]]

    def to_keras(self, keras, name):
        # A window of one value.
        return keras.layers.MaxPooling2D(1, strides=self.size, name=name)


def _read(fields: Fields) -> Stride:
    return Stride(fields.sizes("size", 2, MAX_WIDTH))


LAYER_TYPE = LayerType("stride", Stride, _read)
