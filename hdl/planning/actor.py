"""Actors: what the control of a stage does, cycle by cycle, without any data."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Actor", "Deadlock", "Phase", "Slot"]


class Deadlock(ValueError):
    """Actors wait for each other, and will for ever."""


@dataclass(frozen=True, eq=False, slots=True)
class Slot:
    """Units that some phases of a stage reserve and others release: places to store, or signals.

    One actor of the stage reserves them, and one releases them.

    Parameters
    ----------
    units
        Units that can be reserved from the start.
    delay
        Cycles from a release until the unit can be reserved, at least 1.
    """

    units: int = 0
    delay: int = 1

    def __post_init__(self):
        if self.units < 0 or self.delay < 1:
            raise ValueError(f"expected 0 units or more after 1 cycle or more, got {self}")


Claims = tuple[tuple[Slot, int], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Phase:
    """What an actor does in one cycle, ``count`` times: it waits until it can do all of it.

    Parameters
    ----------
    count
        Cycles that it takes where it need not wait, at least 1.
    take
        Numbers of the stage's inputs of which each cycle takes a transfer.
    give
        Numbers of the stage's outputs to which each cycle gives a transfer.
    moves
        Whether it waits while one of the actor's outputs is stalled, though it gives nothing.
    reserve
        Slots, and how many units of each the first cycle reserves.
    release
        Slots, and how many units of each the last cycle releases.
    """

    count: int = 1
    take: tuple[int, ...] = ()
    give: tuple[int, ...] = ()
    moves: bool = False
    reserve: Claims = ()
    release: Claims = ()

    def __post_init__(self):
        if self.count < 1:
            raise ValueError(f"expected a phase of at least 1 cycle, got {self.count}")


@dataclass(frozen=True, eq=False, slots=True)
class Actor:
    """A part of a stage that goes through its phases again and again, once a frame.

    Where a frame comes to an idle stage, actors wait in their first phase, which takes a transfer
    or reserves what another actor releases.

    A transfer that it gives passes a row of registers and is then offered to the next stage. The
    registers of an output move together, and stand still in a cycle in which an offered transfer is
    not taken; nothing can be given to the output in such a cycle.

    Parameters
    ----------
    phases
        In order. A phase may occur more than once.
    registers
        Of each output that it gives to, at least 1.
    first
        Phases of the first frame after a reset, where these are others; none if they are not. They
        give and take as much as the others, and have no slots that those have not.
    """

    phases: Sequence[Phase]
    registers: int = 1
    first: Sequence[Phase] = ()

    def __post_init__(self):
        if not self.phases:
            raise ValueError("expected at least 1 phase, got none")
        if self.registers < 1:
            raise ValueError(f"expected at least 1 register, got {self.registers}")

    @property
    def takes(self) -> tuple[int, ...]:
        """Numbers of the inputs that it takes from."""
        return tuple(sorted({port for phase in set(self.phases) for port in phase.take}))

    @property
    def gives(self) -> tuple[int, ...]:
        """Numbers of the outputs that it gives to."""
        return tuple(sorted({port for phase in set(self.phases) for port in phase.give}))

    def slots(self, way: str) -> tuple[Slot, ...]:
        """Slots of which its phases ``"reserve"``, or ``"release"``, units, each once, in order."""
        phases = dict.fromkeys((*self.first, *self.phases))
        return tuple(dict.fromkeys(slot for phase in phases for slot, _ in getattr(phase, way)))
