"""Gated recurrent unit in floating point."""

from dataclasses import dataclass

from build_decoder.quant.activations import IntegerActivation
from build_decoder.quant.floating.gru_cell import FloatGruCell
from build_decoder.quant.floating.recurrent import FloatRecurrent
from build_decoder.quant.layer import Signal

__all__ = ["FloatGru"]


@dataclass(frozen=True, eq=False)
class FloatGru(FloatRecurrent):
    """A :class:`~quant.floating.gru_cell.FloatGruCell` over the time steps."""

    cell: FloatGruCell

    @property
    def signals(self) -> tuple[Signal, ...]:
        """Codes; those of inputs and states count once a step."""
        cell, units = self.cell, self.steps * self.cell.units
        return (
            Signal("input", cell.format, self.steps * cell.channels),
            Signal("weight", cell.format, cell.weights.size),
            Signal("recurrent", cell.format, cell.recurrent.size),
            Signal("bias", cell.format, cell.biases.size),
            Signal("output", cell.format, units),
        )

    @property
    def activations(self) -> tuple[IntegerActivation, ...]:
        """Forms of gates and of candidates."""
        return (self.cell.gate, self.cell.candidate)
