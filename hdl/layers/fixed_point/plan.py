"""Plan of a narrowing to a format that was given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.fixed_point import FixedPoint

__all__ = ["FixedPointPlan"]


@dataclass(frozen=True)
class FixedPointPlan(LayerPlan):
    """Plan of a narrowing: ``lanes`` values a cycle.

    Parameters
    ----------
    layer
        The formats.
    lanes
        Values in a transfer, at the input and at the output.

    Raises
    ------
    ValueError
        If there is no lane.
    """

    name = "fixed_point"
    layer_type = FixedPoint

    layer: FixedPoint
    lanes: int

    def __post_init__(self):
        _ = self.output

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor(self.layer.output_shape, self.layer.input, self.lanes),)

    @property
    def output(self) -> Tensor:
        return Tensor(self.layer.output_shape, self.layer.output, self.lanes)

    @property
    def actors(self) -> tuple[Actor, ...]:
        return (Actor((Phase(self.output.beats, take=(0,), give=(0,)),), registers=1),)

    @classmethod
    def options(
        cls, layer: FixedPoint, shapes: Sequence[Shape]
    ) -> Iterator["FixedPointPlan"]:
        yield cls(layer, 1)

    def giving(self, lanes: int) -> "FixedPointPlan":
        return replace(self, lanes=lanes)
