"""Plan of average pooling in floating point."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.floating.mean import MeanDivision
from build_decoder.hdl.layers.average_pool.plan import AveragePoolPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.floating.average_pool import FloatAveragePool

__all__ = ["FloatAveragePoolPlan"]


@dataclass(frozen=True)
class FloatAveragePoolPlan(AveragePoolPlan):
    """Plan of means in floating point: a transfer is added in the cycle in which it comes."""

    name = "float_average_pool"
    layer_type = FloatAveragePool

    layer: FloatAveragePool

    @cached_property
    def division(self) -> MeanDivision:
        """The division by the values of a mean, and the one rounding."""
        return MeanDivision(self.layer)

    @property
    def latency(self) -> int:
        return self.division.latency

    @property
    def size(self) -> tuple[int, int]:
        return self.layer.size

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        sums = self.tensor.lanes * (self.division.width + 1)
        return ((self.rows.windows * self.groups, sums),)

    @classmethod
    def options(
        cls, layer: FloatAveragePool, shapes: Sequence[Shape]
    ) -> Iterator["FloatAveragePoolPlan"]:
        yield cls(layer, Tensor(layer.shape, layer.input, 1))
