"""Plan of a flattening."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.flatten import Flatten

__all__ = ["FlattenPlan"]


@dataclass(frozen=True)
class FlattenPlan(LayerPlan):
    """Plan of a flattening: the transfers that come in, as those of one time step.

    Parameters
    ----------
    tensor
        What comes in.

    Raises
    ------
    ValueError
        If a transfer of a time step is filled in part, which is not the last of the frame.
    """

    name = "flatten"
    layer_type = Flatten
    wires = True

    tensor: Tensor

    def __post_init__(self):
        given = self.tensor
        if given.steps > 1 and given.step_values % given.lanes:
            raise ValueError(
                f"expected lanes that divide {given.step_values} values a time step, got "
                f"{given.lanes}"
            )

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return replace(self.tensor, shape=(self.tensor.count,))

    @classmethod
    def options(cls, layer: Flatten, shapes: Sequence[Shape]) -> Iterator["FlattenPlan"]:
        yield cls(Tensor(shapes[0], layer.input, 1))

    def giving(self, lanes: int) -> "FlattenPlan":
        fits = self.tensor.steps == 1 or not self.tensor.step_values % lanes
        return replace(self, tensor=replace(self.tensor, lanes=lanes if fits else 1))
