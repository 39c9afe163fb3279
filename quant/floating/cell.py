"""What time steps of recurrent layers in floating point have in common."""

from functools import cached_property

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.floating.step_inputs import StepInputs

__all__ = ["FloatCell"]


class FloatCell:
    """A :class:`quant.operations.recurrence.Cell` whose inputs, weights, states and outputs are
    codes of one format.

    Attributes
    ----------
    format
        Of all codes.
    greatest, least
        Code of the greatest inputs and outputs that are taken into sums, and exponent of their last
        bit.
    weights, recurrent
        Int64 codes (channels, sums) and (units, sums).
    """

    format: FloatFormat
    greatest: int
    least: int
    weights: np.ndarray
    recurrent: np.ndarray

    @property
    def input(self) -> FloatFormat:
        """Format of a step's inputs."""
        return self.format

    @property
    def output(self) -> FloatFormat:
        """Format of a step's outputs."""
        return self.format

    @property
    def units(self) -> int:
        """Values of each state."""
        return self.recurrent.shape[0]

    @property
    def channels(self) -> int:
        """Values of a step's input."""
        return self.weights.shape[0]

    @cached_property
    def range(self) -> InputRange:
        """Inputs, and outputs that come back into sums, that are taken as they are."""
        return InputRange(self.format, float(self.format.decode(self.greatest)), self.least)

    @cached_property
    def products(self) -> StepInputs:
        """What is made of all inputs at once: nothing. Sums are of inputs and states together."""
        return StepInputs()
