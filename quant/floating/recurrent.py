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
    kept : InputRange
        The last one of the states that are taken as they are where gates multiply it.
    weights, recurrent, biases
        Int64 codes.
    """

    format: FloatFormat
    greatest: int
    least: int
    kept: InputRange
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

    def states_cut(self, raw: np.ndarray) -> tuple[int, int]:
        """How many states of codes (samples, steps, channels) come back to be multiplied with
        gates, and how many of them are not taken as they are there; of those of NaN, none is."""
        kept, state, cut = self.cell.kept, self.cell.start(len(raw)), 0
        count = len(raw) * (self.steps - 1) * self.cell.units
        if kept.least == kept.format.least_exponent:
            # Ranges are proven: nothing is limited, and there are no bits below.
            return count, 0
        steps = raw[:, ::-1] if self.backward else raw
        for step in range(self.steps - 1):
            state = self.cell.compute(steps[:, step], state)
            numbers = ~np.isnan(kept.format.decode(state[-1]))
            cut += int(np.count_nonzero(kept.beyond(state[-1]) & numbers))
        return count, cut

    @property
    def arrays(self):
        """None: weights are not written at run time."""
        return {}
