"""Plan of an echo state network."""

from dataclasses import dataclass

from build_decoder.hdl.activations.plan import activation_plan
from build_decoder.hdl.recurrent.plan import RecurrentPlan
from build_decoder.quant.layers.esn import Esn
from build_decoder.quant.qformat import QFormat

__all__ = ["EsnPlan"]


@dataclass(frozen=True)
class EsnPlan(RecurrentPlan):
    """Plan of an echo state network: see :class:`RecurrentPlan`. A unit has one sum, and no product
    but those of its sum: nothing is made bit by bit.

    Its weights are constants in a decoder that is reloadable too: a reservoir is not trained.
    """

    name = "esn"
    layer_type = Esn
    writable = False
    gates = 1
    bitwise = False
    rest = 0

    @property
    def cell_latency(self) -> int:
        # Read and selected; accumulator and sum; the candidate is there; the output.
        return 2 + activation_plan(self.layer.cell.candidate).latency + 1

    @property
    def cell_bits(self) -> int:
        return 2 * self.layer.cell.output_narrowing.source.width

    @property
    def kept(self) -> QFormat:
        return self.layer.output

    def reloadable_too(self) -> "EsnPlan":
        return self
