"""Plan of an average pooling."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.pool import PoolPlan
from build_decoder.hdl.planning.reciprocal import Reciprocal
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import WholeWindows
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.average_pool import AveragePool

__all__ = ["AveragePoolPlan"]


@dataclass(frozen=True)
class AveragePoolPlan(PoolPlan):
    """Plan of an average pooling: a transfer is added in the cycle in which it comes."""

    name = "average_pool"
    layer_type = AveragePool

    @property
    def size(self) -> tuple[int, int]:
        """Steps and rows of a window."""
        return self.layer.pool.size

    @property
    def latency(self) -> int:
        """Cycles from the last value of a window to its mean: the sum is registered, then its
        product, and then what is narrowed."""
        return 3

    @property
    def steps(self) -> WholeWindows:
        """Windows along time."""
        return WholeWindows(self.tensor.shape[0], self.size[0])

    @property
    def rows(self) -> WholeWindows:
        """Windows along the rows of a step."""
        return WholeWindows(self.tensor.shape[1], self.size[1])

    @property
    def division(self) -> Reciprocal:
        """The division by the values of a window."""
        average = self.layer.pool.average
        return Reciprocal(average.quotient, average.count)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        width = self.layer.pool.average.sums.width
        return ((self.rows.windows * self.groups, self.tensor.lanes * width),)

    @property
    def adder_bits(self) -> int:
        sums = self.layer.pool.average.sums.width
        return self.tensor.lanes * (sums + self.division.adder_bits)

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (Actor(self.phases, registers=self.latency),)

    @classmethod
    def options(cls, layer: AveragePool, shapes: Sequence[Shape]) -> Iterator["AveragePoolPlan"]:
        yield cls(layer, Tensor(shapes[0], layer.pool.input, 1))
