"""Maximum pooling: largest value of each window, exactly."""

from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.operations.pool import Pool
from build_decoder.quant.passing import PassingLayer, PassingQuantiser
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "MaxPool"]


@dataclass(frozen=True)
class MaxPool(PassingLayer):
    """``y = max over a window of x``; windows lie side by side.

    Parameters
    ----------
    input
        Format of the input and of the output.
    pool
        Windows.
    output_shape
        Rows, columns and channels of the output.
    """

    input: QFormat
    pool: Pool
    output_shape: Shape

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.input,)

    @property
    def output(self) -> QFormat:
        """Format of the output."""
        return self.input

    @property
    def operations(self):
        """The pool."""
        return (self.pool,)


class _MaxPoolQuantiser(PassingQuantiser):
    name = "max_pool"

    def integer(self, parts):
        return MaxPool(parts.inputs[0], Pool(parts.layer.size), self.output_shape(parts))


QUANTISER = _MaxPoolQuantiser()
