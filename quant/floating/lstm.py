"""Long short-term memory in floating point."""

from dataclasses import dataclass

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.lstm_cell import FloatLstmCell
from build_decoder.quant.floating.recurrent import FloatRecurrent
from build_decoder.quant.layer import Signal

__all__ = ["FloatLstm"]


@dataclass(frozen=True, eq=False)
class FloatLstm(FloatRecurrent):
    """A :class:`~quant.floating.lstm_cell.FloatLstmCell` over the time steps."""

    cell: FloatLstmCell

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
