"""The base of layers over windows of images that lie side by side."""

import math
from dataclasses import dataclass, replace
from typing import Self

from build_decoder.models.files.fields import Fields
from build_decoder.models.layer import Cost, Layer, only_shape, require
from build_decoder.models.limits import MAX_WIDTH

__all__ = ["Pooling"]


@dataclass(frozen=True)
class Pooling(Layer):
    """One value of each window of (rows, columns, channels).

    Parameters
    ----------
    size:
        Rows and columns of a window.
    """

    size: tuple[int, int]

    def __post_init__(self):
        require(
            len(self.size) == 2 and min(self.size) >= 1,
            "a size of rows and columns, at least 1 each",
            self.size,
        )

    @classmethod
    def read(cls, fields: Fields) -> Self:
        """The layer with the ``size`` of an entry."""
        return cls(fields.sizes("size", 2, MAX_WIDTH))

    def output_shape(self, shapes):
        rows, columns, channels = only_shape(shapes, "rows", "columns", "channels")
        return (-(-rows // self.size[0]), -(-columns // self.size[1]), channels)

    def cost(self, shapes):
        flops = math.prod(self.output_shape(shapes)) * math.prod(self.size)
        return Cost(0, flops, flops)

    def turned(self, weights):
        return replace(self, size=self.size[::-1]), weights
