"""What plans of means in floating point have in common."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Self

from build_decoder.hdl.floating.mean import MeanDivision
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.floating.average_pool import FloatAveragePool
from build_decoder.quant.floating.global_average_pool import FloatGlobalAveragePool

__all__ = ["FloatMeanPlan"]


class FloatMeanPlan:
    """In front of the plan of means in fixed point, in a plan's bases: the division differs."""

    layer: FloatAveragePool | FloatGlobalAveragePool

    @cached_property
    def division(self) -> MeanDivision:
        """The division by the values of a mean, and the one rounding."""
        return MeanDivision(self.layer)

    @property
    def latency(self) -> int:
        """Cycles from the last value of a mean to the mean."""
        return self.division.latency

    @classmethod
    def options(
        cls, layer: FloatAveragePool | FloatGlobalAveragePool, shapes: Sequence[Shape]
    ) -> Iterator[Self]:
        """One value a transfer."""
        yield cls(layer, Tensor(layer.shape, layer.input, 1))
