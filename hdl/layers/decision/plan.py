"""Plan of a decision."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.decision import Decision

__all__ = ["DecisionPlan"]


@dataclass(frozen=True)
class DecisionPlan(LayerPlan):
    """Plan of a decision: values are compared in the cycle in which they come.

    Parameters
    ----------
    layer
        The decision.
    lanes
        Values that come at once: 1, or all of them.

    Raises
    ------
    ValueError
        If it is another number.
    """

    name = "decision"
    layer_type = Decision

    layer: Decision
    lanes: int = 1

    def __post_init__(self):
        if self.lanes not in (1, self.layer.classes):
            raise ValueError(f"expected 1 or {self.layer.classes} values at once, got {self.lanes}")

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor((self.layer.classes,), self.layer.input, self.lanes),)

    @property
    def output(self) -> Tensor:
        return Tensor((1,), self.layer.output, 1)

    @property
    def actors(self) -> tuple[Actor, ...]:
        last = Phase(take=(0,), give=(0,))
        if self.lanes > 1:
            return (Actor((last,)),)
        return (Actor((Phase(self.layer.classes - 1, take=(0,)), last)),)

    @classmethod
    def options(cls, layer: Decision, shapes: Sequence[Shape]) -> Iterator["DecisionPlan"]:
        yield cls(layer)

    def giving(self, lanes: int) -> "DecisionPlan":
        return self
