"""Plan of a long short-term memory."""

from dataclasses import dataclass

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.quant.layers.lstm import Lstm
from build_decoder.quant.operations.span import Span
from build_decoder.quant.qformat import QFormat

__all__ = ["LstmPlan"]


@dataclass(frozen=True)
class LstmPlan(RecurrentPlan):
    """Plan of a long short-term memory: see :class:`RecurrentPlan`."""

    name = "lstm"
    layer_type = Lstm
    gates = 4

    @property
    def exact(self):
        cell = self.layer.cell
        return cell.sums.span, Span.of(cell.biased_sum.biased)

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
        bits = self.layer.cell.gate.output.width
        if self.bitwise:
            # Read and selected; accumulator and sum; the gates are there; each product bit by bit.
            return 2 + self.gate_latency + 1 + 2 * bits + self.squash_latency
        # Read and selected; accumulator and sum; two products; the cell; the last product.
        return 2 + self.gate_latency + 1 + self.squash_latency + 1

    @property
    def rest(self) -> int:
        # The next unit's gates come when this one's are used, at the earliest, and its last one
        # when the last product begins.
        bits = self.layer.cell.gate.output.width
        return max(bits, bits + self.squash_latency - self.gates)

    @property
    def activations(self):
        """Of candidates and of what cells keep, and further gates of a unit at once."""
        cell = self.layer.cell
        gates = (cell.gate,) * (2 if self.sums.lanes > 1 else 0)
        return (cell.candidate, cell.squash, *gates)

    @property
    def products(self):
        """Those of a unit, if they are made at once."""
        cell, gate = self.layer.cell, self.layer.cell.gate.output
        others = cell.cell, cell.candidate.output, cell.squash.output
        return () if self.bitwise else tuple((each, gate) for each in others)

    @property
    def cell_bits(self) -> int:
        exact = self.layer.cell.cell_narrowing.source.width
        output = self.layer.cell.output_narrowing.source.width
        return 3 * exact + output if self.bitwise else exact

    @property
    def kept(self) -> QFormat:
        return self.layer.cell.cell
