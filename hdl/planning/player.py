"""Actors that are run, each as far as what it waits for is known."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from build_decoder.hdl.planning.row import FOR_EVER, Row

__all__ = ["Play", "Player", "Units"]


class Units:
    """Units of a slot: the cycles, in order, from which on they can be reserved.

    Parameters
    ----------
    units
        How many there are from the start.
    ready
        Where players are put that can go on.

    Attributes
    ----------
    reserver : Player or None
        Who reserves them; only one does, so that who waits for units gets the next ones.
    waits : bool
        Whether the reserver does.
    """

    __slots__ = ("ready", "reserver", "times", "waits")

    def __init__(self, units: int, ready: list):
        self.times, self.ready = deque([0] * units), ready
        self.reserver = None
        self.waits = False

    def add(self, cycle: int, count: int) -> None:
        """Units that can be reserved from a cycle on."""
        if count == 1:
            self.times.append(cycle)
        else:
            self.times.extend([cycle] * count)
        if self.waits:
            self.waits = False
            self.ready.append(self.reserver)

    def add_each(self, cycles: Sequence[int]) -> None:
        """Units, each of which can be reserved from its cycle on."""
        self.times.extend(cycles)
        if self.waits:
            self.waits = False
            self.ready.append(self.reserver)

    def held(self) -> tuple:
        """How many there are and who waits, whenever that came to be."""
        return len(self.times), self.waits

    def cycles(self, now: int) -> tuple:
        """Cycles that decide what comes, as counted from ``now``, where the reserver is."""
        return tuple(time - now for time in self.times if time > now)


class Play(NamedTuple):
    """A phase, with rows and units in place of numbers and slots.

    Attributes
    ----------
    moved : tuple of Row
        Those that must move, though nothing is given to them.
    release : tuple of (Units, int, int)
        Units, how many, and in how many cycles behind the phase's last one.
    """

    count: int
    reserve: tuple[tuple[Units, int], ...] = ()
    take: tuple[Row, ...] = ()
    give: tuple[Row, ...] = ()
    moved: tuple[Row, ...] = ()
    release: tuple[tuple[Units, int, int], ...] = ()


class Player:
    """An actor at its place.

    What it waits for stays there once it is, until it goes on: a transfer is offered until it is
    taken, and units can be reserved by nobody else. Only outputs stand and move again.

    Parameters
    ----------
    plays
        Its phases, in order.
    first
        Those of the first frame, if they are others.

    Attributes
    ----------
    rows : set of Row
        Those that it gives to.
    units : set of Units
        Those that it reserves.
    at : tuple of int
        Where it waits: the phase, how many cycles are left of it, and the first one that it can be
        in.
    go_on : callable
        Lets it run until it waits again; what it returns belongs in ``at``.
    """

    __slots__ = ("at", "first", "go_on", "plays", "rows", "units")

    def __init__(self, plays: Sequence[Play], first: Sequence[Play] = ()):
        self.plays, self.first = plays, first or plays
        once = {*plays, *first}
        self.rows = {row for play in once for row in play.give}
        self.units = {units for play in once for units, _ in play.reserve}
        self.at = 0, self.first[0].count, 0
        self.go_on = self._run().__next__

    def held(self) -> tuple:
        """Its place, and what it gave and may reserve, whenever that came to be."""
        return (
            *self.at[:2],
            *(row.held() for row in self.rows),
            *(units.held() for units in self.units),
        )

    def cycles(self, base: int) -> tuple:
        """Cycles that decide what comes of those, as counted from ``base``."""
        now = self.at[2]
        return (
            now - base,
            *(row.cycles(base, now) for row in self.rows),
            *(units.cycles(now) for units in self.units),
        )

    def _run(self) -> Iterator[tuple[int, int, int]]:
        now, plays = 0, self.first
        while True:
            for place, (count, reserve, take, give, moved, release) in enumerate(plays):
                for units, number in reserve:
                    times = units.times
                    while len(times) < number:
                        units.waits = True
                        yield place, count, now
                    while number:
                        time = times.popleft()
                        number -= 1
                    if time > now:
                        now = time
                if give or moved or len(take) > 1:
                    left = count
                    while left:
                        cycles = left
                        for row in take:
                            while not row.waiting:
                                row.taker = self
                                yield place, left, now
                            offered, there = row.offered()
                            if offered > now:
                                now = offered
                            if there < cycles:
                                cycles = there
                        now, there = self._output(give, moved, now)
                        if not there:
                            yield place, left, now
                            continue
                        if there < cycles:
                            cycles = there
                        for row in take:
                            row.take(now, cycles)
                        for row in give:
                            row.give(now, cycles)
                        now += cycles
                        left -= cycles
                elif take:
                    left, (row,) = count, take
                    while left and row.waiting:
                        offered, there = row.offered()
                        if offered > now:
                            now = offered
                        if there > left:
                            there = left
                        row.take(now, there)
                        now += there
                        left -= there
                    if left:
                        # What is still to come is taken as it does, which its giver sees to.
                        row.promised, row.free, row.taker = left, now, self
                        yield place, left, now
                        now = row.free
                else:
                    now += count
                for units, number, delay in release:
                    units.add(now - 1 + delay, number)
            plays = self.plays

    def _output(self, give: Sequence[Row], moved: Sequence[Row], cycle: int) -> tuple[int, int]:
        """From ``cycle`` on the first one in which all move, and in how many they do; none if
        somebody who takes must tell first."""
        if len(give) == 1 and not moved:
            row = give[0]
            cycle, most = row.room(cycle)
            if not most:
                row.giver = self
            return cycle, most
        before, most = -1, FOR_EVER
        while cycle != before:
            before, most = cycle, FOR_EVER
            for row in give:
                cycle, cycles = row.room(cycle)
                if not cycles:
                    row.giver = self
                    return cycle, 0
                if cycles < most:
                    most = cycles
            for row in moved:
                cycle, cycles = row.moves(cycle)
                if not cycles:
                    row.giver = self
                    return cycle, 0
                if cycles < most:
                    most = cycles
        return cycle, most
