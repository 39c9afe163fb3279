"""Plan of an unpacker."""

from dataclasses import dataclass, replace

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor

__all__ = ["UnpackerPlan"]


@dataclass(frozen=True)
class UnpackerPlan(Plan):
    """Plan of an unpacker: single values of ``tensor``, all of whose transfers are full.

    Raises
    ------
    ValueError
        If one is filled in part, or they are of single values.
    """

    name = "unpacker"
    tensor: Tensor

    def __post_init__(self):
        lanes, count = self.tensor.lanes, self.tensor.step_values
        if lanes == 1 or count % lanes:
            raise ValueError(f"expected full transfers of several of {count} values, got {lanes}")

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        return replace(self.tensor, lanes=1)

    @property
    def actors(self) -> tuple[Actor, ...]:
        # The first value passes on as its transfer comes.
        transfer = (Phase(take=(0,), give=(0,)), Phase(self.tensor.lanes - 1, give=(0,)))
        return (Actor(transfer * self.tensor.beats),)
