"""Plan of average pooling in floating point."""

from dataclasses import dataclass

from build_decoder.hdl.floating.mean_plan import FloatMeanPlan
from build_decoder.hdl.layers.average_pool.plan import AveragePoolPlan
from build_decoder.quant.floating.average_pool import FloatAveragePool

__all__ = ["FloatAveragePoolPlan"]


@dataclass(frozen=True)
class FloatAveragePoolPlan(FloatMeanPlan, AveragePoolPlan):
    """Plan of means in floating point: a transfer is added in the cycle in which it comes."""

    name = "float_average_pool"
    layer_type = FloatAveragePool

    layer: FloatAveragePool

    @property
    def size(self) -> tuple[int, int]:
        return self.layer.size

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        sums = self.tensor.lanes * (self.division.width + 1)
        return ((self.rows.windows * self.groups, sums),)
