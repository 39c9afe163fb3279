"""Plan of an unpacker."""

from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor

__all__ = ["UnpackerPlan"]


@dataclass(frozen=True)
class UnpackerPlan(Plan):
    """Plan of an unpacker: ``lanes`` values a transfer of ``tensor``, whose transfers are all full.

    Raises
    ------
    ValueError
        If a transfer is filled in part, or is of no more values than are given.
    """

    name = "unpacker"
    tensor: Tensor
    lanes: int = 1

    def __post_init__(self):
        lanes, count = self.tensor.lanes, self.tensor.step_values
        if lanes <= self.lanes or count % lanes or lanes % self.lanes:
            raise ValueError(
                f"expected full transfers of several times {self.lanes} of {count} values, got "
                f"{lanes}"
            )

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return replace(self.tensor, lanes=self.lanes)

    @property
    def actors(self) -> tuple[Actor, ...]:
        # The first values pass on as their transfer comes.
        more = self.tensor.lanes // self.lanes - 1
        transfer = (Phase(take=(0,), give=(0,)), Phase(more, give=(0,)))
        return (Actor(transfer * self.tensor.beats),)
