"""What every stage's plan offers, whatever its type."""

from functools import cached_property
from typing import ClassVar, Self

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.unstalled import Times, times_of

__all__ = ["Plan"]


class Plan:
    """Plan of a stage: arithmetic alone, so that many can be compared before one is hardware.

    Subclasses are frozen dataclasses of what decides the hardware, and nothing that follows from
    it. The module ``component`` beside a plan's has the hardware as ``COMPONENT``, which is made
    of a plan and keeps to its actors, cycle by cycle.

    Attributes
    ----------
    name : str
        Of the type, which is also that of its folder; of the class.
    inputs : tuple of Tensor
        What comes in at each input.
    output : Tensor
        What goes out.
    outputs : int
        Streams out, all of which carry the output; only a fork has several.
    actors : tuple of Actor
        Its control. No two actors take from one input, nor give to one output.
    """

    name: ClassVar[str]
    inputs: tuple[Tensor, ...]
    output: Tensor
    outputs: int = 1
    actors: tuple[Actor, ...]

    @cached_property
    def times(self) -> Times:
        """Times of the stage by itself."""
        return times_of(self.actors)

    def giving(self, lanes: int) -> Self:
        """The plan of the same stage that puts out ``lanes`` values a transfer, or else one."""
        raise NotImplementedError

    def within(self, interval: int) -> Self:
        """The plan of least area of the same stage, with frames ``interval`` cycles apart or less
        if this one's are."""
        return self
