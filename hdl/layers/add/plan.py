"""Plan of an elementwise sum."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.add import Add

__all__ = ["AddPlan"]


@dataclass(frozen=True)
class AddPlan(LayerPlan):
    """Plan of an elementwise sum: ``lanes`` sums a cycle, each of a value of every input.

    Parameters
    ----------
    layer
        The sum.
    lanes
        Values in a transfer, at every input and at the output.

    Raises
    ------
    ValueError
        If there is no lane.
    """

    name = "add"
    layer_type = Add

    layer: Add
    lanes: int

    def __post_init__(self):
        _ = self.output

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        shape = self.layer.output_shape
        return tuple(Tensor(shape, format, self.lanes) for format in self.layer.inputs)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.lanes)

    @property
    def latency(self) -> int:
        """Cycles from values to their sum: the exact sum is registered, and what is narrowed is
        registered again."""
        return 2

    @property
    def adder_bits(self) -> int:
        total = self.layer.total
        return self.lanes * (len(total.inputs) - 1) * total.exact.width

    @property
    def actors(self) -> tuple[Actor, ...]:
        every = tuple(range(len(self.inputs)))
        given = Phase(self.output.beats, take=every, give=(0,))
        return (Actor((given,), registers=self.latency),)

    @classmethod
    def options(cls, layer: Add, shapes: Sequence[Shape]) -> Iterator["AddPlan"]:
        yield cls(layer, 1)

    def giving(self, lanes: int) -> "AddPlan":
        return replace(self, lanes=lanes)
