"""Plan of a FIFO."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.plan import CarryingPlan
from build_decoder.hdl.planning.tensor import Tensor

__all__ = ["FifoPlan"]


@dataclass(frozen=True)
class FifoPlan(CarryingPlan):
    """Plan of a FIFO.

    Parameters
    ----------
    tensor
        What comes in, and goes out.
    depth
        Transfers that it holds, at least 2: the offered one is in a register, others in a memory.
    """

    name = "fifo"
    tensor: Tensor
    depth: int

    def __post_init__(self):
        if self.depth < 2:
            raise ValueError(f"expected a FIFO of at least 2 transfers, got {self.depth}")

    @cached_property
    def free(self) -> Slot:
        """Free words of the memory."""
        return Slot(self.depth - 1)

    @property
    def storage(self) -> tuple[tuple[int, int], ...]:
        return ((self.depth - 1, self.tensor.lanes * self.tensor.format.width),)

    @property
    def actors(self) -> tuple[Actor, ...]:
        full, beats = Slot(), self.tensor.beats
        write = Phase(take=(0,), reserve=((self.free, 1),), release=((full, 1),))
        read = Phase(give=(0,), reserve=((full, 1),), release=((self.free, 1),))
        return Actor((write,) * beats), Actor((read,) * beats)
