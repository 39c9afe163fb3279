"""What every stage's plan offers, whatever its type."""

from functools import cached_property
from typing import ClassVar

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.tensor import Tensor
from build_decoder.hdl.planning.unstalled import Times, times_of

__all__ = ["Plan"]


class Plan:
    """Plan of a stage: arithmetic alone, so that many can be compared before one is hardware.

    Subclasses are frozen dataclasses. The module beside that of the plan, ``component``, has the
    hardware; it keeps to the actors, cycle by cycle.

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
