"""Average pooling in integers: mean of each window."""

import math
from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.layer import IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.operations.window_average import WindowAverage
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "AveragePool"]


@dataclass(frozen=True)
class AveragePool(IntegerLayer):
    """``y = mean over a window of x``; windows lie side by side.

    Parameters
    ----------
    pool
        Formats and windows.
    output_shape
        Rows, columns and channels of the output.

    Raises
    ------
    ValueError
        If a sum is wider than the widest format.
    """

    pool: WindowAverage
    output_shape: Shape

    def __post_init__(self):
        self.pool.average.check()

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.pool.input,)

    @property
    def output(self) -> QFormat:
        """Format of the means."""
        return self.pool.output

    @property
    def operations(self):
        """The pool."""
        return (self.pool,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The means."""
        return (Signal("output", self.output, math.prod(self.output_shape)),)

    def digest(self) -> bytes:
        return identity(self)


class _AveragePoolQuantiser:
    """See :class:`quant.layer.LayerQuantiser`."""

    name = "average_pool"
    arrays = {}
    _ROLES = (Role("output", Kind.SIGNAL),)

    def roles(self, layer):
        return self._ROLES

    def activations(self, layer):
        return ()

    def observed(self, layer, inputs, weights):
        return {"output": layer.forward(inputs, weights)}

    def output(self, layer, inputs, formats):
        return formats["output"]

    @property
    def steps(self):
        return (Step(("output",), self._pool),)

    @staticmethod
    def _pool(parts):
        return WindowAverage(parts.inputs[0], parts.formats["output"], parts.layer.size)

    def integer(self, parts):
        return AveragePool(self._pool(parts), tuple(parts.layer.output_shape(parts.shapes)))


QUANTISER = _AveragePoolQuantiser()
