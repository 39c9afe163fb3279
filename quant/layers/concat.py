"""Concatenation: inputs beside each other, in a format that holds them all."""

from dataclasses import dataclass

from build_decoder.models.layer import Shape
from build_decoder.quant.number_format import NumberFormat
from build_decoder.quant.operations.union import Concatenate, union
from build_decoder.quant.passing import PassingLayer, PassingQuantiser

__all__ = ["QUANTISER", "Concat"]


@dataclass(frozen=True)
class Concat(PassingLayer):
    """Inputs along the last axis; nothing is rounded or saturated.

    Parameters
    ----------
    inputs
        Format of each input.
    output_shape
        Of one sample.
    """

    inputs: tuple[NumberFormat, ...]
    output_shape: Shape

    @property
    def output(self) -> NumberFormat:
        """The union of the inputs' formats."""
        return union(self.inputs)

    @property
    def operations(self):
        """The join."""
        return (Concatenate(self.inputs),)


class _ConcatQuantiser(PassingQuantiser):
    name = "concat"

    def output(self, layer, inputs, formats):
        return union(inputs)

    def integer(self, parts):
        return Concat(parts.inputs, self.output_shape(parts))


QUANTISER = _ConcatQuantiser()
