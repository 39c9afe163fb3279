"""Plan of a maximum pooling."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.windows import Windows
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.max_pool import MaxPool

__all__ = ["MaxPoolPlan"]


@dataclass(frozen=True)
class MaxPoolPlan(LayerPlan):
    """Plan of a maximum pooling: a transfer is compared in the cycle in which it comes.

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

    name = "max_pool"
    layer_type = MaxPool

    layer: MaxPool
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
        return Windows(self.tensor.shape[0], self.layer.pool.size[0])

    @property
    def rows(self) -> Windows:
        """Windows along the rows of a step."""
        return Windows(self.tensor.shape[1], self.layer.pool.size[1])

    @property
    def groups(self) -> int:
        """Transfers of a row."""
        return -(-self.tensor.shape[2] // self.tensor.lanes)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.rows.windows * self.groups, self.tensor.lanes * self.tensor.format.width),)

    @property
    def pace(self) -> int:
        return self.tensor.beats

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return replace(self.tensor, shape=self.layer.output_shape)

    @property
    def actors(self) -> tuple[Actor, ...]:
        taken = {rows: Phase(rows * self.groups, take=(0,)) for rows in range(1, self.rows.count)}
        given = Phase(self.groups, take=(0,), give=(0,))
        # In the last step of a window, its last row gives what is largest.
        last = [
            phase
            for length in self.rows.lengths
            for phase in ([taken[length - 1]] if length > 1 else []) + [given]
        ]
        whole = Phase(self.tensor.step_beats, take=(0,))
        phases = [
            phase for length in self.steps.lengths for phase in [whole] * (length - 1) + last
        ]
        return (Actor(tuple(phases)),)

    @classmethod
    def options(cls, layer: MaxPool, shapes: Sequence[Shape]) -> Iterator["MaxPoolPlan"]:
        yield cls(layer, Tensor(shapes[0], layer.input, 1))

    def giving(self, lanes: int) -> "MaxPoolPlan":
        _, rows, channels = self.tensor.shape
        fits = rows == 1 or not channels % lanes
        return replace(self, tensor=replace(self.tensor, lanes=lanes if fits else 1))
