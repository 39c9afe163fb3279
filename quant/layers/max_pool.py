"""Maximum pooling: largest value of each window, exactly, in any arithmetic."""

from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.pool import FloatPool
from build_decoder.quant.operations.pool import Pool
from build_decoder.quant.passing import OneInputLayer, PassingQuantiser

__all__ = ["QUANTISER", "MaxPool"]


@dataclass(frozen=True)
class MaxPool(OneInputLayer):
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

    pool: Pool
    output_shape: Shape

    @property
    def operations(self):
        """The pool."""
        if isinstance(self.input, FloatFormat):
            return (FloatPool(self.input, self.pool),)
        return (self.pool,)


class _MaxPoolQuantiser(PassingQuantiser):
    name = "max_pool"

    def integer(self, parts):
        return MaxPool(parts.inputs[0], Pool(parts.layer.size), self.output_shape(parts))


QUANTISER = _MaxPoolQuantiser()
