"""Plan of what hands on some rows and columns."""

from dataclasses import dataclass

from build_decoder.hdl.planning.pool import PassingPoolPlan
from build_decoder.hdl.planning.windows import LeadingWindows
from build_decoder.quant.layers.stride import Stride

__all__ = ["StridePlan"]


@dataclass(frozen=True)
class StridePlan(PassingPoolPlan):
    """Plan of a stride: a pool of windows whose first value is what is handed on."""

    name = "stride"
    layer_type = Stride

    @property
    def steps(self) -> LeadingWindows:
        """Windows along time."""
        return LeadingWindows(self.tensor.shape[0], self.layer.every.size[0])

    @property
    def rows(self) -> LeadingWindows:
        """Windows along the rows of a step."""
        return LeadingWindows(self.tensor.shape[1], self.layer.every.size[1])
