"""Plan of a concatenation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from build_decoder.hdl.adapters.join.plan import JoinPlan
from build_decoder.hdl.planning.plan import LayerPlan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.models.layer import Shape
from build_decoder.quant.layers.concat import Concat

__all__ = ["ConcatPlan"]


@dataclass(frozen=True)
class ConcatPlan(JoinPlan, LayerPlan):
    """Plan of a concatenation: the join of its inputs."""

    name = "concat"
    layer_type = Concat

    @classmethod
    def options(cls, layer: Concat, shapes: Sequence[Shape]) -> Iterator["ConcatPlan"]:
        yield cls(
            tuple(
                Tensor(shape, format, 1)
                for shape, format in zip(shapes, layer.inputs, strict=True)
            )
        )
