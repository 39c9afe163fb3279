"""Actors of a stage that neither take nor give, at their place."""

from collections.abc import Sequence

from build_decoder.hdl.planning.inner import Inner, Move
from build_decoder.hdl.planning.player import Units

__all__ = ["InnerPlayer"]


class InnerPlayer:
    """Runs them together, as a :class:`hdl.planning.player.Player` runs an actor.

    Parameters
    ----------
    inner
        What they do.
    reserved, released
        Units of the slots that it names so, in order.

    Attributes
    ----------
    at : tuple of int
        As a player has it; what counts of it is the cycle.
    """

    __slots__ = ("_base", "_inner", "_released", "_reserved", "_state", "at")

    def __init__(self, inner: Inner, reserved: Sequence[Units], released: Sequence[Units]):
        self._inner, self._reserved, self._released = inner, reserved, released
        self._base, self.at = 0, (0, 0, 0)
        self._follow(inner.start)

    def go_on(self) -> tuple[int, int, int]:
        """Let them run until all wait again; what it returns belongs in ``at``."""
        going = True
        while going:
            going, state = False, self._state
            for actor, slot, number in state.waits:
                units = self._reserved[slot]
                times = units.times
                if len(times) < number:
                    units.waits = True
                    continue
                for _ in range(number):
                    time = times.popleft()
                late = time - self._base - state.nows[actor]
                self._follow(self._inner.move(state, actor, max(late, 0)))
                going = True
                break
        return self.at

    def _follow(self, move: Move) -> None:
        base = self._base
        self.at = 0, 0, base + move.last
        self._state, self._base = move.state, base + move.cycles
        for number, cycles in move.released:
            self._released[number].add_each([base + cycle for cycle in cycles])

    def held(self) -> tuple:
        """Where they have come to, and what they may reserve, whenever that came to be."""
        return self._state.held, *(units.held() for units in self._reserved)

    def cycles(self, base: int) -> tuple:
        """Cycles that decide what comes of those, as counted from ``base``."""
        nows = self._state.nows
        return (
            self._base - base,
            self._state.key,
            *(
                units.cycles(self._base + nows[actor])
                for units, actor in zip(self._reserved, self._inner.reservers, strict=True)
            ),
        )
