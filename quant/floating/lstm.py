"""Long short-term memory in floating point."""

from dataclasses import dataclass

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.input_range import InputRange
from build_decoder.quant.floating.lstm_cell import FloatLstmCell
from build_decoder.quant.floating.ranged import Ranged
from build_decoder.quant.layer import Signal
from build_decoder.quant.recurrent import RecurrentLayer

__all__ = ["FloatLstm"]


@dataclass(frozen=True, eq=False)
class FloatLstm(Ranged, RecurrentLayer):
    """A :class:`~quant.floating.lstm_cell.FloatLstmCell` over the time steps.

    NaN among a step's inputs makes all outputs NaN from that step to the end of the sample.
    """

    cell: FloatLstmCell

    @property
    def range(self) -> InputRange:
        return self.cell.range

    @property
    def channels(self) -> int:
        return self.cell.channels

    @property
    def sum_count(self) -> int:
        return self.cell.weights.shape[1]

    @property
    def arrays(self):
        """None: weights are not written at run time."""
        return {}

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Codes; those of inputs and states count once a step."""
        cell, units = self.cell, self.steps * self.cell.units
        return (
            Signal("input", cell.format, self.steps * cell.channels),
            Signal("weight", cell.format, cell.weights.size),
            Signal("recurrent", cell.format, cell.recurrent.size),
            Signal("bias", cell.format, cell.biases.size),
            Signal("cell", cell.format, units),
            Signal("output", cell.format, units),
        )

    @property
    def activations(self) -> tuple[IntegerActivation, ...]:
        """Forms of gates, of candidates, and of what cells keep."""
        return (self.cell.gate, self.cell.candidate, self.cell.squash)
