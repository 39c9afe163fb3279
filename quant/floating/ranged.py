"""The base of layers in floating point that add up what they take."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.layer import IntegerLayer
from build_decoder.quant.operations.identity import identity

__all__ = ["Ranged", "RangedLayer"]


class Ranged:
    """A layer in floating point that takes inputs from a range.

    Attributes
    ----------
    range : InputRange
        Inputs that are taken as they are.
    """

    range: InputRange


@dataclass(frozen=True, eq=False, kw_only=True)
class RangedLayer(Ranged, IntegerLayer):
    """A layer that takes inputs from a range, which its accumulators are made for.

    Parameters
    ----------
    input
        Format of the inputs.
    greatest
        Code of the greatest input that is taken, and of its negative.
    least
        Exponent of the last bit of an input that is taken; see
        :class:`quant.floating.input_range.InputRange`.
    """

    input: FloatFormat
    greatest: int
    least: int

    @property
    def inputs(self) -> tuple[FloatFormat]:
        """Format of the input."""
        return (self.input,)

    @cached_property
    def range(self) -> InputRange:
        """Inputs that are taken as they are."""
        return InputRange(self.input, float(self.input.decode(self.greatest)), self.least)

    @property
    def operations(self):
        """The layer is its own operation."""
        return (self,)

    def digest(self) -> bytes:
        return identity(self)
