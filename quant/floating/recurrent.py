"""The base of layers in floating point that run a cell over time steps."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from build_decoder.quant.floating.float_format import FloatFormat
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.floating.ranged import Ranged
from build_decoder.quant.operations.recurrence import Cell
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["FloatCell", "FloatRecurrent"]


class FloatCell(Cell, Protocol):
    """A :class:`~quant.operations.recurrence.Cell` of codes of one format.

    Attributes
    ----------
    format
        Of all codes.
    greatest, least
        Code of the greatest value that is taken into sums, and exponent of its last bit.
    weights, recurrent, biases
        Int64 codes.
    """

    format: FloatFormat
    greatest: int
    least: int
    weights: np.ndarray
    recurrent: np.ndarray
    biases: np.ndarray


@dataclass(frozen=True, eq=False)
class FloatRecurrent(Ranged, RecurrentLayer):
    """A cell over the time steps.

    NaN among a step's inputs makes all outputs NaN from that step to the end of the sample.
    """

    cell: FloatCell

    @property
    def range(self) -> InputRange:
        return self.cell.range

    @property
    def channels(self) -> int:
        return self.cell.weights.shape[0]

    @property
    def sum_count(self) -> int:
        return self.cell.weights.shape[1]

    @property
    def arrays(self):
        """None: weights are not written at run time."""
        return {}
