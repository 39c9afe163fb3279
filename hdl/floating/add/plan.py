"""Plan of an elementwise sum in floating point."""

from dataclasses import dataclass

from build_decoder.hdl.floating.operands import TakenInputs
from build_decoder.hdl.floating.rounding import Rounding
from build_decoder.hdl.layers.add.plan import AddPlan
from build_decoder.quant.floating.add import FloatAdd

__all__ = ["FloatAddPlan"]


@dataclass(frozen=True)
class FloatAddPlan(AddPlan):
    """Plan of an elementwise sum in floating point: values are taken and added in the cycle in
    which they come, and the sum is rounded."""

    name = "float_add"
    layer_type = FloatAdd

    layer: FloatAdd

    @property
    def taken(self) -> TakenInputs:
        """How values come to the sums."""
        return TakenInputs(self.layer.range)

    @property
    def rounding(self) -> Rounding:
        """Rounding of sums."""
        sums = self.layer.sums
        return Rounding(sums.width, True, sums.least, self.layer.output)

    @property
    def latency(self) -> int:
        return 1 + self.rounding.latency
