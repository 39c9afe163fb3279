"""Plan of a gated recurrent unit."""

from dataclasses import dataclass

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.recurrent.plan import RecurrentPlan
from build_decoder.quant.layers.gru import Gru
from build_decoder.quant.qformat import QFormat

__all__ = ["GruPlan"]


@dataclass(frozen=True)
class GruPlan(RecurrentPlan):
    """Plan of a gated recurrent unit: see :class:`RecurrentPlan`."""

    name = "gru"
    layer_type = Gru
    gates = 3

    @property
    def gate_latency(self) -> int:
        """Cycles of the activation of gates."""
        return activation_plan(self.layer.cell.gate).latency

    @property
    def candidate_latency(self) -> int:
        """Cycles of the activation of candidates."""
        return activation_plan(self.layer.cell.candidate).latency

    @property
    def cell_latency(self) -> int:
        # Read and selected; accumulator and sum; what the gate lets by; difference; its product.
        return 2 + self.gate_latency + 1 + self.candidate_latency + 2

    @property
    def kept(self) -> QFormat:
        return self.layer.output
