"""Plan of means over all positions in floating point."""

from dataclasses import dataclass

from build_decoder.hdl.floating.mean_plan import FloatMeanPlan
from build_decoder.hdl.layers.global_average_pool.plan import GlobalAveragePoolPlan
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool

__all__ = ["FloatGlobalAveragePoolPlan"]


@dataclass(frozen=True)
class FloatGlobalAveragePoolPlan(FloatMeanPlan, GlobalAveragePoolPlan):
    """Plan of means in floating point: a transfer is added in the cycle in which it comes."""

    name = "float_global_average_pool"
    layer_type = FloatGlobalAveragePool

    layer: FloatGlobalAveragePool

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.groups, self.tensor.lanes * (self.division.width + 1)),)
