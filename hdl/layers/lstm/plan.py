"""Plan of a long short-term memory."""

from dataclasses import dataclass

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.layers.recurrent.plan import RecurrentPlan
from build_decoder.quant.layers.lstm import Lstm
from build_decoder.quant.qformat import QFormat

__all__ = ["LstmPlan"]


@dataclass(frozen=True)
class LstmPlan(RecurrentPlan):
    """Plan of a long short-term memory: see :class:`RecurrentPlan`."""

    name = "lstm"
    layer_type = Lstm
    gates = 4

    @property
    def gate_latency(self) -> int:
        """Cycles of the activations of gates and candidates."""
        cell = self.layer.cell
        return max(activation_plan(each).latency for each in (cell.gate, cell.candidate))

    @property
    def squash_latency(self) -> int:
        """Cycles of the activation of what a cell keeps."""
        return activation_plan(self.layer.cell.squash).latency

    @property
    def cell_latency(self) -> int:
        # Read and selected; accumulator and sum; two products; the cell; the last product.
        return 2 + self.gate_latency + 1 + self.squash_latency + 1

    @property
    def kept(self) -> QFormat:
        return self.layer.cell.cell
