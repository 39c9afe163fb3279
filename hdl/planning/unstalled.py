"""Times of a stage by itself, which nothing outside holds up.

Then a phase goes on once it has begun, and only slots decide when it begins: time is counted phase
by phase, not cycle by cycle. Many designs can be compared so. What stages do to each other is for
:mod:`hdl.planning.timeline`, which gives the same times for a stage by itself.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from build_decoder.hdl.planning.actor import Actor, Deadlock, Phase, Slot

__all__ = ["Times", "times_of"]


class Times(NamedTuple):
    """Times of a stage, in cycles, where each transfer comes as soon as it can be taken.

    Attributes
    ----------
    latency
        From the first transfer in to the last one out, of a frame before which it was idle.
    interval
        Longest time between the last transfers out of back-to-back frames.
    pace
        Mean of those in the long run, rounded up. However it is held up, it is no quicker.
    """

    latency: int
    interval: int
    pace: int


def times_of(actors: Sequence[Actor]) -> Times:
    """Times of the stage with these actors.

    Frames are followed until all is as it was a number of frames before: from then on, intervals
    repeat.

    Raises
    ------
    Deadlock
        If actors wait for each other for ever.
    """
    slots = {
        slot: deque([0] * slot.units)
        for actor in actors
        for phase in set(actor.phases)
        for slot, _ in (*phase.reserve, *phase.release)
    }
    frame_of = [actor.first or actor.phases for actor in actors]
    free = [0] * len(actors)
    ends, seen = [], {}
    while True:
        places = [0] * len(actors)
        lengths = [len(phases) for phases in frame_of]
        end = _go_on(actors, frame_of, slots, free, places)
        start = free[0]
        state = (
            not ends,  # A first frame may be another one.
            *places,
            *[time - start for time in free],
            *[time - start for times in slots.values() for time in times],
        )
        if state in seen:
            # Frames go on as they did then.
            frame, then = seen[state]
            pace = -(-(start - then) // (len(ends) - frame))
            ends.append(ends[frame] + start - then)
            return Times(ends[0], max(map(int.__sub__, ends[1:], ends)), pace)
        seen[state] = len(ends), start
        while places != lengths:
            before = list(places)
            end = max(end, _go_on(actors, frame_of, slots, free, places))
            if places == before:
                raise Deadlock("expected actors that go on, got some that wait for each other")
        ends.append(end)
        frame_of = [actor.phases for actor in actors]


def _go_on(
    actors: Sequence[Actor],
    frame_of: Sequence[Sequence[Phase]],
    slots: dict[Slot, deque[int]],
    free: list[int],
    places: list[int],
) -> int:
    """Take each actor through its frame as far as it comes; when its last transfer leaves.

    Parameters
    ----------
    frame_of
        Phases of each actor's frame.
    slots
        Cycles from which on units can be reserved.
    free
        The cycle from which on each actor can begin a phase.
    places
        Phases of the frame that each actor has done.
    """
    end = 0
    for number, actor in enumerate(actors):
        now, place, gave = free[number], places[number], 0
        phases, last = frame_of[number], len(frame_of[number])
        while place < last:
            phase = phases[place]
            if phase.reserve:
                waits = False
                for slot, units in phase.reserve:
                    waits |= len(slots[slot]) < units
                if waits:
                    break
                for slot, units in phase.reserve:
                    times = slots[slot]
                    for _ in range(units):
                        now = max(now, times.popleft())
            now += phase.count
            for slot, units in phase.release:
                slots[slot].extend([now - 1 + slot.delay] * units)
            if phase.give:
                gave = now
            place += 1
        free[number], places[number] = now, place
        if gave:
            end = max(end, gave - 1 + actor.registers)
    return end
