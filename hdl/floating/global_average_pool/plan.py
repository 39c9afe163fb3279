"""Plan of means over all positions in floating point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.floating.mean import MeanDivision
from build_decoder.hdl.layers.global_average_pool.plan import GlobalAveragePoolPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool

__all__ = ["FloatGlobalAveragePoolPlan"]


@dataclass(frozen=True)
class FloatGlobalAveragePoolPlan(GlobalAveragePoolPlan):
    """Plan of means in floating point: a transfer is added in the cycle in which it comes."""

    name = "float_global_average_pool"
    layer_type = FloatGlobalAveragePool

    layer: FloatGlobalAveragePool

    @cached_property
    def division(self) -> MeanDivision:
        """The division by the values of a mean, and the one rounding."""
        return MeanDivision(self.layer)

    @property
    def latency(self) -> int:
        return self.division.latency

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.groups, self.tensor.lanes * (self.division.width + 1)),)

    @classmethod
    def options(
        cls, layer: FloatGlobalAveragePool, shapes: Sequence[Shape]
    ) -> Iterator["FloatGlobalAveragePoolPlan"]:
        yield cls(layer, Tensor(layer.shape, layer.input, 1))
