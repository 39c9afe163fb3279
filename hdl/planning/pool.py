"""Plans of pools: a transfer is taken up in the cycle in which it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import Windows
from build_decoder.models.layer import Shape
from build_decoder.quant.layer import IntegerLayer

__all__ = ["PassingPoolPlan", "PoolPlan"]


@dataclass(frozen=True)
class PoolPlan(LayerPlan):
    """Plan of a layer that makes one value of each window of (time, rows, channels).

    Subclasses say where windows lie, along time as `steps` and along the rows of a step as `rows`.

    Parameters
    ----------
    layer
        The pool.
    tensor
        What comes in: time, rows and channels.

    Raises
    ------
    ValueError
        If channels of two rows would share a transfer.
    """

    layer: IntegerLayer
    tensor: Tensor

    def __post_init__(self):
        _, rows, channels = self.tensor.shape
        if rows > 1 and channels % self.tensor.lanes:
            raise ValueError(
                f"expected lanes that divide {channels} channels, got {self.tensor.lanes}"
            )

    @property
    def steps(self) -> Windows:
        """Windows along time."""
        raise NotImplementedError

    @property
    def rows(self) -> Windows:
        """Windows along the rows of a step."""
        raise NotImplementedError

    @property
    def groups(self) -> int:
        """Transfers of a row."""
        return -(-self.tensor.shape[2] // self.tensor.lanes)

    @property
    def pace(self) -> int:
        return self.tensor.beats

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.tensor.lanes)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Phases of a frame: in the last step of a window, its last row gives what is made."""
        whole = Phase(self.tensor.step_beats, take=(0,))
        last = self._last_step()
        return tuple(
            phase for length in self.steps.lengths for phase in [whole] * (length - 1) + last
        )

    def _last_step(self) -> list[Phase]:
        phases = []
        for length in self.rows.lengths:
            if length > 1:
                phases.append(Phase((length - 1) * self.groups, take=(0,)))
            phases.append(Phase(self.groups, take=(0,), give=(0,)))
        return phases

    def giving(self, lanes: int) -> Self:
        _, rows, channels = self.tensor.shape
        fits = rows == 1 or not channels % lanes
        return replace(self, tensor=replace(self.tensor, lanes=lanes if fits else 1))


class PassingPoolPlan(PoolPlan):
    """Plan of a pool that hands on one of the values of each window: a transfer is compared, or
    left out, in the cycle in which it comes."""

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.rows.windows * self.groups, self.tensor.lanes * self.tensor.format.width),)

    @property
    def adder_bits(self) -> int:
        # Comparators, or what holds values back.
        return self.tensor.lanes * self.tensor.format.width

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (Actor(self.phases),)

    @classmethod
    def options(cls, layer: IntegerLayer, shapes: Sequence[Shape]) -> Iterator[Self]:
        yield cls(layer, Tensor(shapes[0], layer.input, 1))
