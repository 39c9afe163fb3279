"""Plan of means over all positions."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.reciprocal import Reciprocal
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import Windows
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.global_average_pool import GlobalAveragePool

__all__ = ["GlobalAveragePoolPlan"]


@dataclass(frozen=True)
class GlobalAveragePoolPlan(LayerPlan):
    """Plan of means: a transfer is added in the cycle in which it comes.

    Parameters
    ----------
    layer
        The means.
    tensor
        What comes in: time, rows and channels.

    Raises
    ------
    ValueError
        If channels of two rows would share a transfer.
    """

    name = "global_average_pool"
    layer_type = GlobalAveragePool

    layer: GlobalAveragePool
    tensor: Tensor

    def __post_init__(self):
        *_, rows, channels = self.tensor.shape
        if rows > 1 and channels % self.tensor.lanes:
            raise ValueError(
                f"expected lanes that divide {channels} channels, got {self.tensor.lanes}"
            )

    @property
    def latency(self) -> int:
        """Cycles from the last value of a channel to its mean: the sum is registered, then its
        product, and then what is narrowed."""
        return 3

    @property
    def positions(self) -> Windows:
        """All positions, which are one window."""
        count = math.prod(self.tensor.shape[:-1])
        return Windows(count, count)

    @property
    def groups(self) -> int:
        """Transfers of a position."""
        return -(-self.layer.channels // self.tensor.lanes)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        grown = self.tensor.format.width + (self.positions.count - 1).bit_length()
        return ((self.groups, self.tensor.lanes * grown),)

    @property
    def pace(self) -> int:
        return self.tensor.beats

    @property
    def division(self) -> Reciprocal:
        """The division by the number of positions."""
        return Reciprocal(self.layer.average.quotient, self.layer.average.count)

    @property
    def adder_bits(self) -> int:
        sums = self.layer.average.sums.width
        return self.tensor.lanes * (sums + self.division.adder_bits)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return Tensor((self.layer.channels,), self.layer.output, self.tensor.lanes)

    @property
    def actors(self) -> tuple[Actor, ...]:
        added = (self.positions.count - 1) * self.groups
        taken = (Phase(added, take=(0,)),) if added else ()
        given = Phase(self.groups, take=(0,), give=(0,))
        return (Actor((*taken, given), registers=self.latency),)

    @classmethod
    def options(
        cls, layer: GlobalAveragePool, shapes: Sequence[Shape]
    ) -> Iterator["GlobalAveragePoolPlan"]:
        yield cls(layer, Tensor(shapes[0], layer.average.input, 1))

    def giving(self, lanes: int) -> "GlobalAveragePoolPlan":
        *_, rows, channels = self.tensor.shape
        fits = rows == 1 or not channels % lanes
        return replace(self, tensor=replace(self.tensor, lanes=lanes if fits else 1))
