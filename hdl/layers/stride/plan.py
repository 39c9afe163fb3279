"""Plan of what hands on some rows and columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.pool import PoolPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import LeadingWindows
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.stride import Stride

__all__ = ["StridePlan"]


@dataclass(frozen=True)
class StridePlan(PoolPlan):
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

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.rows.windows * self.groups, self.tensor.lanes * self.tensor.format.width),)

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (Actor(self.phases),)

    @classmethod
    def options(cls, layer: Stride, shapes: Sequence[Shape]) -> Iterator["StridePlan"]:
        yield cls(layer, Tensor(shapes[0], layer.input, 1))
