"""Plan of a gated recurrent unit."""

from dataclasses import dataclass

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.quant.layers.gru import Gru
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["GruPlan"]


@dataclass(frozen=True)
class GruPlan(RecurrentPlan):
    """Plan of a gated recurrent unit: see :class:`RecurrentPlan`."""

    name = "gru"
    layer_type = Gru
    gates = 3

    @property
    def exact(self):
        cell = self.layer.cell
        narrowed = cell.reset_narrowing.source, cell.candidate_narrowing.source
        return cell.gate_sums.span, Span.of(cell.biased_sum.biased), *narrowed

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
        bits = self.layer.cell.gate.output.width
        if self.bitwise:
            # Read and selected; accumulator and sum; the gates are there; a product bit by bit; the
            # difference; its product.
            return 2 + self.gate_latency + 1 + 2 * bits + self.candidate_latency + 1
        # Read and selected; accumulator and sum; what the gate lets by; difference; its product.
        return 2 + self.gate_latency + 1 + self.candidate_latency + 2

    @property
    def rest(self) -> int:
        # The next unit's gates come when this one's are used, at the earliest, its sums of the
        # candidate when the candidate has taken this one's, and its last gate when the difference
        # is there.
        bits, gates = self.layer.cell.gate.output.width, self.gates
        candidate = bits + self.candidate_latency + 1 - gates
        return max(bits, bits + 2 + self.gate_latency - gates, candidate)

    @property
    def activations(self):
        """Of candidates, and the other gate of a unit at once."""
        cell = self.layer.cell
        return (cell.candidate, cell.gate) if self.sums.lanes > 1 else (cell.candidate,)

    @property
    def products(self):
        """Those of a unit, if they are made at once."""
        cell, gate = self.layer.cell, self.layer.cell.gate.output
        return () if self.bitwise else ((cell.reset, gate), (cell.output, gate))

    @property
    def cell_bits(self) -> int:
        cell = self.layer.cell
        narrowed = cell.reset_narrowing, cell.candidate_narrowing, cell.output_narrowing
        bits = sum(each.source.width for each in narrowed) + cell.candidate_narrowing.source.width
        return bits + (2 * cell.output_narrowing.source.width if self.bitwise else 0)

    @property
    def kept(self) -> QFormat:
        return self.layer.output
