"""A stage's actors, those apart that neither take nor give."""

from collections.abc import Sequence
from dataclasses import dataclass

from build_decoder.hdl.planning.actor import Actor
from build_decoder.hdl.planning.inner import Inner

__all__ = ["Control"]

_WORTH = 16
"""Phases for each wait for others from which on it takes less time to look up what follows than to
go through it again."""


@dataclass(frozen=True, eq=False)
class Control:
    """What there is to run of a stage.

    Parameters
    ----------
    outer
        Actors that are run phase by phase.
    inner
        Those that neither take nor give, if they do much between two waits for others.
    """

    outer: tuple[Actor, ...]
    inner: Inner | None

    @classmethod
    def of(cls, actors: Sequence[Actor]) -> "Control":
        """The control of the stage with these actors.

        Raises
        ------
        ValueError
            If two actors reserve units of one slot, or two release some.
        """
        for way in ("reserve", "release"):
            slots = [slot for actor in actors for slot in actor.slots(way)]
            if len(set(slots)) < len(slots):
                raise ValueError(f"expected slots that one actor {way}s, got two that do")
        inner = [actor for actor in actors if not (actor.takes or actor.gives)]
        outer = [actor for actor in actors if actor not in inner]
        theirs = {slot for actor in outer for slot in actor.slots("release")}
        phases = [phase for actor in inner for phase in actor.phases]
        waits = sum(slot in theirs for phase in phases for slot, _ in phase.reserve)
        # Without any wait, they would never stop.
        if not waits or len(phases) < _WORTH * waits:
            return cls(tuple(actors), None)
        return cls(tuple(outer), Inner(inner, outer))
