"""Plan of a fork."""

from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor, Phase
from build_decoder.hdl.planning.plan import CarryingPlan
from build_decoder.hdl.planning.tensor import Tensor

__all__ = ["ForkPlan"]


@dataclass(frozen=True)
class ForkPlan(CarryingPlan):
    """Plan of a fork: each transfer of ``tensor`` goes to every output.

    Parameters
    ----------
    tensor
        What comes in, and goes out.
    outputs
        Streams out, at least 2.
    """

    name = "fork"
    tensor: Tensor
    outputs: int

    def __post_init__(self):
        if self.outputs < 2:
            raise ValueError(f"expected a fork to at least 2 outputs, got {self.outputs}")

    @property
    def actors(self) -> tuple[Actor, ...]:
        copied = Phase(self.tensor.beats, take=(0,), give=tuple(range(self.outputs)))
        return (Actor((copied,)),)
