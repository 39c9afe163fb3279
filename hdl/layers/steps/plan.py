"""Plan of time steps in another form."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.steps import Steps

__all__ = ["StepsPlan"]


@dataclass(frozen=True)
class StepsPlan(LayerPlan):
    """Plan of time steps in another form: the transfers that come in, unchanged.

    Parameters
    ----------
    tensor
        What comes in, (steps, rows, channels) or (steps, channels).
    """

    name = "steps"
    layer_type = Steps
    wires = True

    tensor: Tensor

    def __post_init__(self):
        _ = self.output

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        steps, *rest = self.tensor.shape
        shape = (steps, math.prod(rest)) if len(rest) == 2 else (steps, 1, *rest)
        return replace(self.tensor, shape=shape)

    @classmethod
    def options(cls, layer: Steps, shapes: Sequence[Shape]) -> Iterator["StepsPlan"]:
        yield cls(Tensor(shapes[0], layer.input, 1))

    def giving(self, lanes: int) -> "StepsPlan":
        return replace(self, tensor=replace(self.tensor, lanes=lanes))
