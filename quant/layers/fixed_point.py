"""A format that was given, in integers: one narrowing, and nothing to search."""

from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.passing import PassingLayer, PassingQuantiser
from build_decoder.quant.qformat import QFormat
from build_decoder.quant.requantise import Requantise
from build_decoder.quant.rounding import Rounding

__all__ = ["QUANTISER", "FixedPoint"]


@dataclass(frozen=True)
class FixedPoint(PassingLayer):
    """``output = saturate(rounding(input))``, value by value.

    Parameters
    ----------
    input, output
        Formats.
    rounding
        Name of a :class:`quant.rounding.Rounding`.
    output_shape
        Of one sample.
    """

    input: QFormat
    output: QFormat
    rounding: str
    output_shape: Shape

    @property
    def inputs(self) -> tuple[QFormat]:
        """Format of the input."""
        return (self.input,)

    @property
    def narrowing(self) -> Requantise:
        """The one narrowing."""
        return Requantise(self.input, self.output, Rounding(self.rounding))

    @property
    def operations(self):
        """The narrowing."""
        return (self.narrowing,)


class _FixedPointQuantiser(PassingQuantiser):
    name = "fixed_point"

    def output(self, layer, inputs, formats):
        return QFormat(layer.integer, layer.fraction, layer.signed)

    def integer(self, parts):
        layer = parts.layer
        output = self.output(layer, parts.inputs, parts.formats)
        return FixedPoint(parts.inputs[0], output, layer.rounding, self.output_shape(parts))


QUANTISER = _FixedPointQuantiser()
