"""Plan of a long short-term memory in floating point."""

from dataclasses import dataclass

from build_decoder.hdl.floating.operands import TakenInputs
from build_decoder.hdl.floating.recurrent.plan import FloatRecurrentPlan
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.layers.lstm.plan import LstmPlan
from build_decoder.quant.floating.lstm import FloatLstm

__all__ = ["FloatLstmPlan"]


@dataclass(frozen=True)
class FloatLstmPlan(FloatRecurrentPlan, LstmPlan):
    """Plan of a long short-term memory in floating point."""

    name = "float_lstm"
    layer_type = FloatLstm

    layer: FloatLstm

    @property
    def taken_cells(self) -> TakenInputs:
        """How cells come to their products."""
        return TakenInputs(self.layer.cell.kept)

    @property
    def cell_rounding(self) -> Rounding:
        """Rounding of the exact sum of a cell's products."""
        cell = self.layer.cell
        width = cell.exact_bound.bit_length() + 1
        return Rounding(width, True, cell.exact_least, cell.format)

    @property
    def output_rounding(self) -> Rounding:
        """Rounding of the exact product that is an output."""
        cell = self.layer.cell
        width = cell.output_bound.bit_length() + 1
        return Rounding(width, True, cell.output_least, cell.format)

    @property
    def cell_latency(self) -> int:
        return super().cell_latency + self.output_rounding.latency

    @property
    def cell_bits(self) -> int:
        return 3 * self.cell_rounding.width + self.output_rounding.width
