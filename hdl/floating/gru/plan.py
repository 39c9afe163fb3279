"""Plan of a gated recurrent unit in floating point."""

from dataclasses import dataclass

from build_decoder.hdl.floating.operands import TakenInputs
from build_decoder.hdl.floating.recurrent.plan import FloatRecurrentPlan
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.layers.gru.plan import GruPlan
from build_decoder.quant.floating.gru import FloatGru

__all__ = ["FloatGruPlan"]


@dataclass(frozen=True)
class FloatGruPlan(FloatRecurrentPlan, GruPlan):
    """Plan of a gated recurrent unit in floating point."""

    name = "float_gru"
    layer_type = FloatGru

    layer: FloatGru

    @property
    def taken_states(self) -> TakenInputs:
        """How states come to where they are gated."""
        return TakenInputs(self.layer.cell.kept)

    @property
    def sum_bits(self) -> int:
        """Bits of an exact sum with its biases."""
        return self.layer.cell.sums.total.width

    @property
    def passed_bits(self) -> int:
        """Bits of what the reset gate lets by."""
        return self.sum_bits + self.layer.cell.gate.output.width

    @property
    def gated_bits(self) -> int:
        """Bits of the gated difference of state and candidate."""
        return self.layer.cell.difference_bound.bit_length() + 1 + self.layer.cell.gate.output.width

    @property
    def rounding(self) -> Rounding:
        """Rounding of the exact sum that is an output."""
        cell = self.layer.cell
        width = cell.exact_bound.bit_length() + 1
        return Rounding(width, True, cell.exact_least, cell.format)

    @property
    def cell_latency(self) -> int:
        return super().cell_latency + self.rounding.latency

    @property
    def cell_bits(self) -> int:
        return 2 * self.passed_bits + 3 * self.gated_bits
