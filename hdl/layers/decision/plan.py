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
    """Plan of a decision: a value is compared in the cycle in which it comes.

    Parameters
    ----------
    layer
        The decision.
    """

    name = "decision"
    layer_type = Decision

    layer: Decision

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (Tensor((self.layer.classes,), self.layer.input, 1),)

    @property
    def output(self) -> Tensor:
        return Tensor((1,), self.layer.output, 1)

    @property
    def actors(self) -> tuple[Actor, ...]:
        compared = Phase(self.layer.classes - 1, take=(0,))
        return (Actor((compared, Phase(take=(0,), give=(0,)))),)

    @classmethod
    def options(cls, layer: Decision, shapes: Sequence[Shape]) -> Iterator["DecisionPlan"]:
        yield cls(layer)

    def giving(self, lanes: int) -> "DecisionPlan":
        return self
