"""Actors of a stage that neither take nor give: what they do, remembered.

Only slots tell them when to go on, and nothing but how late the others release a unit decides what
comes: where such actors have come to, the cycles between them, and the cycles between them and that
unit. They do the same from frame to frame, and under FIFOs of any depth; what they did once is
looked up.
"""

from collections.abc import Sequence
from typing import NamedTuple

from build_decoder.hdl.planning.actor import Actor, Phase, Slot

__all__ = ["Inner", "Move", "State"]


class State:
    """Where the actors have come to, all of them waiting, and when that was, as counted from a
    cycle that moves on with them.

    Attributes
    ----------
    key : tuple
        All that decides what comes.
    held : tuple
        What of it does not depend on cycles.
    waits : tuple of (int, int, int)
        Of each actor that waits for units that others release: its number, that of the slot, and
        how many units.
    nows : tuple of int
        Of each actor, the first cycle that its phase can be in.
    moves : dict
        What follows, by the number of the actor that gets its units, and by how many cycles later
        than it could have had them.
    """

    __slots__ = ("held", "key", "moves", "nows", "waits")

    def __init__(self, key: tuple, waits: tuple[tuple[int, int, int], ...]):
        self.key, self.waits, self.moves = key, waits, {}
        places, self.nows, times = key
        self.held = places, tuple(map(len, times))


class Move(NamedTuple):
    """What follows when an actor gets its units, until all wait again.

    Attributes
    ----------
    state : State
        That they come to.
    cycles : int
        From the cycle that the state before is counted from to that of ``state``.
    last : int
        The latest cycle that an actor has come to, as counted from the former.
    released : tuple of (int, tuple of int)
        Numbers of slots that others reserve, and the cycles from which on units of these can be
        reserved, in order, as counted from the former.
    """

    state: State
    cycles: int
    last: int
    released: tuple[tuple[int, tuple[int, ...]], ...]


