"""Rows of registers between two stages, of which only those cycles are kept in which they stand.

The registers of an output move together, and stand in a cycle in which the offered transfer is not
taken. A row's own time counts the cycles in which it moves: a transfer that is given at one of
them is offered as many of them later as there are registers, whatever happens in between.
"""

from collections import deque

__all__ = ["FOR_EVER", "Row"]

FOR_EVER = 1 << 62
"""More cycles than there are."""


class Row:
    """A row of registers, between the player that gives to it and the one that takes from it.

    Either is told cycles as soon as they are known: the taker may be far ahead of the giver, or
    behind it. A taker that takes whatever comes promises so, and is not asked any more.

    Parameters
    ----------
    registers
        How many.
    ready
        Where players are put that can go on.

    Attributes
    ----------
    waiting : deque of (int, int)
        Transfers that are given and not taken: the first one's time, and how many follow each
        other.
    stands : deque of (int, int)
        Cycles in which it stands: the first, and the one behind the last. Those that the giver has
        behind it are left out.
    stood, passed : int
        How many cycles it has stood, all that are known and those that the giver has behind it.
    promised, free : int
        How many transfers are taken as they come, and from which cycle on.
    giver, taker : Player or None
        Who waits.
    """

    __slots__ = (
        "free", "giver", "passed", "promised", "ready", "registers", "stands", "stood", "taker",
        "waiting",
    )  # fmt: skip

    def __init__(self, registers: int, ready: list):
        self.registers, self.ready = registers, ready
        self.waiting, self.stands = deque(), deque()
        self.stood = self.passed = self.promised = self.free = 0
        self.giver = self.taker = None

    def moves(self, cycle: int) -> tuple[int, int]:
        """From ``cycle`` on the first one in which it moves, and in how many it does if no more is
        given; none if the taker must tell first."""
        stands = self.stands
        while stands:
            first, end = stands[0]
            if first > cycle:
                return cycle, first - cycle
            stands.popleft()
            self.passed += end - first
            if end > cycle:
                cycle = end
        if not self.waiting:
            return cycle, FOR_EVER
        cycles = self.waiting[0][0] + self.registers + self.stood - cycle
        return cycle, max(cycles, 0)

    def room(self, cycle: int) -> tuple[int, int]:
        """From ``cycle`` on the first one in which it moves, and in how many it does if something
        is given in each; none if the taker must tell first."""
        if self.stands or self.waiting:
            cycle, cycles = self.moves(cycle)
        else:
            cycles = FOR_EVER
        most = self.registers
        if self.promised and self.free <= cycle + most:
            most = self.promised
        return cycle, min(cycles, most)

    def give(self, cycle: int, count: int) -> None:
        """Transfers in ``count`` cycles, in all of which it moves."""
        time = cycle - self.passed
        promised = self.promised
        if promised:
            offered, free = time + self.registers + self.stood, self.free
            if free > offered:
                self.stands.append((offered, free))
                self.stood += free - offered
                offered = free
            if count < promised:
                self.promised = promised - count
                self.free = offered + count
                return
            self.promised, self.free = 0, offered + promised
            time += promised
            count -= promised
        if count:
            waiting = self.waiting
            if waiting and sum(waiting[-1]) == time:
                time, there = waiting.pop()
                count += there
            waiting.append((time, count))
        if self.taker is not None:
            self.ready.append(self.taker)
            self.taker = None

    def offered(self) -> tuple[int, int]:
        """When the first of those that wait is offered, and how many follow each other."""
        time, count = self.waiting[0]
        return time + self.registers + self.stood, count

    def take(self, cycle: int, count: int) -> None:
        """The first ``count`` of those that follow each other, one a cycle."""
        time, there = self.waiting[0]
        offered = time + self.registers + self.stood
        if cycle > offered:
            self.stands.append((offered, cycle))
            self.stood += cycle - offered
        if count == there:
            self.waiting.popleft()
        else:
            self.waiting[0] = time + count, there - count
        if self.giver is not None:
            self.ready.append(self.giver)
            self.giver = None

    def held(self) -> tuple:
        """What is in it and who waits, whenever that came to be."""
        count = sum(count for _, count in self.waiting)
        return self.promised, count, self.giver is None, self.taker is None

    def cycles(self, base: int, now: int) -> tuple:
        """Cycles that decide what comes, as counted from ``base``, if the giver is at ``now``."""
        return (
            self.promised and self.free - base,
            *((time + self.stood - base, count) for time, count in self.waiting),
            *((first - base, end - base) for first, end in self.stands if end > now),
        )
