"""Mean of each channel in integers."""

import math
from dataclasses import dataclass

from build_decoder.quant.layer import IntegerLayer, Kind, Role, Signal, Step
from build_decoder.quant.operations.average import Average
from build_decoder.quant.operations.identity import identity
from build_decoder.quant.qformat import QFormat

__all__ = ["QUANTISER", "GlobalAveragePool"]


@dataclass(frozen=True)
class GlobalAveragePool(IntegerLayer):
    """Mean of each channel over all rows and columns.

    Parameters
    ----------
    average
        Formats and positions.
    channels
        Channels.

    Raises
    ------
    ValueError
        If a sum is wider than the widest format.
    """

    average: Average
    channels: int

    def __post_init__(self):
        self.average.check()

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.average.input,)

    @property
    def output(self) -> QFormat:
        """Format of the means."""
        return self.average.output

    @property
    def output_shape(self) -> tuple[int]:
        """A value a channel."""
        return (self.channels,)

    @property
    def operations(self):
        """One."""
        return (self.average,)

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The means."""
        return (Signal("output", self.output, self.channels),)

    def digest(self) -> bytes:
        return identity(self)


class _GlobalAveragePoolQuantiser:
    """See :class:`quant.layer.LayerQuantiser`."""

    name = "global_average_pool"
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
        return (Step(("output",), self._average),)

    @staticmethod
    def _average(parts):
        *positions, _ = parts.shapes[0]
        return Average(parts.inputs[0], parts.formats["output"], math.prod(positions))

    def integer(self, parts):
        return GlobalAveragePool(self._average(parts), parts.shapes[0][-1])


QUANTISER = _GlobalAveragePoolQuantiser()