class Inner:
    """What actors of a stage do that neither take nor give, whatever the others do.

    Parameters
    ----------
    actors
        These actors.
    others
        The other actors of the stage.

    Attributes
    ----------
    reserved : tuple of Slot
        Slots of which they reserve what others release.
    reservers : tuple of int
        Of each of those, the number of the actor that does.
    released : tuple of Slot
        Slots of which they release what others reserve.
    start : Move
        What they do ahead of any units of those.
    """

    def __init__(self, actors: Sequence[Actor], others: Sequence[Actor]):
        from_others = {slot for actor in others for slot in actor.slots("release")}
        to_others = {slot for actor in others for slot in actor.slots("reserve")}
        reservers = {
            slot: number for number, actor in enumerate(actors) for slot in actor.slots("reserve")
        }
        releasers = {
            slot: number for number, actor in enumerate(actors) for slot in actor.slots("release")
        }
        self.reserved = tuple(slot for slot in reservers if slot in from_others)
        self.reservers = tuple(reservers.pop(slot) for slot in self.reserved)
        self.released = tuple(slot for slot in releasers if slot in to_others)
        between = tuple(reservers)
        numbers = {slot: number for number, slot in enumerate(between)}
        self._reservers = tuple(reservers.values())
        self._releasers = {
            numbers[slot]: (number, slot.delay)
            for slot, number in releasers.items()
            if slot in numbers
        }
        made: dict[Phase, tuple] = {}
        self._frames = [
            [[self._compiled(phase, numbers, made) for phase in frame] for frame in frames]
            for frames in ((actor.first or actor.phases, actor.phases) for actor in actors)
        ]
        self._states: dict[tuple, State] = {}
        begin = [(0, 0, 0)] * len(actors)
        self.start = self._run(begin, [0] * len(actors), [[0] * slot.units for slot in between])

    def _compiled(self, phase: Phase, numbers: dict[Slot, int], made: dict[Phase, tuple]) -> tuple:
        """A phase with numbers in place of slots; those of others' units are below 0."""
        if phase not in made:
            reserve = tuple(
                (numbers[slot] if slot in numbers else ~self.reserved.index(slot), units)
                for slot, units in phase.reserve
            )
            # What nobody reserves is left out.
            release = tuple(
                (
                    numbers[slot] if slot in numbers else ~self.released.index(slot),
                    units,
                    slot.delay - 1,
                )
                for slot, units in phase.release
                if slot in numbers or slot in self.released
            )
            made[phase] = phase.count, reserve, release
        return made[phase]

    def move(self, state: State, actor: int, late: int) -> Move:
        """What follows of ``state`` when an actor gets the units that it waits for, ``late`` cycles
        after it could have had them."""
        key = actor, late
        move = state.moves.get(key)
        if move is None:
            places, nows, times = (list(part) for part in state.key)
            frame, place, claim = places[actor]
            places[actor] = frame, place, claim + 1
            nows[actor] += late
            move = state.moves[key] = self._run(places, nows, [list(each) for each in times])
        return move

    def _run(self, places: list, nows: list[int], times: list[list[int]]) -> Move:
        """Let all go on until they wait.

        Parameters
        ----------
        places
            Of each actor, whether it is behind its first frame, the phase that it is in, and how
            many of its claims it has got.
        nows
            Of each actor, the first cycle that this phase can be in.
        times
            Cycles from which on units can be reserved, of each slot between them.
        """
        released: list[list[int]] = [[] for _ in self.released]
        waiting: list[tuple[int, int]] = [(0, 0)] * len(places)
        before = None
        while before != places:
            before = list(places)
            for actor, frames in enumerate(self._frames):
                places[actor], nows[actor], waiting[actor] = _go_on(
                    frames, places[actor], nows[actor], times, released
                )
        last = max(nows)
        state, cycles = self._known(places, nows, times, waiting)
        given = tuple(
            (number, tuple(cycles)) for number, cycles in enumerate(released) if cycles
        )
        return Move(state, cycles, last, given)

    def _known(
        self, places: list, nows: list[int], times: list[list[int]], waiting: list[tuple[int, int]]
    ) -> tuple[State, int]:
        """The state, and the cycle that it is counted from."""
        # Who waits for another one of these does not go on before that one has.
        for _ in nows:
            for actor, (slot, _) in enumerate(waiting):
                if slot in self._releasers:
                    releaser, delay = self._releasers[slot]
                    nows[actor] = max(nows[actor], nows[releaser] + delay)
        base = nows[0]
        key = (
            tuple(places),
            tuple(now - base for now in nows),
            tuple(
                tuple(max(time, nows[reserver]) - base for time in each)
                for each, reserver in zip(times, self._reservers, strict=True)
            ),
        )
        if key not in self._states:
            waits = tuple(
                (actor, ~slot, units) for actor, (slot, units) in enumerate(waiting) if slot < 0
            )
            self._states[key] = State(key, waits)
        return self._states[key], base


def _go_on(
    frames: Sequence[Sequence[tuple]],
    at: tuple[int, int, int],
    now: int,
    times: Sequence[list[int]],
    released: Sequence[list[int]],
) -> tuple[tuple[int, int, int], int, tuple[int, int]]:
    """Take an actor as far as it comes; where that is, when, and the units that it waits for."""
    frame, place, claim = at
    while True:
        phases = frames[frame]
        while place < len(phases):
            count, reserve, release = phases[place]
            for slot, units in reserve[claim:]:
                if slot < 0 or len(times[slot]) < units:
                    return (frame, place, claim), now, (slot, units)
                queue = times[slot]
                now = max(now, queue[units - 1])
                del queue[:units]
                claim += 1
            claim = 0
            now += count
            for slot, units, delay in release:
                queue = times[slot] if slot >= 0 else released[~slot]
                queue += [now + delay] * units
            place += 1
        frame, place = 1, 0
