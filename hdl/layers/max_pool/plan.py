"""Plan of a maximum pooling."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.pool import PoolPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import Windows
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.max_pool import MaxPool

__all__ = ["MaxPoolPlan"]


@dataclass(frozen=True)
class MaxPoolPlan(PoolPlan):
    """Plan of a maximum pooling: a transfer is compared in the cycle in which it comes."""

    name = "max_pool"
    layer_type = MaxPool

    @property
    def steps(self) -> Windows:
        """Windows along time."""
        return Windows(self.tensor.shape[0], self.layer.pool.size[0])

    @property
    def rows(self) -> Windows:
        """Windows along the rows of a step."""
        return Windows(self.tensor.shape[1], self.layer.pool.size[1])

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.rows.windows * self.groups, self.tensor.lanes * self.tensor.format.width),)

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (Actor(self.phases),)

    @classmethod
    def options(cls, layer: MaxPool, shapes: Sequence[Shape]) -> Iterator["MaxPoolPlan"]:
        yield cls(layer, Tensor(shapes[0], layer.input, 1))
