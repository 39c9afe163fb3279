"""Plan of a replay."""

from dataclasses import dataclass
from functools import cached_property

from build_decoder.hdl.planning.actor import Actor, Phase, Slot
from build_decoder.hdl.planning.plan import Plan
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.walk import WalkMemory
from build_decoder.models.walk import Walk

__all__ = ["ReplayPlan"]


@dataclass(frozen=True)
class ReplayPlan(Plan):
    """Plan of a replay: transfers of a frame in the order of a walk, and that again and again.

    A transfer goes out as soon as it has come; a step of the walk beside the frame gives zeros.

    Parameters
    ----------
    tensor
        What comes in.
    walk
        Transfers of the frame, in the order in which they go out.
    repeats
        How often the walk is gone through, at least once.

    Raises
    ------
    ValueError
        If no transfer is ever read.
    """

    name = "replay"
    tensor: Tensor
    walk: Walk
    repeats: int = 1

    def __post_init__(self):
        if self.repeats < 1:
            raise ValueError(f"expected at least 1 repeat, got {self.repeats}")
        if not self.depth:
            raise ValueError(f"expected a walk that meets the frame, got {self.walk}")

    @cached_property
    def memory(self) -> WalkMemory:
        """The memory, for all repeats."""
        walk = Walk(((self.repeats, 0), *self.walk.loops), self.walk.start)
        return WalkMemory(walk, self.tensor.beats)

    @property
    def depth(self) -> int:
        """Transfers that the memory holds."""
        return self.memory.depth

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (self.tensor,)

    @property
    def output(self) -> Tensor:
        """Each repeat is a time step."""
        lanes = self.tensor.lanes
        return Tensor((self.repeats, self.walk.count * lanes), self.tensor.format, lanes)

    @property
    def actors(self) -> tuple[Actor, ...]:
        beats = self.tensor.beats
        needed, done_with = self.memory.needed.tolist(), self.memory.done_with.tolist()
        # The last steps may leave transfers unread, which the next frame's first step waits for.
        unread = beats - needed[-1]
        free, full = Slot(self.depth), Slot(unread)
        write = Phase(take=(0,), reserve=((free, 1),), release=((full, 1),))
        reads = [
            Phase(
                give=(0,),
                reserve=_units(full, there - before),
                release=_units(free, done - done_before),
            )
            for before, there, done_before, done in zip(
                [-unread, *needed], needed, [0, *done_with], done_with, strict=False
            )
        ]
        return Actor((write,) * beats), Actor(tuple(reads))


def _units(slot: Slot, units: int) -> tuple[tuple[Slot, int], ...]:
    return ((slot, units),) if units else ()
