"""Plan of a join."""

import math
from dataclasses import dataclass, replace
from typing import Self

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.quant.operations.union import union

__all__ = ["JoinPlan"]


@dataclass(frozen=True)
class JoinPlan(Plan):
    """Plan of a join: its inputs beside each other along the last axis, in the union of formats.

    Along that axis, transfers come from one input after the other.

    Parameters
    ----------
    inputs
        What comes in at each input, at least two.

    Raises
    ------
    ValueError
        If inputs differ in lanes or in an axis other than the last one, or values of two of them
        would share a transfer.
    """

    name = "join"
    inputs: tuple[Tensor, ...]

    def __post_init__(self):
        if len(self.inputs) < 2:
            raise ValueError(f"expected a join of at least 2 inputs, got {len(self.inputs)}")
        lanes, shapes = [part.lanes for part in self.inputs], [part.shape for part in self.inputs]
        if len(set(lanes)) > 1:
            raise ValueError(f"expected inputs of as many lanes each, got {lanes}")
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ValueError(f"expected inputs that differ in the last axis, got shapes {shapes}")
        # What is filled in part must be the last transfer of a step.
        whole = shapes[:-1] if len(shapes[0]) <= 2 else shapes
        if any(shape[-1] % lanes[0] for shape in whole):
            raise ValueError(f"expected lanes that divide the inputs' last axes, got {lanes[0]}")

    @property
    def output(self) -> Tensor:
        shapes = [part.shape for part in self.inputs]
        return Tensor(
            (*shapes[0][:-1], sum(shape[-1] for shape in shapes)),
            union([part.format for part in self.inputs]),
            self.inputs[0].lanes,
        )

    def giving(self, lanes: int) -> Self:
        """The plan of the same join with ``lanes`` values a transfer, or one where it cannot."""
        parts = [replace(part, lanes=lanes) for part in self.inputs]
        try:
            return replace(self, inputs=tuple(parts))
        except ValueError:
            return replace(self, inputs=tuple(replace(part, lanes=1) for part in parts))

    @property
    def turns(self) -> tuple[int, ...]:
        """Transfers that each input gives in its turn."""
        return tuple(-(-part.shape[-1] // part.lanes) for part in self.inputs)

    @property
    def actors(self) -> tuple[Actor, ...]:
        turns = tuple(
            Phase(transfers, take=(number,), give=(0,))
            for number, transfers in enumerate(self.turns)
        )
        return (Actor(turns * math.prod(self.inputs[0].shape[:-1])),)
