"""One value of each so many rows and columns, exactly."""

from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.operations.every import Every
from build_decoder.quant.passing import OneInputLayer, PassingQuantiser

__all__ = ["QUANTISER", "Stride"]


@dataclass(frozen=True)
class Stride(OneInputLayer):
    """Some of the values of ``x``; the others are left out.

    Parameters
    ----------
    input
        Format of the input and of the output.
    every
        Which values.
    output_shape
        Rows, columns and channels of the output.
    """

    every: Every
    output_shape: Shape

    @property
    def operations(self):
        """The choice of values."""
        return (self.every,)


class _StrideQuantiser(PassingQuantiser):
    name = "stride"

    def integer(self, parts):
        return Stride(parts.inputs[0], Every(parts.layer.size), self.output_shape(parts))


QUANTISER = _StrideQuantiser()
